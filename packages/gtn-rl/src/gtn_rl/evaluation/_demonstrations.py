"""Fresh policies after their one step on generated demonstrations: the agent called `sgd`."""

from collections.abc import Callable

from gtn_core.errors import ConfigurationError
from gtn_core.seeding import derive_seed
from gtn_rl.demonstrations import Demonstrations, measured_returns
from gtn_rl.evaluation._evaluate import Evaluation
from gtn_rl.evaluation._statistics import interquartile_mean
from gtn_rl.policies import MLPFamily
from gtn_rl.rollouts import recorded_env_id


def evaluate_demonstrations(
    demonstrations: Demonstrations,
    *,
    seeds: int = 10,
    seed: int = 0,
    real_env: str | None = None,
    episodes: int = 20,
    on_agent: Callable[[float], None] = lambda _: None,
) -> Evaluation:
    """Teach fresh policies of the family that the demonstrations were meta-trained on, and test them.

    Args:
        demonstrations: that teach.
        seeds: how many policies.
        seed: of policies and tests.
        real_env: where to test; the demonstrations' own real environment unless given.
        episodes: of a test.
        on_agent: called with each policy's mean return.

    Raises:
        ConfigurationError: neither the caller nor the demonstrations say where to test.
    """
    recorded_id = demonstrations.card.env_id
    if real_env is None and recorded_id is None:
        raise ConfigurationError("these demonstrations do not say which environment they are for; name it (--env-id)")
    tested = real_env or recorded_env_id(str(recorded_id))
    recorded = demonstrations.card.results.get("same_family")
    family = recorded.family if recorded else MLPFamily()

    def show(returns: list[float]) -> None:
        for value in returns:
            on_agent(value)

    own = derive_seed(seed, "evaluation")
    found = measured_returns(demonstrations, tested, family, seeds, episodes, own, on_policies=show)
    steps = demonstrations.specification.batch * demonstrations.steps
    mean = interquartile_mean([found.returns], seed)
    return Evaluation("sgd", tested, *mean, found.returns, steps, episodes, [steps], [found.returns])
