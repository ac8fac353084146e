"""Generators: a code and a label in, a synthetic image out.

One file each.
"""

from gtn_core.generators._image import ImageGenerator
from gtn_core.generators._pixels import PixelGenerator

__all__ = ["ImageGenerator", "PixelGenerator"]
