"""`gtn-rl evaluate`."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from gtn_core.cli import JsonOption, SeedOption, ThreadsOption, print_json, print_table, set_threads, shown_progress
from gtn_rl.environments import Artefact, load_environment
from gtn_rl.evaluation import Evaluation, evaluate_environment

NAME = "evaluate"
HELP = """Train fresh agents on a generated artefact and test them in the real environment.

The agents are those of Stable-Baselines3 (pip install 'gtn-rl[sb3]') with its default hyper-parameters: ppo, dqn, a2c
and sac, for generated environments; sgd takes one step on generated demonstrations.

Example: gtn-rl evaluate gtn/CartPole-v0 --agent ppo --seeds 10 --json"""

ArtefactArgument = Annotated[
    str,
    typer.Argument(metavar="ARTEFACT", help="A folder that `gtn-rl train` wrote, or an id such as gtn/CartPole-v0."),
]


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
        float | None, typer.Option("--target", help="With --curve-every: say when the mean passes this return.")
    ] = None,
    env_id: Annotated[
        str | None, typer.Option("--env-id", metavar="ID", help="Where to test; the artefact's own unless given.")
    ] = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
    json: JsonOption = False,
) -> None:
    """Evaluate an artefact."""
    set_threads(threads)
    loaded = load_environment(artefact)
    with shown_progress(json) as progress:
        progress.start(f"training {agent}", seeds)
        found = evaluate_environment(
            loaded,
            agent,
            seeds=seeds,
            steps=steps,
            seed=seed,
            real_env=env_id,
            curve=range(every, steps, every) if every else (),
            episodes=episodes,
            on_agent=lambda value: progress.advance(real_return=value),
        )
    content = as_content(found, artefact, seed, target)
    if json:
        print_json(content)
        return
    _show(found, loaded, artefact)
    if target is not None:
        print(f"fewest steps for {target:g}: {content['fewest_steps'] or 'not reached'}")


def as_content(found: Evaluation, artefact: str, seed: int, target: float | None) -> dict[str, Any]:
    """Return what `--json` prints."""
    content = {"artefact": artefact, "seed": seed, "seeds": len(found.returns), **asdict(found)}
    if target is not None:
        content |= {"target": target, "fewest_steps": found.fewest_steps(target)}
    return content


def _show(found: Evaluation, artefact: Artefact, name: str) -> None:
    title = f"{len(found.returns)} fresh {found.agent} agents, {found.synthetic_steps:,} synthetic steps each, {name}"
    row = [found.real_env, f"{found.iqm:.1f}", f"{found.low:.1f} to {found.high:.1f}", f"{min(found.returns):.1f}"]
    print_table(title, ["tested in", "interquartile mean", "95 % interval", "worst agent"], [row])
    print(f"learnt from {artefact.card.real_env} with {artefact.card.real_steps:,} real steps")
