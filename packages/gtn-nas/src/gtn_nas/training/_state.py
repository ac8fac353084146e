"""The state between two steps, as a checkpoint holds it: the network, its momenta, the figures of the epoch so far."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gtn_core.errors import RunError
from gtn_core.runs import Checkpoint
from gtn_core.typing import Tensors

MOMENTUM = "momentum_buffer"


@dataclass
class EpochFigures:
    """Sums over the training images of an epoch so far, on their device, so that a step does not wait for them.

    Attributes:
        loss: `[]`, float64, sum of the cross entropy.
        correct: `[]`, int64, how many images were classified correctly.
    """

    loss: Tensor
    correct: Tensor

    @classmethod
    def none(cls, device: torch.device) -> "EpochFigures":
        """Return the sums at the start of an epoch."""
        return cls(
            torch.zeros((), dtype=torch.float64, device=device), torch.zeros((), dtype=torch.int64, device=device)
        )

    def reset(self) -> None:
        """Begin another epoch."""
        self.loss.zero_()
        self.correct.zero_()

    @torch.no_grad()
    def add(self, logits: Tensor, labels: Tensor, loss: Tensor) -> None:
        """Add a batch whose mean cross entropy is `loss`."""
        self.loss += loss.double() * len(labels)
        self.correct += (logits.argmax(dim=1) == labels).sum()


@dataclass(frozen=True)
class TrainingState:
    """All that changes in training.

    Attributes:
        network: parameters and buffers.
        optimizer: SGD, whose only state is a momentum a parameter.
        figures: of the epoch so far.
    """

    network: nn.Module
    optimizer: torch.optim.SGD
    figures: EpochFigures

    def checkpoint(self, step: int, notes: dict[str, int]) -> Checkpoint:
        """Return the checkpoint after so many steps."""
        return Checkpoint(step, self._tensors(), notes)

    @torch.no_grad()
    def restore(self, checkpoint: Checkpoint) -> None:
        """Put the state back.

        Raises:
            RunError: the checkpoint is of another training.
        """
        for name, parameter in self.network.named_parameters():
            if f"momentum/{name}" in checkpoint.tensors:  # before the first step there is none
                self.optimizer.state[parameter][MOMENTUM] = torch.zeros_like(parameter)
        held = self._tensors()
        if wrong := held.keys() ^ checkpoint.tensors.keys() or _other_shapes(held, checkpoint.tensors):
            raise RunError(f"the checkpoint of step {checkpoint.step} does not fit this run: see {sorted(wrong)[0]}")
        for name, tensor in held.items():
            tensor.copy_(checkpoint.tensors[name])

    def _tensors(self) -> Tensors:
        momenta = {name: self.optimizer.state[tensor].get(MOMENTUM) for name, tensor in self.network.named_parameters()}
        return {
            **{f"network/{name}": tensor for name, tensor in self.network.state_dict().items()},
            **{f"momentum/{name}": momentum for name, momentum in momenta.items() if momentum is not None},
            "epoch/loss": self.figures.loss,
            "epoch/correct": self.figures.correct,
        }


def _other_shapes(held: Tensors, found: Tensors) -> set[str]:
    return {name for name, tensor in held.items() if tensor.shape != found[name].shape}
