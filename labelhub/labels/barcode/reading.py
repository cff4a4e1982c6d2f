"""Reading: every symbol of a finished page read back from the page's own dots.

The dots of a module must all be alike and the dots of the quiet zone all blank, in whatever colour. Then one dot of each module is the
whole symbol, and that is what the reader is given: it finds what it would find in all the dots, and ten times as soon.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from labelhub.errors import BarcodeInvalid
from labelhub.labels.barcode.symbology import SYMBOLOGIES, Symbology
from labelhub.labels.page import Page, PlacedSymbol
from labelhub.late import zxingcpp
from labelhub.raster import Raster

_BARS_READ = 8
"""Rows that the reader is given of bars, which are all alike."""

_GREY = bytes.maketrans(b"01", b"\xff\x00")


class _Axis(NamedTuple):
    """Modules along one way of the raster: where the first begins, how many, dots of each and blank dots before and after."""

    start: int
    modules: int
    module: int
    before: int
    after: int

    @property
    def end(self) -> int:
        """Where the last module has ended."""
        return self.start + self.modules * self.module


def check(page: Page) -> None:
    """Nothing, when every symbol reads back from the page's own dots. BarcodeInvalid names the one that does not and why."""
    if not page.barcodes:
        return
    ink = page.raster.ink()
    for placed in page.barcodes:
        _check_one(page, placed, ink)


def _check_one(page: Page, placed: PlacedSymbol, ink: bytes) -> None:
    kind = SYMBOLOGIES[placed.symbology]
    columns, rows = _axes(page, placed, kind)
    raster = page.raster
    if columns.start < 0 or rows.start < 0 or columns.end > raster.width_dots or rows.end > raster.height_dots:
        raise _failed(placed, kind, "does not lie on the label")
    lines = list(_lines(raster, ink, columns, rows, placed, kind))
    found = _read(lines, _turn(page, placed), kind)
    if found is None:
        raise _failed(placed, kind, "cannot be read")
    if found.bytes != placed.read:
        raise _failed(placed, kind, f"reads as {found.bytes.decode('utf-8', 'replace')[:60]!r}")
    if not found.symbology_identifier.startswith(kind.mark):
        raise _failed(placed, kind, f"reads as another kind of code, {found.symbology_identifier}")


def _failed(placed: PlacedSymbol, kind: Symbology, reason: str) -> BarcodeInvalid:
    return BarcodeInvalid(f"the {kind.title} for {placed.payload[:60]!r} {reason} on the finished label")


def _axes(page: Page, placed: PlacedSymbol, kind: Symbology) -> tuple[_Axis, _Axis]:
    """Across the head and along the feed. A page that was turned has the picture's bottom at its left and its left at the top."""
    turn = _turn(page, placed)
    left, top, right, bottom = (_quiet_dots(modules, placed.module_dots, kind) for modules in kind.quiet_modules(turn))
    wide, high = placed.picture.size if turn % 2 == 0 else placed.picture.size[::-1]
    x, y, width, height = placed.x, placed.y, placed.width, placed.height
    if page.turned:
        x, y, width, height = page.raster.width_dots - y - height, x, height, width
    by = page.stretch
    return _Axis(x, wide, width // wide, left, right), _Axis(y * by, high, height // high * by, top * by, bottom * by)


def _turn(page: Page, placed: PlacedSymbol) -> int:
    """Quarter turns against the clock of the symbol on the raster; a page that was turned was turned by three."""
    return (placed.turn + (3 if page.turned else 0)) % 4


def _quiet_dots(modules: int, module_dots: int, kind: Symbology) -> int:
    """Blank dots that must be on a side, if the label is so large: what is left of bars' quiet zone where the feed gives the rest."""
    return math.ceil(modules * module_dots * (0.5 if kind.linear else kind.edge))


def _lines(raster: Raster, plane: bytes, columns: _Axis, rows: _Axis, placed: PlacedSymbol, kind: Symbology) -> Iterator[str]:
    """One line of 0 and 1 for each row of modules, one character a module. BarcodeInvalid where dots are not as they must be."""
    left, right = max(0, columns.start - columns.before), min(raster.width_dots, columns.end + columns.after)
    first, last, stride = left // 8, (right + 7) // 8, raster.stride_bytes
    cut = slice(left - 8 * first, right - 8 * first)
    before, after = "0" * (columns.start - left), "0" * (right - columns.end)
    white, ink = "0" * columns.module, "1" * columns.module

    def alike(start: int, end: int) -> set[str]:
        """The dots of the rows between, each kind of row once."""
        packed = {plane[at : at + last - first] for at in range(start * stride + first, end * stride + first, stride)}
        return {bin(int.from_bytes(b"\x01" + line, "big"))[3:][cut] for line in packed}

    around = alike(max(0, rows.start - rows.before), rows.start) | alike(rows.end, min(raster.height_dots, rows.end + rows.after))
    if around - {"0" * (right - left)}:
        raise _failed(placed, kind, "has something in its quiet zone")
    for at in range(rows.start, rows.end, rows.module):
        line, *others = alike(at, at + rows.module)
        samples = line[columns.start - left : columns.end - left : columns.module]
        if others or line != f"{before}{samples.replace('0', white).replace('1', ink)}{after}":
            raise _failed(placed, kind, "is not whole, or has something over it or in its quiet zone,")
        yield samples


def _read(lines: list[str], turn: int, kind: Symbology) -> zxingcpp.Barcode | None:
    """What the reader finds, once the lines are turned back."""
    if kind.linear:
        bars = lines[0] if turn % 2 == 0 else "".join(line[0] for line in lines)
        lines, turn = [bars[::-1] if turn in (1, 2) else bars] * _BARS_READ, 0
    if turn in (1, 2):
        lines.reverse()
    grey = b"".join(line[:: -1 if turn in (2, 3) else 1].encode().translate(_GREY) for line in lines)
    wide, high = len(lines[0]), len(lines)
    size = (high, wide, zxingcpp.ImageFormat.Lum, 1, wide) if turn % 2 else (wide, high, zxingcpp.ImageFormat.Lum)
    found = zxingcpp.read_barcodes(
        zxingcpp.ImageView(grey, *size),
        formats=zxingcpp.BarcodeFormats([getattr(zxingcpp.BarcodeFormat, kind.reads or kind.draws)]),
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=zxingcpp.Binarizer.BoolCast,
        is_pure=True,
    )
    return found[0] if found and found[0].valid else None
