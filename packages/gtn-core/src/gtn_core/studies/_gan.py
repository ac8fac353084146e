"""A generator trained against a discriminator, with or without the objective of a teacher beside it.

The discriminator sees images alone, so nothing of it asks for all classes: a generator may please it with one. The
teacher's objective does ask, since a learner that is shown one class learns nothing else. Where both are wanted, each
gradient is scaled to length one and the two are added; Adam is blind to the length of what remains.

Source: Goodfellow et al., "Generative adversarial nets" (2014), with the non-saturating loss; Such et al. (2020),
appendix I, for the idea of the two together. How the paper weighed them is not known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gtn_core import _tree
from gtn_core.data import RealData
from gtn_core.families import WeightedFamily, draw_learner
from gtn_core.meta_training import OuterLoop, RealBatches
from gtn_core.seeding import derive_seed, generator_for, seeded
from gtn_core.teacher import Teacher
from gtn_core.typing import ImageShape

CHANNELS = (32, 64)
SLOPE = 0.2
LEARNING_RATE, BETAS = 2e-4, (0.5, 0.999)
"""Of the discriminator's Adam, as is customary since DCGAN (Radford et al., 2016)."""


def discriminator(image_shape: ImageShape) -> nn.Sequential:
    """Return a convolutional network from images to one logit: real or made."""
    depth, height, width = image_shape
    features = CHANNELS[1] * -(-height // 4) * -(-width // 4)
    return nn.Sequential(
        nn.Conv2d(depth, CHANNELS[0], 3, stride=2, padding=1),
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(CHANNELS[0], CHANNELS[1], 3, stride=2, padding=1),
        nn.LeakyReLU(SLOPE),
        nn.Flatten(),
        nn.Linear(features, 1),
    )


@dataclass
class AdversarialTraining:
    """Trains a teacher's generator against a discriminator.

    Args:
        teacher: with curriculum `none`, so that its images are of any codes and labels.
        data: real data that the images should look like.
        families: of the learners, where the teacher's objective counts too.
        settings: of the outer loop: steps, learning rate, real batch, memory.
        teaches: whether the teacher's objective counts too.
        seed: of everything random.
    """

    teacher: Teacher
    data: RealData
    families: Sequence[WeightedFamily]
    settings: OuterLoop
    teaches: bool
    seed: int

    def run(self, on_step: Callable[[], None]) -> None:
        """Take all outer steps; `on_step` is called after each."""
        device = next(self.teacher.parameters()).device
        with seeded(derive_seed(self.seed, "discriminator")):
            judge = discriminator(self.data.image_shape).to(device)
        parameters = list(self.teacher.parameters())
        outer = torch.optim.Adam(parameters, self.settings.learning_rate, betas=self.settings.betas)
        inner = torch.optim.Adam(judge.parameters(), LEARNING_RATE, betas=BETAS)
        for step in range(self.settings.steps):
            self._improve_judge(judge, inner, step)
            gradients = _of_unit_length(self._to_please(judge, parameters, step))
            if self.teaches:
                taught = _of_unit_length(self._to_teach(parameters, step))
                gradients = [one + other for one, other in zip(gradients, taught, strict=True)]
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            for group in outer.param_groups:
                group["lr"] = self.settings.learning_rate_at(step)
            outer.step()
            on_step()

    def _made(self, step: int, turn: str) -> Tensor:
        return self.teacher.batch(0, derive_seed(self.seed, turn, step)).images

    def _improve_judge(self, judge: nn.Module, optimizer: torch.optim.Optimizer, step: int) -> None:
        with torch.no_grad():
            made = self._made(step, "judged")
        real = self.data.train.batch(len(made), generator_for(self.seed, "real and made", step)).images
        optimizer.zero_grad()
        loss = F.softplus(-judge(real)).mean() + F.softplus(judge(made)).mean()
        loss.backward()
        optimizer.step()

    def _to_please(self, judge: nn.Module, parameters: list[nn.Parameter], step: int) -> list[Tensor]:
        loss = F.softplus(-judge(self._made(step, "pleasing"))).mean()
        return list(torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True))

    def _to_teach(self, parameters: list[nn.Parameter], step: int) -> list[Tensor]:
        generator = generator_for(self.seed, "learner", step)
        learner = draw_learner(self.families, self.data.image_shape, self.data.classes, generator)
        unroll = self.teacher.unroll(learner.to(parameters[0].device), derive_seed(self.seed, "unroll", step))
        judged = frozenset({self.teacher.steps})
        real = RealBatches(self.data, self.settings, judged, derive_seed(self.seed, "real", step))
        return unroll.meta_gradient(parameters, real, self.settings.memory).gradients


def _of_unit_length(gradients: list[Tensor]) -> list[Tensor]:
    """Scale to length one; what is not finite, or nothing at all, counts for nothing."""
    norm = _tree.norm(gradients)
    if not torch.isfinite(norm) or norm == 0:
        return [torch.zeros_like(gradient) for gradient in gradients]
    return [gradient / norm for gradient in gradients]
