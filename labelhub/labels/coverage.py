"""Coverage: which characters a font file has glyphs for, read from its `cmap` table without any library.

Layout (OpenType 1.9, "cmap"): the file begins with a table directory, 16 bytes a table: tag, checksum, offset, length. `cmap` begins
with version and number of records, 8 bytes a record: platform, encoding, offset of a subtable. Format 4 holds segments of the
Basic Multilingual Plane, format 12 groups of all of Unicode.
"""

from __future__ import annotations

import os
import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from labelhub.errors import FontInvalid

MAX_FILE_BYTES = 40 * 1024 * 1024
MAX_TABLE_BYTES = 4 * 1024 * 1024
MAX_TABLES = 64
MAX_RANGES = 60_000
MAX_CHARACTER = 0x10FFFF
MAX_LOOKED_UP = 0x20000
"""Characters whose glyphs are looked up one by one: twice as many as there can be where segments do not overlap."""

_UNICODE = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3))
"""Platforms and encodings of Unicode subtables, the fullest first."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Ranges of code points, in order and apart: their first and last ones."""

    starts: array[int]
    ends: array[int]

    def __contains__(self, code: int) -> bool:
        place = bisect_right(self.starts, code) - 1
        return place >= 0 and code <= self.ends[place]


@lru_cache(maxsize=256)
def coverage(path: Path) -> Coverage:
    """What the file covers. FontInvalid when it is no font or has no Unicode table."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
                raise FontInvalid(f"the font {path.name!a} is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB")
            return _merged(_ranges(_table(file, b"cmap")))
    except OSError as error:
        raise FontInvalid(f"the font {path.name!a} cannot be read: {error.strerror}") from error
    except (struct.error, ValueError, IndexError) as error:
        raise FontInvalid(f"the font {path.name!a} is broken, or of a kind the hub does not read: use TrueType or OpenType") from error


def _ranges(cmap: bytes) -> Iterator[tuple[int, int]]:
    (count,) = struct.unpack_from(">H", cmap, 2)
    records = {}
    for place in range(min(count, MAX_TABLES)):
        platform, encoding, offset = struct.unpack_from(">HHL", cmap, 4 + 8 * place)
        records[platform, encoding] = offset
    offset = next((records[one] for one in _UNICODE if one in records), None)
    if offset is None:
        raise ValueError("no Unicode table")
    (kind,) = struct.unpack_from(">H", cmap, offset)
    if kind == 4:
        return _segments(cmap, offset)
    if kind == 12:
        return _groups(cmap, offset)
    raise ValueError("unknown format")


def _table(file: BinaryIO, tag: bytes) -> bytes:
    version, count = struct.unpack(">4sH6x", file.read(12))
    if version not in (b"\0\1\0\0", b"OTTO", b"true") or count > MAX_TABLES:
        raise ValueError("no single font")
    for name, _, offset, length in struct.iter_unpack(">4sLLL", file.read(16 * count)):
        if name == tag:
            file.seek(offset)
            return file.read(min(length, MAX_TABLE_BYTES))
    raise ValueError("no such table")


def _segments(cmap: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """Format 4: ends, a pad, starts, deltas and offsets into the glyph ids, a number of segments of each."""
    (double,) = struct.unpack_from(">H", cmap, offset + 6)
    many = double // 2
    ends = struct.unpack_from(f">{many}H", cmap, offset + 14)
    starts, deltas, places = (struct.unpack_from(f">{many}H", cmap, offset + 16 + part * double) for part in (1, 2, 3))
    left = MAX_LOOKED_UP
    for number, (start, end, delta, place) in enumerate(zip(starts, ends, deltas, places, strict=True)):
        if start > end or start == 0xFFFF:
            continue
        if not place:
            yield start, end
            continue
        left -= end - start + 1
        if left < 0:
            raise ValueError("segments overlap")
        here = offset + 16 + 3 * double + 2 * number + place
        for code in range(start, end + 1):
            at = here + 2 * (code - start)
            glyph = struct.unpack_from(">H", cmap, at)[0]
            if glyph and (glyph + delta) & 0xFFFF:
                yield code, code


def _groups(cmap: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """Format 12: first and last character and the first one's glyph."""
    (many,) = struct.unpack_from(">L", cmap, offset + 12)
    if many > MAX_RANGES:
        raise ValueError("too many groups")
    for start, end, glyph in struct.iter_unpack(">LLL", cmap[offset + 16 : offset + 16 + 12 * many]):
        if start <= end <= MAX_CHARACTER:
            yield start + (not glyph), end


def _merged(ranges: Iterable[tuple[int, int]]) -> Coverage:
    starts, ends = array("L"), array("L")
    for start, end in sorted(ranges):
        if ends and start <= ends[-1] + 1:
            ends[-1] = max(ends[-1], end)
        elif start <= end:
            starts.append(start)
            ends.append(end)
    return Coverage(starts, ends)
