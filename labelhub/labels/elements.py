"""Elements: the one list of the template language's words, and how a layout is read with them.

A new word is one module with a subclass of `Element`, its `Word`, and a place in `WORDS`; one that holds other elements takes the
kinds `ITEM` or `ITEMS` for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labelhub.labels import cables, codes, images_element, layout, scales, shapes, texts, turns
from labelhub.labels.conditions import CONDITIONS
from labelhub.labels.document import Value
from labelhub.labels.element import ALIGNMENTS, MAX_DRAWINGS, MAX_LENGTH_MM, Cell, Element, Place, Word, walk
from labelhub.labels.grammar import Kind, ListOf, Number, OneOf, Schema, Table

MAX_ITEMS = MAX_DRAWINGS
MAX_ELEMENTS = 60
MAX_NESTED = 4
"""Rows and columns inside each other; each level measures what is in it several times."""

_SIZE = Number(0.5, MAX_LENGTH_MM)
_CELL = Table(optional={"width": _SIZE, "height": _SIZE}, make=lambda width=None, height=None: Cell(width, height))
_PLACE = Table(optional={"x": OneOf(ALIGNMENTS), "y": OneOf(ALIGNMENTS)}, make=Place)
GENERAL: Mapping[str, Kind] = {"share": Number(0, 1000), "when": CONDITIONS, "cell_mm": _CELL, "place": _PLACE}
"""Keys that every word takes, for the fields of `Element`."""


@dataclass(frozen=True, slots=True)
class Item:
    """An element inside another one; `beside`: also one that may only be an item of `across`."""

    beside: bool = False

    def read(self, value: Value) -> Element:
        """The value as read. TemplateInvalid."""
        return read_element(value.deeper(), self.beside)

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"$ref": "#/$defs/beside" if self.beside else "#/$defs/element"}


ITEM = Item()
ITEMS = ListOf(ITEM, MAX_ITEMS)

WORDS: Mapping[str, Word] = {
    word.name: word
    for word in (
        *layout.words(ITEMS, ListOf(Item(beside=True), MAX_ITEMS)),
        *cables.words(ITEM),
        turns.word(ITEM),
        texts.WORD,
        codes.WORD,
        scales.WORD,
        images_element.WORD,
        *shapes.words(ITEM),
    )
}


def read_layout(value: Value) -> Element:
    """The whole layout. TemplateInvalid also when it has too many elements."""
    element = read_element(value)
    if sum(1 for _ in walk(element)) > MAX_ELEMENTS:
        value.refuse(f"has more than {MAX_ELEMENTS} elements")
    return element


def read_element(value: Value, beside: bool = False) -> Element:
    """The element written as a mapping of one key, its word. TemplateInvalid with place and reason."""
    if value.depth > MAX_NESTED:
        value.refuse(f"rows, columns and the like are nested deeper than {MAX_NESTED} levels")
    table = value.table(optional=tuple(WORDS))
    if len(table) != 1:
        value.refuse(f"must have exactly one key, one of: {', '.join(WORDS)}")
    name, content = next(iter(table.items()))
    if WORDS[name].beside and not beside:
        value.refuse(f"a {name} must be an item of across")
    element: Element = keys(WORDS[name]).read(content)
    return element


def keys(word: Word) -> Table:
    """All keys of a word, its own and those that every word takes."""
    general = {key: kind for key, kind in GENERAL.items() if key not in word.without}

    def make(**given: Any) -> Element:
        if "cell_mm" in given:
            given["cell"] = given.pop("cell_mm")
        if given.get("share") == 0:
            given["share"] = None
        return word.make(**given)

    return Table(word.required, {**general, **word.optional}, make)
