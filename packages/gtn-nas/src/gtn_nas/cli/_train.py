"""`gtn-nas train`."""

import sys
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

import typer

from gtn_core import cli
from gtn_nas.cli import _options
from gtn_nas.spaces import find_space

NAME = "train"
HELP = """Train a genotype's network on real data and test it at the end. Stopped, it goes on with --resume.

Recipes: search, judged on validation images after every epoch; final, larger and longer, on training and validation
images together.

Example: gtn-nas train "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|" --space nb201 --recipe final"""


def command(
    genotype: _options.GenotypeArgument,
    space: _options.SpaceOption,
    recipe: Annotated[str, typer.Option("--recipe", metavar="RECIPE", help="search, final, or a YAML file.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a recipe's value, e.g. epochs=10; may be repeated."),
    ] = None,
    data: cli.DataOption = None,
    run_dir: Annotated[
        Path | None,
        typer.Option("--run-dir", metavar="DIR", help="Where to keep the run; runs/<space>-<recipe>-<of genotype>."),
    ] = None,
    resume: cli.ResumeOption = False,
    seed: cli.SeedOption = 0,
    device: cli.DeviceOption = "cpu",
    threads: cli.ThreadsOption = None,
    json: cli.JsonOption = False,
) -> None:
    """Train a genotype's network."""
    from gtn_nas.training import NetworkTraining, TrainingRun, recipes_of  # slow to import

    networks = find_space(space)()
    parsed = networks.parse(genotype)
    recipes = recipes_of(space)
    resolved = recipes.with_overrides(recipes.load(recipe), overrides or [])
    used_threads = cli.set_threads(threads)
    settings = {"seed": seed, "device": cli.checked_device(device), "threads": used_threads, "data": data}
    configuration = {
        "genotype": str(parsed),
        "space": space,
        "recipe": resolved.model_dump(mode="json"),
        **settings,
    }
    folder = run_dir or Path("runs") / f"{space}-{resolved.name}-{_digest(str(parsed))}"
    run = TrainingRun.check(folder, configuration, resume=resume)
    if run.finished:
        print(f"{folder} is finished already", file=sys.stderr if json else sys.stdout)
        result = run.result()
    else:
        with cli.shown_progress(json) as progress:
            # Whatever is wrong with the data shows before anything is written.
            training = NetworkTraining(
                parsed, networks, resolved, seed=seed, device=device, source=data, progress=progress
            )
            run = TrainingRun.start(folder, configuration, resume=resume)
            cli.warn_of_other_threads(run, used_threads)
            result = training.run(run)
    if json:
        cli.print_json({"run_dir": str(folder), "model": str(run.model_path), **result})
        return
    cli.print_table(f"Training of {parsed}", ["", resolved.name], _rows(result))
    print(f"model: {run.model_path}")


def _digest(genotype: str) -> str:
    """Return a short name, so that each genotype has a run directory of its own."""
    return blake2b(genotype.encode(), digest_size=4).hexdigest()


def _rows(result: dict[str, Any]) -> list[list[str]]:
    rows = []
    for name, value in result.items():
        if name.endswith("_accuracy") and value is not None:
            rows.append([name.replace("_", " "), f"{100 * value:.2f} %"])
        elif name in ("params", "flops", "epochs", "steps"):
            rows.append([name, f"{value:,}"])
    return [*rows, ["seconds", f"{result['seconds']:.1f}"]]
