"""The networks of the NAO search space."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gtn_core.errors import ConfigurationError, LearnerError
from gtn_core.seeding import seeded
from gtn_learners.nao import OPERATIONS, Genotype, build_network, random_genotype


def network_of(seed=0, **options):
    return build_network(random_genotype(seed), **{"cells": 1, "filters": 2, "classes": 10, **options})


@pytest.mark.parametrize("cells", [1, 2, 3])
def test_reduces_at_cells_n_and_2n_plus_1_and_doubles_there(cells):
    network = network_of(cells=cells, filters=3)
    seen = []
    for cell in network.cells:
        cell.register_forward_hook(
            lambda cell, _, maps: seen.append((maps.shape[1] // len(cell.unread), maps.shape[2]))
        )
    network(torch.zeros(2, 3, 32, 32))
    assert seen == [(3, 32)] * cells + [(6, 16)] * (cells + 1) + [(12, 8)] * (cells + 1)
    assert network.stem[0].out_channels == 9


def test_has_the_parameters_of_a_count_by_hand(parameter_count):
    """Node k adds an identity of the older input and an average of the newer; all nodes and no input stay unread."""
    cell = (0, OPERATIONS.index("identity"), 1, OPERATIONS.index("avg_pool_3x3")) * 5

    def normed(inputs, outputs, side=1):
        return side * side * inputs * outputs + 2 * outputs

    count = normed(3, 12, side=3)  # stem
    count += normed(12, 4) * 2  # cell 0: both inputs are the stem
    count += normed(12, 8) + normed(20, 8) + 5 * normed(8, 8)  # cell 1 reduces; an identity that halves has weights
    count += normed(20, 8) + normed(40, 8)  # cell 2: the older input is larger
    count += normed(40, 16) + normed(40, 16) + 5 * normed(16, 16)  # cell 3 reduces
    count += normed(40, 16) + normed(80, 16)  # cell 4
    network = build_network(Genotype(cell, cell), cells=1, filters=4, classes=10)
    assert parameter_count(network) == count + 80 * 10 + 10


def check_gradients(genotype, variant, in_channels):
    """Of every parameter, on images of either side."""
    network = build_network(genotype, cells=1, filters=2, classes=10, in_channels=in_channels, variant=variant)
    for side in (28, 32):
        network.zero_grad()
        images = torch.randn(3, in_channels, side, side, generator=torch.Generator().manual_seed(side))
        F.cross_entropy(network(images), torch.arange(3)).backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, f"{name} of {genotype} is not reached"
            assert parameter.grad.isfinite().all(), f"{name} of {genotype}"


@pytest.mark.parametrize("variant", ["standard", "gtn"])
@pytest.mark.parametrize("in_channels", [1, 3])
def test_every_parameter_gets_a_finite_gradient(in_channels, variant):
    for seed in range(5):
        check_gradients(random_genotype(seed), variant, in_channels)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["standard", "gtn"])
@pytest.mark.parametrize("in_channels", [1, 3])
def test_every_parameter_of_1000_genotypes_gets_a_finite_gradient(in_channels, variant):
    generator = torch.Generator().manual_seed(0)
    for _ in range(1000):
        check_gradients(random_genotype(generator), variant, in_channels)


def test_the_auxiliary_head_reads_the_second_reduction_cell():
    network = network_of(auxiliary=True)
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    seen = []
    network.auxiliary.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network.cells[3].register_forward_hook(lambda _cell, _inputs, maps: seen.append(maps))
    logits, auxiliary = network.logits_and_auxiliary(images)
    assert logits.shape == auxiliary.shape == (4, 10)
    assert seen[0] is seen[1]
    torch.testing.assert_close(network(images), logits)
    (logits.sum() + auxiliary.sum()).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_the_auxiliary_head_leaves_the_rest_of_the_draw_alone(parameter_count):
    plain, more = network_of(), network_of(auxiliary=True)
    assert parameter_count(more) - parameter_count(plain) == parameter_count(more.auxiliary)
    assert all(torch.equal(value, more.state_dict()[name]) for name, value in plain.state_dict().items())


def test_the_auxiliary_head_needs_images_of_21_pixels():
    network = network_of(auxiliary=True)
    assert network.logits_and_auxiliary(torch.zeros(2, 3, 21, 21))[1].shape == (2, 10)
    with pytest.raises(LearnerError, match=r"needs images of at least 21 x 21; got \[2, 3, 20, 21\]"):
        network.logits_and_auxiliary(torch.zeros(2, 3, 20, 21))
    with pytest.raises(ConfigurationError, match="has no auxiliary head; build it with auxiliary=True"):
        network_of().logits_and_auxiliary(torch.zeros(2, 3, 32, 32))


def test_drop_path_grows_with_a_cells_place_and_may_change_between_steps():
    network = network_of()
    assert network.drop_path_probability == 0.0
    for probability in (0.3, 0.1):
        network.drop_path_probability = probability
        assert network.drop_path_probability == probability
        shares = [cell.drop_path.probability for cell in network.cells]
        assert shares == pytest.approx([probability * place / 5 for place in range(1, 6)])


def test_drop_path_acts_while_training_alone():
    network = network_of()
    images = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    plain = network.eval()(images)
    network.drop_path_probability = 0.5
    assert torch.equal(network(images), plain)
    with seeded(0):
        first, second = network.train()(images), network(images)
    assert not torch.equal(first, second)


def test_dropout_comes_before_the_last_layer():
    *_, dropout, last = network_of(dropout=0.4).head
    assert isinstance(dropout, nn.Dropout)
    assert dropout.p == 0.4
    assert isinstance(last, nn.Linear)


@pytest.mark.parametrize("options", [{"auxiliary": True}, {"dropout": 0.1}], ids=str)
def test_the_variant_for_gtn_takes_no_regularisation(options):
    (name,) = options
    with pytest.raises(ConfigurationError, match=f"'gtn' takes no {name}"):
        network_of(variant="gtn", **options)
    with pytest.raises(ConfigurationError, match=r"'gtn' takes no drop_path_probability; got 0\.2"):
        network_of(variant="gtn").drop_path_probability = 0.2
    network_of(variant="gtn").drop_path_probability = 0.0


@pytest.mark.parametrize("probability", [-0.1, 1.0, 2.0])
def test_probabilities_are_checked(probability):
    with pytest.raises(ConfigurationError, match="dropout must be at least 0 and below 1"):
        network_of(dropout=probability)
    with pytest.raises(ConfigurationError, match="drop_path_probability must be at least 0 and below 1"):
        network_of().drop_path_probability = probability


def test_gtn_has_an_activation_before_the_pooling():
    assert isinstance(network_of(variant="gtn").head[0], nn.LeakyReLU)
    assert isinstance(network_of().head[0], nn.AdaptiveAvgPool2d)
