"""Conditions: when an element is there. A mapping of a field and what it must be, and nothing that is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from labelhub.labels.document import Value
from labelhub.labels.grammar import Flag, Forms, Kind, ListOf, Made, Number, Schema, Table, Words
from labelhub.labels.values import PATH, Path, number_of, text_of, texts_at

MAX_CONDITIONS = 8
MAX_CHOICES = 24
MAX_CHARACTERS = 1_000_000
"""Of a field that is looked at and not shown, such as a picture."""

Test = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """What one field must be. A list is there with any entry, and is whatever one of its entries is."""

    path: Path
    tests: tuple[Test, ...] = ()
    negated: tuple[Test, ...] = ()

    def holds(self, values: Mapping[str, object]) -> bool:
        """True when each test holds and no negated one does. FieldMissing, LabelTooLong as any look-up."""
        texts = texts_at(values, self.path, MAX_CHARACTERS)
        return all(_TESTS[name](texts, wanted) for name, wanted in self.tests) and not any(
            _TESTS[name](texts, wanted) for name, wanted in self.negated
        )


@dataclass(frozen=True, slots=True)
class Plain:
    """A text, number or flag, as the text it shows."""

    def read(self, value: Value) -> str:
        """The value as a text. TemplateInvalid."""
        if isinstance(value.content, bool | int | float):
            return text_of(value.content)
        return value.text()

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"anyOf": [Words().schema(), {"type": ["number", "boolean"]}]}


def _compared(than: Callable[[Decimal, Decimal], bool]) -> Callable[[list[str], Any], bool]:
    def test(texts: list[str], wanted: Any) -> bool:
        numbers = [number for number in map(number_of, texts) if number is not None]
        return any(than(number, Decimal(str(wanted))) for number in numbers)

    return test


_TESTS: Mapping[str, Callable[[list[str], Any], bool]] = {
    "present": lambda texts, wanted: bool(texts) is wanted,
    "equals": lambda texts, wanted: wanted in texts,
    "one_of": lambda texts, wanted: any(choice in texts for choice in wanted),
    "above": _compared(lambda number, limit: number > limit),
    "below": _compared(lambda number, limit: number < limit),
    "at_least": _compared(lambda number, limit: number >= limit),
    "at_most": _compared(lambda number, limit: number <= limit),
}
_LIMIT = Number(-1e15, 1e15)
_KINDS: Mapping[str, Kind] = {
    "present": Flag(),
    "equals": Plain(),
    "one_of": ListOf(Plain(), MAX_CHOICES),
    **dict.fromkeys(("above", "below", "at_least", "at_most"), _LIMIT),
}


def _made(field: str, **keys: Any) -> Condition:
    negated = tuple(keys.pop("not", {}).items())
    tests = tuple(keys.items())
    return Condition(tuple(field.split(".")), tests if tests or negated else (("present", True),), negated)


_PATH = Words(600, PATH, "a field is named by its path, such as item.location")
_ONE = Table({"field": _PATH}, {**_KINDS, "not": Table(optional=_KINDS)}, _made)


def _all(_: Value, read: Any) -> tuple[Condition, ...]:
    if isinstance(read, str):
        return (_made(read),)
    return read if isinstance(read, tuple) else (read,)


CONDITIONS = Made(Forms(_PATH, table=_ONE, entries=ListOf(_ONE, MAX_CONDITIONS)), _all)
"""How `when` is written: a field's name, one condition, or a list of which all must hold."""
