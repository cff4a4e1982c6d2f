"""Elements: the words of the template language, as they are after reading and before any field is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from labelhub.labels.document import Value, taken
from labelhub.labels.fields import Phrase, read_phrase

ALIGNMENTS = ("start", "center", "end")
SYMBOLOGIES = ("qr",)
MAX_ITEMS = 24
MAX_ELEMENTS = 60
MAX_NESTED = 4
"""Rows and columns inside each other; each level measures what is in it several times."""

MAX_LENGTH_MM = 3000


@dataclass(frozen=True, slots=True)
class Text:
    """A text fitted to its room: as large as fits between two sizes, wrapped to `lines` lines.

    A size is the font's em in mm, about 1.4 times a capital's height. `overflow` tells what happens to a text that does not
    fit at its smallest size: `error` refuses the label, `ellipsis` shortens the text.
    """

    value: Phrase
    min_mm: float
    max_mm: float
    lines: int = 1
    keep_breaks: bool = False
    join: str = ", "
    bold: bool = False
    align: str = "start"
    overflow: str = "error"
    share: float | None = 1


@dataclass(frozen=True, slots=True)
class Barcode:
    """A symbol of whole dots a module, as large as its room and `max_mm` allow. Without a share it takes its room first."""

    value: Phrase
    symbology: str = "qr"
    max_mm: float | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Spacer:
    """Blank room along its row or column."""

    size_mm: float
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Ruler:
    """A scale in mm along the feed, at least `length_mm` long and as long as what stands beside it.

    Every mm has a tick, every fifth a longer one, every tenth the longest and, where the scale is thick enough, its number.
    On die-cut labels it takes the whole length. It may only be an item of `across`, whose items lie beside each other.
    """

    length_mm: float
    min_mm: float
    max_mm: float
    share: float | None = 1


@dataclass(frozen=True, slots=True)
class Either:
    """The first of its items that fits: a drawing for roomy media first, plainer ones for narrower media after it."""

    items: tuple[Element, ...]
    share: float | None = 1


@dataclass(frozen=True, slots=True)
class Stack:
    """A row (left to right) or a column (top to bottom) of elements, `gap_mm` apart. Shares divide room that is scarce.

    `vertical` None is the word `across`: the items follow each other across the feed, so that one that runs along the feed
    lies beside the others. That is a column where the text runs along the tape and a row where it runs across, and `align`
    "" is what such a one has unless told otherwise: a column starts, a row is centred.
    """

    vertical: bool | None
    items: tuple[Element, ...]
    gap_mm: float = 0
    align: str = "start"
    share: float | None = 1


Element = Text | Barcode | Spacer | Ruler | Either | Stack


def read_layout(value: Value) -> Element:
    """The whole layout. TemplateInvalid also when it has too many elements."""
    layout = read_element(value)
    if isinstance(layout, Ruler):
        value.refuse("a ruler must be an item of across")
    if sum(1 for _ in walk(layout)) > MAX_ELEMENTS:
        value.refuse(f"has more than {MAX_ELEMENTS} elements")
    return layout


def read_element(value: Value, depth: int = 0) -> Element:
    """The element written as a mapping of one key, its word. TemplateInvalid with place and reason."""
    words = (*_STACKS, "either", *_READERS)
    table = value.table(optional=words)
    if len(table) != 1:
        value.refuse(f"must have exactly one key, one of: {', '.join(words)}")
    word, content = next(iter(table.items()))
    if word in _STACKS:
        return _stack(content, _STACKS[word], depth + 1)
    return _either(content, depth + 1) if word == "either" else _READERS[word](content)


def walk(element: Element) -> Iterator[Element]:
    """The element and everything in it."""
    yield element
    if isinstance(element, Stack | Either):
        for item in element.items:
            yield from walk(item)


def _text(value: Value) -> Text:
    table = value.table(("value", "size_mm"), ("lines", "breaks", "join", "bold", "align", "overflow", "share"))
    size = table["size_mm"].table(required=("min", "max"))
    min_mm = size["min"].number(0.5, 200)
    return Text(
        value=read_phrase(table["value"]),
        min_mm=min_mm,
        max_mm=size["max"].number(min_mm, 200),
        lines=taken(table, "lines", lambda v: v.whole(1, 40), 1),
        keep_breaks=taken(table, "breaks", lambda v: v.one_of(("keep", "space")), "space") == "keep",
        join=taken(table, "join", lambda v: v.text(20), ", "),
        bold=taken(table, "bold", Value.flag, False),
        align=_align(table, "start"),
        overflow=taken(table, "overflow", lambda v: v.one_of(("error", "ellipsis")), "error"),
        share=_share(table, 1),
    )


def _barcode(value: Value) -> Barcode:
    table = value.table(("value",), ("symbology", "max_mm", "share"))
    return Barcode(
        value=read_phrase(table["value"]),
        symbology=taken(table, "symbology", lambda v: v.one_of(SYMBOLOGIES), "qr"),
        max_mm=table["max_mm"].number(2, 300) if "max_mm" in table else None,
        share=_share(table, None),
    )


def _spacer(value: Value) -> Spacer:
    return Spacer(value.table(required=("size_mm",))["size_mm"].number(0, MAX_LENGTH_MM))


def _ruler(value: Value) -> Ruler:
    table = value.table(("size_mm",), ("length_mm", "share"))
    size = table["size_mm"].table(required=("min", "max"))
    min_mm = size["min"].number(0.5, 50)
    return Ruler(
        length_mm=taken(table, "length_mm", lambda v: v.number(0, MAX_LENGTH_MM), 0.0),
        min_mm=min_mm,
        max_mm=size["max"].number(min_mm, 50),
        share=_share(table, 1),
    )


def _either(value: Value, depth: int) -> Either:
    table = value.table(("items",), ("share",))
    return Either(_items(table["items"], depth), _share(table, 1))


def _items(value: Value, depth: int, *, rulers: bool = False) -> tuple[Element, ...]:
    if depth > MAX_NESTED:
        value.refuse(f"rows, columns and the like are nested deeper than {MAX_NESTED} levels")
    items = tuple(read_element(item, depth) for item in value.items(MAX_ITEMS))
    if not rulers and any(isinstance(item, Ruler) for item in items):
        value.refuse("a ruler must be an item of across")
    return items


def _stack(value: Value, vertical: bool | None, depth: int) -> Stack:
    table = value.table(("items",), ("gap_mm", "align", "share"))
    return Stack(
        vertical,
        items=_items(table["items"], depth, rulers=vertical is None),
        gap_mm=taken(table, "gap_mm", lambda v: v.number(0, 100), 0.0),
        align=_align(table, _ALIGNED[vertical]),
        share=_share(table, 1),
    )


def _align(table: Mapping[str, Value], otherwise: str) -> str:
    return taken(table, "align", lambda v: v.one_of(ALIGNMENTS), otherwise)


def _share(table: Mapping[str, Value], otherwise: float | None) -> float | None:
    return table["share"].number(0.01, 1000) if "share" in table else otherwise


_ALIGNED = {False: "center", True: "start", None: ""}
_STACKS: Mapping[str, bool | None] = {"row": False, "column": True, "across": None}
_READERS: Mapping[str, Callable[[Value], Element]] = {"text": _text, "barcode": _barcode, "spacer": _spacer, "ruler": _ruler}
