"""Demonstrations as a folder: `demonstrations.safetensors`, `demonstrations.json` and a README."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import gymnasium

from gtn_core.artefacts import ArtefactDescription, ArtefactFiles
from gtn_core.errors import ConfigurationError
from gtn_rl.demonstrations._card import Card
from gtn_rl.demonstrations._readme import readme
from gtn_rl.demonstrations._specification import DemonstrationsSpecification
from gtn_rl.errors import ArtefactError
from gtn_rl.rollouts import check_env_id
from gtn_rl.spaces import SpaceDescription

if TYPE_CHECKING:
    from gtn_rl.demonstrations._demonstrations import Demonstrations

SHIPPED = Path(__file__).parent / "shipped"


class _Description(Card, ArtefactDescription):
    """The content of `demonstrations.json`."""

    kind: Literal["demonstrations"] = "demonstrations"
    specification: DemonstrationsSpecification
    observation_space: SpaceDescription
    action_space: SpaceDescription
    weights_sha256: str


FILES = ArtefactFiles("demonstrations", _Description, ArtefactError, "gtn-rl train")


def shipped_demonstrations() -> list[str]:
    """Return the environments whose demonstrations come with gtn-rl."""
    return list(FILES.within(SHIPPED))


def locate(name: str | Path) -> Path:
    """Return the folder that a name stands for: a folder itself, or what is shipped for an environment.

    Raises:
        ArtefactError: neither; names the nearest.
    """
    if Path(name).is_dir():
        return Path(name)
    if str(name) in shipped_demonstrations():
        return SHIPPED / str(name)
    nearest = get_close_matches(str(name), shipped_demonstrations(), n=1)
    guess = f"; did you mean {nearest[0]!r}?" if nearest else ";"
    raise ArtefactError(
        f"there are no demonstrations {str(name)!r}{guess} give a folder that `gtn-rl train` wrote or a shipped name "
        f"({', '.join(shipped_demonstrations()) or 'none here'})"
    )


def save(demonstrations: Demonstrations, folder: Path) -> None:
    """Write the folder."""
    content = {
        **dict(demonstrations.card),
        "specification": demonstrations.specification,
        "observation_space": SpaceDescription.of(demonstrations.observation_space),
        "action_space": SpaceDescription.of(demonstrations.action_space),
    }
    FILES.write(folder, demonstrations.state_dict(), content, readme(demonstrations))


def load(folder: Path, env_id: str | None) -> Demonstrations:
    """Read the folder back; every value, the checksum and every tensor's shape is checked."""
    from gtn_rl.demonstrations._demonstrations import Demonstrations  # which imports this module

    description = FILES.describe(folder)
    if env_id is not None:
        _check_spaces(folder, description, env_id)
    try:
        spaces = description.observation_space.space(), description.action_space.space()
    except ConfigurationError as error:
        raise ArtefactError(f"{folder / FILES.description_name} is damaged: {error}") from error
    demonstrations = FILES.load(folder, description, lambda: Demonstrations(description.specification, *spaces))
    demonstrations.card = Card(**{name: getattr(description, name) for name in Card.model_fields})
    return demonstrations


def _check_spaces(folder: Path, description: _Description, env_id: str) -> None:
    check_env_id(env_id)
    environment = gymnasium.make(env_id)
    try:
        pairs = {
            "observations": (description.observation_space, environment.observation_space),
            "actions": (description.action_space, environment.action_space),
        }
        for what, (recorded, wanted) in pairs.items():
            if recorded != SpaceDescription.of(wanted):
                raise ArtefactError(
                    f"the demonstrations in {folder} are for {what} {recorded}, {env_id} has {wanted}; name an "
                    f"environment like {description.env_id}"
                )
    finally:
        environment.close()
