"""What one kind of artefact brings to the outer loop."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from gtn_core.runs import GradientGuard


class Outcome(NamedTuple):
    """What a part of meta-training did."""

    figures: dict[str, Any]
    """Numbers or nulls for `metrics.jsonl`; nothing of the clock."""
    real_steps: int
    """Steps taken in the real environment for it."""


class Task(Protocol):
    """The outer loop's view of what is being meta-trained.

    An outer step must depend on nothing but what `state` and the optimizer hold and the step's number: every random
    draw, the environments' seeds among them, comes from (run seed, step). Environments are begun anew in each step, so
    their state need not be saved, and a resumed run repeats an undisturbed one bit for bit.
    """

    @property
    def state(self) -> nn.Module:
        """All that outer steps change: meta-parameters, value network; this is what a checkpoint holds."""
        ...

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """Of everything in `state`; its state is kept in checkpoints too."""
        ...

    @property
    def meta_parameters(self) -> Sequence[Tensor]:
        """The part of `state` that the artefact is made of, and whose moving average is kept."""
        ...

    @property
    def guard(self) -> GradientGuard:
        """Judges the meta-gradients, as `meta_step` asks it to; its memory is kept in checkpoints."""
        ...

    def outer_step(self, step: int, learning_rate: float) -> Outcome:
        """Change the state once, or not where `gradient_norm` among the figures is None.

        Args:
            step: from 0.
            learning_rate: of the meta-parameters at this step.
        """
        ...

    def validate(self, step: int) -> Outcome:
        """Measure the meta-parameters as they are on fresh agents; figures with `validation_return` first."""
        ...
