"""Checkpoints: tensors and counts as safetensors, with the digest of the whole file in its name; no pickle.

`step-00000040-3f1c9a0b52e7d684.safetensors` holds the state after 40 steps. The digest stands in the name, so that one
stroke, the renaming, publishes content and digest together: there is no instant at which one is there without the
other. Files that older versions wrote have no digest. They are read as before: what is cut short is detected, a
flipped bit among the numbers is not.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from gtn_core._files import clear_errors, make_folder, tensor_bytes, write_atomically
from gtn_core.errors import RunError
from gtn_core.ranks import Ranks
from gtn_core.runs._progress import Progress
from gtn_core.typing import Tensors

KEPT = 2
NAME = re.compile(r"step-(\d+)(?:-([0-9a-f]{16}))?\.safetensors")
DIGEST_BYTES = 8
NOTE = "note/"


@dataclass(frozen=True)
class Checkpoint:
    """The state between two steps.

    Attributes:
        step: steps done.
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

    def copy(self) -> "Checkpoint":
        """Return the same state in tensors of its own, which later steps leave alone."""
        return Checkpoint(self.step, {name: tensor.clone() for name, tensor in self.tensors.items()}, dict(self.notes))

    def of_first(self, ranks: Ranks) -> "Checkpoint":
        """Return rank 0's checkpoint; what the others have is not looked at.

        Raises:
            RankError: another rank has ended.
        """
        numbers = {"step": self.step, **{f"{NOTE}{name}": note for name, note in self.notes.items()}}
        told = ranks.told({**self.tensors, **{name: torch.tensor(value) for name, value in numbers.items()}})
        names = [name for name in told if name.startswith(NOTE)]
        notes = {name.removeprefix(NOTE): int(told.pop(name)) for name in names}
        return Checkpoint(int(told.pop("step")), told, notes)

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

    def save(self, folder: Path, every: int = 1) -> None:
        """Write this checkpoint, then drop the others but the one before and the last whose step `every` divides.

        Those of later steps go too: a run that comes to an earlier step again has passed them over as damaged.

        Raises:
            RunError: it cannot be written; those before it are left.
        """
        with clear_errors(folder):
            make_folder(folder)
        content = tensor_bytes(self.tensors, {"notes": json.dumps({"step": self.step, **self.notes})})
        path = folder / f"step-{self.step:08d}-{_digest(content)}.safetensors"
        write_atomically(path, lambda partial: partial.write_bytes(content))
        found = _files(folder)
        earlier = [step for step in sorted(set(found.values())) if step < self.step]
        kept = {self.step, *earlier[1 - KEPT :], *[step for step in earlier if step % every == 0][-1:]}
        outdated = [other for other, step in found.items() if step not in kept or (step == self.step and other != path)]
        for left in (*outdated, *folder.glob("step-*.partial")):
            left.unlink(missing_ok=True)

    @classmethod
    def latest(
        cls,
        folder: Path,
        on_damaged: Callable[[Path], None] = lambda _: None,
        *,
        wanted: Callable[[int], bool] = lambda _: True,
    ) -> "Checkpoint | None":
        """Return the newest checkpoint that is whole, or None.

        Args:
            folder: of the checkpoints.
            on_damaged: called with each newer one that is not.
            wanted: says of a step whether its checkpoint will do.
        """
        found = _files(folder)
        for path in sorted(found, key=lambda path: (found[path], path.name), reverse=True):
            if not wanted(found[path]):
                continue
            try:
                return cls._read(path)
            except (SafetensorError, OSError, KeyError, TypeError, ValueError):
                on_damaged(path)
        return None

    @classmethod
    def resumed(cls, folder: Path, notes: Collection[str], progress: Progress) -> "Checkpoint | None":
        """Return the newest checkpoint that is whole, and tell of those that are not.

        Raises:
            RunError: it lacks one of the notes, as that of another kind of run does.
        """
        damaged: list[Path] = []
        found = cls.latest(folder, damaged.append)
        instead = f"going on from the one of step {found.step}" if found else "starting at step 0, for none is whole"
        for path in damaged:
            progress.note(f"{path} is damaged; {instead}")
        if found and (missing := set(notes) - found.notes.keys()):
            raise RunError(f"the checkpoint of step {found.step} lacks {', '.join(sorted(missing))}; delete it")
        return found

    @classmethod
    def _read(cls, path: Path) -> "Checkpoint":
        named = NAME.fullmatch(path.name)
        digest = named[2] if named else None
        if digest is not None and _digest(path.read_bytes()) != digest:
            raise ValueError("the content is not that of which the name has the digest")
        with safe_open(path, framework="pt") as file:
            notes = json.loads(file.metadata()["notes"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if not all(type(note) is int and note >= 0 for note in notes.values()):
            raise ValueError("notes are counts")
        return cls(notes.pop("step"), tensors, notes)


def _files(folder: Path) -> Mapping[Path, int]:
    """Return the files of checkpoints with their steps."""
    names = {path: NAME.fullmatch(path.name) for path in folder.glob("step-*.safetensors")}
    return {path: int(named[1]) for path, named in names.items() if named}


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=DIGEST_BYTES).hexdigest()
