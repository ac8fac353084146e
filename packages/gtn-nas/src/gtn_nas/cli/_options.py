"""Options that `score` and `rank` share, declared once; None where the evaluation's own default holds."""

from typing import Annotated

import typer

from gtn_nas.evaluation import EVALUATIONS
from gtn_nas.spaces import SPACES

GenotypeArgument = Annotated[str, typer.Argument(metavar="GENOTYPE", help="As its search space prints it, in quotes.")]
SpaceOption = Annotated[str, typer.Option("--space", metavar="SPACE", help=f"Search space: {', '.join(SPACES)}.")]
EvaluationOption = Annotated[
    str,
    typer.Option("--evaluation", metavar="NAME", help=f"Where scores come from: {', '.join(EVALUATIONS)}."),
]
ScoreOption = Annotated[
    str | None,
    typer.Option(
        "--score",
        metavar="NAME",
        help="accuracy after the last step (unless given); loss, its negative; area under the few-step curve; "
        "training_loss, the negative mean over all steps.",
    ),
]
SeedsOption = Annotated[
    int | None,
    typer.Option("--seeds", min=1, max=1000, help="Fresh networks a genotype: 3 unless given, 1 without training."),
]
CellsOption = Annotated[
    int | None,
    typer.Option("--cells", min=1, max=100, help="N, a stage: 1 unless given, the published number without training."),
]
ChannelsOption = Annotated[
    int | None,
    typer.Option("--channels", min=1, max=4096, help="C, of nb201: 8 unless given, 16 without training."),
]
FiltersOption = Annotated[
    int | None,
    typer.Option("--filters", min=1, max=4096, help="F, of nao: 8 unless given, 32 without training."),
]
ImagesOption = Annotated[
    int | None, typer.Option("--images", min=1, help="Validation images to judge by: 1,000 unless given.")
]
BatchNormOption = Annotated[
    str | None,
    typer.Option(
        "--batch-norm",
        metavar="MODE",
        help="On real images: last_synthetic_batch, running or batch; the teacher's unless given, running for real.",
    ),
]
StepsOption = Annotated[int | None, typer.Option("--steps", min=1, help="Steps of training: T unless given.")]
EpochsOption = Annotated[int | None, typer.Option("--epochs", min=1, help="Of real data, instead of steps.")]
SubsetOption = Annotated[
    int | None, typer.Option("--subset", min=1, help="Real training images to learn from: all unless given.")
]
BatchSizeOption = Annotated[
    int | None, typer.Option("--batch-size", min=1, help="Real images a batch: the teacher's B unless given.")
]
LearningRateOption = Annotated[
    float | None, typer.Option("--learning-rate", min=0, help="With real data: 0.1 unless given.")
]
MomentumOption = Annotated[
    float | None, typer.Option("--momentum", min=0, max=1, help="With real data: 0.9 unless given.")
]
