"""Warm start: before meta-training, fit generator and codes to real images of the right labels, or take a teacher's.

Where the images are the parameters (dataset distillation) they are set to the real images, and may then be moved by
distribution matching.

Auto-decoding (no encoder; the codes themselves are fitted) with the mean squared error, after Bojanowski et al.,
"Optimizing the latent space of generative networks" (2018). A teacher that starts from blurred real images is worth
some hundred outer steps; it stays a teacher, since meta-training then moves generator and codes wherever they teach
best.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from gtn_core.curricula import LEARNED, CodeSequence
from gtn_core.data import Split
from gtn_core.distribution_matching import match_distributions
from gtn_core.errors import ConfigurationError, TeacherError
from gtn_core.generators import PixelGenerator
from gtn_core.seeding import derive_seed, generator_for
from gtn_core.teacher import Teacher
from gtn_core.typing import Batch, LearnerFamily

SMALLEST = 1e-6
"""Probability that a label starts from, at least."""


def warm_start(
    teacher: Teacher,
    split: Split,
    *,
    steps: int,
    learning_rate: float,
    seed: int,
    on_step: Callable[[float], None] | None = None,
) -> None:
    """Fit the teacher's generator and codes in place.

    Args:
        teacher: with a curriculum of learned codes; its inner optimizer, and the network by which a closed-loop
            curriculum moves its codes, stay as they are.
        split: real training images.
        steps: of Adam, one batch of the curriculum each.
        learning_rate: of Adam.
        seed: says which real image each code stands for, and the order of batches.
        on_step: called with each step's loss; not at all where nothing is to be fitted.

    Raises:
        ConfigurationError: the curriculum has no learned codes to fit.
    """
    require_learned_codes(teacher.specification.curriculum)
    assert isinstance(teacher.curriculum, CodeSequence)
    generator = generator_for(seed, "warm start")
    targets_TB = _targets(teacher.curriculum.labels_TB.cpu(), split.labels.cpu(), generator).to(split.labels.device)
    if isinstance(teacher.generator, PixelGenerator):  # needs no fitting: every code is found at once
        with torch.no_grad():
            codes = teacher.generator.codes_of(split.images[targets_TB.flatten()])
            teacher.curriculum.codes_TBZ.copy_(codes.view_as(teacher.curriculum.codes_TBZ))
        return
    fitted = [*teacher.generator.parameters(), teacher.curriculum.codes_TBZ]
    optimizer = torch.optim.Adam(fitted, learning_rate)
    order = torch.randint(teacher.steps, (steps,), generator=generator).tolist()
    for index, step in enumerate(order):
        batch_seed = derive_seed(seed, "warm start", index)
        targets = targets_TB.flatten()[teacher.curriculum.places(step, batch_seed)]
        made = teacher.generator(*teacher.curriculum(step, batch_seed))
        loss = F.mse_loss(made.images if isinstance(made, Batch) else made, split.images[targets])
        if isinstance(made, Batch):  # labels of the generator's own
            loss = loss + F.nll_loss(made.labels.clamp_min(SMALLEST).log(), split.labels[targets])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if on_step:
            on_step(loss.item())


def match_pixels(
    teacher: Teacher,
    split: Split,
    family: LearnerFamily,
    *,
    steps: int,
    learning_rate: float,
    real_images: int,
    seed: int,
    on_step: Callable[[float], None] | None = None,
) -> None:
    """Move the images of a teacher whose images are parameters, in place; see `match_distributions`.

    Raises:
        ConfigurationError: its images are not parameters.
    """
    require_pixels(teacher.specification.generator.kind)
    assert isinstance(teacher.generator, PixelGenerator)
    assert isinstance(teacher.curriculum, CodeSequence)
    codes_TBZ, labels = teacher.curriculum.codes_TBZ, teacher.curriculum.labels_TB.flatten()
    with torch.no_grad():
        images = teacher.generator(codes_TBZ.flatten(0, 1), labels)
    moved = match_distributions(
        images,
        labels,
        split,
        family,
        steps=steps,
        learning_rate=learning_rate,
        real_images=real_images,
        largest=teacher.generator.largest,
        seed=seed,
        on_step=on_step,
    )
    with torch.no_grad():
        codes_TBZ.copy_(teacher.generator.codes_of(moved).view_as(codes_TBZ))


def start_from(teacher: Teacher, saved: Teacher) -> None:
    """Give a teacher, in place, all that another has learned, so that meta-training goes on from there.

    Args:
        teacher: takes the normalisation of the saved one too, for which its images were made.
        saved: of the same shape.

    Raises:
        TeacherError: it is for other data, or of another shape.
    """
    if (saved.image_shape, saved.class_names) != (teacher.image_shape, teacher.class_names):
        raise TeacherError(
            f"the teacher to start from is for images {list(saved.image_shape)} of {saved.classes} classes; the data "
            f"have {list(teacher.image_shape)} and {teacher.classes}, in an order of their own"
        )
    wanted, found = teacher.state_dict(), saved.state_dict()
    different = [name for name in wanted | found if _shape(wanted.get(name)) != _shape(found.get(name))]
    if different:
        raise TeacherError(
            f"the teacher to start from has another shape, first seen in {different[0]}; give the recipe its "
            f"specification: {saved.specification.model_dump_json(exclude_defaults=True)}"
        )
    teacher.load_state_dict(found)
    teacher.normalization = saved.normalization


def _shape(tensor: Tensor | None) -> torch.Size | None:
    return None if tensor is None else tensor.shape


def require_learned_codes(curriculum: str) -> None:
    """Raise `ConfigurationError` unless the curriculum has codes that a warm start can fit."""
    if curriculum not in LEARNED:
        raise ConfigurationError(
            f"a warm start fits learned codes, and curriculum {curriculum} has none; use {', '.join(LEARNED)}, or "
            "warm_start: null"
        )


def require_pixels(generator: str) -> None:
    """Raise `ConfigurationError` unless the generator's images are parameters, which distribution matching can move."""
    if generator != "pixels":
        raise ConfigurationError(
            f"warm_start.matching moves images that are parameters, and generator {generator} makes its own; use "
            '"teacher.generator={kind: pixels}", or leave matching out'
        )


def _targets(labels_TB: Tensor, real_labels: Tensor, generator: torch.Generator) -> Tensor:
    """Choose, for each code, a real image of its label; none twice while a class has images left."""
    targets = torch.empty_like(labels_TB).flatten()
    wanted = labels_TB.flatten()
    for label in wanted.unique().tolist():
        places = (wanted == label).nonzero().flatten()
        candidates = (real_labels == label).nonzero().flatten()
        rounds = [
            candidates[torch.randperm(len(candidates), generator=generator)]
            for _ in range(-(-len(places) // len(candidates)))
        ]
        targets[places] = torch.cat(rounds)[: len(places)]
    return targets.view_as(labels_TB)
