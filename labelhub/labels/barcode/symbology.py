"""Symbologies: every kind of bar code the hub draws, one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SMALLEST_MODULE_MM = 0.25
"""2 dots at 180 dpi and 3 at 300. GS1 allows 0.249 mm where labels are printed on demand; less does not scan with a phone."""

LEAST_HEIGHT_MM = 3.0
"""Of bars. ISO asks for 5 mm or 15 % of the length for a scanner in the hand, and a narrow tape has less."""

_Quiet = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Symbology:
    """One kind of bar code.

    `draws` is its format in zxing-cpp, by name, and `reads` the one it is read as, where that is another.
    `quiet` is the blank it wants in modules: left, top, right, bottom; `edge` what of it must be left at the edge of the page, a
    fraction, where the rest is the feed's or the tape's own blank. `mark` begins the symbology identifier that a scanner gives
    (ISO/IEC 15424); of ITF and Code 39 its end tells only whether a check digit happens to be right.
    `levels` are its levels of error correction, weakest first, where one may be chosen. A `bounded` one grows
    only as far as asked.
    """

    name: str
    title: str
    draws: str
    mark: str
    quiet: _Quiet
    edge: float = 1.0
    reads: str | None = None
    linear: bool = False
    levels: str = ""
    gs1: bool = False
    unicode: bool = False
    bounded: bool = False

    def quiet_modules(self, turn: int) -> _Quiet:
        """The quiet zone of a symbol that stands turned by so many quarters against the clock."""
        left, top, right, bottom = *self.quiet[turn:], *self.quiet[:turn]
        return left, top, right, bottom


def _around(modules: int) -> _Quiet:
    return (modules, modules, modules, modules)


_BARS = (10, 1, 10, 1)


def _bars(name: str, title: str, draws: str, mark: str, quiet: _Quiet = _BARS, *, gs1: bool = False) -> Symbology:
    return Symbology(name, title, draws, mark, quiet, linear=True, bounded=True, gs1=gs1)


SYMBOLOGIES: Mapping[str, Symbology] = MappingProxyType(
    {
        one.name: one
        for one in (
            Symbology("qr", "QR code", "QRCode", "]Q1", _around(4), 0.5, levels="LMQH", unicode=True),
            Symbology("micro-qr", "Micro QR code", "MicroQRCode", "]Q1", _around(2), levels="LMQ"),
            Symbology("rmqr", "rMQR code", "RMQRCode", "]Q1", _around(2), levels="MH", unicode=True, bounded=True),
            Symbology("datamatrix", "Data Matrix", "DataMatrix", "]d1", _around(1), unicode=True),
            Symbology("datamatrix-rectangular", "Data Matrix", "DataMatrix", "]d1", _around(1), unicode=True, bounded=True),
            Symbology("aztec", "Aztec code", "Aztec", "]z0", _around(1), reads="AztecCode", unicode=True),
            Symbology("pdf417", "PDF417", "PDF417", "]L2", _around(2), unicode=True, bounded=True),
            _bars("code128", "Code 128", "Code128", "]C0"),
            Symbology("code39", "Code 39", "Code39", "]A", _BARS, reads="Code39Std", linear=True, bounded=True),
            _bars("code93", "Code 93", "Code93", "]G0"),
            _bars("ean13", "EAN-13", "EAN13", "]E0", (11, 1, 7, 1)),
            _bars("ean8", "EAN-8", "EAN8", "]E4", (7, 1, 7, 1)),
            _bars("upca", "UPC-A", "UPCA", "]E0", (9, 1, 9, 1)),
            _bars("upce", "UPC-E", "UPCE", "]E0", (9, 1, 7, 1)),
            _bars("itf", "ITF", "ITF", "]I"),
            _bars("itf14", "ITF-14", "ITF", "]I"),
            _bars("codabar", "Codabar", "Codabar", "]F0"),
            _bars("gs1-128", "GS1-128", "Code128", "]C1", gs1=True),
            Symbology("gs1-datamatrix", "GS1 DataMatrix", "DataMatrix", "]d2", _around(1), gs1=True),
            Symbology("gs1-qr", "GS1 QR code", "QRCode", "]Q3", _around(4), 0.5, levels="LMQH", gs1=True),
            Symbology("gs1-link", "GS1 Digital Link", "QRCode", "]Q1", _around(4), 0.5, levels="LMQH", unicode=True),
        )
    }
)
"""The quiet zones are those of ISO 18004, 24728, 23941, 16022, 24778, 15438, 15417, 16388, 15420, 16390, the AIM specification of Code 93
and the GS1 General Specifications. Aztec needs none; one module keeps it off its neighbours. Bars get one above and below, for looks."""
