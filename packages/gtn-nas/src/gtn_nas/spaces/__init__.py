"""Search spaces behind one protocol: `NB201Space` and `NAOSpace`; `SPACES` holds them by name."""

from gtn_core.errors import UnknownNameError
from gtn_nas.spaces._nao import NAOSpace
from gtn_nas.spaces._nb201 import NB201Space
from gtn_nas.spaces._space import Cost, Space, VariantName

SPACES: dict[str, type[NAOSpace] | type[NB201Space]] = {"nao": NAOSpace, "nb201": NB201Space}


def find_space(name: str) -> type[NAOSpace] | type[NB201Space]:
    """Return the class of the search space of that name.

    Raises:
        UnknownNameError: there is none.

    Example:
        >>> find_space("nb201")(channels=4).name
        'nb201'
    """
    if name not in SPACES:
        raise UnknownNameError("search space", name, SPACES)
    return SPACES[name]


__all__ = ["SPACES", "Cost", "NAOSpace", "NB201Space", "Space", "VariantName", "find_space"]
