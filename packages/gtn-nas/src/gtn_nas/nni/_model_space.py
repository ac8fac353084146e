"""Search spaces as NNI's strategies see them: choices only. No network is built; the evaluation does that."""

from typing import Any

import nni
from nni.nas.nn.pytorch import ModelSpace
from nni.nas.space import current_model

from gtn_nas.strategies import find_coding


class GenotypeModelSpace(ModelSpace):
    """The NNI model space of a search space of ours: one categorical choice at each place of a genotype.

    Args:
        space: its name, `nao` or `nb201`; a word, so that NNI can send it to another process.

    Attributes:
        sample: what was chosen, in a model frozen by NNI; else None.

    Raises:
        UnknownNameError: there is no such search space.
    """

    def __init__(self, space: str) -> None:
        super().__init__()
        self.sample: dict[str, Any] | None = current_model()
        if self.sample is None:
            for label, values in find_coding(space).choices.items():
                self.add_mutable(nni.choice(label, list(values)))
