"""What both kinds of artefact share: their files, checked when they are read, and spaces as JSON."""

from gtn_rl.artefacts._files import check_shapes, read_description, read_weights, write_artefact
from gtn_rl.artefacts._spaces import SpaceDescription

__all__ = ["SpaceDescription", "check_shapes", "read_description", "read_weights", "write_artefact"]
