"""The auxiliary head: logits from the middle of the network, whose loss helps to train what lies below.

Source: Szegedy et al., "Going deeper with convolutions" (2015), section 5; sizes as Zoph et al., "Learning transferable
architectures for scalable image recognition" (2018), have them for CIFAR-10.
"""

from torch import nn

from gtn_learners._variants import Variant

WIDTHS = (128, 768)
SMALLEST_SIDE = 6
"""Of its maps; two halvings lead there from 21 pixels."""


def auxiliary_head(inputs: int, classes: int, variant: Variant) -> nn.Sequential:
    """Return activation, pooling, a 1x1 and a 2x2 convolution, each with norm and activation, and a linear layer.

    The pooling rounds up, which changes nothing for 32x32 images and serves those of 28x28. What the 2x2 convolution
    leaves, one pixel of such images, is averaged.

    Args:
        inputs: channels of maps at least `SMALLEST_SIDE` high and wide.
        classes: number of logits.
        variant: what convolutions and activations are.
    """
    middle, last = WIDTHS
    return nn.Sequential(
        variant.activation(),
        nn.AvgPool2d(5, stride=3, ceil_mode=True),
        variant.convolution(inputs, middle, (1, 1)),
        nn.BatchNorm2d(middle),
        variant.activation(),
        variant.weighted(nn.Conv2d(middle, last, 2, bias=False)),
        nn.BatchNorm2d(last),
        variant.activation(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        variant.weighted(nn.Linear(last, classes)),
    )
