import json

import pytest
import torch
from gymnasium import spaces

from gtn_core.errors import UnknownNameError
from gtn_rl import Demonstrations
from gtn_rl.demonstrations import Card, DemonstrationsSpecification, measured_returns, shipped_demonstrations
from gtn_rl.errors import ArtefactError
from gtn_rl.spaces import SpaceDescription

CART_POLE = spaces.Box(
    torch.tensor([-4.8, -torch.inf, -0.41887903, -torch.inf]).numpy(),
    torch.tensor([4.8, torch.inf, 0.41887903, torch.inf]).numpy(),
)


@pytest.fixture
def saved(tmp_path):
    demonstrations = Demonstrations(DemonstrationsSpecification(), CART_POLE, spaces.Discrete(2), seed=3)
    demonstrations.card = Card(env_id="CartPole-v1", seed=3, real_steps=1000)
    demonstrations.save(tmp_path / "made")
    return demonstrations, tmp_path / "made"


def change(folder, **values):
    path = folder / "demonstrations.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_comes_back_as_it_was(saved):
    demonstrations, folder = saved
    found = Demonstrations.load(folder, env_id="CartPole-v1")
    assert found.card == demonstrations.card
    assert found.specification == demonstrations.specification
    assert found.observation_space == CART_POLE
    states, targets = demonstrations.batch(5)
    assert torch.equal(found.batch(5).states, states)
    assert torch.equal(found.batch(5).targets, targets)
    assert {file.name for file in folder.iterdir()} == {
        "demonstrations.json",
        "demonstrations.safetensors",
        "README.md",
    }


def test_is_small(saved):
    assert sum(file.stat().st_size for file in saved[1].iterdir()) < 100_000


def test_saving_twice_writes_the_same_bytes(saved, tmp_path):
    demonstrations, folder = saved
    demonstrations.save(tmp_path / "again")
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_altered_weights(saved):
    path = saved[1] / "demonstrations.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    refused(saved[1], "checksum")


def test_truncated_weights(saved):
    path = saved[1] / "demonstrations.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    refused(saved[1], "is damaged")


def test_missing_files(saved, tmp_path):
    (saved[1] / "demonstrations.safetensors").unlink()
    refused(saved[1], "is missing")
    refused(tmp_path / "nowhere", "there are no demonstrations")
    refused(tmp_path, "holds no demonstrations")


def test_a_newer_format(saved):
    change(saved[1], format_version=2)
    refused(saved[1], "format version 2, this version reads 1; install a newer one")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format_version": "x"}, "damaged"),
        ({"specification": {"widht": 3}}, "did you mean 'width'"),
        ({"specification": {"width": 64_000}}, "do not fit their description"),
        ({"specification": {"width": 32}}, "do not fit"),
        ({"observation_space": {"kind": "box", "low": [0.0], "high": [1.0]}}, "do not fit"),
        ({"action_space": {"kind": "discrete"}}, "needs n"),
        ({"observation_space": {"kind": "box", "low": [0.0], "high": []}}, "needs low and high"),
        ({"seed": "one"}, "seed is 'one'"),
    ],
)
def test_damaged_descriptions(saved, values, message):
    change(saved[1], **values)
    refused(saved[1], message)


def test_no_json(saved):
    (saved[1] / "demonstrations.json").write_text("{")
    refused(saved[1], "is damaged")


def test_other_spaces(saved):
    refused(saved[1], "Acrobot-v1 has Box", env_id="Acrobot-v1")
    with pytest.raises(UnknownNameError, match="did you mean 'CartPole-v1'"):
        Demonstrations.load(saved[1], env_id="CartPole1")


@pytest.mark.parametrize("space", [CART_POLE, spaces.Discrete(3, start=2), spaces.Box(-2.0, 2.0, (1,))])
def test_spaces_come_back(space):
    described = SpaceDescription.of(space)
    assert SpaceDescription.model_validate_json(described.model_dump_json()).space() == space


def refused(folder, message, **options):
    with pytest.raises(ArtefactError, match=message) as caught:
        Demonstrations.load(folder, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("env_id", shipped_demonstrations())
def test_shipped_ones_teach_what_their_card_says(env_id):
    found = Demonstrations.load(env_id, env_id=env_id)
    recorded = found.card.results["same_family"]
    measured = measured_returns(found, env_id, recorded.family, 10, 2, seed=4)
    assert measured.mean == pytest.approx(recorded.mean, rel=0.15)


def test_a_name_that_is_not_shipped():
    refused("CartPole-v0", "did you mean 'CartPole-v1'")
