"""Pictures for tests: none looks the same turned or mirrored."""

from __future__ import annotations

from PIL import Image, ImageDraw

from labelhub.raster import Raster


def asymmetric(width_dots: int, height_dots: int) -> Image.Image:
    """A mode "1" picture with ink to the very corners and nothing symmetric about it."""
    picture = Image.new("1", (width_dots, height_dots), 255)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width_dots // 3, height_dots // 5), fill=0)
    draw.line((0, height_dots - 1, width_dots - 1, height_dots // 2), fill=0)
    draw.point((width_dots - 1, 0), fill=0)
    for step in range(0, min(width_dots, height_dots) // 2, 3):
        draw.point((width_dots // 2 + step, height_dots - 1 - step), fill=0)
    return picture


def page(width_dots: int, height_dots: int) -> Raster:
    """The same as a page."""
    return Raster.from_picture(asymmetric(width_dots, height_dots))


def busy_page(width_dots: int, height_dots: int, first: int = 0) -> Raster:
    """A page of text: few lines are the same, on one page or on pages whose numbers begin elsewhere."""
    picture = Image.new("1", (width_dots, height_dots), 255)
    draw = ImageDraw.Draw(picture)
    for number, top in enumerate(range(0, height_dots, 14), first):
        draw.text((number % 7, top), f"{number} Storage box {number * 7919}, shelf 4, cellar; asset A-{number * 31:05d} " * 2, fill=0)
    return Raster.from_picture(picture)
