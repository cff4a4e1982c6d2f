"""Element: what every word of the template language is, and the room it is measured in.

An element is measured in so many dots each way and gives a block no larger, or None when it has nothing to show.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from labelhub.errors import HubError, LabelTooLong
from labelhub.labels.conditions import Condition
from labelhub.labels.faces import BUILTIN, Faces
from labelhub.labels.fields import Phrase
from labelhub.labels.grammar import Kind
from labelhub.labels.images import Pictures
from labelhub.labels.page import Placed
from labelhub.media import dots

ALIGNMENTS = ("start", "center", "end")
PLACE = {"start": 0.0, "center": 0.5, "end": 1.0}
"""What part of the room left over stands before a thing, by its alignment."""

COLORS = ("black", "red")
"""What a template may ask for; red is black on media that has none."""

MAX_LENGTH_MM = 3000
MAX_DRAWINGS = 24
MAX_WORK = 24_000
"""The built-in templates need up to 5000, and more only for a text of 1000 characters and more."""

_ELEMENT_WORK = 20


class DoesNotFit(Exception):
    """The room is too small; `error` is what to tell a person when there is no larger room."""

    def __init__(self, error: HubError) -> None:
        super().__init__(error.detail)
        self.error = error


class Edges(NamedTuple):
    """A number of dots for each side."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


NO_QUIET = Edges()


class Within(NamedTuple):
    """A block at its place in another one."""

    x: int
    y: int
    block: Block


@dataclass(frozen=True, slots=True)
class Block:
    """Placed things in a box of their own, and smaller blocks in it; `quiet` is how much blank each side wants beyond it.

    `leading`: how far apart it and a text above or below look well, where there is room for that. `from_right`: it is a text that
    begins at the right, or a column of such.
    """

    width: int
    height: int
    marks: tuple[Placed, ...] = ()
    quiet: Edges = NO_QUIET
    inner: tuple[Within, ...] = ()
    leading: int = 0
    from_right: bool = False

    def placed(self, x: int, y: int) -> Iterator[Placed]:
        """Every mark of the block whose top left corner stands there."""
        for mark in self.marks:
            yield moved(mark, x, y)
        for within in self.inner:
            yield from within.block.placed(x + within.x, y + within.y)


def moved(mark: Placed, x: int, y: int) -> Placed:
    """The same thing further right and down."""
    return replace(mark, x=mark.x + x, y=mark.y + y)


class Work:
    """How much may still be measured before a label is refused as too involved: about a character a unit, 10 µs each."""

    def __init__(self, units: int = MAX_WORK) -> None:
        self.left = units

    def renew(self, units: int = MAX_WORK) -> None:
        """So many units from now on."""
        self.left = units

    def spend(self, units: int) -> None:
        """LabelTooLong when nothing is left: nested rows and columns measure what is in them again and again."""
        self.left -= units
        if self.left < 0:
            raise LabelTooLong("the label takes too long to lay out: shorten its texts, or use fewer and less nested rows and columns")


@dataclass(frozen=True, slots=True)
class Setup:
    """What all elements of a label share: the fields' values, the resolution and the blank beyond each edge of the room.

    `smallest`: texts are set at their smallest size. `shorten`: texts that allow it are cut with an ellipsis rather than not fitting.
    `plainest`: how many of several drawings may be passed over because they do not fit; inside of one any may.
    `along`: the text runs along the feed. `exact`: the label's length is given, as on die-cut media. `red`: the media prints red too.
    """

    values: Mapping[str, object]
    dpi: int
    blank_x_dots: int = 0
    blank_y_dots: int = 0
    smallest: bool = False
    shorten: bool = False
    plainest: int = MAX_DRAWINGS
    along: bool = True
    exact: bool = False
    red: bool = False
    pictures: Pictures = field(default_factory=Pictures, compare=False)
    faces: Faces = field(default=BUILTIN, compare=False)
    work: Work = field(default_factory=Work, compare=False)
    memory: dict[tuple[object, ...], object] = field(default_factory=dict, compare=False)
    """What was measured and filled before for this label: rows and columns ask the same again and again."""

    def filled(self, phrase: Phrase, join: str) -> str:
        """The phrase with the label's values. FieldMissing, LabelTooLong."""
        key = (id(phrase), join)
        found = self.memory.get(key)
        if found is None:
            found = self.memory[key] = phrase.filled(self.values, join)
        return str(found)

    def is_red(self, color: str) -> bool:
        """True where what is asked for in a colour is printed in red."""
        return self.red and color == "red"

    def for_any(self) -> Setup:
        """The same where every drawing will do."""
        return self._kept(("any", self.along, self.shorten, self.smallest), plainest=MAX_DRAWINGS)

    def at_smallest(self) -> Setup:
        """The same with texts at their smallest size."""
        if self.smallest:
            return self
        return self._kept(("smallest", self.along, self.shorten, self.plainest), smallest=True)

    def _kept(self, key: tuple[object, ...], **changes: Any) -> Setup:
        found = self.memory.get(key)
        if found is None:
            found = self.memory[key] = replace(self, **changes)
        return found  # type: ignore[return-value] # only setups are kept under such keys


class Cell(NamedTuple):
    """A room of a given width, height or both in mm."""

    width_mm: float | None = None
    height_mm: float | None = None


class Place(NamedTuple):
    """Where something stands, from left to right and from top to bottom: one of `ALIGNMENTS`, or "" where it does not say."""

    x: str = ""
    y: str = ""


NO_PLACE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Element(ABC):
    """One word of a layout with its options. A new one is a module with a subclass and its `Word`, listed in `elements.WORDS`."""

    share: float | None = 1
    """Its part of room that is scarce along its row or column; None takes its room before the others (written as 0)."""

    when: tuple[Condition, ...] = ()
    """It is there only where all of these hold."""

    cell: Cell | None = None
    """A room of its own, whatever it fills of it."""

    place: Place = NO_PLACE
    """Where it stands in its cell, and across its row or column; by default where its own alignment or the row or column says."""

    @abstractmethod
    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        """The element as a block of at most `width` x `height` dots; None when it has nothing to show. DoesNotFit, LabelTooLong.

        Containers measure their items with `measured`.
        """

    def phrases(self) -> tuple[Phrase, ...]:
        """The phrases of its own that refer to fields."""
        return ()

    def within(self) -> tuple[Element, ...]:
        """The elements in it."""
        return ()

    def characters(self, setup: Setup) -> int:
        """How much text it and what is in it show."""
        return sum(item.characters(setup) for item in self.within() if item.shown(setup))

    def shown(self, setup: Setup) -> bool:
        """False when one of its conditions does not hold."""
        return all(condition.holds(setup.values) for condition in self.when)

    def uses(self) -> Iterator[str]:
        """Names of the fields that it uses itself."""
        for phrase in self.phrases():
            for reference in phrase.references:
                yield from reference.fields
        for condition in self.when:
            yield condition.path[0]

    def stretched(self, setup: Setup, block: Block, longest: int, vertical: bool) -> Block:
        """Its block when the longest thing beside it in a row or column (`vertical`) is so long across that; most do not care."""
        del setup, longest, vertical
        return block

    def own_align(self, vertical: bool) -> str | None:
        """Where it wants to stand across its row or column (`vertical`); None: where that says."""
        del vertical
        return None

    def along_stack(self, setup: Setup, vertical: bool) -> Block | None:
        """A block that does not depend on any room, such as a spacer's along a row or column (`vertical`); None for most."""
        del setup, vertical
        return None


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the language: the keys of its own and the element they make. It also takes those of `elements.GENERAL`."""

    name: str
    make: Callable[..., Element]
    required: Mapping[str, Kind] = field(default_factory=dict)
    optional: Mapping[str, Kind] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    """Keys of `GENERAL` that make no sense for it."""

    beside: bool = False
    """True for a word that may only be an item of `across`."""


def measured(element: Element, setup: Setup, width: int, height: int) -> Block | None:
    """The element as a block of at most `width` x `height` dots; None when it has nothing to show. DoesNotFit, LabelTooLong."""
    key = (id(element), width, height, setup.smallest, setup.shorten, setup.plainest, setup.along)
    if key in setup.memory:
        found = setup.memory[key]
        if isinstance(found, DoesNotFit):
            raise found
        return found  # type: ignore[return-value] # only blocks are kept under such keys
    setup.work.spend(_ELEMENT_WORK)
    block: Block | None = None
    try:
        if not element.when or element.shown(setup):
            block = _in_cell(element, setup, width, height) if element.cell else element.measure(setup, width, height)
    except DoesNotFit as error:
        setup.memory[key] = error
        raise
    setup.memory[key] = block
    return block


def _in_cell(element: Element, setup: Setup, width: int, height: int) -> Block | None:
    """The element in a cell of exactly its size where that is given, and nothing where the element has nothing to show."""
    cell = element.cell or Cell()
    wide, high = (None if mm is None else dots(mm, setup.dpi) for mm in cell)
    if (wide or 0) > width or (high or 0) > height:
        size = " x ".join("any" if mm is None else f"{mm:g}" for mm in cell)
        raise DoesNotFit(LabelTooLong(f"a cell of {size} mm does not fit on this media"))
    block = element.measure(setup, width if wide is None else wide, height if high is None else high)
    if block is None:
        return None
    wide, high = block.width if wide is None else wide, block.height if high is None else high
    x, y = part_across(element, block, "center"), element.place.y or "center"
    at = Within(round((wide - block.width) * x), round((high - block.height) * PLACE[y]), block)
    return Block(wide, high, quiet=outer_quiet((at,), wide, high), inner=(at,))


def part_across(element: Element, block: Block, align: str, *, vertical: bool = True) -> float:
    """How much of the blank across a column (else a row) lies before its block; as `align` says unless it wants to stand elsewhere."""
    told = element.place.x if vertical else element.place.y
    part = PLACE[told or element.own_align(vertical) or align]
    return 1 - part if block.from_right and vertical and not told else part


def outer_quiet(placed: Sequence[Within], width: int, height: int) -> Edges:
    """How much blank what is placed in a box wants beyond each side of the box."""
    return Edges(
        max(0, *(block.quiet.left - x for x, _, block in placed)),
        max(0, *(block.quiet.top - y for _, y, block in placed)),
        max(0, *(block.quiet.right - (width - x - block.width) for x, _, block in placed)),
        max(0, *(block.quiet.bottom - (height - y - block.height) for _, y, block in placed)),
    )


def walk(element: Element) -> Iterator[Element]:
    """The element and everything in it."""
    yield element
    for item in element.within():
        yield from walk(item)
