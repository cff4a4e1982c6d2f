"""Fields: what a template asks for, and the plain look-up that puts their values into its texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labelhub.errors import FieldMissing, LabelTooLong
from labelhub.labels.document import Value, refused
from labelhub.labels.grammar import Flag, Forms, ListOf, Made, Table, Words

MAX_CHARACTERS = 2000
"""More than any label can show, in all its texts and codes; what is longer is refused before it is measured."""

MAX_ENTRIES = 500
"""The same for the entries of a list."""

MAX_FIELDS = 50
MAX_PHRASE = 500

_REFERENCE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = "[A-Za-z_][A-Za-z0-9_]{0,63}"
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}(\.[A-Za-z0-9_]{1,64}){0,7}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a template: a required one must hold something, a list may hold several texts. `example` is for previews."""

    name: str
    required: bool = False
    list: bool = False
    description: str = ""
    example: str | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A path into the fields, `item.location` or `secondary.0`: keys and list places, never attributes."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text with references in it: `#{primary_id}`. Doubled braces stand for themselves."""

    parts: tuple[str | Reference, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        """The references in the order they stand."""
        return tuple(part for part in self.parts if isinstance(part, Reference))

    def filled(self, values: Mapping[str, object], join: str) -> str:
        """The text with the fields' values; "" where it has references and each of them is empty. Lists are joined."""
        texts = [part if isinstance(part, str) else join.join(texts_of(values, part)) for part in self.parts]
        found = [text for part, text in zip(self.parts, texts, strict=True) if isinstance(part, Reference)]
        if found and not any(text.strip() for text in found):
            return ""
        return "".join(texts)


def check_names(value: Value, fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields as they are. TemplateInvalid for a name that stands twice."""
    names: set[str] = set()
    for place, declared in enumerate(fields):
        if declared.name in names:
            raise refused(f"{value.pointer}/{place}/name", f"the field {declared.name!r} is declared twice")
        names.add(declared.name)
    return tuple(fields)


def read_phrase(value: Value) -> Phrase:
    """The phrase a template writes. TemplateInvalid for a single brace or a path that is none."""
    return _phrase(value, value.text(MAX_PHRASE))


def _phrase(value: Value, source: str) -> Phrase:
    parts: list[str | Reference] = []
    end = 0
    for found in _REFERENCE.finditer(source):
        parts.append(source[end : found.start()])
        end = found.end()
        if found[0] in ("{{", "}}"):
            parts.append(found[0][0])
        elif found[1] is not None and _PATH.fullmatch(found[1]):
            parts.append(Reference(tuple(found[1].split("."))))
        else:
            value.refuse(f"{found[0][:60]!r} is no reference to a field; write a plain brace twice")
    parts.append(source[end:])
    return Phrase(tuple(part for part in parts if part))


def check_required(fields: Sequence[Field], values: Mapping[str, object]) -> None:
    """FieldMissing that names every required field without a text."""
    missing = [field.name for field in fields if field.required and not texts_of(values, Reference((field.name,)))]
    if missing:
        names = ", ".join(repr(name) for name in missing)
        raise FieldMissing(f"the template needs {names}, which the data does not hold", fields=missing)


def texts_of(values: Mapping[str, object], reference: Reference) -> list[str]:
    """The texts a reference leads to: none, one, or those of a list; blank ones are left out."""
    found: object = values
    for step in reference.path:
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list | tuple) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return []
    entries = found if isinstance(found, list | tuple) else [found]
    if len(entries) > MAX_ENTRIES:
        raise LabelTooLong(f"the field {'.'.join(reference.path)!r} has {len(entries)} entries; a label shows at most {MAX_ENTRIES}")
    texts = [text for text in (_text(entry, reference) for entry in entries) if text.strip()]
    _refuse_too_many(sum(map(len, texts)), reference)
    return texts


def one_line(text: str) -> str:
    """The text as a single line: line breaks, control characters and runs of blanks become one blank."""
    return " ".join(_drawable(text).split())


def lines(text: str) -> list[str]:
    """The lines of a text whose breaks are kept, each a single line; blank lines at both ends are dropped."""
    found = [one_line(line) for line in text.splitlines()]
    while found and not found[-1]:
        found.pop()
    while found and not found[0]:
        found.pop(0)
    return found


def _text(entry: object, reference: Reference) -> str:
    name = ".".join(reference.path)
    if entry is None:
        return ""
    if isinstance(entry, bool):
        return "true" if entry else "false"
    if isinstance(entry, float):
        return f"{entry:.10g}"
    if isinstance(entry, int) and entry.bit_length() <= 256:
        return str(entry)
    if not isinstance(entry, str):
        raise FieldMissing(f"the field {name!r} holds no text; name one of its parts, such as {name + '.name'!r}", fields=[name])
    _refuse_too_many(len(entry), reference)
    return entry


def _refuse_too_many(characters: int, reference: Reference) -> None:
    if characters > MAX_CHARACTERS:
        name = ".".join(reference.path)
        raise LabelTooLong(f"the field {name!r} has {characters} characters; a label holds at most {MAX_CHARACTERS}")


def _drawable(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_DRAWN_AS.get(unicodedata.category(character), character) for character in text)


_DRAWN_AS = {"Cc": " ", "Zl": " ", "Zp": " ", "Cs": "\ufffd"}

_FIELD = Table(
    {"name": Words(64, _NAME, "a field's name has letters, digits and _ and starts with a letter")},
    {
        "required": Flag(),
        "list": Flag(),
        "description": Words(),
        "example": Forms(Words(), entries=ListOf(Words(), 20)),
    },
    Field,
)
FIELDS = Made(ListOf(_FIELD, MAX_FIELDS), check_names)
"""How a template's fields are written."""

PHRASE = Made(Words(MAX_PHRASE), _phrase)
"""How a text with references to fields is written."""
