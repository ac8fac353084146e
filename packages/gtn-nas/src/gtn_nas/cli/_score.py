"""`gtn-nas score`."""

from math import isfinite
from typing import Any

from gtn_core import cli
from gtn_nas.cli import _options
from gtn_nas.cli._evaluating import with_evaluation_options
from gtn_nas.evaluation import EvaluationSettings, Score
from gtn_nas.spaces import Cost

NAME = "score"
HELP = """Score one genotype: train fresh networks of it on a teacher's batches, judge them on real validation images.

Example: gtn-nas score digits "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|" --space nb201"""


@with_evaluation_options
def command(
    settings: EvaluationSettings,
    genotype: _options.GenotypeArgument,
    threads: cli.ThreadsOption = None,
    json: cli.JsonOption = False,
) -> None:
    """Score one genotype."""
    cli.set_threads(threads)
    networks = settings.networks()
    parsed = networks.parse(genotype)
    found = settings.build()(parsed)
    content = _content(found, networks.cost(parsed))
    if json:
        cli.print_json({"genotype": genotype, **content})
        return
    rows = [[name, _text(value)] for name, value in content.items()]
    cli.print_table(f"Score of {parsed}", ["", settings.evaluation], rows)


def _content(found: Score, cost: Cost) -> dict[str, Any]:
    """Return what JSON can hold: null for a score of -inf, and for losses that are no numbers."""
    figures = {
        name: list(map(_finite, getattr(found, name))) for name in ("accuracies", "losses", "areas", "training_losses")
    }
    score = {"score": _finite(found.score), "score_std": found.score_std}
    return {**score, **figures, "seconds": found.seconds, **cost._asdict(), "status": found.status}


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return f"{value:.4g}" if isinstance(value, float) else str("none" if value is None else value)
