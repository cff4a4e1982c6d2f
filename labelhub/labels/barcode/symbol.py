"""Symbol: a payload as modules, one dot a module, in each of the shapes its symbology has for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from labelhub.errors import BarcodeInvalid
from labelhub.labels.barcode import qr
from labelhub.labels.barcode.payloads import Content, content
from labelhub.labels.barcode.symbology import SYMBOLOGIES, Symbology
from labelhub.late import Image, zxingcpp

_RECTANGLES = range(25, 31)
"""The writer's numbers for the six rectangles of ISO/IEC 16022, 8 x 18 to 16 x 48."""

_RMQR_HEIGHTS = range(33, 39)
"""The writer's numbers for an rMQR 7, 9, 11, 13, 15 or 17 modules high and as wide as it needs."""

_PDF417_COLUMNS = range(1, 11)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol before it has a size: `columns` x `rows` modules, one dot a module, without its quiet zone; bars have one row.

    `read` is what a reader finds in it, `level` its error correction where there is a choice, else "".
    """

    payload: str
    symbology: Symbology
    columns: int
    rows: int
    level: str
    read: bytes
    picture: Image.Image = field(compare=False, repr=False)

    @property
    def modules(self) -> int:
        """Modules along its longer side."""
        return max(self.columns, self.rows)


def encode(payload: str, symbology: str, level: str = "", domain: str = "") -> Symbol:
    """The smallest symbol that holds the payload, with the strongest error correction of that size, `level` or more. BarcodeInvalid."""
    return min(shapes(payload, symbology, level, domain), key=lambda symbol: symbol.columns * symbol.rows)


@lru_cache(maxsize=256)
def shapes(payload: str, symbology: str, level: str = "", domain: str = "") -> tuple[Symbol, ...]:
    """The symbol in every shape there is for it: one for most, several for rectangles. BarcodeInvalid."""
    kind = SYMBOLOGIES[symbology]
    if level and level not in kind.levels:
        choice = f"the levels {', '.join(kind.levels)}" if kind.levels else "no levels of error correction to choose from"
        raise BarcodeInvalid(f"a {kind.title} has {choice}, not {level}")
    held = content(payload, kind, domain)
    return tuple(_symbol(payload, kind, held, drawn) for drawn in _SHAPES.get(symbology, _plain)(held, kind, level))


_Shapes = Callable[[Content, Symbology, str], Iterator["zxingcpp.Barcode"]]


def _symbol(payload: str, kind: Symbology, held: Content, drawn: zxingcpp.Barcode) -> Symbol:
    picture = Image.fromarray(drawn.to_image(scale=1, add_quiet_zones=False)).convert("1", dither=Image.Dither.NONE)
    if kind.linear:
        picture = picture.crop((0, 0, picture.width, 1))
    return Symbol(payload, kind, picture.width, picture.height, drawn.ec_level if kind.levels else "", held.read, picture)


def _draw(held: Content, kind: Symbology, **options: Any) -> zxingcpp.Barcode:
    """Beyond ASCII the symbol says that it is UTF-8: without that a reader guesses, and takes a lone ¡ for Japanese."""
    if kind.gs1:
        options["gs1"] = True
    elif not held.drawn.isascii():
        options["eci"] = "UTF-8"
    try:
        return zxingcpp.create_barcode(held.drawn, getattr(zxingcpp.BarcodeFormat, kind.draws), **options)
    except ValueError as error:
        told = f"{held.drawn[:60]!r} ({len(held.drawn)} characters)"
        raise BarcodeInvalid(f"a {kind.title} cannot hold {told}; shorten its payload or take another symbology") from error


def _tried(held: Content, kind: Symbology, **options: Any) -> zxingcpp.Barcode | None:
    try:
        return _draw(held, kind, **options)
    except BarcodeInvalid:
        return None


def _size(drawn: zxingcpp.Barcode) -> object:
    return drawn.to_image(scale=1, add_quiet_zones=False).shape


def _plain(held: Content, kind: Symbology, level: str) -> Iterator[zxingcpp.Barcode]:
    del level
    yield _draw(held, kind)


def _square(held: Content, kind: Symbology, level: str) -> Iterator[zxingcpp.Barcode]:
    del level
    yield _draw(held, kind, force_square=True)


def _strongest(held: Content, kind: Symbology, level: str, **options: Any) -> Iterator[zxingcpp.Barcode]:
    """Drawn at its weakest level, then at each stronger one while it grows no larger."""
    weakest = _tried(held, kind, ec_level=level, **options) if level else _tried(held, kind, **options)
    if weakest is None:
        return
    best, size = weakest, _size(weakest)
    for stronger in kind.levels[kind.levels.index(weakest.ec_level) + 1 :] if weakest.ec_level in kind.levels else "":
        drawn = _tried(held, kind, ec_level=stronger, **options)
        if drawn is None or _size(drawn) != size:
            break
        best = drawn
    yield best


def _qr(held: Content, kind: Symbology, level: str) -> Iterator[zxingcpp.Barcode]:
    """Drawn once where the tables tell the level. Else its size is found with a mask of no choice, which takes a fifth of the time."""
    known = None if kind.gs1 else qr.told(held.drawn, level or "L")
    if known is not None:
        drawn = _draw(held, kind, ec_level=known.level)
        if _size(drawn) == (known.modules, known.modules):
            yield drawn
            return
    found = next(_strongest(held, kind, level or "L", data_mask=0), None)
    yield _draw(held, kind, ec_level=found.ec_level if found else level or "L")


def _micro(held: Content, kind: Symbology, level: str) -> Iterator[zxingcpp.Barcode]:
    found = tuple(_strongest(held, kind, level))
    yield from found or (_draw(held, kind, **({"ec_level": level} if level else {})),)


def _rectangles(held: Content, kind: Symbology, level: str) -> Iterator[zxingcpp.Barcode]:
    del level
    found = [drawn for drawn in (_tried(held, kind, version=version) for version in _RECTANGLES) if drawn is not None]
    yield from found or (_draw(held, kind, version=_RECTANGLES[-1]),)


def _rmqr(held: Content, kind: Symbology, level: str) -> Iterator[zxingcpp.Barcode]:
    found = [drawn for height in _RMQR_HEIGHTS for drawn in _strongest(held, kind, level or "M", version=height)]
    yield from found or (_draw(held, kind, ec_level=level or "M"),)


def _pdf417(held: Content, kind: Symbology, level: str) -> Iterator[zxingcpp.Barcode]:
    del level
    found = [drawn for drawn in (_tried(held, kind, columns=columns) for columns in _PDF417_COLUMNS) if drawn is not None]
    yield from found or (_draw(held, kind),)


_SHAPES: dict[str, _Shapes] = {
    "qr": _qr,
    "gs1-qr": _qr,
    "gs1-link": _qr,
    "micro-qr": _micro,
    "rmqr": _rmqr,
    "datamatrix": _square,
    "gs1-datamatrix": _square,
    "datamatrix-rectangular": _rectangles,
    "pdf417": _pdf417,
}
