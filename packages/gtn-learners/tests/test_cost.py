"""Parameters and operations, counted by hand."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gtn_learners import count_flops, count_parameters, nao, nb201

LAYERS = {
    "convolution": (nn.Conv2d(3, 8, 3, stride=2, padding=1), 8 * 4 * 3 * 9 * 3),
    "grouped": (nn.Conv2d(3, 6, (1, 3), padding=(0, 1), groups=3), 6 * 8 * 6 * 3),
    "linear": (nn.Sequential(nn.Flatten(), nn.Linear(144, 5)), 144 * 5),
    "norm": (nn.BatchNorm2d(3), 2 * 144),
    "relu": (nn.ReLU(), 144),
    "leaky": (nn.LeakyReLU(0.1), 144),
    "maximum": (nn.MaxPool2d(3, stride=2, padding=1), 3 * 4 * 3 * 9),
    "average": (nn.AvgPool2d((2, 3)), 3 * 4 * 2 * 6),
    "global": (nn.AdaptiveAvgPool2d(1), 3 * 9 * 7),
    "twice": (nn.Sequential(*[nn.ReLU()] * 2), 2 * 144),
    "uncounted": (nn.Sequential(nn.Identity(), nn.Tanh(), nn.ZeroPad2d(1)), 0),
}


@pytest.mark.parametrize(("layer", "count"), LAYERS.values(), ids=LAYERS)
def test_counts_each_layer_by_the_convention(layer, count):
    first = nn.Conv2d(3, 3, 1)
    assert count_flops(nn.Sequential(first, layer), (3, 8, 6)) == count + 144 * 3


@pytest.mark.parametrize("space", [nao, nb201], ids=["nao", "nb201"])
def test_convolutions_and_linear_layers_count_half_of_what_torch_counts(space):
    """Where nothing else is counted; torch counts a multiplication and an addition as two."""
    options = {"filters": 4} if space is nao else {"channels": 4}
    network = space.build_network(space.random_genotype(3), cells=1, classes=10, **options).eval()
    counted = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(
                lambda layer, _, output: counted.append(output.numel() * layer.weight[0].numel())
            )
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, 3, 16, 16))
    assert 2 * sum(counted) == counter.get_total_flops()
    assert sum(counted) < count_flops(network, (3, 16, 16))


def test_leaves_the_network_as_it_was():
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Dropout(), nn.ReLU().eval())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    count_flops(network, (1, 4, 4))
    assert [layer.training for layer in network.modules()] == [True, True, True, True, False]
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(layer._forward_hooks for layer in network.modules())


def test_counts_trainable_parameters_alone():
    network = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2, bias=False).requires_grad_(False))
    assert count_parameters(network) == 8
