"""Generators: a code and a label in, a synthetic image out, or an image and a label of the generator's own.

One file each.
"""

from gtn_core.generators._image import ImageGenerator
from gtn_core.generators._labelled import LabelledGenerator
from gtn_core.generators._pixels import PixelGenerator

__all__ = ["ImageGenerator", "LabelledGenerator", "PixelGenerator"]
