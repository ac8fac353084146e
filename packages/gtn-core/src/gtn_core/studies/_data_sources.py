"""What should a learner be shown: a generator's images, distilled images, or real ones? (paper, figures 4, 5 and 7)."""

from gtn_core.recipes import Recipe
from gtn_core.studies._arm import StudyArm
from gtn_core.studies._comparison import ComparisonStudy
from gtn_core.studies._variants import PIXEL_STEPS, changed, with_real_data


class DataSourcesStudy(ComparisonStudy):
    """The teacher beside dataset distillation and real data, at the same steps, inner and outer."""

    name = "data-sources"
    question = "Does a generator teach better than distilled images, and either better than real images?"
    paper = "section 3.3, figures 4, 5 and 7"

    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return the arms: all have their inner optimizer meta-trained too, over as many outer steps."""
        distilled = changed(
            recipe,
            teacher={"generator": {"kind": "pixels"}, "curriculum": "full"},
            outer={"learning_rate": PIXEL_STEPS * recipe.outer.learning_rate},
        )
        arms = [
            StudyArm("teacher", "teacher", recipe),
            StudyArm("distillation", "distillation from noise", changed(distilled, warm_start=None)),
            StudyArm("real-data", "real data", with_real_data(recipe), "real_data"),
        ]
        if recipe.warm_start:
            arms.insert(2, StudyArm("distillation-real", "distillation from real images", distilled))
        return arms
