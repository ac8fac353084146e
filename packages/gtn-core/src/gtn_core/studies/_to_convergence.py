"""A network trained on a few examples for as long as it takes, as dataset distillation is measured.

ConvNet-3 by plain SGD, its learning rate falling to nothing on a cosine, with augmentation by small affine maps.
"""

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
"""As the distillation benchmarks train ConvNet-3."""
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
    optimizer = torch.optim.SGD(
        network.parameters(), LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, nesterov=True
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


@torch.no_grad()
def _test_accuracy(network: nn.Module, data: RealData) -> float:
    network.eval()
    parts = zip(data.test.images.split(CHUNK), data.test.labels.split(CHUNK), strict=True)
    correct = sum(int((network(images).argmax(1) == labels).sum()) for images, labels in parts)
    return correct / len(data.test)
