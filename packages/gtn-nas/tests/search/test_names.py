import pytest

from gtn_core.errors import UnknownNameError
from gtn_nas.search import check_engine, check_strategy


def test_misspelt_names_are_told_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'evolution'"):
        check_strategy("evolutoin")
    with pytest.raises(UnknownNameError, match="did you mean 'local'"):
        check_engine("locl")
