"""What a recipe for demonstrations can say."""

from typing import Annotated

from pydantic import Field, model_validator

from gtn_core._specification import Decay, Fraction, Positive, Size, Specification
from gtn_rl.demonstrations._specification import DemonstrationsSpecification
from gtn_rl.meta_training import OuterLoop
from gtn_rl.policies import MLPFamily


class ActorCritic(Specification):
    """Settings of the outer objective.

    Attributes:
        candidates: random generators to choose the best from before the first outer step; see `best_candidate`.
        policies: fresh ones an outer step.
        environments: real ones for each policy.
        horizon: steps of a roll-out at the first outer step and from the middle of meta-training on; it grows linearly
            in between.
        batch: demonstrations an inner step in meta-training; fewer than `teach` takes make it cheaper, and their mean
            is the same.
        discount: gamma.
        trace_decay: lambda of the advantage estimates.
        passes: over every roll-out.
        policies_a_pass: whose meta-gradients are averaged for one step of the outer optimizer.
        decisions: of a policy, drawn from its roll-out for one such step.
        clip: of the ratio of probabilities; null for no bound.
        entropy: weight of the entropy.
        reward_scale: factor of rewards before anything is made of them.
        value_learning_rate: of the value network's Adam.
        value_steps: its gradient steps an outer step.
        value_batch: states each.
    """

    candidates: Size = 1
    policies: Size = 8
    environments: Size = 2
    horizon: tuple[Size, Size] = (200, 500)
    batch: Size = 128
    discount: Decay = 0.99
    trace_decay: Fraction = 0.95
    passes: Size = 4
    policies_a_pass: Size = 2
    decisions: Size = 256
    clip: Positive | None = 0.2
    entropy: Annotated[float, Field(ge=0, le=10)] = 0.0
    reward_scale: Positive = 0.01
    value_learning_rate: Positive = 0.001
    value_steps: Size = 20
    value_batch: Size = 512

    def horizon_at(self, progress: float) -> int:
        """Return the steps of a roll-out when a share of meta-training is done.

        Example:
            >>> [ActorCritic(horizon=(100, 500)).horizon_at(progress) for progress in (0.0, 0.25, 0.5, 1.0)]
            [100, 300, 500, 500]
        """
        first, last = self.horizon
        return round(first + (last - first) * min(1.0, 2 * progress))


TRANSFER = {
    "other_sizes": MLPFamily(widths=(8, 512), depths=(1, 5)),
    "relu": MLPFamily(activations=("relu",)),
    "default_initialization": MLPFamily(initialization="default"),
}
"""Families that meta-training does not meet unless its own is changed."""


class Evaluation(Specification):
    """How demonstrations are measured: in validations with fewer policies, and at the end.

    Attributes:
        policies: fresh ones, of the family met in meta-training.
        episodes: of each.
        validation_policies: in a validation.
        validation_episodes: of each.
        transfer: other families by name.
        transfer_policies: fresh ones of each.
        transfer_episodes: of each.
    """

    policies: Size = 100
    episodes: Size = 10
    validation_policies: Size = 10
    validation_episodes: Size = 2
    transfer: dict[str, MLPFamily] = Field(default_factory=lambda: dict(TRANSFER))
    transfer_policies: Size = 50
    transfer_episodes: Size = 4


class DemonstrationsRecipe(Specification):
    """All that decides what meta-training makes, beside the environment and the seed."""

    demonstrations: DemonstrationsSpecification = DemonstrationsSpecification()
    policies: MLPFamily = MLPFamily()
    objective: ActorCritic = ActorCritic()
    outer: OuterLoop = OuterLoop()
    evaluation: Evaluation = Evaluation()

    @model_validator(mode="after")
    def _shares(self) -> "DemonstrationsRecipe":
        if self.objective.policies_a_pass > self.objective.policies:
            raise ValueError("objective.policies_a_pass is at most objective.policies")
        return self
