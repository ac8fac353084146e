"""A learner seen as a pure function of its parameters, buffers and batch-norm statistics."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from gtn_core._second_derivatives import second_derivatives
from gtn_core.batch_norm import DifferentiableStatistics, by_evaluation_batch, normalization_layers, recorded
from gtn_core.errors import LearnerError
from gtn_core.typing import BatchNormMode, Tensors


class FunctionalLearner:
    """Runs any `nn.Module` on given parameters, leaving the module's own values as they are.

    Tied parameters appear once, under their first name; frozen parameters are constants; buffers that the module
    changes, in place or by assignment, come back as new values.

    Args:
        module: the network; maps images `[B, C, H, W]` to logits `[B, K]`.
        batch_norm: what its batch norm uses on real data.
        classes: K, where the number of logits is to be checked.

    Raises:
        LearnerError: nothing to train, or lazy parameters that have not seen an input yet.
    """

    def __init__(
        self, module: nn.Module, batch_norm: BatchNormMode = "last_synthetic_batch", classes: int | None = None
    ) -> None:
        self.module = module
        self.batch_norm = batch_norm
        self.classes = classes
        self._layers = normalization_layers(module)
        # Every place that holds a tensor, once: a module used under two names is one place, a tied parameter several.
        everything = {
            f"{path}.{name}" if path else name: tensor
            for path, child in module.named_modules()
            for name, tensor in (*_own(child.named_parameters), *_own(child.named_buffers))
        }
        if any(isinstance(tensor, UninitializedParameter | UninitializedBuffer) for tensor in everything.values()):
            raise LearnerError("the learner has lazy parameters: run it once on a batch of images before it is taught")
        first_name: dict[int, str] = {}
        self._first_names = {
            name: first_name.setdefault(id(tensor), name)
            for name, tensor in everything.items()
            if not isinstance(tensor, nn.Parameter) or tensor.requires_grad
        }
        if not any(parameter.requires_grad for parameter in module.parameters()):
            raise LearnerError("the learner has nothing to train: none of its parameters requires a gradient")

    def parameters(self) -> Tensors:
        """Return a copy of the module's trainable parameters."""
        named = self.module.named_parameters()
        return {name: tensor.detach().clone() for name, tensor in named if tensor.requires_grad}

    def buffers(self) -> Tensors:
        """Return a copy of the module's buffers."""
        return {name: tensor.detach().clone() for name, tensor in self.module.named_buffers()}

    def train_logits(
        self, parameters: Tensors, buffers: Tensors, images: Tensor, record_statistics: bool = False
    ) -> tuple[Tensor, Tensors, Tensors]:
        """Run in training mode.

        Args:
            parameters: values for the trainable parameters.
            buffers: values before the call; they are not changed.
            images: `[B, C, H, W]`.
            record_statistics: whether the batch-norm statistics are wanted, with their graph.

        Returns:
            Logits `[B, K]`, the buffers after the call (constants), and the statistics (empty unless asked for and
            used on real data).
        """
        self.module.train()
        wanted = record_statistics and self.batch_norm == "last_synthetic_batch"
        with recorded(self._layers if wanted else {}) as statistics, second_derivatives():
            logits, buffers = self._call(parameters, buffers, images)
        return logits, buffers, statistics

    def evaluate_logits(self, parameters: Tensors, buffers: Tensors, statistics: Tensors, images: Tensor) -> Tensor:
        """Run in evaluation mode, batch norm as `batch_norm` says; return logits `[N, K]`.

        Layers without `statistics` (the training pass never reached them, or they are frozen) keep their running ones.
        """
        if self.batch_norm == "batch":
            with by_evaluation_batch(self.module, self._layers):
                return self._call(parameters, buffers, images)[0]
        self.module.eval()
        with DifferentiableStatistics():
            return self._call(parameters, {**buffers, **statistics}, images)[0]

    def _call(self, parameters: Tensors, buffers: Tensors, images: Tensor) -> tuple[Tensor, Tensors]:
        values = {**parameters, **{name: tensor.clone() for name, tensor in buffers.items()}}
        given = {name: values[first] for name, first in self._first_names.items()}
        # With tie_weights=False torch writes buffers that the module re-assigned back into `given`.
        try:
            logits = functional_call(self.module, given, (images,), tie_weights=False)
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise LearnerError(f"the learner does not run on images {list(images.shape)}: {reason}") from error
        self._check(logits, len(images))
        return logits, {name: given[name].detach() for name in buffers}

    def _check(self, logits: object, examples: int) -> None:
        shape = tuple(logits.shape) if isinstance(logits, Tensor) else ()
        if len(shape) == 2 and shape[0] == examples and self.classes in (None, shape[1]):
            return
        got = f"shape {list(shape)}" if isinstance(logits, Tensor) else f"a {type(logits).__name__}"
        raise LearnerError(
            f"a learner must return logits [{examples}, {self.classes or 'classes'}]; this one returned {got}"
        )


def _own(named: Callable[..., Iterator[tuple[str, Tensor]]]) -> Iterator[tuple[str, Tensor]]:
    return named(recurse=False, remove_duplicate=False)
