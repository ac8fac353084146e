"""Fresh agents trained in a generated environment, or in the real one, and tested in the real one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
from gymnasium.wrappers import TimeLimit
from torch import Tensor

from gtn_core.seeding import derive_seed
from gtn_rl.environments import Artefact, GeneratedEnv, check_fits, real_environments
from gtn_rl.evaluation._sb3 import check_agent, train_agent
from gtn_rl.evaluation._statistics import InterquartileMean, interquartile_mean
from gtn_rl.rollouts import recorded_env_id, whole_episodes

EPISODES = 20
LARGEST_AGENT_SEED = 2**31 - 1


@dataclass(frozen=True)
class Evaluation:
    """What fresh agents of one kind reached.

    Attributes:
        agent: their kind.
        real_env: where they were tested.
        iqm: interquartile mean of the agents' mean returns.
        low: of its 95 % interval.
        high: of that interval.
        returns: mean return of each agent over the test episodes.
        synthetic_steps: that each agent trained for.
        episodes: that each agent was tested in.
        curve_steps: after how many steps agents were tested.
        curve: mean return of each agent then, `[steps][agents]`.
    """

    agent: str
    real_env: str
    iqm: float
    low: float
    high: float
    returns: list[float]
    synthetic_steps: int
    episodes: int
    curve_steps: list[int]
    curve: list[list[float]]

    def fewest_steps(self, target: float) -> int | None:
        """Return the fewest steps after which the interquartile mean has reached a target for good, or nothing."""
        reached = None
        for steps, returns in zip(self.curve_steps, self.curve, strict=True):
            if interquartile_mean([returns]).iqm < target:
                reached = None
            elif reached is None:
                reached = steps
        return reached


def evaluate_environment(
    artefact: Artefact,
    agent: str,
    *,
    seeds: int = 10,
    steps: int = 10_000,
    seed: int = 0,
    real_env: str | None = None,
    curve: Sequence[int] = (),
    episodes: int = EPISODES,
    on_agent: Callable[[float], None] = lambda _: None,
) -> Evaluation:
    """Train fresh agents in a generated environment and test them in the real one.

    Args:
        artefact: the generated environment.
        agent: a kind of Stable-Baselines3 agent: ppo, dqn, a2c, sac; with its default hyper-parameters.
        seeds: how many agents.
        steps: synthetic steps each may take.
        seed: of the agents and of the tests.
        real_env: where to test; the artefact's own real environment unless given.
        curve: after how many steps to test on the way.
        episodes: of a test.
        on_agent: called with each agent's mean return.

    Raises:
        ArtefactError: the artefact has other spaces than the real environment.
        ConfigurationError: the agent cannot act in it.
    """
    tested = real_env or recorded_env_id(artefact.card.real_env)
    check_fits(artefact, tested)

    def make() -> gym.Env[Any, Any]:
        environment: gym.Env[Any, Any] = GeneratedEnv(artefact.generator)
        limit = artefact.card.max_episode_steps
        return TimeLimit(environment, limit) if artefact.generator.episodic and limit else environment

    return _evaluate(make, tested, agent, seeds, steps, seed, curve, episodes, on_agent)


def evaluate_real(
    real_env: str,
    agent: str,
    *,
    seeds: int = 3,
    steps: int = 10_000,
    seed: int = 0,
    curve: Sequence[int] = (),
    episodes: int = EPISODES,
    on_agent: Callable[[float], None] = lambda _: None,
) -> Evaluation:
    """Train fresh agents in the real environment, to compare with; arguments as for `evaluate_environment`."""
    return _evaluate(lambda: gym.make(real_env), real_env, agent, seeds, steps, seed, curve, episodes, on_agent)


def _evaluate(
    make: Callable[[], gym.Env[Any, Any]],
    real_env: str,
    agent: str,
    seeds: int,
    steps: int,
    seed: int,
    curve: Sequence[int],
    episodes: int,
    on_agent: Callable[[float], None],
) -> Evaluation:
    returns: list[float] = []
    curves: dict[int, list[float]] = {}
    taken = 0
    with real_environments(real_env, episodes) as tests, make() as environment:
        check_agent(agent, environment.action_space)
        for number in range(seeds):
            own = derive_seed(seed, "agent", number) % LARGEST_AGENT_SEED

            def test(after: int, act: Callable[[Tensor], Tensor], own: int = own) -> None:
                found = whole_episodes(tests, act, own, lambda actions: actions.numpy())
                curves.setdefault(after, []).append(float(found.returns.mean()))

            taken = train_agent(agent, environment, steps, own, curve, test)
            returns.append(curves[taken][-1])
            on_agent(returns[-1])
    found: InterquartileMean = interquartile_mean([returns], seed)
    points = sorted(curves)
    return Evaluation(agent, real_env, *found, returns, taken, episodes, points, [curves[point] for point in points])
