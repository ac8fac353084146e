"""The version of gtn-core, read by the build."""

__version__ = "0.1.0"
