"""Template: elements bound to named fields, for some media or any, read from YAML that anybody may have written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from labelhub.errors import StartRefused
from labelhub.labels import document
from labelhub.labels.document import Value, taken
from labelhub.labels.elements import ALIGNMENTS, MAX_LENGTH_MM, Barcode, Element, Text, read_layout, walk
from labelhub.labels.fields import Field, check_required, read_fields
from labelhub.media import MediaNeed, dots
from labelhub.raster import Canvas

SCHEMA_VERSION = 1
APPS = ("snipeit", "grocy", "spoolman", "generic")
ORIENTATIONS = ("along", "across", "auto")
NARROW_MM = 30
"""Printable width up to which a label of orientation `auto` is set along its roll."""

FAMILIES = ("tape", "roll")
MAX_FIELDS = 50
DEFAULT_MAX_MM = 100.0

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+){0,15}")
_REQUIRED = ("schema_version", "key", "name", "layout")
_OPTIONAL = ("app", "printer_model", "media", "orientation", "length", "margin_mm", "align", "fields")


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


@dataclass(frozen=True, slots=True)
class Template:
    """A label's drawing before its fields are known. `need` None: any media."""

    key: str
    name: str
    app: str
    printer_model: str | None
    need: MediaNeed | None
    schema_version: int
    fields: tuple[Field, ...]
    orientation: str
    """`along`: the text runs along the tape. `across`: it runs across. `auto`: whichever reads well on the media."""

    length: LengthRule
    margin: Margin
    align: str
    layout: Element
    definition: Mapping[str, Any] = field(compare=False, repr=False)
    """What was read, as JSON values."""

    @property
    def tape_width_mm(self) -> float | None:
        """The width of the media it is drawn for."""
        return None if self.need is None else self.need.width_mm

    @property
    def example(self) -> dict[str, object]:
        """Values to show the template with; a required field without an example shows its name."""
        shown = {entry.name: entry.example or (entry.name if entry.required else None) for entry in self.fields}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in shown.items() if value is not None}

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
    table = root.table(_REQUIRED, _OPTIONAL)
    template = Template(
        key=_key(table["key"]),
        name=table["name"].text(100),
        app=taken(table, "app", lambda v: v.one_of(APPS), "generic"),
        printer_model=table["printer_model"].text(60) if "printer_model" in table else None,
        need=_need(table["media"]) if "media" in table else None,
        schema_version=table["schema_version"].whole(SCHEMA_VERSION, SCHEMA_VERSION),
        fields=read_fields(table["fields"].items(MAX_FIELDS)) if "fields" in table else (),
        orientation=taken(table, "orientation", lambda v: v.one_of(ORIENTATIONS), "along"),
        length=taken(table, "length", _length, LengthRule()),
        margin=taken(table, "margin_mm", _margin, Margin()),
        align=taken(table, "align", lambda v: v.one_of(ALIGNMENTS), "center"),
        layout=read_layout(table["layout"]),
        definition=root.content,
    )
    _check_references(template, table["layout"])
    return template


@cache
def builtin() -> tuple[Template, ...]:
    """The templates that come with the hub, by key. StartRefused when there is none or one is broken."""
    folder = resources.files("labelhub.labels") / "builtin"
    sources = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name)
    if not sources:
        raise StartRefused("the built-in templates are missing: install the hub again")
    return tuple(parse(entry.read_text(encoding="utf-8")) for entry in sources)


def _key(value: Value) -> str:
    key = value.text(64)
    if not _KEY.fullmatch(key):
        value.refuse("a key has small letters and digits, in words joined by -")
    return key


def _need(value: Value) -> MediaNeed:
    table = value.table(("family", "width_mm"), ("length_mm",))
    return MediaNeed(
        family=table["family"].one_of(FAMILIES),
        width_mm=table["width_mm"].number(1, 1000),
        length_mm=table["length_mm"].number(1, MAX_LENGTH_MM) if "length_mm" in table else None,
    )


def _margin(value: Value) -> Margin:
    table = value.table(optional=("ends", "sides"))
    return Margin(*(taken(table, side, lambda v: v.number(0, 50), 0.0) for side in ("ends", "sides")))


def _length(value: Value) -> LengthRule:
    table = value.table(optional=("min_mm", "prefer_mm", "max_mm"))
    min_mm = taken(table, "min_mm", lambda v: v.number(0, MAX_LENGTH_MM), 0.0)
    max_mm = taken(table, "max_mm", lambda v: v.number(max(1.0, min_mm), MAX_LENGTH_MM), max(min_mm, DEFAULT_MAX_MM))
    return LengthRule(min_mm, taken(table, "prefer_mm", lambda v: v.number(min_mm, max_mm), max_mm), max_mm)


def _check_references(template: Template, layout: Value) -> None:
    declared = {entry.name for entry in template.fields}
    for name in _used(template.layout):
        if name not in declared:
            layout.refuse(f"the field {name!r} is used but not declared under fields")


def _used(layout: Element) -> Iterator[str]:
    for element in walk(layout):
        if isinstance(element, Text | Barcode):
            yield from (reference.path[0] for reference in element.value.references)
