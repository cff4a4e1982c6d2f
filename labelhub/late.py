"""Pillow and zxing-cpp, loaded when first used: to load them takes time and 5 MB, and a hub that starts draws nothing yet.

Everything that draws takes them from here. A name is looked up once in the real module and kept.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Image", "ImageChops", "ImageDraw", "ImageFont", "ImageOps", "TiffImagePlugin", "zxingcpp"]


class Late:
    """A module of another library, loaded with the first of its names that is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        found = getattr(import_module(self._name), name)
        setattr(self, name, found)  # asked for again, it is found as any attribute is, without coming here
        return found


if TYPE_CHECKING:
    import zxingcpp
    from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps, TiffImagePlugin
else:
    Image, ImageChops, ImageDraw = Late("PIL.Image"), Late("PIL.ImageChops"), Late("PIL.ImageDraw")
    ImageFont, ImageOps, TiffImagePlugin = Late("PIL.ImageFont"), Late("PIL.ImageOps"), Late("PIL.TiffImagePlugin")
    zxingcpp = Late("zxingcpp")
