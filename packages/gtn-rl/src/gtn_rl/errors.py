"""The errors that only reinforcement learning knows; `gtn_core.errors` has the others."""

from gtn_core.errors import GTNError


class ArtefactError(GTNError):
    """A saved artefact is missing, incomplete, damaged, of another format, or for other spaces."""


class PolicyError(GTNError):
    """A policy cannot be taught: nothing to train, or other inputs or outputs than the environment's."""
