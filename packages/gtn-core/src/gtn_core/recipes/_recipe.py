"""What a recipe can say."""

from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from gtn_core._specification import Positive, Size, Specification
from gtn_core.meta_training import OuterLoop
from gtn_core.teacher import DataSplits, LearnerSpecification, TeacherSpecification


class DataSpecification(DataSplits):
    """Real data: a name, a Hub id or a path, and its splits."""

    source: Annotated[str, Field(min_length=1)]


class MatchingSpecification(Specification):
    """Images moved before meta-training, so that networks see their classes as real ones'; see `match_distributions`.

    Attributes:
        steps: a fresh network each.
        learning_rate: of the first step.
        real_images: of each class and step.
        learner: whose features are compared.
    """

    steps: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    learning_rate: Positive = 0.2
    real_images: Size = 32
    learner: LearnerSpecification

    @field_validator("learner", mode="before")
    @classmethod
    def _a_name_is_enough(cls, learner: Any) -> Any:
        return {"family": learner} if isinstance(learner, str) else learner


class WarmStartSpecification(Specification):
    """What the outer loop starts from: a fit to real images, or a teacher made before. See `gtn_core.warm_start`.

    Attributes:
        steps: of the fit; images that are parameters are set to real ones in none.
        learning_rate: of the fit.
        matching: after it, for images that are parameters.
        teacher: instead of a fit, a teacher of the same shape: a folder, the name of a shipped one, or a Hub id.
    """

    steps: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None
    learning_rate: Positive = 0.01
    matching: MatchingSpecification | None = None
    teacher: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "WarmStartSpecification":
        if (self.steps is None) == (self.teacher is None):
            raise ValueError(
                'give either steps, for a fit to real images, or teacher, as in "warm_start={teacher: DIR}"'
            )
        if self.matching and self.teacher is not None:
            raise ValueError("matching moves images that were set to real ones; it does not go with a teacher")
        return self


class RealDataArmSpecification(Specification):
    """Meta-training of the real-data arm's learning rates and momenta, all else as in the teacher's outer loop."""

    steps: Annotated[int, Field(strict=True, ge=1, le=10_000_000)]
    learning_rate: Positive = 0.01


class EvaluationSpecification(Specification):
    """The measurement at the end.

    Attributes:
        learners: fresh learners an arm.
        curve_learners: fresh learners for the accuracy after every inner step.
        curve_images: test images that curve is measured on, the same for all.
    """

    learners: Size = 20
    curve_learners: Size = 5
    curve_images: Size = 2000


class Recipe(Specification):
    """Everything that decides a meta-training but the seed and the device.

    Attributes:
        name: what a run is called.
        description: in one sentence.
        cost: what it costs to follow.
        reaches: what was measured with it.
        data: real data.
        teacher: the teacher's shape.
        learners: families that learners are drawn from, by weight.
        outer: the outer loop.
        warm_start: what the outer loop starts from; null for random synthetic images.
        real_data_arm: meta-train real data's inner optimizer too; null leaves it at the recipe's initial values.
        evaluation: the measurement at the end.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    description: str = ""
    cost: str = "not measured"
    reaches: str = "not measured"
    data: DataSpecification
    teacher: TeacherSpecification
    learners: Annotated[tuple[LearnerSpecification, ...], Field(min_length=1)]
    outer: OuterLoop
    warm_start: WarmStartSpecification | None = None
    real_data_arm: RealDataArmSpecification | None = None
    evaluation: EvaluationSpecification = EvaluationSpecification()

    @field_validator("learners", mode="before")
    @classmethod
    def _names_are_enough(cls, learners: Any) -> Any:
        several = [learners] if isinstance(learners, str | dict) else learners
        if not isinstance(several, list | tuple):
            return several
        return [{"family": learner} if isinstance(learner, str) else learner for learner in several]
