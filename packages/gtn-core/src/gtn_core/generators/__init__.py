"""Generators: a code and a label in, a synthetic image out.

One file each; `GENERATORS` is the table a configuration's `kind` is looked up in.
"""

from gtn_core.generators._image import ImageGenerator

GENERATORS = {"image": ImageGenerator}

__all__ = ["GENERATORS", "ImageGenerator"]
