"""Distribution matching: images of a class that random networks see, on average, as they see the class's real ones.

    minimise  sum over classes c of  n_c | mean of f(a(synthetic images of c)) - mean of f(a(real images of c)) |^2

over the pixels. f are the features before the last linear layer of a network that is drawn anew for every step, a is a
random augmentation, the same for all images of a class, synthetic and real (siamese): what differs is then the images
alone, and they become worth more (docs/results.md). No training is unrolled, so it is cheap; what it makes serves
networks that train for long, and says nothing of the order or the step sizes that a teacher learns. The factor n_c,
synthetic images of the class, gives each of them the same step whatever their number.

Source: Zhao and Bilen, "Dataset condensation with distribution matching" (2023), equation 6.

Known weaknesses: the step size suits normalised images and networks whose features are of size 1. Networks are in
evaluation mode, in which a fresh batch norm normalises nothing; instance norm, or none, is what to choose.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from gtn_core.data import Split, augment
from gtn_core.errors import DataError, LearnerError
from gtn_core.seeding import generator_for
from gtn_core.typing import ImageShape, LearnerFamily

MOMENTUM = 0.5
FINAL_SHARE = 0.05
"""What is left of the step size at the end; it falls on a cosine."""


def match_distributions(
    images: Tensor,
    labels: Tensor,
    split: Split,
    family: LearnerFamily,
    *,
    steps: int,
    learning_rate: float = 0.2,
    real_images: int = 32,
    largest: float | None = None,
    seed: int = 0,
    on_step: Callable[[float], None] | None = None,
) -> Tensor:
    """Return images `[N, C, H, W]` moved so that networks see their classes as those of the real ones.

    Args:
        images: to start from, normalised as the real ones.
        labels: their classes `[N]`.
        split: real images.
        family: of the networks, whose last linear layer reads the features.
        steps: of gradient descent, a fresh network each.
        learning_rate: of the first step.
        real_images: of each class and step.
        largest: no pixel gets beyond it in either direction; null for no bound.
        seed: of networks, real images and augmentation.
        on_step: called with each step's loss.

    Raises:
        DataError: the split has no image of one of the classes.
        LearnerError: a network of the family uses no linear layer.
    """
    generator = generator_for(seed, "distribution matching")
    classes, places = labels.unique(return_inverse=True)
    real = [(split.labels == label).nonzero().flatten().cpu() for label in classes.tolist()]
    if not all(map(len, real)):
        raise DataError(
            "the real images have none of some class to match; give a split that has all classes of the labels"
        )
    real_places = torch.arange(len(classes), device=labels.device).repeat_interleave(real_images)
    counts = places.bincount()
    pixels = images.clone().requires_grad_()
    optimizer = torch.optim.SGD([pixels], learning_rate, momentum=MOMENTUM)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=FINAL_SHARE * learning_rate)
    known = int(split.labels.max()) + 1
    for step in range(steps):
        network = _network(family, images, known, generator)
        drawn = torch.cat([some[torch.randint(len(some), (real_images,), generator=generator)] for some in real])
        # A generator of the same seed for both, so that real and synthetic images of a class move alike.
        with torch.no_grad():
            wanted = _class_means(network, split.images[drawn], real_places, generator_for(seed, "augmentation", step))
        found = _class_means(network, pixels, places, generator_for(seed, "augmentation", step))
        loss = (counts * (found - wanted).square().sum(dim=1)).sum()
        (pixels.grad,) = torch.autograd.grad(loss, [pixels])
        optimizer.step()
        if largest is not None:
            with torch.no_grad():
                pixels.clamp_(-largest, largest)
        schedule.step()
        if on_step:
            on_step(loss.item())
    return pixels.detach()


def _network(family: LearnerFamily, images: Tensor, classes: int, generator: Generator) -> nn.Module:
    channels, height, width = images.shape[1:]
    shape: ImageShape = (channels, height, width)
    return family(shape, classes, generator).to(images.device).eval().requires_grad_(False)


def _class_means(network: nn.Module, images: Tensor, places: Tensor, generator: Generator) -> Tensor:
    """Return the mean features `[K, D]` of each class's images, those of a class moved alike."""
    moved = augment(images, "affine", generator, normalization=None, alike=places)
    found = _features(network, moved)
    counts = places.bincount()
    return found.new_zeros(len(counts), found.shape[1]).index_add(0, places, found) / counts.unsqueeze(1)


def _features(network: nn.Module, images: Tensor) -> Tensor:
    """Return what the last linear layer is given, `[N, D]`."""
    given: list[Tensor] = []
    for layer in network.modules():  # the network is thrown away, and its hooks with it
        if isinstance(layer, nn.Linear):
            layer.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    network(images)
    if not given:
        raise LearnerError("distribution matching compares what the last linear layer is given; the network uses none")
    return given[-1].flatten(1)
