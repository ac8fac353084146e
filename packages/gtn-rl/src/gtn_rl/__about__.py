"""The version of gtn-rl, read by the build."""

__version__ = "0.1.0"
