"""Checkpoints of an outer loop: meta-parameters, their average, outer optimizer, how far the metrics go; no pickle."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from gtn_core.errors import RunError
from gtn_core.runs._files import write_atomically
from gtn_core.typing import Tensors

KEPT = 2
PATTERN = "step-*.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """The state between two outer steps.

    Attributes:
        step: outer steps done.
        tensors: by name.
        notes: what is not a tensor: counters and the length of the metrics file.
    """

    step: int
    tensors: Tensors
    notes: dict[str, int]

    @classmethod
    def of(
        cls,
        step: int,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        average: Sequence[Tensor],
        notes: dict[str, int],
    ) -> "Checkpoint":
        """Gather a module's parameters, their average and the optimizer's state."""
        tensors = {f"parameter/{name}": parameter.detach() for name, parameter in module.named_parameters()}
        tensors |= {f"average/{index}": value for index, value in enumerate(average)}
        for index, slots in optimizer.state_dict()["state"].items():
            tensors.update({f"optimizer/{index}/{slot}": torch.as_tensor(value) for slot, value in slots.items()})
        return cls(step, tensors, notes)

    def restore(self, module: nn.Module, optimizer: torch.optim.Optimizer, average: Sequence[Tensor]) -> None:
        """Put the state back where `of` found it.

        Raises:
            RunError: the checkpoint belongs to another kind of run.
        """
        state: dict[int, dict[str, Any]] = {}
        try:
            with torch.no_grad():
                for name, parameter in module.named_parameters():
                    parameter.copy_(self.tensors[f"parameter/{name}"])
                for place, value in enumerate(average):
                    value.copy_(self.tensors[f"average/{place}"])
            for name, tensor in self.tensors.items():
                if name.startswith("optimizer/"):
                    _, index, slot = name.split("/")
                    state.setdefault(int(index), {})[slot] = tensor
        except (KeyError, ValueError, RuntimeError) as error:
            raise RunError(f"the checkpoint of step {self.step} does not fit this run: {error}") from error
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})

    def save(self, folder: Path) -> None:
        """Write this checkpoint, then drop all but the last two."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {name: self.tensors[name].cpu().contiguous() for name in sorted(self.tensors)}
        header = {"notes": json.dumps({"step": self.step, **self.notes})}
        write_atomically(folder / f"step-{self.step:08d}.safetensors", lambda path: save_file(tensors, path, header))
        for outdated in sorted(folder.glob(PATTERN))[:-KEPT]:
            outdated.unlink()

    @classmethod
    def latest(cls, folder: Path, on_damaged: Callable[[Path], None] = lambda _: None) -> "Checkpoint | None":
        """Return the newest checkpoint that can be read whole, or None.

        Args:
            folder: of the checkpoints.
            on_damaged: called with each newer one that cannot.
        """
        for path in sorted(folder.glob(PATTERN), reverse=True):
            try:
                return cls._read(path)
            except (SafetensorError, OSError, KeyError, TypeError, ValueError):
                on_damaged(path)
        return None

    @classmethod
    def _read(cls, path: Path) -> "Checkpoint":
        with safe_open(path, framework="pt") as file:
            notes = json.loads(file.metadata()["notes"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if not all(type(note) is int and note >= 0 for note in notes.values()):
            raise ValueError("notes are counts")
        return cls(notes.pop("step"), tensors, notes)
