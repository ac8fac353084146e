"""The `gtn-rl` command."""

from gtn_rl.cli._main import main

__all__ = ["main"]
