"""Canvases of the printers the built-in templates are drawn for, and data such as people print."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.labels.template import Template, builtin, parse
from labelhub.raster import Canvas

PRINTABLE_DOTS = {6.0: 32, 9.0: 50, 12.0: 70, 18.0: 112, 24.0: 128}
REALISTIC: Mapping[str, Mapping[str, object]] = {
    "snipeit": {
        "title": "ThinkPad T14 Gen 3",
        "primary_id": "A-1001",
        "qr_payload": "https://snipe.example.org/hardware/1001",
        "secondary": ["SN PF3ABCDE", "Büro Köln"],
    },
    "grocy": {"title": "Müsli Übergröße", "primary_id": "13", "qr_payload": "grcy:p:13:x62f1a2b3c4d5e", "secondary": ["MHD 24.12.2026"]},
    "spoolman": {
        "title": "Galaxy Black",
        "primary_id": "#42",
        "qr_payload": "web+spoolman:s-42",
        "secondary": ["PLA", "Prusament", "Schwarz"],
    },
    "generic": {
        "qr_payload": "https://snipe.example.org/hardware/1001",
        "text": "Schrauben M3 × 12\nGröße Übermaß\nRegal 4, Fach 7",
        "title": "ThinkPad T14 Gen 3",
        "primary_id": "A-1001",
        "secondary": ["SN PF3ABCDE", "Büro Köln"],
        "model": "PT-P750W",
        "media": "12mm",
        "name": "Jürgen Müller-Lüdenscheidt",
        "lines": ["Große Bäckerstraße 17", "20095 Hamburg", "Deutschland"],
        "sender": "Abs.: Label Hub, Ölmühlgasse 3, 50667 Köln",
        "price": "12.5",
        "unit": "je 100 g",
        "ean": "4006381333931",
        "cable_mm": "6.5",
        "caption": "Große Bohrmaschine",
        "owner": "Verein für Müßiggang e. V.",
        "image": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAYAAAAECAAAAACIbxGfAAAAH0lEQVR4nGNUZGBgYGBgsY"
        "VQzgwMDAwMjPcYGBgYGAARpQGKqBMWQgAAAABJRU5ErkJggg==",
    },
}


@lru_cache(maxsize=1)
def seeds() -> dict[str, Template]:
    return {template.key: template for template in builtin()}


def tape(width_mm: float = 12, length_dots: int | None = None) -> Canvas:
    return Canvas(PRINTABLE_DOTS[width_mm], length_dots, 31, 7086, 180, 180)


def roll(length_dots: int | None = None) -> Canvas:
    return Canvas(696, length_dots, 150, 11811, 300, 300)


ANY_MEDIA: Mapping[str, Canvas] = {
    **{f"tape-{width:g}mm": tape(width) for width in PRINTABLE_DOTS},
    "roll-62mm": roll(),
    "roll-29mm": Canvas(306, None, 150, 11811, 300, 300),
    "roll-62x29mm": roll(271),
    "roll-29x90mm": Canvas(306, 991, 991, 991, 300, 300),
}
"""Canvases that a template for any media is tried on."""


def any_media_keys() -> list[str]:
    return sorted(key for key in seeds() if key.startswith(("any-", "cable-")))


def canvas_for(template: Template) -> Canvas:
    if template.need is None:
        return tape(12)
    return tape(template.need.width_mm) if template.need.family == "tape" else roll()


def printed(key: str, data: Mapping[str, object] | None = None) -> Page:
    template = seeds()[key]
    return render(template, REALISTIC[template.app] if data is None else data, canvas_for(template))


def drawn(layout: str, data: Mapping[str, object], canvas: Canvas | None = None, head: str = "", fields: str = "") -> Page:
    """A page of a small template whose fields are the data's keys, none of them required."""
    declared = fields or "".join(f"  - {{name: {name}}}\n" for name in data) or "  - {name: nothing}\n"
    source = f"schema_version: 1\nkey: small\nname: Small\n{head}\nfields:\n{declared}layout:\n{layout}"
    return render(parse(source), data, canvas or tape())
