"""Bar codes: symbols drawn in whole dots a module, and read back from the finished page.

A module is never smaller than `SMALLEST_MODULE_MM`, which is 2 dots at 180 dpi and 3 at 300 dpi. The quiet zone is four modules where
it fits and never less than two; blank tape beyond the printable dots counts, because a scanner sees the tape and not the head.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import zxingcpp
from PIL import Image

from labelhub.errors import BarcodeInvalid
from labelhub.labels.page import Page, PlacedSymbol
from labelhub.media import MM_PER_INCH, millimetres
from labelhub.raster import PAPER

SMALLEST_MODULE_MM = 0.25
QUIET_MODULES = 4
LEAST_QUIET_MODULES = 2
MAX_PAYLOAD_CHARACTERS = 3000

_FORMATS = {"qr": zxingcpp.BarcodeFormat.QRCode}
_NAMES = {"qr": "QR code"}
_READ_SCALE = 3


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol before it has a size: `modules` each way, one dot a module, without its quiet zone."""

    payload: str
    symbology: str
    modules: int
    level: str
    picture: Image.Image = field(compare=False, repr=False)


@lru_cache(maxsize=256)
def encode(payload: str, symbology: str) -> Symbol:
    """The smallest symbol that holds the payload, with the strongest error correction of that size. BarcodeInvalid."""
    if len(payload) > MAX_PAYLOAD_CHARACTERS:
        raise BarcodeInvalid(f"a {_NAMES[symbology]} cannot hold {len(payload)} characters; shorten its payload")
    picture = _drawn(payload, symbology, "L")
    middle = _same_size(payload, symbology, "Q", picture)
    last = _same_size(payload, symbology, "H" if middle else "M", picture)
    level, picture = last or middle or ("L", picture)
    return Symbol(payload, symbology, picture.width, level, picture)


def module_dots(symbol: Symbol, room_dots: Sequence[tuple[int, int]], dpi: int) -> int:
    """The largest module that fits each way's (room, blank beyond each edge). BarcodeInvalid below the smallest that scans."""
    largest = min(_largest_module(symbol.modules, room, blank) for room, blank in room_dots)
    least = math.ceil(SMALLEST_MODULE_MM * dpi / MM_PER_INCH)
    if largest < least:
        needed = max(_needed_dots(symbol.modules, least, blank) for _, blank in room_dots)
        room = min(room for room, _ in room_dots)
        raise BarcodeInvalid(
            f"the {_NAMES[symbol.symbology]} has {symbol.modules} modules a side and needs {millimetres(needed, dpi):.1f} mm "
            f"({needed} dots) to scan, but there are {millimetres(max(room, 0), dpi):.1f} mm. Shorten its payload or use wider media.",
            needed_mm=round(millimetres(needed, dpi), 1),
            modules=symbol.modules,
        )
    return largest


def check(page: Page) -> None:
    """Nothing, when every symbol reads back from the page's own dots. BarcodeInvalid names the one that does not and why."""
    if not page.barcodes:
        return
    picture = page.raster.picture(turned=page.turned).convert("L")
    if page.stretch > 1:
        width, height = picture.size
        extent = (width // page.stretch, height) if page.turned else (width, height // page.stretch)
        picture = picture.resize(extent, Image.Resampling.NEAREST)
    for placed in page.barcodes:
        _check_one(picture, placed)


def _check_one(picture: Image.Image, placed: PlacedSymbol) -> None:
    quiet = QUIET_MODULES * placed.module_dots
    around = Image.new("L", (placed.width + 2 * quiet, placed.height + 2 * quiet), PAPER)
    around.paste(picture, (quiet - placed.x, quiet - placed.y))
    if placed.module_dots < _READ_SCALE:
        around = around.resize((around.width * _READ_SCALE, around.height * _READ_SCALE), Image.Resampling.NEAREST)
    found = zxingcpp.read_barcodes(
        around, formats=zxingcpp.BarcodeFormats([_FORMATS[placed.symbology]]), text_mode=zxingcpp.TextMode.Plain
    )
    texts = [symbol.text for symbol in found]
    if placed.payload not in texts:
        reason = f"reads as {texts[0][:60]!r}" if texts else "cannot be read"
        raise BarcodeInvalid(f"the {_NAMES[placed.symbology]} for {placed.payload[:60]!r} {reason} on the finished label")


def _same_size(payload: str, symbology: str, level: str, picture: Image.Image) -> tuple[str, Image.Image] | None:
    """The symbol at a stronger level with its name, if it is no larger."""
    try:
        stronger = _drawn(payload, symbology, level)
    except BarcodeInvalid:
        return None
    return (level, stronger) if stronger.size == picture.size else None


def _encoding(payload: str) -> dict[str, str]:
    """Beyond ASCII the symbol says that it is UTF-8: without that a reader guesses, and takes a lone ¡ for Japanese."""
    payload.encode("utf-8")
    return {} if payload.isascii() else {"eci": "UTF-8"}


def _drawn(payload: str, symbology: str, level: str) -> Image.Image:
    try:
        symbol = zxingcpp.create_barcode(payload, _FORMATS[symbology], ec_level=level, **_encoding(payload))
    except (ValueError, UnicodeEncodeError) as error:
        name = _NAMES[symbology]
        raise BarcodeInvalid(f"a {name} cannot hold {payload[:60]!r} ({len(payload)} characters); shorten its payload") from error
    return Image.fromarray(symbol.to_image(scale=1, add_quiet_zones=False)).convert("1", dither=Image.Dither.NONE)


def _largest_module(modules: int, room_dots: int, blank_dots: int) -> int:
    module = max(room_dots, 0) // modules
    while module and _needed_dots(modules, module, blank_dots) > room_dots:
        module -= 1
    return module


def _needed_dots(modules: int, module: int, blank_dots: int) -> int:
    return modules * module + 2 * max(0, LEAST_QUIET_MODULES * module - blank_dots)
