"""Scales: the word `ruler`, a scale in mm along the feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from labelhub.errors import LabelTooLong
from labelhub.labels import ruler
from labelhub.labels.element import MAX_LENGTH_MM, Block, DoesNotFit, Element, Setup, Word
from labelhub.labels.grammar import Number, Range
from labelhub.media import dots


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler(Element):
    """A scale in mm along the feed, at least `length_mm` long and as long as what stands beside it.

    Every mm has a tick, every fifth a longer one, every tenth the longest and, where the scale is thick enough, its number.
    On die-cut labels it takes the whole length. It may only be an item of `across`, whose items lie beside each other.
    """

    length_mm: float = 0
    min_mm: float
    max_mm: float

    def measure(self, setup: Setup, width: int, height: int) -> Block:
        """Its block in the room."""
        room, thickness = (width, height) if setup.along else (height, width)
        most_mm = self.min_mm if setup.smallest else self.max_mm
        thickness = min(thickness, dots(most_mm, setup.dpi))
        if thickness < dots(self.min_mm, setup.dpi):
            raise DoesNotFit(LabelTooLong("the ruler does not fit on this media"))
        length = room if setup.exact else min(room, dots(self.length_mm, setup.dpi))
        return _scale(setup, length, thickness)

    def stretched(self, setup: Setup, block: Block, longest: int, vertical: bool) -> Block:
        """As long as the longest thing beside it."""
        return _scale(setup, longest, block.height if vertical else block.width)


def _scale(setup: Setup, length: int, thickness: int) -> Block:
    """A scale of exactly so many dots along the feed and across it."""
    marks = ruler.placed(length, thickness, setup.dpi, horizontal=setup.along)
    return Block(length, thickness, marks) if setup.along else Block(thickness, length, marks)


def _made(size_mm: tuple[float, float], **keys: Any) -> Ruler:
    return Ruler(min_mm=size_mm[0], max_mm=size_mm[1], **keys)


WORD = Word("ruler", _made, required={"size_mm": Range(0.5, 50)}, optional={"length_mm": Number(0, MAX_LENGTH_MM)}, beside=True)
