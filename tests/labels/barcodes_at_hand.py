"""Payloads of every symbology, chosen by a seeded random number generator, and labels with one code."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping

from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.labels.template import parse
from labelhub.raster import Canvas

ASCII = "".join(map(chr, range(32, 127)))
CONTROL = "".join(map(chr, range(32))) + "\x7f"
ANY = ASCII + "äöüßéñ€日本😀"
GTINS = ("09506000134352", "9506000134352", "4006381333931", "036000291452", "96385074")


def text(chance: random.Random, characters: str, most: int, least: int = 1) -> str:
    return "".join(chance.choices(characters, k=chance.randint(least, most)))


def number(chance: random.Random, *lengths: int) -> str:
    return "".join(chance.choices(string.digits, k=chance.choice(lengths)))


def elements(chance: random.Random) -> str:
    parts = [f"(01){chance.choice(GTINS)}"]
    more = [
        f"(17){chance.randint(20, 35)}{chance.randint(1, 12):02}{chance.randint(0, 28):02}",
        f"(10){text(chance, string.ascii_uppercase + string.digits + '-/%&', 9)}",
        f"(21){text(chance, string.ascii_letters + string.digits + '()', 9)}",
        f"(3103){number(chance, 6)}",
        f"(30){number(chance, 1, 3, 8)}",
    ]
    return "".join(parts + chance.sample(more, chance.randint(0, 2)))


def _matrix(most: int) -> Callable[[random.Random], str]:
    def payload(chance: random.Random) -> str:
        address = f"https://example.org/{text(chance, string.ascii_lowercase, 5)}/{number(chance, 1, 4)}"
        return chance.choice([text(chance, ANY, most), text(chance, string.digits, most), text(chance, ASCII + CONTROL, most), address])

    return payload


PAYLOADS: Mapping[str, Callable[[random.Random], str]] = {
    "qr": _matrix(60),
    "micro-qr": lambda chance: chance.choice([number(chance, 1, 5, 12, 20), text(chance, ASCII + CONTROL, 9)]),
    "rmqr": _matrix(30),
    "datamatrix": _matrix(60),
    "datamatrix-rectangular": _matrix(25),
    "aztec": _matrix(60),
    "pdf417": _matrix(40),
    "code128": lambda chance: text(chance, ASCII + CONTROL, 16),
    "code39": lambda chance: text(chance, string.digits + string.ascii_uppercase + "-. $/+%", 12),
    "code93": lambda chance: text(chance, ASCII + CONTROL, 12),
    "ean13": lambda chance: number(chance, 12),
    "ean8": lambda chance: number(chance, 7),
    "upca": lambda chance: number(chance, 11),
    "upce": lambda chance: chance.choice(["", "0", "1"]) + text(chance, "3456789", 5, 5) + number(chance, 1),
    "itf": lambda chance: number(chance, 2, 4, 10, 20),
    "itf14": lambda chance: number(chance, 13),
    "codabar": lambda chance: text(chance, string.digits + "-$:/.+", 12, 2),
    "gs1-128": elements,
    "gs1-datamatrix": elements,
    "gs1-qr": elements,
    "gs1-link": elements,
}
TAPES = {6.0: 32, 9.0: 50, 12.0: 70, 18.0: 112, 24.0: 128, 36.0: 384}
"""Printable dots by width; 36 mm of the head of 384 dots at 360 dpi is drawn for separately."""

CANVASES: Mapping[str, Canvas] = {
    **{f"{width:g}mm": Canvas(dots, None, 31, 14172, 180, 180) for width, dots in TAPES.items() if width < 36},
    "24mm fine": Canvas(128, None, 62, 28344, 180, 360),
    "36mm": Canvas(454, None, 62, 28344, 360, 360),
    "29mm": Canvas(306, None, 150, 11811, 300, 300),
    "29x90mm": Canvas(306, 991, 991, 991, 300, 300),
    "62mm": Canvas(696, None, 150, 11811, 300, 300),
    "62mm fine": Canvas(696, None, 300, 23622, 300, 600),
    "62mm red": Canvas(696, None, 150, 11811, 300, 300, ("black", "red")),
    "17x54mm": Canvas(165, 566, 566, 566, 300, 300),
}


def labelled(payload: str, canvas: Canvas, keys: str, beside: str = "") -> Page:
    """A label with one code, and a text of it beside or below."""
    text_below = '{text: {value: "{t}", size_mm: {min: 1.6, max: 3}}}'
    layout = f'row: {{gap_mm: 0.5, items: [{{barcode: {{value: "{{code}}", {keys}}}}}, {text_below}]}}'
    source = (
        "schema_version: 1\nkey: code\nname: Code\nlength: {prefer_mm: 60, max_mm: 400}\norientation: auto\n"
        f"fields:\n  - {{name: code}}\n  - {{name: t}}\nlayout: {{{layout}}}\n"
    )
    return render(parse(source), {"code": payload, "t": beside}, canvas)
