import pytest
import torch

from gtn_core._parameter_average import ParameterAverage


def test_no_decay_follows_at_once():
    weights = torch.zeros(3)
    average = ParameterAverage([weights], decay=0.0)
    weights.fill_(2.0)
    average.update(0)
    assert torch.equal(average.values[0], weights)


@pytest.mark.parametrize(("count", "decay"), [(0, 0.1), (8, 0.5), (10_000, 0.9)])
def test_the_decay_grows_from_a_tenth_to_what_is_asked_for(count, decay):
    weights = torch.zeros(1)
    average = ParameterAverage([weights], decay=0.9)
    weights.fill_(1.0)
    average.update(count)
    assert average.values[0].item() == pytest.approx(1 - decay)


def test_the_average_stands_in_for_the_parameters_for_a_while_or_for_good():
    weights = torch.nn.Parameter(torch.zeros(2))
    average = ParameterAverage([weights], decay=0.5)
    with torch.no_grad():
        weights.fill_(1.0)
    with average.in_place():
        assert torch.equal(weights, torch.zeros(2))
    assert torch.equal(weights, torch.ones(2))
    average.write()
    assert torch.equal(weights, torch.zeros(2))
