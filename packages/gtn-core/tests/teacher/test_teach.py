"""`teacher.teach(network)`: any module, trained in place, ready to be used without GTN."""

import pytest
import torch
from torch import nn

from gtn_core import RealData, Teacher
from gtn_core.errors import ConfigurationError, LearnerError
from gtn_core.families import digits_convnet
from gtn_core.teacher import GeneratorSpecification, TeacherSpecification


def teacher_of(**specification):
    data = RealData.load("digits")
    return Teacher(
        TeacherSpecification(
            **{
                "steps": 3,
                "batch": 16,
                "generator": GeneratorSpecification(code_size=4, hidden=8, channels=(4, 4)),
                **specification,
            }
        ),
        image_shape=data.image_shape,
        class_names=data.class_names,
        normalization=data.normalization,
    )


def batch_norm_network():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(144, 10)
    )


@pytest.mark.parametrize("network", [batch_norm_network, lambda: digits_convnet((1, 8, 8), 10, torch.Generator())])
def test_a_taught_network_stands_alone_in_evaluation_mode(network):
    teacher, network = teacher_of(), network()
    before = [parameter.detach().clone() for parameter in network.parameters()]
    teacher.teach(network)
    assert not any(module.training for module in network.modules())
    assert not all(map(torch.equal, network.parameters(), before))
    images = torch.rand(5, 1, 8, 8)
    one_by_one = torch.cat([network(teacher.normalize(image[None])) for image in images])
    assert torch.allclose(one_by_one, network(teacher.normalize(images)), atol=1e-5)


def test_the_last_synthetic_batchs_statistics_are_left_in_the_network():
    """Witness: torch's own layer with momentum 1.0 keeps exactly these."""
    teacher = teacher_of(steps=1)
    torch.manual_seed(0)
    network = batch_norm_network()
    witness = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4, momentum=1.0))
    witness.load_state_dict(network[:2].state_dict())
    witness(teacher.batches()[0].images)
    teacher.teach(network)
    assert torch.allclose(network[1].running_mean, witness[1].running_mean, atol=1e-6)
    assert torch.allclose(network[1].running_var, witness[1].running_var, atol=1e-6)


def test_the_same_seed_teaches_the_same():
    teacher = teacher_of(curriculum="none")
    networks = []
    for seed in (1, 1, 2):
        torch.manual_seed(0)
        networks.append(batch_norm_network())
        teacher.teach(networks[-1], seed=seed)
    first, again, other = ([*network.parameters()] for network in networks)
    assert all(map(torch.equal, first, again))
    assert not all(map(torch.equal, first, other))


def test_a_full_curriculum_has_no_step_beyond_its_last():
    with pytest.raises(ConfigurationError, match="at most 3"):
        teacher_of().teach(batch_norm_network(), steps=4)


def test_without_a_curriculum_more_steps_hold_the_last_values():
    teacher_of(curriculum="none").teach(batch_norm_network(), steps=7)


def test_fewer_steps_than_the_schedule_are_possible():
    teacher_of().teach(batch_norm_network(), steps=1)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 7)), r"must return logits \[16, 10\]"),
        (nn.Sequential(nn.Flatten(), nn.Linear(65, 10)), r"does not run on images \[16, 1, 8, 8\]"),
        (nn.Conv2d(3, 10, 3), r"does not run on images"),
        (nn.Flatten(), "nothing to train"),
        (nn.Sequential(nn.Flatten(), nn.LazyLinear(10)), "lazy parameters"),
        (nn.Identity(), "nothing to train"),
    ],
)
@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_a_network_that_does_not_fit_is_left_as_it_was(network, message):
    lazy = any(isinstance(module, nn.LazyLinear) for module in network.modules())
    before = {} if lazy else {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(LearnerError, match=message):
        teacher_of().teach(network)
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in before.items())
