"""Fields: what a template asks for, and the phrases that put their values into its texts.

A phrase is a text with references in braces: `#{primary_id}`. A path leads through keys and list places, formats follow it after
`|`, and text around a reference in a second pair of braces is there only with it: `{Lot: {lot_nr}}`. Braces for themselves are
written twice. The one case of doubt, `{{weight} g}`, is a reference with text after it, as a lone brace was never allowed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labelhub.errors import FieldMissing
from labelhub.labels.document import Value, refused
from labelhub.labels.formats import NUMBER, TOTAL, Format, fault
from labelhub.labels.grammar import Flag, Forms, ListOf, Made, Table, Words
from labelhub.labels.values import PATH, Path, refuse_grown, texts_at

MAX_FIELDS = 50
MAX_PHRASE = 500
MAX_FORMATS = 8
IMPLICIT = (NUMBER, TOTAL)
"""Names that no template declares, because every label has them."""

_REFERENCE = rf"\{{{PATH}(?:\|[^{{}}|]+)*\}}"
_PREFIXED = rf"\{{[^{{}}]+{_REFERENCE}[^{{}}]*\}}"
_SUFFIXED = rf"\{{{_REFERENCE}[^{{}}]+\}}"
_TOKEN = re.compile(
    rf"(?P<suffixed>{_SUFFIXED})|(?P<brace>\{{\{{|\}}\}})|(?P<plain>{_REFERENCE})|(?P<prefixed>{_PREFIXED})|(?P<fault>\{{[^{{}}]*\}}?|\}})"
)
_WHOLE = rf"(?:[^{{}}]|{_SUFFIXED}|\{{\{{|\}}\}}|{_REFERENCE}|{_PREFIXED})*"
_NAME = "[A-Za-z_][A-Za-z0-9_]{0,63}"


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
    """A path into the fields and how what is found there is written. An `optional` one takes its text around with it when it is empty."""

    path: Path
    formats: tuple[Format, ...] = ()
    before: str = ""
    after: str = ""
    optional: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields it needs."""
        return self.path[0], *(name for form in self.formats for name in form.fields)

    def filled(self, values: Mapping[str, object], join: str) -> str:
        """The texts found, joined; "" when there are none. FieldMissing, LabelTooLong."""
        texts = texts_at(values, self.path)
        for form in self.formats:
            texts = [form.applied(text, values) for text in texts]
            if form.name == "default" and not texts:
                texts = [form.argument]
            refuse_grown(texts, self.path, form.name)
        return f"{self.before}{join.join(texts)}{self.after}" if texts else ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text with references in it."""

    parts: tuple[str | Reference, ...]
    references: tuple[Reference, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", tuple(part for part in self.parts if isinstance(part, Reference)))

    def filled(self, values: Mapping[str, object], join: str) -> str:
        """The text with the fields' values, lists joined; "" where it has references, not all optional, and none found anything."""
        if not self.references:
            return self.parts[0] if self.parts and isinstance(self.parts[0], str) else ""
        found = {place: part.filled(values, join) for place, part in enumerate(self.parts) if isinstance(part, Reference)}
        if not any(text.strip() for text in found.values()) and not all(one.optional for one in self.references):
            return ""
        return "".join(part if isinstance(part, str) else found[place] for place, part in enumerate(self.parts))


def check_names(value: Value, fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields as they are. TemplateInvalid for a name that stands twice."""
    names: set[str] = set()
    for place, declared in enumerate(fields):
        if declared.name in names:
            raise refused(f"{value.pointer}/{place}/name", f"the field {declared.name!r} is declared twice")
        if declared.name in IMPLICIT:
            raise refused(f"{value.pointer}/{place}/name", f"every label has {declared.name!r} by itself: use it without declaring it")
        names.add(declared.name)
    return tuple(fields)


def read_phrase(value: Value) -> Phrase:
    """The phrase a template writes. TemplateInvalid for a single brace, a path that is none, or a format that is not known."""
    return _phrase(value, value.text(MAX_PHRASE))


def _phrase(value: Value, source: str) -> Phrase:
    parts: list[str | Reference] = []
    text = ""
    end = 0
    for found in _TOKEN.finditer(source):
        text += source[end : found.start()]
        end = found.end()
        if found["brace"]:
            text += found[0][0]
            continue
        if found["fault"]:
            value.refuse(f"{found[0][:60]!r} is no reference to a field; write a plain brace twice")
        parts += [text, _reference(value, found[0])]
        text = ""
    parts.append(text + source[end:])
    return Phrase(tuple(part for part in parts if part))


def _reference(value: Value, token: str) -> Reference:
    start = token.find("{", 1)
    if start < 0:
        path, formats = _inside(value, token[1:-1])
        return Reference(path, formats)
    end = token.index("}", start)
    path, formats = _inside(value, token[start + 1 : end])
    return Reference(path, formats, token[1:start], token[end + 1 : -1], optional=True)


def _inside(value: Value, written: str) -> tuple[Path, tuple[Format, ...]]:
    path, *formats = written.split("|")
    if len(formats) > MAX_FORMATS:
        value.refuse(f"a field goes through at most {MAX_FORMATS} formats, not {len(formats)}")
    found = [Format(name, argument) for name, _, argument in (one.partition(":") for one in formats)]
    for one in found:
        reason = fault(one.name, one.argument)
        if reason:
            value.refuse(reason)
    return tuple(path.split(".")), tuple(found)


def check_required(fields: Sequence[Field], values: Mapping[str, object]) -> None:
    """FieldMissing that names every required field without a text."""
    missing = [one.name for one in fields if one.required and not _holds(values, one.name)]
    if missing:
        names = ", ".join(repr(name) for name in missing)
        raise FieldMissing(f"the template needs {names}, which the data does not hold", fields=missing)


def _holds(values: Mapping[str, object], name: str) -> bool:
    """Whether there is something in the field; a picture's `data:` URI is longer than any text may be."""
    found = values.get(name)
    return (isinstance(found, str) and found[:5].lower() == "data:") or bool(texts_at(values, (name,)))


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

PHRASE = Made(Words(MAX_PHRASE, shape=_WHOLE), _phrase)
"""How a text with references to fields is written."""
