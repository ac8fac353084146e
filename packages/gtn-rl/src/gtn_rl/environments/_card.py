"""What is written beside a generated environment's weights: what it is, how it was made and what it reached."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gtn_core._specification import Size, Specification
from gtn_rl.environments._bandit import ContextualBandit
from gtn_rl.environments._dynamics import GeneratedDynamics
from gtn_rl.environments._generator import EnvironmentGenerator
from gtn_rl.environments._spaces import SpacesSpecification

Count = Annotated[int, Field(ge=0)]
Form = Literal["bandit", "dynamics"]
FORMS: dict[Form, type[ContextualBandit] | type[GeneratedDynamics]] = {
    "bandit": ContextualBandit,
    "dynamics": GeneratedDynamics,
}


class GeneratorSpecification(Specification):
    """All that is needed to build a generator.

    Attributes:
        form: `bandit` for episodes of one step, `dynamics` for longer ones.
        spaces: those of the real environment.
        hidden: units of the hidden layer.

    Example:
        >>> from gtn_rl.environments import spaces_of
        >>> GeneratorSpecification(spaces=spaces_of("CartPole-v1")).build(seed=0).episodic
        False
    """

    form: Form = "bandit"
    spaces: SpacesSpecification
    hidden: Size = 32

    def build(self, seed: int = 0) -> EnvironmentGenerator:
        """Return a generator with fresh parameters."""
        return FORMS[self.form](self.spaces, self.hidden, seed)

    @property
    def episodic(self) -> bool:
        """Whether an episode has more than one step."""
        return FORMS[self.form].episodic


class AgentResult(Specification):
    """What fresh agents of one kind reached in the real environment.

    Attributes:
        agent: such as `ppo`.
        synthetic_steps: that each agent trained for in the generated environment.
        seeds: how many agents.
        iqm: interquartile mean of their mean returns.
        low: of its 95 % interval, stratified bootstrap over agents.
        high: of that interval.
        real_steps_to_match: that such an agent needs in the real environment for the same return; the card's note says
            who measured it; null where nobody did.
    """

    agent: str
    synthetic_steps: Count
    seeds: Count
    iqm: float
    low: float
    high: float
    real_steps_to_match: Count | None = None


class EnvironmentCard(Specification):
    """Where a generated environment comes from and what it reached.

    Attributes:
        real_env: id of the environment it was learnt from.
        method: estimator of the meta-gradient.
        outer_steps: of meta-training.
        real_steps: taken in the real environment, all told.
        seed: of meta-training.
        minutes: that meta-training took.
        max_episode_steps: of the real environment; null for none.
        recipe: settings of meta-training.
        results: of `gtn-rl evaluate`.
        note: what else there is to know, in words.
        break_even_agents: so many agents must be trained before the real steps are earned back; null where unknown.
    """

    real_env: str
    method: str = ""
    outer_steps: Count = 0
    real_steps: Count = 0
    seed: int = 0
    minutes: Annotated[float, Field(ge=0)] | None = None
    max_episode_steps: Size | None = None
    recipe: dict[str, Any] | None = None
    results: tuple[AgentResult, ...] = ()
    note: str = ""
    break_even_agents: Annotated[float, Field(ge=0)] | None = None

    def with_results(self, results: tuple[AgentResult, ...]) -> "EnvironmentCard":
        """Return the card with these results, and with the break-even number that follows from them."""
        saved = [one.real_steps_to_match for one in results if one.real_steps_to_match]
        even = round(self.real_steps / (sum(saved) / len(saved)), 1) if saved else None
        return self.model_copy(update={"results": results, "break_even_agents": even})
