"""Layout: how elements stand beside and below each other. Nothing overlaps, nothing leaves its room.

A row or column first serves what has no share (bar codes, spacers), then gives the others what they would like; where that is too
much, shares divide what there is and nobody gets more than he likes. Of the items of `either` the first that fits is taken. An element
whose fields are empty is not there at all: its room and its gap go to the others. Where room is left, texts in a column move apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from labelhub.errors import LabelTooLong
from labelhub.labels.element import (
    ALIGNMENTS,
    MAX_DRAWINGS,
    MAX_LENGTH_MM,
    Block,
    DoesNotFit,
    Element,
    Setup,
    Within,
    Word,
    measured,
    outer_quiet,
    part_across,
)
from labelhub.labels.grammar import Kind, Number, OneOf
from labelhub.media import dots


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacer(Element):
    """Blank room along its row or column."""

    size_mm: float
    share: float | None = None

    def measure(self, setup: Setup, width: int, height: int) -> Block:
        """Its block in the room."""
        return Block(0, 0)

    def along_stack(self, setup: Setup, vertical: bool) -> Block:
        """Its size along the stack."""
        size = dots(self.size_mm, setup.dpi)
        return Block(0, size) if vertical else Block(size, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Either(Element):
    """The first of its items that shows something and fits: a drawing for roomy media first, plainer ones for narrower media after it."""

    items: tuple[Element, ...]

    def within(self) -> tuple[Element, ...]:
        """Its items."""
        return self.items

    def characters(self, setup: Setup) -> int:
        """How much text it shows."""
        return max((item.characters(setup) for item in self.items if item.shown(setup)), default=0)

    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        """Its block in the room."""
        refusals: list[DoesNotFit] = []
        within = setup if setup.plainest == MAX_DRAWINGS else setup.for_any()
        for item in self.items:
            try:
                block = measured(item, within, width, height)
            except DoesNotFit as error:
                refusals.append(error)
                if len(refusals) > setup.plainest:
                    break
                continue
            if block is not None:
                return block
        if refusals:
            raise refusals[-1]
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack(Element):
    """A row (left to right) or a column (top to bottom) of elements, `gap_mm` apart. Shares divide room that is scarce.

    `vertical` None is the word `across`: the items follow each other across the feed, so that one that runs along the feed
    lies beside the others. That is a column where the text runs along the tape and a row where it runs across, and `align`
    "" is what such a one has unless told otherwise: a column starts, a row is centred.
    """

    vertical: bool | None
    items: tuple[Element, ...]
    gap_mm: float = 0
    align: str = "start"

    def within(self) -> tuple[Element, ...]:
        """Its items."""
        return self.items

    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        """Its block in the room."""
        if self.vertical is not None:
            return _stacked(self, setup, width, height)
        align = self.align or ("start" if setup.along else "center")
        return _stacked(replace(self, vertical=setup.along, align=align), setup, width, height)


def _stacked(stack: Stack, setup: Setup, width: int, height: int) -> Block | None:
    length, across = (height, width) if stack.vertical else (width, height)
    gap = dots(stack.gap_mm, setup.dpi)
    spare = length
    for _ in range(4):
        blocks = _shared(stack, setup, spare, across, gap)
        if not blocks:
            return None
        joined = _joined(stack, _stretched(stack, setup, blocks), gap)
        excess = (joined.height if stack.vertical else joined.width) - length
        if excess <= 0:
            return joined if setup.smallest or not stack.vertical else _led(joined, -excess)
        spare = min(spare, sum(_taken(stack, block, gap) for _, block in blocks) - gap) - excess
    raise DoesNotFit(LabelTooLong("the elements of the template do not fit on this media together"))


def _offered(stack: Stack, setup: Setup, item: Element, room: int, across: int) -> Block | None:
    """The item in so many dots along the stack and all there are across."""
    fixed = item.along_stack(setup, bool(stack.vertical))
    if fixed is not None:
        return fixed if item.shown(setup) else None
    return measured(item, setup, across, room) if stack.vertical else measured(item, setup, room, across)


def _shared(stack: Stack, setup: Setup, length: int, across: int, gap: int) -> list[tuple[Element, Block]]:
    """Each element that shows something with its block, in order; with their gaps no longer than `length`, but for quiet zones."""
    blocks: dict[int, Block | None] = {}
    left = length + gap
    for place, item in enumerate(stack.items):
        if item.share is None:
            blocks[place] = _offered(stack, setup, item, max(left - gap, 0), across)
            left -= _taken(stack, blocks[place], gap)
    flexible = [place for place, item in enumerate(stack.items) if item.share is not None]
    room = max(left - gap, 0)
    for place in flexible:
        blocks[place] = _offered(stack, setup, stack.items[place], room, across)
    wishes = {place: block for place in flexible if (block := blocks[place]) is not None}
    if sum(_taken(stack, block, gap) for block in wishes.values()) > left:
        smallest = setup.at_smallest()
        least = {place: _taken(stack, _offered(stack, smallest, stack.items[place], room, across), 0) for place in wishes}
        most = {place: _taken(stack, block, 0) for place, block in wishes.items()}
        parts = divided(left - gap * len(wishes), {place: stack.items[place].share or 1 for place in wishes}, least, most)
        blocks |= {place: _offered(stack, setup, stack.items[place], max(part, 0), across) for place, part in parts.items()}
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


def _taken(stack: Stack, block: Block | None, gap: int) -> int:
    """Dots a block and one gap take along the stack."""
    if block is None:
        return 0
    return (block.height if stack.vertical else block.width) + gap


def _stretched(stack: Stack, setup: Setup, items: Sequence[tuple[Element, Block]]) -> list[tuple[Element, Block]]:
    """Each ruler and the like made as long as the longest thing beside it."""
    vertical = bool(stack.vertical)
    longest = max(block.width if vertical else block.height for _, block in items)
    return [(item, block if item.cell else item.stretched(setup, block, longest, vertical)) for item, block in items]


def _joined(stack: Stack, items: Sequence[tuple[Element, Block]], gap: int) -> Block:
    """The blocks one after the other, each at its place across the stack."""
    vertical = bool(stack.vertical)
    widest = max(block.width if vertical else block.height for _, block in items)
    placed: list[Within] = []
    end = 0
    before: Block | None = None
    for element, block in items:
        along = end + (max(gap, *_facing(vertical, before, block)) if before else 0)
        part = part_across(element, block, stack.align, vertical=vertical)
        across = round((widest - (block.width if vertical else block.height)) * part)
        placed.append(Within(across, along, block) if vertical else Within(along, across, block))
        end = along + (block.height if vertical else block.width)
        before = block
    width, height = (widest, end) if vertical else (end, widest)
    leading = min(placed[0].block.leading, placed[-1].block.leading) if vertical else 0
    from_right = vertical and all(block.from_right for _, block in items)
    return Block(width, height, quiet=outer_quiet(placed, width, height), inner=tuple(placed), leading=leading, from_right=from_right)


def _led(column: Block, room: int) -> Block:
    """The column with its texts as far apart as looks well, or as there is room for."""
    pairs = list(pairwise(column.inner))
    wanted = [max(0, min(above.block.leading, below.block.leading) - (below.y - above.y - above.block.height)) for above, below in pairs]
    if not any(wanted):
        return column
    part = min(1.0, room / sum(wanted))
    moves = accumulate((int(part * more) for more in wanted), initial=0)
    inner = tuple(within._replace(y=within.y + move) for within, move in zip(column.inner, moves, strict=True))
    height = inner[-1].y + inner[-1].block.height
    return replace(column, height=height, inner=inner, quiet=outer_quiet(inner, column.width, height))


def _facing(vertical: bool, before: Block, after: Block) -> tuple[int, int]:
    return (before.quiet.bottom, after.quiet.top) if vertical else (before.quiet.right, after.quiet.left)


def words(items: Kind, besides: Kind) -> tuple[Word, ...]:
    """The words for rows, columns and the like, given how a list of elements is written; `besides`: for `across`."""
    own: Mapping[str, Kind] = {"gap_mm": Number(0, 100), "align": OneOf(ALIGNMENTS)}

    def stack(name: str, vertical: bool | None, align: str, kind: Kind) -> Word:
        return Word(name, lambda **keys: Stack(**{"vertical": vertical, "align": align, **keys}), {"items": kind}, own)

    return (
        stack("row", False, "center", items),
        stack("column", True, "start", items),
        stack("across", None, "", besides),
        Word("either", Either, {"items": items}),
        Word("spacer", Spacer, {"size_mm": Number(0, MAX_LENGTH_MM)}, without=("share", "cell_mm", "place")),
    )
