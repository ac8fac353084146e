"""The auxiliary head."""

import pytest
import torch

from gtn_learners._variants import find_variant
from gtn_learners.nao._auxiliary import SMALLEST_SIDE, auxiliary_head


@pytest.mark.parametrize(("side", "pooled", "last"), [(8, 2, 1), (7, 2, 1), (SMALLEST_SIDE, 2, 1), (16, 5, 4)])
def test_shrinks_maps_to_one_pixel_and_logits(side, pooled, last):
    head = auxiliary_head(5, 10, find_variant("standard"))
    seen = []
    for layer in (head[1], head[5]):
        layer.register_forward_hook(lambda _layer, _inputs, maps: seen.append(tuple(maps.shape[1:])))
    assert head(torch.zeros(2, 5, side, side)).shape == (2, 10)
    assert seen == [(5, pooled, pooled), (768, last, last)]


def test_has_the_parameters_that_its_sizes_say(parameter_count):
    weights, norms = 5 * 128 + 128 * 768 * 4, 2 * (128 + 768)
    assert parameter_count(auxiliary_head(5, 10, find_variant("standard"))) == weights + norms + 768 * 10 + 10
