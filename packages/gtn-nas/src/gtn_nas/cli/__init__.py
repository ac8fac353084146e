"""The `gtn-nas` command."""

from gtn_nas.cli._main import main

__all__ = ["main"]
