"""A generated environment as a folder: `environment.safetensors`, `environment.json` and a model card."""

from pathlib import Path
from typing import NamedTuple

from gtn_core.artefacts import ArtefactDescription, ArtefactFiles
from gtn_core.errors import UnknownNameError
from gtn_rl.environments._card import EnvironmentCard, GeneratorSpecification
from gtn_rl.environments._generator import EnvironmentGenerator
from gtn_rl.environments._model_card import model_card
from gtn_rl.errors import ArtefactError

SHIPPED = Path(__file__).parent / "shipped"


class Artefact(NamedTuple):
    """A generated environment and its card."""

    generator: EnvironmentGenerator
    specification: GeneratorSpecification
    card: EnvironmentCard


class Description(ArtefactDescription):
    """The content of `environment.json`."""

    specification: GeneratorSpecification
    card: EnvironmentCard
    weights_sha256: str


FILES = ArtefactFiles("environment", Description, ArtefactError, "gtn-rl train")


def shipped_environments() -> dict[str, Path]:
    """Return the folders of the environments that come with gtn-rl, by id.

    Example:
        >>> all(name.startswith("gtn/") for name in shipped_environments())
        True
    """
    return {f"gtn/{name}": folder for name, folder in FILES.within(SHIPPED).items()}


def save_environment(artefact: Artefact, folder: Path) -> None:
    """Write a generated environment into a folder, which is made where it is missing."""
    content = {"specification": artefact.specification, "card": artefact.card}
    readme = model_card(artefact.specification, artefact.card)
    FILES.write(folder, artefact.generator.state_dict(), content, readme)


def load_environment(name: str | Path) -> Artefact:
    """Read a generated environment back; every value and every tensor's shape is checked.

    Args:
        name: a folder that `gtn-rl train` wrote, or the id of an environment that ships with gtn-rl.

    Raises:
        UnknownNameError: no such folder and no such id.
        ArtefactError: something is missing, damaged, altered, or of a newer format.
    """
    folder = locate_environment(name)
    description = describe_environment(folder)
    generator = FILES.load(folder, description, description.specification.build)
    return Artefact(generator.requires_grad_(False), description.specification, description.card)


def describe_environment(folder: Path) -> Description:
    """Return what a folder says about its environment, without the weights.

    Raises:
        ArtefactError: there is none, or it is damaged.
    """
    return FILES.describe(folder)


def as_generator(artefact: EnvironmentGenerator | str | Path) -> EnvironmentGenerator:
    """Return the generator itself, or the one in a folder or of a name."""
    return artefact if isinstance(artefact, EnvironmentGenerator) else load_environment(artefact).generator


def check_fits(artefact: Artefact, env_id: str) -> None:
    """Raise where an environment has other spaces than the real one it is to stand for.

    Raises:
        ArtefactError: they differ.
    """
    if difference := artefact.specification.spaces.differs_from(env_id):
        raise ArtefactError(f"this artefact does not fit {env_id}: {difference}; name {artefact.card.real_env}")


def locate_environment(name: str | Path) -> Path:
    """Return the folder that a name stands for.

    Raises:
        UnknownNameError: no such folder and no such id.
    """
    shipped = shipped_environments()
    if str(name) in shipped:
        return shipped[str(name)]
    if Path(name).is_dir():
        return Path(name)
    hint = "A folder that `gtn-rl train --kind environment` wrote will do too"
    raise UnknownNameError("environment", str(name), shipped, hint)
