"""What is the curriculum worth: which codes, and in which order? (paper, section 3.2, figure 3)."""

from gtn_core.curricula import CURRICULA
from gtn_core.recipes import Recipe
from gtn_core.studies._arm import StudyArm
from gtn_core.studies._comparison import ComparisonStudy
from gtn_core.studies._variants import changed


class CurriculaStudy(ComparisonStudy):
    """Every curriculum, none of them with a warm start, which codes that are not learned cannot have."""

    name = "curricula"
    question = "What does a learner gain from learned codes, from learned batches, and from a learned order?"
    paper = "section 3.2, figure 3"

    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return an arm a curriculum."""
        return [
            StudyArm(name, name.replace("_", " "), changed(recipe, teacher={"curriculum": name}, warm_start=None))
            for name in CURRICULA
        ]
