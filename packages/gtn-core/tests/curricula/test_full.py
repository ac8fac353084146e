import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.curricula import FullCurriculum
from gtn_core.errors import ConfigurationError


@given(steps=st.integers(1, 5), batch=st.integers(1, 9), classes=st.integers(1, 5))
def test_labels_are_fixed_and_balanced_over_the_sequence(steps, batch, classes):
    curriculum = FullCurriculum(steps, batch, 2, classes)
    labels = torch.stack([curriculum(step, seed=step)[1] for step in range(steps)])
    assert labels.flatten().tolist() == [index % classes for index in range(steps * batch)]
    counts = labels.flatten().bincount(minlength=classes)
    assert counts.max() - counts.min() <= 1


def test_codes_are_learnt_in_a_fixed_order():
    curriculum = FullCurriculum(steps=3, batch=4, code_size=5, classes=2)
    assert [tuple(parameter.shape) for parameter in curriculum.parameters()] == [(3, 4, 5)]
    codes, _ = curriculum(1, seed=0)
    assert torch.equal(codes, curriculum(1, seed=9)[0])
    codes.sum().backward()
    assert curriculum.codes_TBZ.grad.sum((1, 2)).tolist() == [0, 20, 0]


def test_labels_are_no_part_of_what_is_saved():
    assert list(FullCurriculum(2, 3, 4, 5).state_dict()) == ["codes_TBZ"]


def test_refuses_a_step_beyond_the_sequence():
    with pytest.raises(ConfigurationError, match="of 2 steps has no step 3; ask for at most 2"):
        FullCurriculum(2, 3, 4, 5)(2, seed=0)
