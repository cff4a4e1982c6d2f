"""Layout: a template's elements with their fields become boxes in dots. Nothing overlaps, nothing leaves its room.

`measure` gives a block no larger than the room it is offered. A row or column first serves what has no share (bar codes, spacers),
then gives the others what they would like; where that is too much, shares divide what there is and nobody gets more than he likes.
Of the items of `either` the first that fits in the room offered is taken, and a ruler is as long as what lies beside it.
An element whose fields are empty is not there at all: its room and its gap go to the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from PIL import Image

from labelhub.errors import BarcodeInvalid, HubError, LabelTooLong
from labelhub.labels import barcode, fonts, ruler, textfit
from labelhub.labels.elements import Barcode, Either, Element, Ruler, Spacer, Stack, Text
from labelhub.labels.fields import MAX_CHARACTERS, lines, one_line
from labelhub.labels.page import Placed, PlacedLine, PlacedSymbol
from labelhub.media import dots

MAX_WORK = 24_000
"""The built-in templates need up to 5000, and more only for a text of 1000 characters and more."""

_ELEMENT_WORK = 20

PLACE = {"start": 0.0, "center": 0.5, "end": 1.0}
"""What part of the room left over stands before a thing, by its alignment."""


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


@dataclass(frozen=True, slots=True)
class Block:
    """Placed things in a box of their own; `quiet` is how much blank each side wants beyond it."""

    width: int
    height: int
    marks: tuple[Placed, ...] = ()
    quiet: Edges = NO_QUIET


class Offer(Protocol):
    """Measures an element of a stack in so many dots along it and all there are across."""

    def __call__(self, element: Element, room: int, smallest: bool = False) -> Block | None:
        """The block, or None for an element with nothing to show. DoesNotFit."""
        ...


class Work:
    """How much may still be measured before a label is refused as too involved: about a character a unit, 10 µs each."""

    def __init__(self, units: int = MAX_WORK) -> None:
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
    `along`: the text runs along the feed. `exact`: the label's length is given, as on die-cut media.
    """

    values: Mapping[str, object]
    dpi: int
    blank_x_dots: int = 0
    blank_y_dots: int = 0
    smallest: bool = False
    shorten: bool = False
    along: bool = True
    exact: bool = False
    work: Work = field(default_factory=Work, compare=False)


def check_amount(layout: Element, setup: Setup) -> None:
    """Nothing, when texts and codes together are no longer than a label can hold. LabelTooLong."""
    characters = _characters(layout, setup)
    if characters > MAX_CHARACTERS:
        raise LabelTooLong(f"texts and codes have {characters} characters together; a label holds at most {MAX_CHARACTERS}")


def _characters(element: Element, setup: Setup) -> int:
    if isinstance(element, Text | Barcode):
        return len(element.value.filled(setup.values, ", "))
    if isinstance(element, Stack):
        return sum(_characters(item, setup) for item in element.items)
    return max(_characters(item, setup) for item in element.items) if isinstance(element, Either) else 0


def measure(element: Element, setup: Setup, width: int, height: int) -> Block | None:
    """The element as a block of at most `width` x `height` dots; None when it has nothing to show. DoesNotFit, LabelTooLong."""
    setup.work.spend(_ELEMENT_WORK)
    if isinstance(element, Text):
        return _text(element, setup, width, height)
    if isinstance(element, Barcode):
        return _barcode(element, setup, width, height)
    if isinstance(element, Spacer):
        return Block(0, 0)
    if isinstance(element, Ruler):
        return _ruler(element, setup, width, height)
    if isinstance(element, Either):
        return _either(element, setup, width, height)
    return _stack(element, setup, width, height)


def _text(element: Text, setup: Setup, width: int, height: int) -> Block | None:
    filled = element.value.filled(setup.values, element.join)
    paragraphs = lines(filled) if element.keep_breaks else [one_line(filled)]
    if not any(paragraphs):
        return None
    setup.work.spend(len(filled))
    least = max(dots(element.min_mm, setup.dpi), fonts.SMALLEST_DOTS[element.bold])
    most = least if setup.smallest else max(dots(element.max_mm, setup.dpi), least)
    room = textfit.Room(width, height, least, most, element.lines, element.bold)
    setting = textfit.fitted(paragraphs, room, shorten=setup.shorten and element.overflow == "ellipsis")
    if setting is None:
        shown = paragraphs[0] if len(paragraphs[0]) <= 40 else paragraphs[0][:39] + textfit.ELLIPSIS
        raise DoesNotFit(LabelTooLong(f"the text {shown!r} ({len(filled)} characters) does not fit, even at its smallest size"))
    if not (setting.width_dots > 0 and setting.height_dots > 0):
        return None
    return Block(setting.width_dots, setting.height_dots, tuple(_placed_lines(setting, element)))


def _placed_lines(setting: textfit.Setting, element: Text) -> list[Placed]:
    return [
        PlacedLine(
            round((setting.width_dots - ink.width) * PLACE[element.align]),
            baseline + ink.top,
            ink.width,
            ink.height,
            text,
            element.bold,
            setting.size_dots,
            ink,
        )
        for text, ink, baseline in zip(setting.lines, setting.inks, setting.baselines, strict=True)
        if ink.width > 0 and ink.height > 0
    ]


def _barcode(element: Barcode, setup: Setup, width: int, height: int) -> Block | None:
    payload = element.value.filled(setup.values, ",")
    if not payload:
        return None
    symbol = barcode.encode(payload, element.symbology)
    room = [(width, setup.blank_x_dots), (height, setup.blank_y_dots)]
    if element.max_mm is not None:
        room.append((dots(element.max_mm, setup.dpi), height))
    try:
        module = barcode.module_dots(symbol, room, setup.dpi)
    except BarcodeInvalid as error:
        raise DoesNotFit(error) from error
    side = symbol.modules * module
    picture = symbol.picture.resize((side, side), Image.Resampling.NEAREST)
    quiet = barcode.QUIET_MODULES * module
    return Block(
        side, side, (PlacedSymbol(0, 0, side, side, payload, element.symbology, module, picture),), Edges(quiet, quiet, quiet, quiet)
    )


def _ruler(element: Ruler, setup: Setup, width: int, height: int) -> Block:
    room, thickness = (width, height) if setup.along else (height, width)
    most_mm = element.min_mm if setup.smallest else element.max_mm
    thickness = min(thickness, dots(most_mm, setup.dpi))
    if thickness < dots(element.min_mm, setup.dpi):
        raise DoesNotFit(LabelTooLong("the ruler does not fit on this media"))
    length = room if setup.exact else min(room, dots(element.length_mm, setup.dpi))
    return ruler_block(setup, length, thickness)


def ruler_block(setup: Setup, length: int, thickness: int) -> Block:
    """A scale of exactly so many dots along the feed and across it."""
    marks = ruler.placed(length, thickness, setup.dpi, horizontal=setup.along)
    return Block(length, thickness, marks) if setup.along else Block(thickness, length, marks)


def _either(element: Either, setup: Setup, width: int, height: int) -> Block | None:
    for item in element.items[:-1]:
        with suppress(DoesNotFit):
            return measure(item, setup, width, height)
    return measure(element.items[-1], setup, width, height)


def _stack(stack: Stack, setup: Setup, width: int, height: int) -> Block | None:
    if stack.vertical is None:
        stack = replace(stack, vertical=setup.along, align=stack.align or ("start" if setup.along else "center"))
    length, across = (height, width) if stack.vertical else (width, height)

    def offered(element: Element, room: int, smallest: bool = False) -> Block | None:
        if isinstance(element, Spacer):
            size = dots(element.size_mm, setup.dpi)
            return Block(0, size) if stack.vertical else Block(size, 0)
        how = replace(setup, smallest=True) if smallest else setup
        return measure(element, how, across, room) if stack.vertical else measure(element, how, room, across)

    gap = dots(stack.gap_mm, setup.dpi)
    spare = length
    for _ in range(4):
        blocks = _shared(stack, spare, gap, offered)
        if not blocks:
            return None
        joined = _joined(stack, _with_rulers(stack, setup, blocks), gap)
        excess = (joined.height if stack.vertical else joined.width) - length
        if excess <= 0:
            return joined
        spare = min(spare, sum(_taken(stack, block, gap) for _, block in blocks) - gap) - excess
    raise DoesNotFit(LabelTooLong("the elements of the template do not fit on this media together"))


def _shared(stack: Stack, length: int, gap: int, offered: Offer) -> list[tuple[Element, Block]]:
    """Each element that shows something with its block, in order; with their gaps no longer than `length`, but for quiet zones."""
    blocks: dict[int, Block | None] = {}
    left = length + gap
    for place, item in enumerate(stack.items):
        if item.share is None:
            blocks[place] = offered(item, max(left - gap, 0))
            left -= _taken(stack, blocks[place], gap)
    flexible = [place for place, item in enumerate(stack.items) if item.share is not None]
    for place in flexible:
        blocks[place] = offered(stack.items[place], max(left - gap, 0))
    wishes = {place: block for place in flexible if (block := blocks[place]) is not None}
    if sum(_taken(stack, block, gap) for block in wishes.values()) > left:
        least = {place: _least(stack, offered, place, max(left - gap, 0)) for place in wishes}
        most = {place: _taken(stack, block, 0) for place, block in wishes.items()}
        parts = divided(left - gap * len(wishes), {place: stack.items[place].share or 1 for place in wishes}, least, most)
        blocks |= {place: offered(stack.items[place], max(part, 0)) for place, part in parts.items()}
    return [(stack.items[place], block) for place, block in sorted(blocks.items()) if block is not None]


def divided(room: int, shares: Mapping[int, float], least: Mapping[int, int], most: Mapping[int, int]) -> dict[int, int]:
    """The room by shares, each part between its least and its most; what one does not take goes to the others."""
    parts: dict[int, int] = {}
    waiting = dict(shares)
    while waiting:
        left = room - sum(parts.values())
        whole = sum(waiting.values())
        fair = {place: int(left * share / whole) for place, share in waiting.items()}
        bounded = {place: min(max(part, least[place]), most[place]) for place, part in fair.items()}
        over = sum(bounded.values()) - sum(fair.values())
        settled = [place for place in waiting if over == 0 or (bounded[place] - fair[place]) * over > 0]
        for place in settled:
            parts[place] = bounded[place]
            del waiting[place]
    return parts


def _least(stack: Stack, offered: Offer, place: int, room: int) -> int:
    return _taken(stack, offered(stack.items[place], room, smallest=True), 0)


def _taken(stack: Stack, block: Block | None, gap: int) -> int:
    """Dots a block and one gap take along the stack."""
    if block is None:
        return 0
    return (block.height if stack.vertical else block.width) + gap


def _with_rulers(stack: Stack, setup: Setup, items: Sequence[tuple[Element, Block]]) -> list[tuple[Element, Block]]:
    """Each ruler made as long as the longest thing beside it."""
    longest = max(block.width if stack.vertical else block.height for _, block in items)
    return [
        (item, ruler_block(setup, longest, block.height if stack.vertical else block.width) if isinstance(item, Ruler) else block)
        for item, block in items
    ]


def _joined(stack: Stack, items: Sequence[tuple[Element, Block]], gap: int) -> Block:
    """The blocks one after the other, each at its place across the stack."""
    widest = max(block.width if stack.vertical else block.height for _, block in items)
    placed: list[tuple[int, int, Block]] = []
    end = 0
    before: Block | None = None
    for element, block in items:
        along = end + (max(gap, *_facing(stack, before, block)) if before else 0)
        align = element.align if stack.vertical and isinstance(element, Text) else stack.align
        across = round((widest - (block.width if stack.vertical else block.height)) * PLACE[align])
        placed.append((across, along, block) if stack.vertical else (along, across, block))
        end = along + (block.height if stack.vertical else block.width)
        before = block
    width, height = (widest, end) if stack.vertical else (end, widest)
    marks = tuple(moved(mark, x, y) for x, y, block in placed for mark in block.marks)
    return Block(width, height, marks, _outer_quiet(placed, width, height))


def _facing(stack: Stack, before: Block, after: Block) -> tuple[int, int]:
    return (before.quiet.bottom, after.quiet.top) if stack.vertical else (before.quiet.right, after.quiet.left)


def _outer_quiet(placed: Sequence[tuple[int, int, Block]], width: int, height: int) -> Edges:
    return Edges(
        max(0, *(block.quiet.left - x for x, _, block in placed)),
        max(0, *(block.quiet.top - y for _, y, block in placed)),
        max(0, *(block.quiet.right - (width - x - block.width) for x, _, block in placed)),
        max(0, *(block.quiet.bottom - (height - y - block.height) for _, y, block in placed)),
    )


def moved(mark: Placed, x: int, y: int) -> Placed:
    """The same thing further right and down."""
    return replace(mark, x=mark.x + x, y=mark.y + y)
