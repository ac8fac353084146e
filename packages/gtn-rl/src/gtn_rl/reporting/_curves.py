"""Learning curves of fresh agents, in the generated environment and in the real one, kept beside a run."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from gtn_core._reading import read_bounded
from gtn_core._specification import first_problem
from gtn_core.errors import ConfigurationError, RunError
from gtn_core.runs import Progress, RunDirectory, write_atomically
from gtn_rl.environments import load_environment
from gtn_rl.evaluation import Evaluation, evaluate_environment, evaluate_real

CURVES = "curves.json"
LARGEST = 100_000_000
POINTS = 10


class Curve(BaseModel):
    """Mean returns of agents after numbers of steps."""

    model_config = ConfigDict(frozen=True)

    agent: str
    iqm: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat
    curve_steps: Annotated[tuple[int, ...], Field(min_length=1)]
    curve: Annotated[tuple[tuple[FiniteFloat, ...], ...], Field(min_length=1)]


class Curves(BaseModel):
    """One agent's in both environments."""

    model_config = ConfigDict(frozen=True)

    synthetic: Curve
    real: Curve


def measure_curves(run: RunDirectory, agent: str, seeds: int, steps: int, progress: Progress) -> None:
    """Train fresh agents in a run's environment and in the real one, and write `curves.json`.

    Args:
        run: that made an environment.
        agent: a kind of Stable-Baselines3 agent.
        seeds: how many in each.
        steps: of each agent, in either environment.
        progress: shows how far it is.

    Raises:
        RunError: the run has not made its environment yet.
    """
    folder = run.path / "environment"
    if not folder.is_dir():
        raise RunError(f"{run.path} holds no environment yet; finish it with --resume before you measure curves")
    artefact = load_environment(folder)
    every = max(1, steps // POINTS)
    points = range(every, steps, every)
    progress.start("agents for the learning curves", 2 * seeds)

    def show(value: float) -> None:
        progress.advance(**{"return": value})

    found = {
        "synthetic": evaluate_environment(artefact, agent, seeds=seeds, steps=steps, curve=points, on_agent=show),
        "real": evaluate_real(artefact.card.real_env, agent, seeds=seeds, steps=steps, curve=points, on_agent=show),
    }
    write_curves(run.path, found)


def write_curves(folder: Path, found: dict[str, Evaluation]) -> None:
    """Keep two evaluations beside a run."""
    text = json.dumps({name: asdict(one) for name, one in found.items()}, indent=2, allow_nan=False) + "\n"
    write_atomically(folder / CURVES, lambda partial: partial.write_text(text))


def read_curves(folder: Path) -> Curves | None:
    """Return the curves beside a run, if there are any.

    Raises:
        RunError: they are damaged.
    """
    path = folder / CURVES
    if not path.is_file():
        return None
    try:
        return Curves.model_validate_json(read_bounded(path, LARGEST))
    except ValidationError as error:
        raise RunError(f"{path} is damaged: {first_problem(error)}; delete it") from error
    except ConfigurationError as error:
        raise RunError(f"{error}; delete it") from error
