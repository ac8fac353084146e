"""What the meta-training of a generated environment can be told."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gtn_core._specification import Decay, Fraction, Positive, Size, Specification
from gtn_rl.environments._card import Count, Form
from gtn_rl.meta_training import OuterLoop
from gtn_rl.policies import Activation, Initialization

OptimizerName = Literal["adam", "sgd"]
SizeRange = tuple[Size, Size]
PositiveRange = tuple[Positive, Positive]


class InnerLoop(Specification):
    """How agents train in the generated environment; everything given as a range or as several is drawn anew each time.

    Attributes:
        widths: of the hidden layers.
        depths: how many hidden layers.
        activations: to choose from.
        initializations: to choose from.
        optimizers: to choose from; sgd has momentum 0.9 and steps ten times as large.
        learning_rates: of Adam.
        eps_root: of Adam: gradients far below its root are not blown up to whole steps, nor is the meta-gradient that
            flows through them.
        steps: inner steps.
        gentle_start: share of the learning rates at the first outer step; they are whole from the middle of
            meta-training on. Agents that are sure of themselves too early tell nothing about what they do not do.
        batch: initial states an inner step.
        horizon: steps of a generated episode; a bandit's has one.
        discount: of rewards within a generated episode.
    """

    widths: SizeRange = (32, 128)
    depths: SizeRange = (1, 2)
    activations: Annotated[tuple[Activation, ...], Field(min_length=1)] = ("tanh", "relu")
    initializations: Annotated[tuple[Initialization, ...], Field(min_length=1)] = ("default", "orthogonal")
    optimizers: Annotated[tuple[OptimizerName, ...], Field(min_length=1)] = ("adam",)
    learning_rates: PositiveRange = (0.005, 0.03)
    eps_root: Positive = 1e-4
    steps: SizeRange = (15, 30)
    gentle_start: Annotated[float, Field(gt=0, le=1)] = 1.0
    batch: Size = 64
    horizon: Size = 1
    discount: Fraction = 0.99

    @model_validator(mode="after")
    def _in_order(self) -> "InnerLoop":
        for name in ("widths", "depths", "learning_rates", "steps"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} are the least and the greatest; got {low} and {high}")
        return self


class RealRollouts(Specification):
    """How trained agents act in the real environment.

    Attributes:
        agents: P, trained in each outer step.
        copies: of the real environment an agent.
        steps: in each copy; null for the real environment's time limit.
        exploration: standard deviation of continuous actions, as a share of half their range.
        discount: of real rewards.
        trace_decay: lambda of the generalised advantage.
        passes: updates of the generator from each roll-out, for which the same agents are trained anew.
        clip: of the ratio of probabilities; null for no bound.
        times: so many of a roll-out's steps, drawn at random, are looked at in a pass.
    """

    agents: Size = 8
    copies: Size = 1
    steps: Size | None = None
    exploration: Positive = 0.3
    discount: Decay = 0.99
    trace_decay: Fraction = 0.95
    passes: Size = 4
    clip: Positive | None = 0.2
    times: Size = 128


class CriticSettings(Specification):
    """The value network of the real environment, trained alongside.

    Attributes:
        width: of its two hidden layers.
        learning_rate: of its Adam.
        updates: an outer step.
        batch: states an update.
    """

    width: Size = 64
    learning_rate: Positive = 0.001
    updates: Size = 10
    batch: Size = 512


class EvolutionSettings(Specification):
    """Evolution strategies, the estimator that differentiates nothing.

    Attributes:
        pairs: antithetic pairs an outer step, all tried out as one batch.
        sigma: of the noise on the meta-parameters.
        agents: that each side of a pair trains; they act in `rollouts.copies` each, and take their most likely actions.
        greedy_share: how much the return of the best rewarded action counts, beside that of the agents; bandits only.
        greedy_steps: first outer steps in which the best rewarded action alone counts, no agent is trained and the
            generated states stay as they are. That costs little and finds what is worth teaching; bandits only.
    """

    pairs: Size = 8
    sigma: Positive = 0.05
    agents: Size = 2
    greedy_share: Fraction = 0.0
    greedy_steps: Count = 0


class EnvironmentRecipe(Specification):
    """All that decides what meta-training makes, beside the real environment and the seed.

    Attributes:
        form: `bandit` or `dynamics`.
        hidden: units of the generator's hidden layer.
        estimator: of the meta-gradient: `exact` differentiates the inner loop, `evolution` does not.
        inner: how agents train.
        rollouts: how they act in the real environment.
        critic: the value network.
        evolution: where `estimator` asks for it.
        measured_steps: of random actions in the real environment, for mean and deviation of observations.
        initial_spread: of the generated initial states before anything is learnt, in those deviations.
        initial_rewards: size of the generated rewards before anything is learnt, relative to the usual small ones.
        candidates: random generators, of which the one that teaches best is where meta-training starts. Where rewards
            are so rare that agents who know nothing never meet one, some of many random rules do.
        follow_rate: how fast the generated initial states follow those that trained agents meet in the real one, as a
            share of the way in each outer step (`exact` only); with 0 the meta-gradient alone moves them.
        outer: the outer loop.
    """

    form: Form = "bandit"
    hidden: Size = 32
    estimator: Literal["exact", "evolution"] = "exact"
    inner: InnerLoop = InnerLoop()
    rollouts: RealRollouts = RealRollouts()
    critic: CriticSettings = CriticSettings()
    evolution: EvolutionSettings = EvolutionSettings()
    measured_steps: Size = 2048
    initial_spread: Positive = 1.0
    initial_rewards: Positive = 1.0
    candidates: Size = 1
    follow_rate: Fraction = 0.0
    outer: OuterLoop = OuterLoop(steps=100, learning_rate=0.01, gradient_clip=1.0, validate_every=20)

    @model_validator(mode="after")
    def _greedy_bandits(self) -> "EnvironmentRecipe":
        if (self.evolution.greedy_share or self.evolution.greedy_steps) and self.form != "bandit":
            raise ValueError(
                f"evolution.greedy_share and greedy_steps are for bandits; with form {self.form!r} they must be 0"
            )
        return self
