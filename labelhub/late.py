"""Pillow, zxing-cpp and ICU, loaded when first used: to load them takes time and memory (5 MB, ICU 11 MB), and a hub that
starts draws nothing yet.

Everything that draws takes them from here.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["Image", "ImageChops", "ImageDraw", "ImageFont", "ImageOps", "TiffImagePlugin", "breakers", "zxingcpp"]


class Late:
    """A module of another library, loaded with the first of its names that is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def _module(self) -> ModuleType:
        return import_module(self._name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)  # not kept here: what of zxing-cpp outlives its module is complained of at the end


if TYPE_CHECKING:
    import zxingcpp
    from icu4py import breakers
    from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps, TiffImagePlugin
else:
    Image, ImageChops, ImageDraw = Late("PIL.Image"), Late("PIL.ImageChops"), Late("PIL.ImageDraw")
    ImageFont, ImageOps, TiffImagePlugin = Late("PIL.ImageFont"), Late("PIL.ImageOps"), Late("PIL.TiffImagePlugin")
    breakers, zxingcpp = Late("icu4py.breakers"), Late("zxingcpp")
