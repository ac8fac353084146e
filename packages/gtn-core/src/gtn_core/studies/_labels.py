"""Who says what an image is to be taken for: the curriculum, the generator, or a label that is learnt? (appendix F)."""

from gtn_core.recipes import Recipe
from gtn_core.studies._arm import StudyArm
from gtn_core.studies._comparison import ComparisonStudy
from gtn_core.studies._variants import changed


class LabelsStudy(ComparisonStudy):
    """Classes that condition the generator, labels that the generator makes, soft labels that go with the codes."""

    name = "labels"
    question = "Do labels that a generator makes, or that are learnt, teach better than the classes it is told?"
    paper = "section 2 and appendix F"

    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return the arms."""
        generator = {**recipe.teacher.generator.model_dump(mode="json"), "kind": "labelled"}
        return [
            StudyArm("conditioned", "conditioned on the class", recipe),
            StudyArm("labelled", "labels made by the generator", changed(recipe, teacher={"generator": generator})),
            StudyArm("soft", "learned soft labels", changed(recipe, teacher={"soft_labels": True})),
        ]
