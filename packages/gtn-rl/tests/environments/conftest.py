"""Generated environments that the tests share: both forms, discrete and continuous actions, nothing learnt."""

import pytest
import torch

from gtn_rl.environments import Artefact, EnvironmentCard, GeneratorSpecification, spaces_of

REAL = {"discrete": "CartPole-v1", "continuous": "Pendulum-v1"}


def fresh_artefact(form: str, actions: str) -> Artefact:
    specification = GeneratorSpecification(form=form, spaces=spaces_of(REAL[actions]), hidden=8)
    generator = specification.build(seed=1).requires_grad_(False)
    generator.scaling.measure(0.3 * torch.randn(64, generator.size, generator=torch.Generator().manual_seed(0)))
    if form == "dynamics":  # episodes that end now and then
        generator.outcome.weight.mul_(3.0)
        generator.outcome.bias.zero_()
    return Artefact(generator, specification, EnvironmentCard(real_env=REAL[actions], max_episode_steps=20))


@pytest.fixture(params=["bandit", "dynamics"])
def form(request):
    return request.param


@pytest.fixture(params=["discrete", "continuous"])
def actions(request):
    return request.param


@pytest.fixture
def artefact(form, actions):
    return fresh_artefact(form, actions)


@pytest.fixture
def make_artefact():
    return fresh_artefact
