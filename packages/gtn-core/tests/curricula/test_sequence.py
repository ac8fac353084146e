"""What every curriculum of T x B codes promises."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.curricula import CURRICULA, LEARNED, CodeSequence
from gtn_core.errors import ConfigurationError

SEQUENCES = [name for name, curriculum in CURRICULA.items() if issubclass(curriculum, CodeSequence)]


def test_all_but_none_are_sequences():
    assert set(CURRICULA) - set(SEQUENCES) == {"none"}


@pytest.mark.parametrize("name", SEQUENCES)
@given(steps=st.integers(1, 5), batch=st.integers(1, 9), classes=st.integers(1, 5), seed=st.integers(0))
def test_every_code_is_met_once_with_its_label(name, steps, batch, classes, seed):
    curriculum = CURRICULA[name](steps, batch, 2, classes)
    met = [curriculum(step, seed) for step in range(steps)]
    found = {
        tuple(code.tolist()): int(label) for codes, labels in met for code, label in zip(codes, labels, strict=True)
    }
    codes = curriculum.codes_TBZ.flatten(0, 1)
    assert found == {tuple(code.tolist()): index % classes for index, code in enumerate(codes)}
    assert all(codes.shape == (batch, 2) and labels.shape == (batch,) for codes, labels in met)


@pytest.mark.parametrize("name", SEQUENCES)
@given(kept=st.integers(1, 4), passes=st.integers(1, 4), batch=st.integers(1, 9), seed=st.integers(0))
def test_every_pass_meets_every_kept_code_once(name, kept, passes, batch, seed):
    curriculum = CURRICULA[name](kept * passes, batch, 2, 3, passes=passes)
    assert curriculum.codes_TBZ.shape == (kept, batch, 2)
    codes = sorted(tuple(code.tolist()) for code in curriculum.codes_TBZ.flatten(0, 1))
    for start in range(0, kept * passes, kept):
        met = [tuple(code.tolist()) for step in range(start, start + kept) for code in curriculum(step, seed)[0]]
        assert sorted(met) == codes


@pytest.mark.parametrize("name", ["all_shuffled", "shuffled_batches"])
def test_every_pass_has_an_order_of_its_own(name):
    curriculum = CURRICULA[name](12, 4, 2, 3, passes=2)
    passes = [[curriculum(step, 0)[0] for step in range(start, start + 6)] for start in (0, 6)]
    assert not all(map(torch.equal, *passes))


def test_refuses_passes_that_do_not_go_into_the_steps():
    with pytest.raises(ConfigurationError, match="7 steps cannot be 2 passes over the same batches; give a divisor"):
        CURRICULA["full"](7, 3, 4, 5, passes=2)


@pytest.mark.parametrize("name", SEQUENCES)
def test_the_seed_alone_decides_the_order(name):
    curriculum = CURRICULA[name](6, 4, 3, 2)
    before = curriculum(2, seed=5)
    torch.rand(1)
    assert all(map(torch.equal, before, curriculum(2, seed=5)))


@pytest.mark.parametrize("name", SEQUENCES)
def test_learned_codes_are_parameters_and_labels_are_not_saved(name):
    curriculum = CURRICULA[name](3, 4, 5, 2)
    own = dict(curriculum.named_parameters(recurse=False))  # a closed loop has more, in a network of its own
    assert list(own) == (["codes_TBZ"] if name in LEARNED else [])
    assert curriculum.codes_TBZ.shape == (3, 4, 5)
    assert "codes_TBZ" in curriculum.state_dict()
    assert "labels_TB" not in curriculum.state_dict()


@pytest.mark.parametrize("name", SEQUENCES)
def test_refuses_a_step_beyond_the_sequence(name):
    with pytest.raises(ConfigurationError, match="of 2 steps has no step 3; ask for at most 2"):
        CURRICULA[name](2, 3, 4, 5)(2, seed=0)
