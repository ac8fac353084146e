"""One whole inner loop, and the reverse sweep that gives its exact meta-gradient.

A learner starts at theta_0 and takes T steps on batches that depend on the meta-parameters phi:

    g_t = d loss(theta_t, batch_t(phi)) / d theta,    s_{t+1} = update_t(s_t, g_t; phi),

    s = (theta, optimizer state, batch-norm statistics, memory of the curriculum)

The meta-loss is a sum of losses of some theta_t on real data. Its gradient with respect to phi is the reverse of this
recursion: with the adjoint lambda_t = d meta-loss / d s_t, from the last step to the first,

    lambda_t = d realloss(s_t) / d s_t + lambda_{t+1} d s_{t+1} / d s_t
    d meta-loss / d phi += lambda_{t+1} d s_{t+1} / d phi

so one step's graph at a time is enough. The forward pass keeps only the states; the sweep rebuilds step t from s_t,
takes its vector-Jacobian product and throws the graph away (`memory="recompute"`), or the forward pass has kept every
step's graph (`memory="store"`: faster, T graphs of memory), or those of as many of the last steps as fit into a number
of bytes (the last ones, because the sweep needs and frees them first). All are plain reverse-over-reverse
differentiation, exact to rounding. For learners of many millions of parameters the states can be thinned, too
(`keep_every=k`: the sweep makes those between again, one more forward pass for 1/k of the states), and moved to the
host until they are needed (`offload`).

Why not `torch.utils.checkpoint`: around an inner `autograd.grad(create_graph=True)` it uses more memory than no
checkpointing at all, and `torch.func.grad` over it raises. Why not reverse-over-forward: silently wrong through
native norms in torch 2.13.

With a window of W steps the sweep stops after W, and what those steps start from counts as a constant: cheaper, and
steadier for long, chaotic unrolls, at the price of a bias.

A curriculum may close the loop: its batch_t(phi, memory_t) answers what the learner has shown so far. Its memory is
one more part of the state, made anew after each forward pass, and the adjoint flows through it as through the rest.

`precision="bfloat16"` runs the learner's forward and backward passes on synthetic data under torch's autocast; states,
updates, meta-losses and adjoints stay as they are. The meta-gradient is exact for the loop as it was computed.

Known weaknesses: T + 1 copies of the learner's state are kept, unless thinned.

Reference: Such et al. (2020), section 2; Griewank and Walther, "Evaluating Derivatives" (2008), chapter 12.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from gtn_core import _tree
from gtn_core._graph_memory import bytes_saved_by, parse_memory
from gtn_core._kept_states import KeptStates
from gtn_core._kept_states import State as State
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.seeding import derive_seed, seeded
from gtn_core.typing import (
    Batch,
    BatchFunction,
    ClosedLoop,
    InnerOptimizer,
    MemoryMode,
    MetaBatches,
    Precision,
    Tensors,
)


class MetaGradient(NamedTuple):
    """What one unroll, or the mean of several, says about the meta-parameters."""

    meta_loss: Tensor
    """Sum of the meta-losses, a scalar."""
    gradients: list[Tensor]
    """One for each meta-parameter, zeros where the meta-loss does not depend on it."""


class _RecordedStep(NamedTuple):
    """One inner step with its graph: where it starts and where it ends."""

    inputs: Tensors
    outputs: Tensors
    end: State


class _Answer(NamedTuple):
    """What a learner makes of a synthetic batch."""

    loss: Tensor
    logits: Tensor
    buffers: Tensors
    statistics: Tensors


@dataclass(frozen=True)
class Unroll:
    """T inner steps of one learner.

    Args:
        learner: the network being taught; its initial parameters are those of its module.
        steps: T.
        batch: the batch of an inner step, from its number alone or, in a closed loop, from a memory too; called again
            when that step is rebuilt, so it must return the same batch. Its graph must be its own: steps may share the
            meta-parameters, but nothing that was computed from them.
        inner_optimizer: makes the update.
        seed: where the learner's own randomness (dropout) starts.
        precision: of the learner's passes on synthetic data.
        keep_every: k; the forward pass of a meta-gradient keeps every k-th state, the sweep makes the others again.
        offload: whether it keeps them in the host's pinned memory.
    """

    learner: FunctionalLearner
    steps: int
    batch: BatchFunction | ClosedLoop
    inner_optimizer: InnerOptimizer
    seed: int = 0
    precision: Precision = "float32"
    keep_every: int = 1
    offload: bool = False

    def run(self, visit: Callable[[int, State], None] | None = None) -> State:
        """Train without any graph and return the final state.

        Args:
            visit: called with t and the state before inner step t, for t = 0 ... T.
        """
        state = self.start()
        for step in range(self.steps):
            if visit:
                visit(step, state)
            state = self._forward(step, state, record_statistics=visit is not None or step == self.steps - 1)
        if visit:
            visit(self.steps, state)
        return state

    def meta_loss(self, meta_batches: MetaBatches) -> Tensor:
        """Return the sum of the meta-losses without any graph.

        Args:
            meta_batches: as for `meta_gradient`.

        Raises:
            ValueError: a meta-batch for a step outside 1 to T.
        """
        return self.advance(self.start(), 0, self.steps, meta_batches)[0]

    def meta_gradient(
        self,
        meta_parameters: Sequence[Tensor],
        meta_batches: MetaBatches,
        memory: MemoryMode | str = "recompute",
        window: int | None = None,
    ) -> MetaGradient:
        """Return the meta-loss and its gradient, exact unless a window truncates it.

        Args:
            meta_parameters: what `batch` and `inner_optimizer` depend on.
            meta_batches: real batches by the step whose parameters they judge, from 1 to T.
            memory: whether to rebuild each step's graph in the sweep, to store them all, or how much of them: a number
                of bytes, or a text such as `2GiB`.
            window: the sweep goes back over so many of the last steps and takes the state before them for a constant;
                null for all.

        Raises:
            ConfigurationError: `memory` is none of these.
            ValueError: a meta-batch for a step outside 1 to T, or a window of less than one step.
        """
        if window is not None and window < 1:
            raise ValueError(f"a window has at least one step; got {window}")
        first = 0 if window is None else max(0, self.steps - window)
        total, state = self.advance(self.start(), 0, first, meta_batches)
        kept = self._no_states(meta_batches)
        tape: list[_RecordedStep] = []
        first_recorded = self.steps - self._recorded_steps(parse_memory(memory))
        for step in range(first, self.steps):
            judged = step + 1 in meta_batches
            kept.keep(step, state, anyway=step >= first_recorded)
            if step >= first_recorded:
                tape.append(self._record(step, state, judged))
                state = _constant(tape[-1].end)
            else:
                state = self._forward(step, state, judged)

        gradients = [torch.zeros_like(parameter) for parameter in meta_parameters]
        adjoint: Tensors = {}
        for step in reversed(range(first, self.steps)):
            judged = step + 1 in meta_batches
            if judged:
                loss, direct = self._meta_loss_gradient(state, meta_batches[step + 1])
                total = total + loss
                adjoint = _tree.add(adjoint, direct)
            recorded = tape.pop() if tape else None
            state = kept.take(step)
            if not adjoint:  # no meta-loss depends on this step
                continue
            recorded = recorded or self._record(step, state, judged)
            adjoint = _pull_back(recorded, adjoint, meta_parameters, gradients)
            del recorded  # frees the graph before the next one is built
        return MetaGradient(total, gradients)

    def start(self) -> State:
        """Return the state before the first inner step."""
        parameters = self.learner.parameters()
        optimizer = _tree.detach(self.inner_optimizer.init(parameters))
        memory = {} if callable(self.batch) else _tree.detach(self.batch.start())
        return State(parameters, optimizer, {}, self.learner.buffers(), memory)

    def advance(self, state: State, first: int, last: int, meta_batches: MetaBatches) -> tuple[Tensor, State]:
        """Take the inner steps from `first` up to `last`, itself excluded, without any graph.

        Args:
            state: before inner step `first`.
            first: 0 for the start.
            last: T for the end.
            meta_batches: as for `meta_gradient`; those for the steps taken count.

        Returns:
            The sum of the meta-losses on the way, and the state before inner step `last`.

        Raises:
            ValueError: a meta-batch for a step outside 1 to T.
        """
        if outside := sorted(step for step in meta_batches if not 1 <= step <= self.steps):
            raise ValueError(f"meta-batches judge the learner after steps 1 to {self.steps}; got {outside}")
        total = torch.zeros_like(next(iter(state.parameters.values())).sum())
        for step in range(first, last):
            judged = step + 1 in meta_batches
            state = self._forward(step, state, judged)
            if judged:
                images, labels = meta_batches[step + 1]
                total = total + F.cross_entropy(self.evaluate(state, images), labels)
        return total, state

    def evaluate(self, state: State, images: Tensor) -> Tensor:
        """Return the logits `[N, K]` of a state on real images, without a graph."""
        with torch.no_grad():
            return self.learner.evaluate_logits(state.parameters, state.buffers, state.statistics, images)

    def batch_at(self, step: int, state: State) -> Batch:
        """Return the batch that a learner in this state meets at an inner step."""
        return self.batch(step) if callable(self.batch) else self.batch.batch(step, state.memory)

    def _no_states(self, meta_batches: MetaBatches) -> KeptStates:
        def forward(step: int, state: State) -> State:
            return self._forward(step, state, step + 1 in meta_batches)

        return KeptStates(forward, self.keep_every, self.offload)

    def _recorded_steps(self, memory: MemoryMode) -> int:
        """Return how many graphs the forward pass keeps; the last step's costs nothing, it is needed first."""
        if memory == "recompute" or not self.steps:
            return min(1, self.steps)
        if memory == "store":
            return self.steps
        bytes_a_step = bytes_saved_by(lambda: self._record(0, self.start(), record_statistics=True))
        return max(1, min(self.steps, memory // bytes_a_step))

    def _forward(self, step: int, state: State, record_statistics: bool) -> State:
        with torch.no_grad():
            batch = self.batch_at(step, state)
        trained = state._replace(parameters=_tree.leaves(state.parameters))
        with torch.enable_grad():
            answer = self._answer(step, trained, batch, record_statistics)
            gradients = _gradients(answer.loss, trained.parameters, create_graph=False)
        with torch.no_grad():
            parameters, optimizer = self.inner_optimizer.update(step, state.parameters, gradients, state.optimizer)
            memory = self._observe(state, batch, answer)
        return State(parameters, optimizer, _tree.detach(answer.statistics), answer.buffers, memory)

    def _record(self, step: int, state: State, record_statistics: bool) -> _RecordedStep:
        start = State(
            _tree.leaves(state.parameters), _tree.leaves(state.optimizer), {}, state.buffers, _tree.leaves(state.memory)
        )
        with torch.enable_grad():
            batch = self.batch_at(step, start)
            answer = self._answer(step, start, batch, record_statistics)
            gradients = _gradients(answer.loss, start.parameters, create_graph=True)
            parameters, optimizer = self.inner_optimizer.update(step, start.parameters, gradients, start.optimizer)
            memory = self._observe(start, batch, answer)
        end = State(parameters, optimizer, answer.statistics, answer.buffers, memory)
        return _RecordedStep(_differentiable(start), _differentiable(end), end)

    def _answer(self, step: int, state: State, batch: Batch, record_statistics: bool) -> _Answer:
        device = batch.images.device
        with seeded(derive_seed(self.seed, "inner step", step), device), self._passes(device):
            logits, buffers, statistics = self.learner.train_logits(
                state.parameters, state.buffers, batch.images, record_statistics
            )
        if self.precision != "float32":
            logits = logits.to(batch.images.dtype)
        return _Answer(F.cross_entropy(logits, batch.labels), logits, buffers, statistics)

    def _passes(self, device: torch.device) -> AbstractContextManager[Any]:
        if self.precision == "float32":
            return nullcontext()
        # Without the cache of weights: what a forward pass without a graph left there would break one with.
        return torch.autocast(device.type, torch.bfloat16, cache_enabled=False)

    def _observe(self, state: State, batch: Batch, answer: _Answer) -> Tensors:
        return {} if callable(self.batch) else self.batch.observe(state.memory, batch, answer.logits, answer.loss)

    def _meta_loss_gradient(self, state: State, batch: Batch) -> tuple[Tensor, Tensors]:
        judged = State(_tree.leaves(state.parameters), {}, _tree.leaves(state.statistics), state.buffers, {})
        with torch.enable_grad():
            logits = self.learner.evaluate_logits(judged.parameters, judged.buffers, judged.statistics, batch.images)
            loss = F.cross_entropy(logits, batch.labels)
            return loss.detach(), _gradients(loss, _differentiable(judged), create_graph=False)


def _constant(state: State) -> State:
    return State(*(_tree.detach(tensors) for tensors in state))


def _differentiable(state: State) -> Tensors:
    """All that the meta-gradient flows through, in one dictionary with names that cannot collide."""
    groups = {
        "parameter": state.parameters,
        "optimizer": state.optimizer,
        "statistic": state.statistics,
        "memory": state.memory,
    }
    return {f"{group}:{name}": tensor for group, tensors in groups.items() for name, tensor in tensors.items()}


def _gradients(loss: Tensor, tensors: Tensors, *, create_graph: bool) -> Tensors:
    """Gradients by name; zeros for what the loss does not reach."""
    if not loss.requires_grad:
        return _tree.zeros_like(tensors)
    found = torch.autograd.grad(
        loss, list(tensors.values()), create_graph=create_graph, allow_unused=True, materialize_grads=True
    )
    return dict(zip(tensors, found, strict=True))


def _pull_back(
    step: _RecordedStep, adjoint: Tensors, meta_parameters: Sequence[Tensor], gradients: list[Tensor]
) -> Tensors:
    """Return the adjoint at the start of a step, and add the step's share of the meta-gradient to `gradients`."""
    reached = [name for name in adjoint if step.outputs[name].requires_grad]
    if not reached:
        return {}
    found = torch.autograd.grad(
        [step.outputs[name] for name in reached],
        [*step.inputs.values(), *meta_parameters],
        [adjoint[name] for name in reached],
        allow_unused=True,
    )
    for total, share in zip(gradients, found[len(step.inputs) :], strict=True):
        if share is not None:
            total += share
    earlier = dict(zip(step.inputs, found, strict=False))
    return {name: gradient for name, gradient in earlier.items() if gradient is not None}
