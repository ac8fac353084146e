"""What describes generated demonstrations: saved with them, and a part of the recipe that makes them."""

from typing import Annotated, Literal

from pydantic import Field

from gtn_core._specification import Positive, Size, Specification


class DemonstrationsSpecification(Specification):
    """The generator, and how a policy learns from it.

    Attributes:
        batch: pairs an inner step.
        steps: inner steps that `teach` takes.
        noise: values of a noise vector.
        width: of the generator's hidden layers.
        depth: hidden layers of the generator.
        state_scale: size of the generated states at the start of meta-training.
        target_scale: size of the generated targets at the start.
        step_size: `relative` takes a learned multiple of Polyak's step size, the same share of the loss from networks
            of every width and depth; `plain` a learned number.
        initial_step_size: of either kind.
        initial_bias_factor: how many times a bias's step size is that of a weight, at the start.
    """

    batch: Size = 512
    steps: Size = 1
    noise: Size = 16
    width: Size = 64
    depth: Annotated[int, Field(strict=True, ge=0, le=16)] = 2
    state_scale: Positive = 1.0
    target_scale: Positive = 50.0
    step_size: Literal["relative", "plain"] = "relative"
    initial_step_size: Positive = 0.1
    initial_bias_factor: Positive = 0.1
