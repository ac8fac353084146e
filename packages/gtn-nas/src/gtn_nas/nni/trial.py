"""A trial of a classic NNI experiment: `python -m gtn_nas.nni.trial`.

NNI's tuner chooses a value at each place of a genotype; a trial teaches fresh networks of that genotype and reports
their score. The `searchSpace` of the experiment is printed by `--print-search-space`.

Example: python -m gtn_nas.nni.trial --teacher digits --space nb201 --channels 4 --cells 1
"""

import json
import sys
from typing import Annotated, NoReturn

import nni
import torch
import typer

from gtn_core.errors import GTNError
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.nni._evaluator import metric_of
from gtn_nas.strategies import find_coding, genotype_of


def search_space_of(space: str) -> dict[str, dict[str, object]]:
    """Return a search space as classic experiments write it.

    Raises:
        UnknownNameError: there is no such search space.

    Example:
        >>> search_space_of("nao")["normal_0_input_a"]
        {'_type': 'choice', '_value': [0, 1]}
    """
    return {label: {"_type": "choice", "_value": list(values)} for label, values in find_coding(space).choices.items()}


def command(
    teacher: Annotated[str, typer.Option("--teacher", help="A folder, a shipped name, or a Hub id.")] = "digits",
    space: Annotated[str, typer.Option("--space", help="nao or nb201.")] = "nb201",
    cells: Annotated[int | None, typer.Option("--cells", min=1, help="A stage.")] = None,
    channels: Annotated[int | None, typer.Option("--channels", min=1, help="Of nb201.")] = None,
    filters: Annotated[int | None, typer.Option("--filters", min=1, help="Of nao.")] = None,
    seeds: Annotated[int | None, typer.Option("--seeds", min=1, help="Fresh networks.")] = None,
    score: Annotated[str | None, typer.Option("--score", help="accuracy, loss, area or training_loss.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Inner steps.")] = None,
    data: Annotated[str | None, typer.Option("--data", help="Real data; the teacher's own unless given.")] = None,
    device: Annotated[str, typer.Option("--device", help="Where to compute.")] = "cpu",
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads.")] = None,
    print_search_space: Annotated[
        bool, typer.Option("--print-search-space", help="Print the searchSpace of the experiment, and end.")
    ] = False,
) -> None:
    """Score the genotype that NNI chose for this trial."""
    if print_search_space:
        print(json.dumps(search_space_of(space), indent=1))
        return
    if threads:
        torch.set_num_threads(threads)
    genotype = genotype_of(nni.get_next_parameter())
    settings = EvaluationSettings(
        teacher,
        space,
        data,
        device=device,
        size={"cells": cells, "channels": channels, "filters": filters},
        options={"seeds": seeds, "score": score, "steps": steps},
    )
    found = settings.build()(genotype)
    nni.report_final_result(metric_of(found.score))
    print(json.dumps({"genotype": str(genotype), "status": found.status, "score": metric_of(found.score)}))


def main() -> NoReturn:
    """Run the trial and leave the process with its exit code."""
    try:
        typer.run(command)
    except GTNError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
