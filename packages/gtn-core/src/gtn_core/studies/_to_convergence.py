"""A network trained on a few examples for as long as it takes, as dataset distillation is measured.

ConvNet-3 by plain SGD, its learning rate falling to nothing on a cosine, with augmentation by small affine maps.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, nn

from gtn_core.data import RealData, augment
from gtn_core.families import find_family
from gtn_core.seeding import generator_for
from gtn_core.typing import Batch

FAMILY = "convnet-3"
STEPS, BATCH = 400, 100
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.01, 0.9, 5e-4
"""As the distillation benchmarks train ConvNet-3, on images of 28x28 and 32x32; the step is larger on smaller ones."""
LAST_PLACES, POOLINGS = 16, 3
"""Of the map that those images leave to the last layer after so many poolings."""
CHUNK = 1000


def trained_to_convergence(examples: Batch, data: RealData, seed: int, generator: Generator) -> float:
    """Return the test accuracy of one ConvNet-3 after plain training on a few examples.

    Args:
        examples: all that it is trained on.
        data: whose test images judge it.
        seed: of the network.
        generator: draws batches and augmentation.
    """
    network = find_family(FAMILY, "gtn-learners")(data.image_shape, data.classes, generator_for(seed, "network"))
    network.to(examples.images.device).train()
    learning_rate = _learning_rate(*data.image_shape[1:])
    optimizer = torch.optim.SGD(
        network.parameters(), learning_rate, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, nesterov=True
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for _ in range(STEPS):
        drawn = torch.randperm(len(examples.labels), generator=generator)[:BATCH]
        images = augment(examples.images[drawn], "affine", generator, normalization=None)
        loss = F.cross_entropy(network(images), examples.labels[drawn])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return _test_accuracy(network, data)


def _learning_rate(height: int, width: int) -> float:
    """Return the step, larger in proportion where the last map has fewer places; seen to be needed at 8x8.

    Example:
        >>> _learning_rate(28, 28), _learning_rate(8, 8), _learning_rate(64, 64)
        (0.01, 0.16, 0.01)
    """
    height, width = (math.ceil(side / 2**POOLINGS) for side in (height, width))
    return LEARNING_RATE * max(1.0, LAST_PLACES / (height * width))


@torch.no_grad()
def _test_accuracy(network: nn.Module, data: RealData) -> float:
    network.eval()
    parts = zip(data.test.images.split(CHUNK), data.test.labels.split(CHUNK), strict=True)
    correct = sum(int((network(images).argmax(1) == labels).sum()) for images, labels in parts)
    return correct / len(data.test)
