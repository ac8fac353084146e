"""`gtn-rl evaluate`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from gtn_core.cli import JsonOption, SeedOption, ThreadsOption, print_json, print_table, set_threads, shown_progress
from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_rl.demonstrations import Demonstrations, shipped_demonstrations
from gtn_rl.environments import load_environment
from gtn_rl.evaluation import AGENTS, Evaluation, evaluate_demonstrations, evaluate_environment

NAME = "evaluate"
HELP = """Train fresh agents on a generated artefact and test them in the real environment.

Agents for generated environments are those of Stable-Baselines3 (pip install 'gtn-rl[sb3]') with its default
hyper-parameters: ppo, dqn, a2c, sac. For generated demonstrations it is sgd: one step of a fresh policy.

Example: gtn-rl evaluate gtn/CartPole-v0 --agent ppo --seeds 10 --json"""

SGD = "sgd"
ArtefactArgument = Annotated[
    str,
    typer.Argument(metavar="ARTEFACT", help="A folder that `gtn-rl train` wrote, or an id such as gtn/CartPole-v0."),
]


@dataclass(frozen=True)
class _Request:
    """What the command line asks for."""

    artefact: str
    agent: str
    seeds: int
    steps: int
    episodes: int
    every: int | None
    env_id: str | None
    seed: int


def command(
    artefact: ArtefactArgument,
    agent: Annotated[str, typer.Option("--agent", help="ppo, dqn, a2c, sac or sgd.")] = "ppo",
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=10_000, help="Fresh agents.")] = 10,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Synthetic steps each agent may take.")] = 10_000,
    episodes: Annotated[int, typer.Option("--episodes", min=1, help="Real episodes each agent is tested in.")] = 20,
    every: Annotated[
        int | None, typer.Option("--curve-every", min=1, help="Test agents also after so many steps each.")
    ] = None,
    target: Annotated[
        float | None, typer.Option("--target", help="Say after how many steps the mean has passed this return.")
    ] = None,
    env_id: Annotated[
        str | None, typer.Option("--env-id", metavar="ID", help="Where to test; the artefact's own unless given.")
    ] = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
    json: JsonOption = False,
) -> None:
    """Evaluate an artefact."""
    if agent not in (*AGENTS, SGD):
        raise UnknownNameError("agent", agent, (*AGENTS, SGD))
    set_threads(threads)
    request = _Request(artefact, agent, seeds, steps, episodes, every, env_id, seed)
    with shown_progress(json) as progress:
        progress.start(f"training {agent}", seeds)
        found = _evaluate(request, lambda value: progress.advance(**{"return": value}))
    reached = found.fewest_steps(target) if target is not None else None
    if json:
        aim = {} if target is None else {"target": target, "fewest_steps": reached}
        print_json({"artefact": artefact, "seeds": seeds, "seed": seed, **asdict(found), **aim})
        return
    title = f"{seeds} fresh {agent} agents, {found.synthetic_steps:,} synthetic steps each, {artefact}"
    row = [found.real_env, f"{found.iqm:.1f}", f"{found.low:.1f} to {found.high:.1f}", f"{min(found.returns):.1f}"]
    print_table(title, ["tested in", "interquartile mean", "95 % interval", "worst agent"], [row])
    if target is not None:
        print(f"return {target:g} " + (f"after {reached:,} steps" if reached else "not reached"))


def _evaluate(request: _Request, on_agent: Callable[[float], None]) -> Evaluation:
    common: dict[str, Any] = {
        "seeds": request.seeds,
        "seed": request.seed,
        "real_env": request.env_id,
        "episodes": request.episodes,
        "on_agent": on_agent,
    }
    named = request.artefact in shipped_demonstrations()
    demonstrations = named or (Path(request.artefact) / "demonstrations.json").is_file()
    loaded = None if demonstrations else load_environment(request.artefact)
    if demonstrations != (request.agent == SGD):
        kind, suited = ("demonstrations", SGD) if demonstrations else ("an environment", ", ".join(AGENTS))
        raise ConfigurationError(
            f"agent {request.agent!r} does not suit {request.artefact}, which holds {kind}; use {suited}"
        )
    if loaded is None:
        return evaluate_demonstrations(Demonstrations.load(request.artefact, env_id=request.env_id), **common)
    curve = range(request.every, request.steps, request.every) if request.every else ()
    return evaluate_environment(loaded, request.agent, steps=request.steps, curve=curve, **common)
