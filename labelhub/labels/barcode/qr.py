"""QR: which version and level hold a payload, told from the tables of ISO/IEC 18004 without drawing it.

A payload is split into segments of digits, of the 45 alphanumeric characters and of bytes. The split is the writer's, and its last
bits are not told here; so what is told are bounds. Where both lead to the same symbol, that symbol is the one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LEVELS = "LMQH"

_RUNS = re.compile(rb"([0-9]+)|([A-Z $%*+./:-]+)|[^0-9A-Z $%*+./:-]+")
_DIGIT, _ALPHANUMERIC, _BYTE = 20, 33, 48
"""Sixths of a bit that a character takes; a segment's bits are rounded up."""

_MODE_BITS = 4
_ECI_BITS = 12
_GROUPS = ((1, 9, (10, 9, 8)), (10, 26, (12, 11, 16)), (27, 40, (14, 13, 16)))
"""First and last version, and the bits that count digits, alphanumeric characters and bytes (table 3)."""

CODEWORDS = {
    "L": "19 34 55 80 108 136 156 194 232 274 324 370 428 461 523 589 647 721 795 861 932 1006 1094 1174 1276 1370 1468 1531 1631 1735 "
    "1843 1955 2071 2191 2306 2434 2566 2702 2812 2956",
    "M": "16 28 44 64 86 108 124 154 182 216 254 290 334 365 415 453 507 563 627 669 714 782 860 914 1000 1062 1128 1193 1267 1373 "
    "1455 1541 1631 1725 1812 1914 1992 2102 2216 2334",
    "Q": "13 22 34 48 62 76 88 110 132 154 180 206 244 261 295 325 367 397 445 485 512 568 614 664 718 754 808 871 911 985 "
    "1033 1115 1171 1231 1286 1354 1426 1502 1582 1666",
    "H": "9 16 26 36 46 60 66 86 100 122 140 158 180 197 223 253 283 313 341 385 406 442 464 514 538 596 628 661 701 745 "
    "793 845 901 961 986 1054 1096 1142 1222 1276",
}
"""Codewords for data by level, version 1 to 40 (table 7)."""

_BITS = {level: tuple(8 * int(number) for number in row.split()) for level, row in CODEWORDS.items()}


class Told(NamedTuple):
    """The strongest level of the smallest symbol, and that symbol's modules a side."""

    level: str
    modules: int


def told(payload: str, least: str = "L") -> Told | None:
    """The symbol with at least that level; None where the payload is so near a limit that only drawing tells, or fits none."""
    content = payload.encode("utf-8")
    head = 0 if payload.isascii() else _ECI_BITS
    runs = [(found.end() - found.start(), found.lastindex or 0) for found in _RUNS.finditer(content)]
    for first, last, counts in _GROUPS:
        low = head + _bits(runs, counts, whole=False)
        version = _version(low, least, first, last)
        if version is None:
            continue
        level = _strongest(low, version)
        room = _BITS[level][version - 1]
        surely = low + len(runs) <= room or head + _bits(runs, counts, whole=True) <= room
        return Told(level, 17 + 4 * version) if surely else None
    return None


def _version(bits: int, level: str, first: int, last: int) -> int | None:
    return next((version for version in range(first, last + 1) if bits <= _BITS[level][version - 1]), None)


def _strongest(bits: int, version: int) -> str:
    return next(level for level in reversed(LEVELS) if bits <= _BITS[level][version - 1])


def _bits(runs: list[tuple[int, int]], counts: tuple[int, int, int], *, whole: bool) -> int:
    """Bits of the best split at the ends of runs: `whole` with each segment rounded up, else a bound that no split goes below."""
    to_digits, to_alphanumeric, to_bytes = (6 * (_MODE_BITS + count) for count in counts)
    never = 1 << 40
    digits, alphanumeric, plain, best = never, never, never, 0
    for length, kind in runs:
        plain = min(plain, best + to_bytes) + length * _BYTE
        digits = min(digits, best + to_digits) + length * _DIGIT if kind == 1 else never
        alphanumeric = min(alphanumeric, best + to_alphanumeric) + length * _ALPHANUMERIC if kind else never
        best = min(digits, alphanumeric, plain)
        if whole:
            best += -best % 6
    return -(-best // 6)
