"""Fitting: how many dots a module has, which shape of a symbol is taken, and which way it stands."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from labelhub.errors import BarcodeInvalid
from labelhub.labels.barcode.symbol import Symbol
from labelhub.labels.barcode.symbology import LEAST_HEIGHT_MM, SMALLEST_MODULE_MM, Symbology
from labelhub.media import MM_PER_INCH, dots, millimetres

BOUNDED_MODULE_MM = 0.4
"""As large as a module of a code that is long grows by itself: more makes the label longer and scans no better."""

HEIGHT_MM = 10.0
HEIGHT_PART = 0.15
"""Height of bars where there is room: 10 mm, or 15 % of their length."""

FEED_MM = 1.0
"""Blank that every printer leaves before and after a page; it counts for the quiet zone of bars."""


class Room(NamedTuple):
    """Dots there are each way, and how many more are blank beyond each edge."""

    width: int
    height: int
    blank_x: int = 0
    blank_y: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a template asks of a symbol's size: its longer side at most `max_mm`, modules of `module_mm`, bars `height_mm` high.

    `turned`: whether it stands turned by a quarter; None: only where it does not fit otherwise. `smallest`: as small as it scans.
    """

    max_mm: float | None = None
    module_mm: float | None = None
    height_mm: float | None = None
    turned: bool | None = None
    smallest: bool = False


class Sides(NamedTuple):
    """Dots on each side."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Fit:
    """A symbol with its size in dots as it stands on the label, `turn` quarters against the clock.

    `quiet` is the blank it wants between itself and its neighbours, `own` the blank that it brings along on each side, because
    the edge of the page gives too little.
    """

    symbol: Symbol
    module: int
    width: int
    height: int
    turn: int
    quiet: Sides
    own: Sides


def least_module(dpi: int) -> int:
    """The fewest dots a module may have."""
    return math.ceil(SMALLEST_MODULE_MM * dpi / MM_PER_INCH)


def fitted(symbols: Sequence[Symbol], room: Room, dpi: int, wish: Wish = Wish()) -> Fit:
    """The shape with the largest module, of those the shortest. BarcodeInvalid below the smallest that scans, with that in mm."""
    module = _asked_module(symbols[0].symbology, dpi, wish)
    for turned in (False, True) if wish.turned is None else (wish.turned,):
        fits = [fit for symbol in symbols if (fit := _fit(_Way(symbol, turned, dpi, wish), room, module)) is not None]
        if fits:
            return max(fits, key=lambda fit: (fit.module, -max(fit.width, fit.height), -fit.width * fit.height))
    ways = [_Way(symbol, bool(wish.turned), dpi, wish) for symbol in symbols]
    raise min((_too_small(way, room, module) for way in ways), key=lambda error: float(error.extra["needed_mm"]))


@dataclass(frozen=True, slots=True)
class _Way:
    """One shape of a symbol, standing one way."""

    symbol: Symbol
    turned: bool
    dpi: int
    wish: Wish

    @property
    def quiet(self) -> tuple[int, int, int, int]:
        """Modules of its quiet zone on each side."""
        return self.symbol.symbology.quiet_modules(int(self.turned))

    def sides(self, module: int) -> Sides:
        """Blank dots it needs on each side at the edge of the page."""
        kind = self.symbol.symbology
        if not kind.linear:
            return Sides(*(math.ceil(modules * kind.edge * module) for modules in self.quiet))
        feed = dots(FEED_MM, self.dpi)
        return Sides(*(max(math.ceil(modules * module / 2), modules * module - feed) for modules in self.quiet))

    def extent(self, module: int) -> tuple[int, int]:
        """Its width and height in dots without quiet zones, bars as low as they may be."""
        symbol = self.symbol
        height = self.least_height() if symbol.symbology.linear else symbol.rows * module
        return (height, symbol.columns * module) if self.turned else (symbol.columns * module, height)

    def needed(self, module: int, room: Room) -> tuple[int, int]:
        """Dots it takes each way, with the quiet that the blank beyond does not give."""
        width, height = self.extent(module)
        left, top, right, bottom = self.sides(module)
        beyond = [max(0, side - blank) for side, blank in ((left, room.blank_x), (right, room.blank_x))]
        above = [max(0, side - blank) for side, blank in ((top, room.blank_y), (bottom, room.blank_y))]
        return width + sum(beyond), height + sum(above)

    def least_height(self) -> int:
        """Dots that bars must be high."""
        return max(1, dots(self.wish.height_mm or LEAST_HEIGHT_MM, self.dpi))

    def height(self, module: int, most: int) -> int:
        """Dots that bars are high where there are `most`."""
        if self.wish.height_mm or self.wish.smallest:
            return self.least_height()
        return min(most, max(dots(HEIGHT_MM, self.dpi), round(self.symbol.columns * module * HEIGHT_PART)))


def _asked_module(kind: Symbology, dpi: int, wish: Wish) -> int | None:
    """Dots of the module that the template asks for. BarcodeInvalid where it would not scan."""
    if wish.module_mm is None:
        return None
    module, least = dots(wish.module_mm, dpi), least_module(dpi)
    if module < least:
        least_mm = round(millimetres(least, dpi), 2)
        reason = f"modules of {wish.module_mm:g} mm are too small to scan at {dpi} dpi: module_mm must be at least {least_mm:g}"
        raise BarcodeInvalid(f"the {kind.title}: {reason}", needed_mm=least_mm)
    return module


def _fit(way: _Way, room: Room, asked: int | None) -> Fit | None:
    modules = (asked,) if asked is not None else _modules(way, room)
    module = next((module for module in modules if _has_room(way, room, module)), None)
    if module is None:
        return None
    width, height = way.extent(module)
    if way.symbol.symbology.linear:
        most = room.width - (way.needed(module, room)[0] - width) if way.turned else room.height - (way.needed(module, room)[1] - height)
        tall = way.height(module, most)
        width, height = (tall, height) if way.turned else (width, tall)
    quiet = Sides(*(modules * module for modules in way.quiet))
    own = Sides(*(max(0, side - math.ceil(wanted / 2)) for side, wanted in zip(way.sides(module), quiet, strict=True)))
    return Fit(way.symbol, module, width, height, int(way.turned), quiet, own)


def _modules(way: _Way, room: Room) -> Iterator[int]:
    """Dots a module may have, the most first."""
    width, height = way.extent(1)
    along, across = (height, room.height) if way.turned else (width, room.width)
    largest = across // along if way.symbol.symbology.linear else min(room.width // width, room.height // height)
    if way.symbol.symbology.bounded and way.wish.max_mm is None:
        largest = min(largest, max(dots(BOUNDED_MODULE_MM, way.dpi), least_module(way.dpi)))
    least = least_module(way.dpi)
    yield from range(min(largest, least) if way.wish.smallest else largest, least - 1, -1)


def _has_room(way: _Way, room: Room, module: int) -> bool:
    width, height = way.needed(module, room)
    most = None if way.wish.max_mm is None else dots(way.wish.max_mm, way.dpi)
    return width <= room.width and height <= room.height and (most is None or max(way.extent(module)) <= most)


def _too_small(way: _Way, room: Room, asked: int | None) -> BarcodeInvalid:
    symbol, dpi = way.symbol, way.dpi
    module = asked or least_module(dpi)
    needed, there = way.needed(module, room), (max(room.width, 0), max(room.height, 0))
    over = 0 if needed[0] - there[0] >= needed[1] - there[1] else 1
    needed_dots, there_dots = needed[over], there[over]
    if needed_dots <= there_dots and way.wish.max_mm is not None:
        needed_dots, there_dots = max(way.extent(module)), dots(way.wish.max_mm, dpi)
    shape = f"{symbol.columns} modules" + ("" if symbol.symbology.linear else f" by {symbol.rows}")
    if symbol.columns == symbol.rows:
        shape = f"{symbol.columns} modules a side"
    return BarcodeInvalid(
        f"the {symbol.symbology.title} has {shape} and needs {millimetres(needed_dots, dpi):.1f} mm "
        f"({needed_dots} dots) to scan, but there are {millimetres(there_dots, dpi):.1f} mm. Shorten its payload or use wider media.",
        needed_mm=round(millimetres(needed_dots, dpi), 1),
        modules=symbol.modules,
    )
