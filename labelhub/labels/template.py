"""Template: elements bound to named fields, for some media or any, read from YAML that anybody may have written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

from labelhub.errors import StartRefused
from labelhub.labels import choice, document
from labelhub.labels.choice import MEDIA, Choice
from labelhub.labels.document import Value
from labelhub.labels.element import ALIGNMENTS, MAX_LENGTH_MM, Element, walk
from labelhub.labels.elements import read_layout
from labelhub.labels.fields import FIELDS, IMPLICIT, Field, check_required
from labelhub.labels.grammar import Made, Number, OneOf, Schema, Table, Whole, Words
from labelhub.media import Media, MediaNeed, dots
from labelhub.raster import Canvas

SCHEMA_VERSION = 1
APPS = ("snipeit", "grocy", "spoolman", "generic")
ORIENTATIONS = ("along", "across", "auto")
NARROW_MM = 40
"""Printable width up to which a label of orientation `auto` is set along its roll."""

DEFAULT_MAX_MM = 100.0


@dataclass(frozen=True, slots=True)
class LengthRule:
    """How long a label may be on continuous media: texts shrink before it passes `prefer_mm`, and nothing passes `max_mm`."""

    min_mm: float = 0
    prefer_mm: float = DEFAULT_MAX_MM
    max_mm: float = DEFAULT_MAX_MM


@dataclass(frozen=True, slots=True)
class Margin:
    """Blank inside the printable dots: before and after the label along its feed (`ends`), and across it (`sides`)."""

    ends_mm: float = 0
    sides_mm: float = 0


NO_MARGIN = Margin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A label's drawing before its fields are known. No `media`: any."""

    key: str
    name: str
    app: str = "generic"
    printer_model: str | None = None
    media: Choice = ()
    schema_version: int
    fields: tuple[Field, ...] = ()
    orientation: str = "along"
    """`along`: the text runs along the tape. `across`: it runs across. `auto`: whichever reads well on the media."""

    length: LengthRule = LengthRule()
    margin: Margin = NO_MARGIN
    align: str = "center"
    layout: Element
    definition: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was read, as JSON values."""
    pictures: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)
    """The stored pictures that it shows, by name, where they were read with it."""

    @property
    def need(self) -> MediaNeed | None:
        """The one size of media it is drawn for; None when it is drawn for several or any: then `takes` tells."""
        return choice.only(self.media)

    def takes(self, media: Media) -> bool:
        """True when it may be printed on the media."""
        return choice.takes(self.media, media)

    @property
    def media_name(self) -> str:
        """The media it is drawn for, for messages to a person."""
        return choice.name(self.media)

    @property
    def tape_width_mm(self) -> float | None:
        """The width of the media it is drawn for, where that is one size."""
        return None if self.need is None else self.need.width_mm

    @property
    def example(self) -> dict[str, object]:
        """Values to show the template with; a required field without an example shows its name."""
        shown = {entry.name: entry.example or (entry.name if entry.required else None) for entry in self.fields}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in shown.items() if value is not None}

    @property
    def counts(self) -> bool:
        """True when it shows a label's place in its batch."""
        return any(name in IMPLICIT for element in walk(self.layout) for name in element.uses())

    def check_fields(self, values: Mapping[str, object]) -> None:
        """Nothing, when every required field holds something. FieldMissing names the others."""
        check_required(self.fields, values)

    def along_on(self, canvas: Canvas) -> bool:
        """True when the text runs along the feed; `auto`: on media that is narrow, and on die-cut labels no shorter than wide."""
        if self.orientation != "auto":
            return self.orientation == "along"
        if canvas.length_dots is not None:
            return canvas.length_dots * canvas.dpi_across >= canvas.width_dots * canvas.dpi_along
        return canvas.width_dots <= dots(NARROW_MM, canvas.dpi_across)


def parse(source: str) -> Template:
    """The template of a YAML text. TemplateInvalid with the place (a JSON pointer or a line) and the reason."""
    root = document.read(source)
    _check_version(root)
    template: Template = TEMPLATE.read(root)
    template = replace(template, definition=root.content)
    _check_references(template, root)
    return template


@cache
def builtin() -> tuple[Template, ...]:
    """The templates that come with the hub, by key. StartRefused when there is none or one is broken."""
    folder = resources.files("labelhub.labels") / "builtin"
    sources = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name)
    if not sources:
        raise StartRefused("the built-in templates are missing: install the hub again")
    return tuple(parse(entry.read_text(encoding="utf-8")) for entry in sources)


def _check_version(root: Value) -> None:
    """A template of another version has other keys: this is told first."""
    found = root.content.get("schema_version", SCHEMA_VERSION) if isinstance(root.content, Mapping) else SCHEMA_VERSION
    if isinstance(found, int) and found is not True and found != SCHEMA_VERSION:
        reason = f"this hub reads templates of schema_version {SCHEMA_VERSION}, and this one has {str(found)[:20]}"
        raise document.refused("/schema_version", f"{reason}: update the hub, or write the template for version {SCHEMA_VERSION}")


def _length(
    min_mm: float = 0, prefer_mm: float | None = None, max_mm: float | None = None, exact_mm: float | None = None
) -> LengthRule | None:
    if exact_mm is not None:
        return LengthRule(exact_mm, exact_mm, exact_mm) if (min_mm, prefer_mm, max_mm) == (0, None, None) else None
    most = max(min_mm, DEFAULT_MAX_MM) if max_mm is None else max_mm
    return LengthRule(min_mm, most if prefer_mm is None else prefer_mm, most)


def _check_length(value: Value, rule: LengthRule | None) -> LengthRule:
    if rule is None:
        value.refuse("exact_mm stands alone: take it away, or min_mm, prefer_mm and max_mm")
    if rule.max_mm < rule.min_mm:
        raise document.refused(f"{value.pointer}/max_mm", f"must be a number from {rule.min_mm:g} to {MAX_LENGTH_MM}, as min_mm says")
    if not rule.min_mm <= rule.prefer_mm <= rule.max_mm:
        raise document.refused(f"{value.pointer}/prefer_mm", f"must be a number from {rule.min_mm:g} to {rule.max_mm:g}")
    return rule


def _check_references(template: Template, root: Value) -> None:
    declared = {entry.name for entry in template.fields} | set(IMPLICIT)
    for element in walk(template.layout):
        for name in element.uses():
            if name not in declared:
                raise document.refused("/layout", f"the field {name!r} is used but not declared under fields")


@dataclass(frozen=True, slots=True)
class _Layout:
    """The layout, an element with all that is in it."""

    def read(self, value: Value) -> Element:
        return read_layout(value)

    def schema(self) -> Schema:
        return {"$ref": "#/$defs/element"}


_MM = Number(0, MAX_LENGTH_MM)
_MARGIN = Table(optional={"ends": Number(0, 50), "sides": Number(0, 50)}, make=lambda ends=0.0, sides=0.0: Margin(ends, sides))
_LENGTH = Table(
    optional={"min_mm": _MM, "prefer_mm": _MM, "max_mm": Number(1, MAX_LENGTH_MM), "exact_mm": Number(1, MAX_LENGTH_MM)}, make=_length
)


def _made(margin_mm: Margin = NO_MARGIN, **keys: Any) -> Template:
    return Template(margin=margin_mm, **keys)


TEMPLATE = Table(
    {
        "schema_version": Whole(SCHEMA_VERSION, SCHEMA_VERSION),
        "key": Words(64, "[a-z0-9]+(-[a-z0-9]+){0,15}", "a key has small letters and digits, in words joined by -"),
        "name": Words(100),
        "layout": _Layout(),
    },
    {
        "app": OneOf(APPS),
        "printer_model": Words(60),
        "media": MEDIA,
        "orientation": OneOf(ORIENTATIONS),
        "length": Made(_LENGTH, _check_length),
        "margin_mm": _MARGIN,
        "align": OneOf(ALIGNMENTS),
        "fields": FIELDS,
    },
    _made,
)
"""How a whole template is written."""
