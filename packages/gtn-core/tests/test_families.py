"""Learner families by name, and the one that gtn-core holds."""

import pytest
import torch
from torch import nn

from gtn_core.errors import LearnerError, UnknownNameError
from gtn_core.families import WeightedFamily, digits_convnet, draw_learner, family_names, find_family
from gtn_core.testing import check_learner_family


def test_the_digits_convnet_keeps_the_contract_of_a_family():
    check_learner_family(digits_convnet, image_shapes=[(1, 8, 8), (3, 9, 12)], classes=4)


def test_its_widths_span_a_factor_of_two():
    generator = torch.Generator().manual_seed(0)
    widths = {digits_convnet((1, 8, 8), 10, generator)[0][0].out_channels for _ in range(200)}
    assert (min(widths), max(widths)) == (8, 16)


def test_it_is_registered():
    assert "digits-convnet" in family_names()
    assert find_family("digits-convnet") is digits_convnet


def test_an_unknown_family_names_the_nearest_and_the_package_that_has_more():
    with pytest.raises(UnknownNameError, match=r"did you mean 'digits-convnet'\?.*gtn-learners"):
        find_family("digit-convnet")


def test_a_known_package_is_named_for_installation():
    with pytest.raises(UnknownNameError, match="pip install some-package"):
        find_family("its-net", package="some-package")


def test_a_family_whose_package_is_broken_is_an_error_of_one_line(monkeypatch):
    from importlib.metadata import EntryPoint

    broken = EntryPoint(name="broken", value="no_such_module:net", group="gtn.learners")
    monkeypatch.setattr("gtn_core.families.entry_points", lambda group: [broken])
    with pytest.raises(LearnerError, match="no_such_module"):
        find_family("broken")


def test_families_are_drawn_by_weight():
    def marked(size):
        return lambda image_shape, classes, generator: nn.Linear(size, classes)

    generator = torch.Generator().manual_seed(0)
    families = [WeightedFamily(marked(1), 1.0), WeightedFamily(marked(2), 3.0)]
    drawn = [draw_learner(families, (1, 8, 8), 10, generator).in_features for _ in range(400)]
    assert 0.65 < drawn.count(2) / 400 < 0.85
