"""Generated environments on disk: read back as they were, and refused in one clear line where something is wrong."""

import json

import pytest

from gtn_core.errors import UnknownNameError
from gtn_rl.environments import GeneratedEnv, check_fits, load_environment, save_environment, shipped_environments
from gtn_rl.environments._registration import register_environments
from gtn_rl.errors import ArtefactError

WEIGHTS, DESCRIPTION = "environment.safetensors", "environment.json"


@pytest.fixture
def folder(artefact, tmp_path):
    save_environment(artefact, tmp_path / "made")
    return tmp_path / "made"


def test_comes_back_as_it_was(artefact, folder):
    found = load_environment(folder)
    assert found.specification == artefact.specification
    assert found.card == artefact.card
    for name, tensor in artefact.generator.state_dict().items():
        assert (found.generator.state_dict()[name] == tensor).all()
    env = GeneratedEnv(str(folder))
    assert env.observation_space.contains(env.reset(seed=0)[0])


def test_is_small(folder):
    assert (folder / WEIGHTS).stat().st_size <= 100_000


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def flip_last_byte(path):
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


DAMAGES = {
    "no description": (lambda folder: (folder / DESCRIPTION).unlink(), "holds no environment"),
    "no weights": (lambda folder: (folder / WEIGHTS).unlink(), "is missing"),
    "not JSON": (lambda folder: (folder / DESCRIPTION).write_text("{"), "damaged"),
    "unknown key": (lambda folder: change(folder / DESCRIPTION, cart=1), "unknown key 'cart'; did you mean 'card'"),
    "newer": (lambda folder: change(folder / DESCRIPTION, format_version=2), "format version 2.* install a newer"),
    "truncated": (lambda folder: (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-8]), "damaged"),
    "altered": (lambda folder: flip_last_byte(folder / WEIGHTS), "altered"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_one_clear_line(make_artefact, tmp_path, damage):
    save_environment(make_artefact("bandit", "discrete"), tmp_path)
    do, words = DAMAGES[damage]
    do(tmp_path)
    with pytest.raises(ArtefactError, match=words) as caught:
        load_environment(tmp_path)
    assert "\n" not in str(caught.value)


def test_other_sizes_than_described_are_refused(make_artefact, tmp_path):
    save_environment(make_artefact("bandit", "discrete"), tmp_path)
    content = json.loads((tmp_path / DESCRIPTION).read_text())
    content["specification"]["hidden"] = 7
    (tmp_path / DESCRIPTION).write_text(json.dumps(content))
    with pytest.raises(ArtefactError, match="do not fit their description"):
        load_environment(tmp_path)


def test_other_spaces_are_refused(make_artefact):
    with pytest.raises(ArtefactError, match=r"does not fit Acrobot-v1.*name CartPole-v1"):
        check_fits(make_artefact("bandit", "discrete"), "Acrobot-v1")


def test_unknown_name_is_refused():
    with pytest.raises(UnknownNameError, match="unknown environment 'gtn/CartPol-v0'"):
        load_environment("gtn/CartPol-v0")


@pytest.mark.parametrize("name", shipped_environments())
def test_shipped_environment(name):
    import gymnasium

    import gtn_rl  # noqa: F401 - registers it

    assert name in register_environments()
    artefact = load_environment(name)
    check_fits(artefact, artefact.card.real_env)
    assert artefact.card.real_steps > 0
    assert artefact.card.results
    assert (shipped_environments()[name] / WEIGHTS).stat().st_size <= 100_000
    with gymnasium.make(f"gtn_rl:{name}") as env:
        assert env.observation_space.contains(env.reset(seed=0)[0])
    assert gymnasium.make_vec(name, 3).reset(seed=0)[0].shape[0] == 3
