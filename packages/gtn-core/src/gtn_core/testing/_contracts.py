"""Checkers for families of learners, generators and meta-gradients.

Each runs in seconds on a CPU, and leaves what it is given and torch's global random generator as they were.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gtn_core import _tree
from gtn_core.errors import ConfigurationError
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.meta_gradients import ExactMetaGradient, MetaGradientEstimator
from gtn_core.seeding import seeded
from gtn_core.testing._error import ContractError
from gtn_core.typing import Batch, ImageShape, LearnerFamily, MetaBatches, Tensors
from gtn_core.unroll import State, Unroll

STEPS = (1e-5, 1e-6, 1e-7, 1e-8)
"""Of differences for second derivatives: a kink (LeakyReLU, max-pooling) within one may lie outside the next."""

IMAGES = ":images"
"""Names the images beside the parameters, in whose names there is no colon."""


def check_learner_family(
    family: LearnerFamily,
    *,
    image_shapes: Sequence[ImageShape] = ((1, 8, 8), (3, 9, 7)),
    classes: int = 10,
    examples: int = 6,
    tolerance: float = 1e-4,
    seed: int = 0,
) -> None:
    """Check that meta-training can use a family of learners.

    For each image shape: the generator alone decides the draw, and torch's global one is left alone; the network runs
    as a pure function and returns logits `[examples, classes]`; a gradient reaches every trainable parameter, in
    training or in evaluation mode; second derivatives of the loss, in float64, agree with central differences of its
    gradient.

    Args:
        family: what to check.
        image_shapes: shapes that the family claims to serve.
        classes: number of logits.
        examples: batch size; at least 2, for batch norm.
        tolerance: relative error allowed to second derivatives.
        seed: decides the learners drawn, the images and the directions.

    Raises:
        ContractError: a check fails.
        LearnerError: nothing to train, lazy parameters, or logits of a wrong shape.

    Example:
        >>> from gtn_core.families import digits_convnet
        >>> check_learner_family(digits_convnet, image_shapes=[(1, 8, 8)])
    """
    for image_shape in image_shapes:
        with _noted(f"checked with image_shape={image_shape}, classes={classes}, seed={seed}"):
            _check_draws(family, image_shape, classes, seed)
            network, twin = (_draw(family, image_shape, classes, seed).double() for _ in range(2))
            learner = FunctionalLearner(network, classes=classes)
            batch = Batch(_random((examples, *image_shape), seed), torch.arange(examples) % classes)
            _check_function(learner, twin, batch, seed)
            _check_gradients(learner, batch, seed)
            _check_second_derivatives(learner, batch, tolerance, seed)


def check_generator(
    generator: nn.Module,
    *,
    image_shape: ImageShape,
    classes: int,
    code_size: int,
    largest_pixel: float = 2.0,
    examples: int = 6,
    seed: int = 0,
) -> None:
    """Check that a generator of images can be meta-trained.

    Images have the promised shape and range; the same codes and labels give the same images, without torch's global
    random generator and without a trace in the buffers; other labels give other images; a gradient reaches the codes
    and every trainable parameter.

    Args:
        generator: called as `generator(codes, labels)`, in the mode, dtype and place it is in.
        image_shape: what it promises.
        classes: number of labels.
        code_size: size Z of a code.
        largest_pixel: bound on the absolute value of every pixel.
        examples: batch size; at least 2, for batch norm.
        seed: decides the codes.

    Raises:
        ContractError: a check fails.

    Example:
        >>> from gtn_core.generators import ImageGenerator
        >>> generator = ImageGenerator(image_shape=(1, 8, 8), classes=10, code_size=4, hidden=8, channels=(4, 4))
        >>> check_generator(generator, image_shape=(1, 8, 8), classes=10, code_size=4)
    """
    place = next(generator.parameters()).detach()
    codes = _random((examples, code_size), seed).to(place).requires_grad_()
    labels = (torch.arange(examples) % classes).to(place.device)
    before = _copy(generator.state_dict())
    with _global_generator_untouched("the generator"):
        images, again, others = (generator(codes, given) for given in (labels, labels, (labels + 1) % classes))
    _require(_equal(before, generator.state_dict()), "a call changes the generator's parameters or buffers")
    shape = [examples, *image_shape]
    _require(list(images.shape) == shape, f"images must have shape {shape}; got {list(images.shape)}")
    largest = float(images.detach().abs().max())  # NaN fails the comparison too
    _require(largest <= largest_pixel, f"pixels must lie within {largest_pixel} of zero; the farthest is {largest:.4g}")
    _require(torch.equal(images, again), "the same codes and labels give different images")
    _require(classes == 1 or not torch.equal(images, others), "the labels do not change the images")
    inputs = {"codes": codes, **_trainable(generator)}
    _require_reached(_gradients((images * _random(shape, seed + 1).to(place)).sum(), inputs))


def check_meta_gradient(
    unroll: Unroll,
    meta_parameters: Sequence[Tensor],
    meta_batches: MetaBatches,
    *,
    estimator: MetaGradientEstimator | None = None,
    directions: int = 2,
    coordinates: int = 2,
    step: float = 1e-4,
    tolerance: float = 1e-5,
    seed: int = 0,
) -> float:
    """Compare a meta-gradient with central finite differences of the meta-loss, of fourth order, in float64.

    Each meta-parameter is moved by itself, along random directions of length 1 and along single coordinates; the
    unroll's `batch` and `inner_optimizer` must read it at every call. Meant for smooth learners (tanh, average
    pooling): a difference across the kink of a ReLU or of max-pooling means nothing.

    Args:
        unroll: whose meta-loss is differentiated.
        meta_parameters: float64 tensors, moved in place and put back.
        meta_batches: real batches by the step whose parameters they judge.
        estimator: what computes the meta-gradient; the exact one unless given.
        directions: random directions for each meta-parameter.
        coordinates: single coordinates for each meta-parameter.
        step: distance between the points of a difference.
        tolerance: error allowed, relative to the derivative or to the gradient's root mean square, whichever is larger.
            What rounding alone does to a difference (below 1e-9 by default) does not count.
        seed: decides directions and coordinates.

    Returns:
        The largest relative error met.

    Raises:
        ContractError: the meta-loss or a derivative is wrong.
        ConfigurationError: a meta-parameter is not float64.

    Example:
        >>> from gtn_core.inner_optimizers import SGD
        >>> optimizer = SGD(steps=2, learning_rate=0.1).double()
        >>> batch = Batch(torch.randn(4, 1, 2, 2, dtype=torch.float64), torch.arange(4))
        >>> learner = FunctionalLearner(nn.Sequential(nn.Flatten(), nn.Linear(4, 4)).double())
        >>> unroll = Unroll(learner, steps=2, batch=lambda step: batch, inner_optimizer=optimizer)
        >>> check_meta_gradient(unroll, list(optimizer.parameters()), {2: batch}) < 1e-5
        True
    """
    if any(parameter.dtype != torch.float64 for parameter in meta_parameters):
        raise ConfigurationError("finite differences need float64: call .double() on learner, generator and optimizer")
    found = (estimator or ExactMetaGradient())(unroll, meta_parameters, meta_batches)
    given, meta_loss = float(found.meta_loss), _meta_loss(unroll, meta_batches)
    _require(
        abs(given - meta_loss) <= 1e-9 * abs(meta_loss),
        f"the meta-loss is {meta_loss:.10g}, but {given:.10g} comes with the meta-gradient",
    )
    rounding = 100 * torch.finfo(torch.float64).eps * abs(meta_loss) / step
    random = torch.Generator().manual_seed(seed)
    worst = 0.0
    for index, (parameter, gradient) in enumerate(zip(meta_parameters, found.gradients, strict=True)):
        for direction in _directions(parameter, directions, coordinates, random):
            exact = float((gradient * direction).sum())
            difference = _meta_difference(unroll, meta_batches, parameter, direction, step)
            scale = max(abs(difference), float(gradient.square().mean().sqrt()), rounding)
            error = max(0.0, abs(exact - difference) - rounding) / scale
            _require(
                error <= tolerance,
                f"the gradient of meta-parameter {index}, of shape {list(parameter.shape)}, says {exact:.8g} along "
                f"a direction; differences say {difference:.8g}: relative error {error:.1e}, allowed {tolerance:.1e}",
            )
            worst = max(worst, error)
    return worst


def _check_draws(family: LearnerFamily, image_shape: ImageShape, classes: int, seed: int) -> None:
    """One seed, one learner; another seed, another learner; nothing from the global generator."""
    with _global_generator_untouched("the family"):
        first = _draw(family, image_shape, classes, seed)
    with seeded(seed):  # another state of the global generator
        again = _draw(family, image_shape, classes, seed)
    _require(
        _equal(first.state_dict(), again.state_dict()),
        "the same seed gives different learners; draw widths and initial values from the generator given",
    )
    stream = torch.Generator().manual_seed(seed)
    other, _, later = (
        _draw(family, image_shape, classes, seed + 1),
        *(family(image_shape, classes, stream) for _ in range(2)),
    )
    _require(not _equal(first.state_dict(), other.state_dict()), "another seed gives the same learner")
    _require(not _equal(first.state_dict(), later.state_dict()), "a generator's second draw repeats its first")


def _draw(family: LearnerFamily, image_shape: ImageShape, classes: int, seed: int) -> nn.Module:
    return family(image_shape, classes, torch.Generator().manual_seed(seed))


def _check_function(learner: FunctionalLearner, twin: nn.Module, batch: Batch, seed: int) -> None:
    """As a function of given parameters the network computes what it computes once it holds them."""
    moved = {name: value + 0.1 * _random(value.shape, seed) for name, value in learner.parameters().items()}
    with torch.no_grad():
        for name, parameter in _trainable(twin).items():
            parameter.copy_(moved[name])
        with seeded(seed):
            logits = learner.train_logits(moved, learner.buffers(), batch.images)[0]
        with seeded(seed):
            expected = twin.train()(batch.images)
    _require(bool(logits.isfinite().all()), "some logits are not finite")
    _require(
        torch.allclose(logits, expected, rtol=1e-9, atol=1e-12),
        "torch.func.functional_call and the network itself give different logits for the same parameters",
    )


def _check_gradients(learner: FunctionalLearner, batch: Batch, seed: int) -> None:
    """A parameter that neither mode uses is dead; a bias before batch norm, for one, is used in evaluation only."""
    parameters = _tree.leaves(learner.parameters())
    with seeded(seed):
        logits, buffers, statistics = learner.train_logits(parameters, learner.buffers(), batch.images, True)
    training = _gradients(F.cross_entropy(logits, batch.labels), parameters)
    logits = learner.evaluate_logits(parameters, buffers, _tree.detach(statistics), batch.images)
    _require_reached(training, _gradients(F.cross_entropy(logits, batch.labels), parameters))


def _check_second_derivatives(learner: FunctionalLearner, batch: Batch, tolerance: float, seed: int) -> None:
    """Differentiate u . (d loss / d parameters), for a random u, by the parameters and by the images."""
    parameters, buffers = learner.parameters(), learner.buffers()
    weights = {name: _random(value.shape, seed + 1) for name, value in parameters.items()}

    def slope(point: Tensors, create_graph: bool = False) -> Tensor:
        held = {name: point[name] for name in parameters}
        with seeded(seed):
            logits = learner.train_logits(held, buffers, point[IMAGES])[0]
        gradients = _gradients(F.cross_entropy(logits, batch.labels), held, create_graph)
        return torch.stack([(weights[name] * gradients[name]).sum() for name in held]).sum()

    point = _tree.leaves({**parameters, IMAGES: batch.images})
    try:
        exact = _gradients(slope(point, create_graph=True), point)
    except RuntimeError as error:
        raise ContractError(f"the loss cannot be differentiated twice: {error}") from error
    _require(_tree.all_finite(exact.values()), "some second derivatives are not finite")
    for names in (list(parameters), [IMAGES]):
        direction = _unit({name: _random(point[name].shape, seed + 2) for name in names})
        derivative = _dot(exact, direction)
        scale = max(abs(derivative), _rms([exact[name] for name in names]), 1e-6)

        def along(distance: float, direction: Tensors = direction) -> float:
            return float(slope(_tree.leaves(_tree.add(point, _tree.scale(direction, distance)))))

        smallest = min(abs(_derivative(along, step) - derivative) / scale for step in STEPS)
        _require(
            smallest <= tolerance,
            f"second derivatives of the loss by {'the images' if names == [IMAGES] else 'the parameters'} differ from "
            f"differences of its gradient: relative error {smallest:.1e}, allowed {tolerance:.1e}",
        )


def _meta_loss(unroll: Unroll, meta_batches: MetaBatches) -> float:
    """The meta-loss by a forward pass alone."""
    losses = []

    def visit(step: int, state: State) -> None:
        if step in meta_batches:
            images, labels = meta_batches[step]
            losses.append(float(F.cross_entropy(unroll.evaluate(state, images), labels)))

    unroll.run(visit)
    return sum(losses)


def _meta_difference(
    unroll: Unroll, meta_batches: MetaBatches, parameter: Tensor, direction: Tensor, step: float
) -> float:
    original = parameter.detach().clone()

    def along(distance: float) -> float:
        with torch.no_grad():
            parameter.copy_(original + distance * direction)
        return _meta_loss(unroll, meta_batches)

    try:
        return _derivative(along, step)
    finally:
        with torch.no_grad():
            parameter.copy_(original)


def _directions(like: Tensor, directions: int, coordinates: int, generator: torch.Generator) -> Iterator[Tensor]:
    for _ in range(directions):
        drawn = torch.randn(like.shape, generator=generator, dtype=like.dtype)
        yield (drawn / drawn.norm()).to(like.device)
    for place in torch.randperm(like.numel(), generator=generator)[:coordinates]:
        yield F.one_hot(place, like.numel()).view(like.shape).to(like)


def _derivative(function: Callable[[float], float], step: float) -> float:
    """The derivative at zero by the central difference of fourth order."""
    near, far = (function(distance) - function(-distance) for distance in (step, 2 * step))
    return (8 * near - far) / (12 * step)


def _gradients(output: Tensor, inputs: Mapping[str, Tensor], create_graph: bool = False) -> Tensors:
    if not output.requires_grad:
        return _tree.zeros_like(inputs)
    found = torch.autograd.grad(
        output,
        list(inputs.values()),
        create_graph=create_graph,
        retain_graph=True,
        allow_unused=True,
        materialize_grads=True,
    )
    return dict(zip(inputs, found, strict=True))


def _require_reached(*gradients: Tensors) -> None:
    dead = [name for name in gradients[0] if not any(bool(found[name].any()) for found in gradients)]
    _require(not dead, f"no gradient reaches {', '.join(dead)}")
    infinite = [name for name in gradients[0] if not _tree.all_finite(found[name] for found in gradients)]
    _require(not infinite, f"the gradient of {', '.join(infinite)} is not finite")


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise ContractError(problem)


@contextmanager
def _noted(circumstances: str) -> Iterator[None]:
    """Add the circumstances to whatever is raised in the body."""
    try:
        yield
    except Exception as error:
        error.add_note(circumstances)
        raise


@contextmanager
def _global_generator_untouched(what: str) -> Iterator[None]:
    before = torch.get_rng_state()
    try:
        yield
        untouched = torch.equal(before, torch.get_rng_state())
        _require(untouched, f"{what} uses torch's global random generator; wrap it in gtn_core.seeding.seeded_by")
    finally:
        torch.set_rng_state(before)


def _random(shape: Sequence[int], seed: int) -> Tensor:
    return torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _trainable(module: nn.Module) -> Tensors:
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}


def _copy(tensors: Mapping[str, Tensor]) -> Tensors:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _equal(left: Mapping[str, Tensor], right: Mapping[str, Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def _unit(tensors: Tensors) -> Tensors:
    length = float(torch.stack([tensor.square().sum() for tensor in tensors.values()]).sum().sqrt())
    return _tree.scale(tensors, 1 / length)


def _dot(left: Tensors, right: Tensors) -> float:
    return sum(float((left[name] * tensor).sum()) for name, tensor in right.items())


def _rms(tensors: Sequence[Tensor]) -> float:
    return float(torch.cat([tensor.flatten() for tensor in tensors]).square().mean().sqrt())
