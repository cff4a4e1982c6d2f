"""Grammar: what may be written at a place of a template. One description both reads a value and tells its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from labelhub.labels.document import Value

Schema = dict[str, Any]


class Kind(Protocol):
    """One kind of value."""

    def read(self, value: Value) -> Any:
        """What the value means. TemplateInvalid with its place and the reason."""
        ...

    def schema(self) -> Schema:
        """What JSON Schema (2020-12) says of it; limits between two keys are told by reading alone."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """A text of one to `most` characters, matching the whole of `pattern` if there is one; `rule` is the pattern in words.

    `shape` is a pattern for the JSON Schema alone, of what reading finds out in another way.
    """

    most: int = 200
    pattern: str = ""
    rule: str = ""
    shape: str = ""

    def read(self, value: Value) -> str:
        """The value as read. TemplateInvalid."""
        text = value.text(self.most)
        if self.pattern and not re.fullmatch(self.pattern, text):
            value.refuse(self.rule)
        return text

    def schema(self) -> Schema:
        """Its JSON Schema."""
        told: Schema = {"type": "string", "minLength": 1, "maxLength": self.most}
        pattern = self.pattern or self.shape
        return told | {"pattern": f"^(?:{pattern})$"} if pattern else told


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two limits, both allowed."""

    least: float
    most: float

    def read(self, value: Value) -> float:
        """The value as read. TemplateInvalid."""
        return value.number(self.least, self.most)

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"type": "number", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two limits, both allowed."""

    least: int
    most: int

    def read(self, value: Value) -> int:
        """The value as read. TemplateInvalid."""
        return value.whole(self.least, self.most)

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, value: Value) -> bool:
        """The value as read. TemplateInvalid."""
        return value.flag()

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some words."""

    choices: tuple[str, ...]

    def read(self, value: Value) -> str:
        """The value as read. TemplateInvalid."""
        return value.one_of(self.choices)

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"enum": list(self.choices)}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one to `most` entries of a kind, as a tuple."""

    entry: Kind
    most: int

    def read(self, value: Value) -> tuple[Any, ...]:
        """The value as read. TemplateInvalid."""
        return tuple(self.entry.read(item) for item in value.items(self.most))

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"type": "array", "minItems": 1, "maxItems": self.most, "items": self.entry.schema()}


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping of known keys, as a dict of what was read; `make` turns that into something else. Keys left out are not there."""

    required: Mapping[str, Kind] = field(default_factory=dict)
    optional: Mapping[str, Kind] = field(default_factory=dict)
    make: Callable[..., Any] = dict

    def read(self, value: Value) -> Any:
        """The value as read. TemplateInvalid."""
        table = value.table(tuple(self.required), tuple(self.optional))
        return self.make(**{key: (self.required.get(key) or self.optional[key]).read(entry) for key, entry in table.items()})

    def schema(self) -> Schema:
        """Its JSON Schema."""
        keys = {**self.required, **self.optional}
        told: Schema = {"type": "object", "additionalProperties": False}
        told["properties"] = {key: kind.schema() for key, kind in keys.items()}
        return told | {"required": list(self.required)} if self.required else told


@dataclass(frozen=True, slots=True)
class Range:
    """A table of `min` and `max`, the one not above the other, as a pair."""

    least: float
    most: float

    def read(self, value: Value) -> tuple[float, float]:
        """The value as read. TemplateInvalid."""
        table = value.table(required=("min", "max"))
        low = table["min"].number(self.least, self.most)
        return low, table["max"].number(low, self.most)

    def schema(self) -> Schema:
        """Its JSON Schema."""
        number = Number(self.least, self.most)
        return Table({"min": number, "max": number}).schema()


@dataclass(frozen=True, slots=True)
class Forms:
    """A value that has several forms, a table, a list, a text or another plain one, told apart by what stands there."""

    plain: Kind
    table: Kind | None = None
    entries: Kind | None = None
    text: Kind | None = None

    def read(self, value: Value) -> Any:
        """The value as read. TemplateInvalid."""
        if self.table is not None and isinstance(value.content, Mapping):
            return self.table.read(value)
        if self.entries is not None and isinstance(value.content, list):
            return self.entries.read(value)
        if self.text is not None and isinstance(value.content, str):
            return self.text.read(value)
        return self.plain.read(value)

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"anyOf": [kind.schema() for kind in (self.plain, self.table, self.entries, self.text) if kind is not None]}


@dataclass(frozen=True, slots=True)
class Made:
    """A kind whose reading goes through a function that may refuse it: `make(value, what was read)`."""

    kind: Kind
    make: Callable[[Value, Any], Any]

    def read(self, value: Value) -> Any:
        """The value as read. TemplateInvalid."""
        return self.make(value, self.kind.read(value))

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return self.kind.schema()
