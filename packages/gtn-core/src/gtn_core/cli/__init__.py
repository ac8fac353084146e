"""The `gtn` command."""

from gtn_core.cli._main import main

__all__ = ["main"]
