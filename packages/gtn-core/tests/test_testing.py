"""Each checker passes what is right and fails what is broken, in the way that it is broken."""

from itertools import count

import pytest
import torch
from torch import nn
from torch.autograd.function import once_differentiable

from gtn_core.curricula import FullCurriculum
from gtn_core.errors import ConfigurationError, LearnerError
from gtn_core.families import digits_convnet
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.generators import ImageGenerator
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.layers import weight_normalised
from gtn_core.meta_gradients import ExactMetaGradient
from gtn_core.seeding import seeded, seeded_by
from gtn_core.testing import ContractError, check_generator, check_learner_family, check_meta_gradient
from gtn_core.typing import Batch
from gtn_core.unroll import MetaGradient, Unroll

# Families of learners


def family_of(build):
    """Make a family out of `build(features, classes)`."""

    def family(image_shape, classes, generator):
        with seeded_by(generator):
            return build(torch.Size(image_shape).numel(), classes)

    return family


def linear(features, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(features, classes))


def stock(features, classes):
    """Batch norm after a bias, dropout, layer norm, and a frozen parameter."""
    network = nn.Sequential(
        nn.Flatten(),
        nn.Linear(features, 8),
        nn.BatchNorm1d(8),
        nn.GELU(),
        nn.Dropout(0.2),
        nn.LayerNorm(8),
        nn.Linear(8, classes),
    )
    network[-1].bias.requires_grad_(False)
    return network


class WithDeadParameter(nn.Linear):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.unused = nn.Parameter(torch.ones(2))


class WithHiddenState(nn.Linear):
    """Computes with its own bias, whatever it is called with."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.hidden = [self.bias]

    def forward(self, inputs):
        return inputs @ self.weight.T + self.hidden[0]


class WrongSecondDerivative(torch.autograd.Function):
    @staticmethod
    def forward(ctx, inputs):
        ctx.save_for_backward(inputs)
        return inputs.tanh()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * (1 - ctx.saved_tensors[0].detach().tanh() ** 2)


class OnceDifferentiable(WrongSecondDerivative):
    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        return gradient * (1 - ctx.saved_tensors[0].tanh() ** 2)


class Applied(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, inputs):
        return self.function(inputs)


def distances(inputs):
    return torch.cdist(inputs, torch.eye(4, dtype=inputs.dtype), p=1)


def activated(function):
    return family_of(
        lambda features, classes: nn.Sequential(
            nn.Flatten(), nn.Linear(features, 4), Applied(function), nn.Linear(4, classes)
        )
    )


def drawn_globally(image_shape, classes, generator):
    torch.rand((), generator=generator)
    return linear(torch.Size(image_shape).numel(), classes)


def never_the_same(calls):
    def family(image_shape, classes, generator):
        with seeded(next(calls)):
            return linear(torch.Size(image_shape).numel(), classes)

    return family


def always_the_same(image_shape, classes, generator):
    with seeded(0):
        return linear(torch.Size(image_shape).numel(), classes)


def named_by_the_seed(image_shape, classes, generator):
    with seeded(generator.initial_seed()):
        return linear(torch.Size(image_shape).numel(), classes)


GOOD_FAMILIES = {"digits-convnet": digits_convnet, "linear": family_of(linear), "stock layers": family_of(stock)}


@pytest.mark.parametrize("family", GOOD_FAMILIES.values(), ids=GOOD_FAMILIES)
def test_good_families_pass(family):
    state = torch.get_rng_state()
    check_learner_family(family)
    assert torch.equal(torch.get_rng_state(), state)


BROKEN_FAMILIES = {
    "dead parameter": (family_of(lambda *sizes: nn.Sequential(nn.Flatten(), WithDeadParameter(*sizes))), "1.unused"),
    "hidden state": (family_of(lambda *sizes: nn.Sequential(nn.Flatten(), WithHiddenState(*sizes))), "functional_call"),
    "infinite": (activated(lambda inputs: inputs.abs().mul(-1).log().log()), "logits are not finite"),
    "wrong second derivative": (activated(WrongSecondDerivative.apply), "second derivatives of the loss by"),
    # torch.autograd.grad does not notice this decorator: the error it would raise lies off the path to the inputs.
    "once differentiable": (activated(OnceDifferentiable.apply), "second derivatives of the loss by"),
    "no second derivative": (
        activated(distances),
        "cannot be differentiated twice: the derivative for '_cdist_backward'",
    ),
    "infinite second derivative": (
        activated(lambda inputs: inputs + (0 * inputs).abs().pow(1.5)),
        "second derivatives are not finite",
    ),
    "global generator": (drawn_globally, "global random generator"),
    "never the same": (never_the_same(count()), "the same seed gives different learners"),
    "always the same": (always_the_same, "another seed gives the same learner"),
    "named by the seed": (named_by_the_seed, "second draw repeats its first"),
}


@pytest.mark.parametrize(("family", "problem"), BROKEN_FAMILIES.values(), ids=BROKEN_FAMILIES)
def test_broken_families_fail(family, problem):
    with pytest.raises(ContractError, match=problem) as caught:
        check_learner_family(family, image_shapes=[(1, 4, 4)], classes=3)
    assert caught.value.__notes__ == ["checked with image_shape=(1, 4, 4), classes=3, seed=0"]


def test_logits_of_a_wrong_shape_fail():
    with pytest.raises(LearnerError, match=r"logits \[6, 3\]; this one returned shape \[6, 4\]"):
        check_learner_family(family_of(lambda features, classes: linear(features, classes + 1)), classes=3)


# Generators

SIZES = {"image_shape": (1, 8, 8), "classes": 3, "code_size": 4}


def small_generator():
    return ImageGenerator(**SIZES, hidden=6, channels=(4, 3))


class BrokenGenerator(nn.Module):
    """A generator whose codes, labels and images pass through functions that may break them."""

    def __init__(self, codes=lambda codes: codes, labels=lambda labels: labels, images=lambda images: images):
        super().__init__()
        self.generator = small_generator()
        self.codes, self.labels, self.images = codes, labels, images

    def forward(self, codes, labels):
        return self.images(self.generator(self.codes(codes), self.labels(labels)))


class WithUnusedLayer(BrokenGenerator):
    def __init__(self):
        super().__init__()
        self.unused = nn.Linear(2, 2)


class WithCounter(BrokenGenerator):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, codes, labels):
        self.calls += 1
        return super().forward(codes, labels)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_good_generators_pass(dtype):
    check_generator(small_generator().to(dtype), **SIZES)


calls = count()
BROKEN_GENERATORS = {
    "shape": (lambda: BrokenGenerator(images=lambda images: images[..., 1:]), r"must have shape \[6, 1, 8, 8\]"),
    "range": (lambda: BrokenGenerator(images=lambda images: 30 * images), "pixels must lie within 2.0"),
    "not a number": (lambda: BrokenGenerator(images=lambda images: images * torch.nan), "the farthest is nan"),
    "codes": (lambda: BrokenGenerator(codes=torch.zeros_like), "no gradient reaches codes"),
    "labels": (lambda: BrokenGenerator(labels=torch.zeros_like), "labels do not change"),
    "dead layer": (WithUnusedLayer, "no gradient reaches unused.weight, unused.bias"),
    "global generator": (lambda: BrokenGenerator(images=lambda images: images * torch.rand(())), "global random"),
    "moody": (lambda: BrokenGenerator(images=lambda images: images / (2 + next(calls))), "give different images"),
    "buffers": (WithCounter, "changes the generator's parameters or buffers"),
}


@pytest.mark.parametrize(("make", "problem"), BROKEN_GENERATORS.values(), ids=BROKEN_GENERATORS)
def test_broken_generators_fail(make, problem):
    state = torch.get_rng_state()
    generator = make()
    torch.set_rng_state(state)
    with pytest.raises(ContractError, match=problem):
        check_generator(generator, **SIZES)
    assert torch.equal(torch.get_rng_state(), state)


# Meta-gradients

STEPS = 3


def smooth_learner():
    return nn.Sequential(
        weight_normalised(nn.Conv2d(1, 3, 3, padding=1)),
        nn.BatchNorm2d(3),
        nn.Tanh(),
        nn.AvgPool2d(4),
        nn.Flatten(),
        weight_normalised(nn.Linear(12, 3)),
    ).double()


def task(optimizer, cut=lambda images: images):
    """An unroll on a small generator and curriculum, its meta-parameters and its meta-batches."""
    generator = ImageGenerator(**SIZES, hidden=6, channels=(4, 3)).double()
    generator.fully_connected[2] = generator.fully_connected[5] = nn.Tanh()
    generator.first_convolution[-1] = nn.Tanh()
    curriculum = FullCurriculum(STEPS, batch=4, code_size=4, classes=3).double()

    def batch(step):
        codes, labels = curriculum(step, seed=0)
        return Batch(cut(generator(codes, labels)), labels)

    unroll = Unroll(FunctionalLearner(smooth_learner()), STEPS, batch, optimizer.double())
    meta_parameters = [parameter for part in (generator, curriculum, optimizer) for parameter in part.parameters()]
    real = Batch(torch.randn(5, 1, 8, 8, dtype=torch.float64), torch.arange(5) % 3)
    return unroll, meta_parameters, {2: real, STEPS: real}


@pytest.mark.parametrize("optimizer", [SGD(STEPS, 0.1, 0.5), Adam(STEPS, 0.01)], ids=["sgd", "adam"])
def test_the_exact_meta_gradient_passes_and_nothing_is_moved(optimizer):
    unroll, meta_parameters, meta_batches = task(optimizer)
    before = [parameter.detach().clone() for parameter in meta_parameters]
    assert check_meta_gradient(unroll, meta_parameters, meta_batches, directions=1, coordinates=1) < 1e-6
    assert all(map(torch.equal, meta_parameters, before))


def test_a_cut_meta_gradient_fails_and_nothing_is_moved():
    unroll, meta_parameters, meta_batches = task(SGD(STEPS, 0.1, 0.5), cut=torch.Tensor.detach)
    before = [parameter.detach().clone() for parameter in meta_parameters]
    with pytest.raises(ContractError, match="the gradient of meta-parameter 0"):
        check_meta_gradient(unroll, meta_parameters, meta_batches)
    assert all(map(torch.equal, meta_parameters, before))


def wrong_gradient(*arguments):
    meta_loss, gradients = ExactMetaGradient()(*arguments)
    return MetaGradient(meta_loss, [*gradients[:-1], 1.001 * gradients[-1]])


def wrong_meta_loss(*arguments):
    meta_loss, gradients = ExactMetaGradient()(*arguments)
    return MetaGradient(meta_loss / 2, gradients)


@pytest.mark.parametrize(
    ("estimator", "problem"),
    [(wrong_gradient, r"the gradient of meta-parameter 17, .*, allowed 1\.0e-05"), (wrong_meta_loss, "meta-loss is")],
    ids=["gradient", "meta-loss"],
)
def test_a_wrong_estimator_fails(estimator, problem):
    with pytest.raises(ContractError, match=problem):
        check_meta_gradient(*task(SGD(STEPS, 0.1, 0.5)), estimator=estimator, directions=1, coordinates=0)


def test_single_precision_is_refused():
    unroll, _, meta_batches = task(SGD(STEPS))
    with pytest.raises(ConfigurationError, match="need float64"):
        check_meta_gradient(unroll, [nn.Parameter(torch.ones(2))], meta_batches)
