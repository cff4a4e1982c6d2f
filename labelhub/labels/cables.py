"""Cables: the words `around`, blank room as long as the way around a cable, and `repeat`, an element again and again along the label."""

from __future__ import annotations

import math
from dataclasses import dataclass

from labelhub.labels.element import MAX_LENGTH_MM, Block, Element, Setup, Within, Word, measured, outer_quiet
from labelhub.labels.fields import Phrase
from labelhub.labels.grammar import Kind, Number, Whole
from labelhub.labels.measures import Measure, MeasureKind
from labelhub.media import dots

LEAST_DIAMETER_MM, MOST_DIAMETER_MM = 0.5, 200
MOST_TIMES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Around(Element):
    """Blank room along its row or column, as long as the way around a cable of a diameter."""

    diameter: Measure
    share: float | None = None

    def phrases(self) -> tuple[Phrase, ...]:
        """Its phrase."""
        return self.diameter.phrases

    def measure(self, setup: Setup, width: int, height: int) -> Block:
        """Its block in the room."""
        return Block(0, 0)

    def along_stack(self, setup: Setup, vertical: bool) -> Block:
        """Its size along the stack."""
        size = dots(math.pi * self.diameter.mm(setup.values), setup.dpi)
        return Block(0, size) if vertical else Block(size, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Element):
    """Its item again and again along the label, `gap_mm` apart: as often as goes once around a cable and a little more, or `times`."""

    item: Element
    gap_mm: float = 1.5
    diameter: Measure | None = None
    times: int = 3

    def phrases(self) -> tuple[Phrase, ...]:
        """Its phrase."""
        return self.diameter.phrases if self.diameter else ()

    def within(self) -> tuple[Element, ...]:
        """Its item."""
        return (self.item,)

    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        """Its block in the room: as many items as fit where those wanted do not, but one at least."""
        block = measured(self.item, setup, width, height)
        if block is None:
            return None
        length, room = (block.width, width) if setup.along else (block.height, height)
        quiet = max(block.quiet.left, block.quiet.right) if setup.along else max(block.quiet.top, block.quiet.bottom)
        pitch = max(length + max(dots(self.gap_mm, setup.dpi), quiet), 1)
        times = min(self._wanted(setup, pitch), (room - length) // pitch + 1, MOST_TIMES)
        placed = tuple(Within(at * pitch, 0, block) if setup.along else Within(0, at * pitch, block) for at in range(times))
        whole = (times - 1) * pitch + length
        extent = (whole, block.height) if setup.along else (block.width, whole)
        return Block(*extent, quiet=outer_quiet(placed, *extent), inner=placed)

    def _wanted(self, setup: Setup, pitch: int) -> int:
        if self.diameter is None:
            return self.times
        return math.ceil(dots(math.pi * self.diameter.mm(setup.values), setup.dpi) / pitch) + 1


def words(item: Kind) -> tuple[Word, ...]:
    """The words, given how an element is written."""
    diameter = MeasureKind(LEAST_DIAMETER_MM, MOST_DIAMETER_MM)
    return (
        Word("around", lambda diameter_mm, **keys: Around(diameter=diameter_mm, **keys), {"diameter_mm": diameter}, without=_BLANK),
        Word(
            "repeat",
            lambda diameter_mm=None, **keys: Repeat(diameter=diameter_mm, **keys),
            {"item": item},
            {"gap_mm": Number(0, MAX_LENGTH_MM), "diameter_mm": diameter, "times": Whole(1, MOST_TIMES)},
        ),
    )


_BLANK = ("share", "cell_mm", "place")
