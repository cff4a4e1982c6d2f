"""Turns: the word `turned`, an element that stands on its side or on its head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from labelhub.labels.element import Block, Edges, Element, Setup, Word, measured
from labelhub.labels.grammar import Kind, OneOf
from labelhub.labels.page import Placed

QUARTERS: Mapping[str, int] = {"left": 1, "over": 2, "right": 3}
"""Quarter turns against the clock: `left` reads upwards, `right` downwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned(Element):
    """Its item turned to the left (it reads upwards), to the right (downwards) or over (upside down)."""

    item: Element
    by: str = "left"

    def within(self) -> tuple[Element, ...]:
        """Its item."""
        return (self.item,)

    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        """Its block in the room."""
        quarters = QUARTERS[self.by]
        if quarters == 2:
            block = measured(self.item, setup, width, height)
        else:
            aside = replace(setup, along=not setup.along, blank_x_dots=setup.blank_y_dots, blank_y_dots=setup.blank_x_dots)
            block = measured(self.item, aside, height, width)
        return None if block is None else _turned(block, quarters)


def _turned(block: Block, quarters: int) -> Block:
    marks = tuple(block.placed(0, 0))
    width, height, quiet = block.width, block.height, block.quiet
    for _ in range(quarters):
        marks = tuple(_quarter(mark, width) for mark in marks)
        width, height, quiet = height, width, Edges(quiet.top, quiet.right, quiet.bottom, quiet.left)
    return Block(width, height, marks, quiet)


def _quarter(mark: Placed, width: int) -> Placed:
    """A mark of a box so wide after a quarter turn against the clock of the whole box."""
    return replace(mark, x=mark.y, y=width - mark.x - mark.width, width=mark.height, height=mark.width, turn=(mark.turn + 1) % 4)


def word(item: Kind) -> Word:
    """The word, given how an element is written."""
    return Word("turned", Turned, {"item": item}, {"by": OneOf(tuple(QUARTERS))})
