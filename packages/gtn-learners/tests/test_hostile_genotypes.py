"""Any text is a genotype or is refused in one line that is not long; what is read prints as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.errors import ConfigurationError
from gtn_learners import nao, nb201

NUMBERS = st.integers(0, 10**6000) | st.integers(-5, 15)


@pytest.mark.parametrize("space", [nao, nb201], ids=["nao", "nb201"])
@given(text=st.text() | st.text("|~+0123 none_skip_connect", max_size=200))
def test_any_text(space, text):
    try:
        genotype = space.Genotype.parse(text)
    except ConfigurationError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 1000
    else:
        assert str(genotype) == " ".join(text.split())


@given(st.lists(NUMBERS, min_size=40, max_size=40))
def test_any_forty_numbers(numbers):
    """A number of more than 4,300 digits is none to Python; it once came through as a ValueError."""
    import sys

    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    text = " ".join(map(str, numbers))
    sys.set_int_max_str_digits(limit)
    try:
        assert str(nao.Genotype.parse(text)) == text
    except ConfigurationError as error:
        assert len(str(error)) < 1000


@given(st.lists(st.text(max_size=20), min_size=6, max_size=6))
def test_any_six_operations(operations):
    first, *rest = (f"{name}~{place}|" for name, place in zip(operations, (0, 0, 1, 0, 1, 2), strict=True))
    text = f"|{first}+|{''.join(rest[:2])}+|{''.join(rest[2:])}"
    try:
        assert str(nb201.Genotype.parse(text)) == text
    except ConfigurationError as error:
        assert len(str(error)) < 1000
