"""Does it help to judge learners on the way? Absent from the paper's text, on in its code."""

from gtn_core.recipes import Recipe
from gtn_core.studies._arm import StudyArm
from gtn_core.studies._comparison import ComparisonStudy
from gtn_core.studies._variants import changed

PERIODS = {"every": 1, "every-4": 4, "end": None}


class IntermediateLossesStudy(ComparisonStudy):
    """Meta-losses after every inner step, after every fourth, and at the end alone."""

    name = "intermediate-losses"
    question = "Does a teacher get better if its learners are judged during the inner loop, not at its end alone?"
    paper = "not in the paper's text; its code judges MNIST learners after every inner step"

    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return an arm a period."""
        labels = {"every": "every inner step", "every-4": "every 4th inner step", "end": "at the end alone"}
        return [
            StudyArm(name, labels[name], changed(recipe, outer={"intermediate_every": period}))
            for name, period in PERIODS.items()
        ]
