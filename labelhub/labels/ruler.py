"""Ruler: a scale in mm that a person holds a real ruler against, to see whether the printer feeds true.

Ticks stand on the outer edge of the scale. The tick of n mm begins at exactly `dots(n)` of the feed's own resolution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from labelhub.labels import fonts
from labelhub.labels.page import Placed, PlacedLine
from labelhub.late import Image, ImageDraw
from labelhub.media import dots
from labelhub.raster import INK

TICK_MM = 0.15
HEIGHTS = {10: 1.0, 5: 0.42, 1: 0.25}
"""Part of the scale's thickness that a tick takes, by the mm it divides."""

_CAPITAL = 0.74
"""A digit's height in ems."""


@dataclass(frozen=True, slots=True)
class PlacedRuler(Placed):
    """A scale in mm along the feed; the box holds its ticks, which stand on its outer edge, at the bottom or the right."""

    horizontal: bool

    def draw_fine(self, picture: Image.Image, stretch: int, dpi: int) -> None:
        """Put it on the picture of the feed's resolution."""
        draw(self, ImageDraw.Draw(picture), stretch, dpi)


def ticks(length_dots: int, dpi: int) -> Iterator[tuple[int, int]]:
    """Every mm that a scale of so many dots shows, with its tick's first dot."""
    width = tick_dots(dpi)
    for mm in count():
        at = dots(mm, dpi)
        if at + width > length_dots:
            return
        yield mm, at


def tick_dots(dpi: int) -> int:
    """How many dots wide a tick is."""
    return max(1, dots(TICK_MM, dpi))


def placed(length: int, thickness: int, dpi: int, *, horizontal: bool) -> tuple[Placed, ...]:
    """The scale and the numbers of its long ticks, where it is thick enough for legible ones."""
    extent = (length, thickness) if horizontal else (thickness, length)
    scale = PlacedRuler(0, 0, *extent, horizontal=horizontal)
    free = thickness - round(thickness * HEIGHTS[5]) - 1
    size = int(free / _CAPITAL) if horizontal else _widest(free)
    if size < fonts.SMALLEST_DOTS[False]:
        return (scale,)
    numbers = (_number(mm, at, size, length, tick_dots(dpi), horizontal) for mm, at in ticks(length, dpi) if mm % 10 == 0)
    return scale, *(number for number in numbers if number is not None)


def draw(mark: PlacedRuler, pen: ImageDraw.ImageDraw, stretch: int, dpi: int) -> None:
    """The ticks on a picture whose feed has `dpi`, `stretch` times as fine as the mark's own dots."""
    length, thickness = (mark.width, mark.height) if mark.horizontal else (mark.height, mark.width)
    width = tick_dots(dpi)
    for mm, at in ticks(length * stretch, dpi):
        height = round(thickness * next(part for step, part in HEIGHTS.items() if mm % step == 0))
        if mark.horizontal:
            x, bottom = mark.x * stretch + at, mark.y + mark.height
            pen.rectangle((x, bottom - height, x + width - 1, bottom - 1), fill=INK)
        else:
            y, right = mark.y * stretch + at, mark.x + mark.width
            pen.rectangle((right - height, y, right - 1, y + width - 1), fill=INK)


def _number(mm: int, at: int, size: int, length: int, tick: int, horizontal: bool) -> PlacedLine | None:
    text = str(mm) if mm else "0 mm" if horizontal else "0"
    ink = fonts.ink(text, False, size)
    start = at + tick + (2 if horizontal else 3)
    x, y = (start, 0) if horizontal else (0, start)
    fits = start + (ink.width if horizontal else ink.height) <= length
    return PlacedLine(x, y, ink.width, ink.height, text, False, size, ink) if fits else None


def _widest(room: int) -> int:
    """The size at which a number of two digits is no wider than the room."""
    size = room
    while size >= fonts.SMALLEST_DOTS[False] and fonts.ink("80", False, size).width > room:
        size -= 1
    return size
