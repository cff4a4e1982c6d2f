"""The content of a PDF's streams, unpacked as far as a bound: Flate, LZW, ASCII85, ASCIIHex, run lengths, and rows told by those above.

    ASCII85   five letters from ! to u are four bytes to the base of 85, z is four zeros, ~> ends
    ASCIIHex  two digits are a byte, > ends
    RunLength 0 to 127: so many bytes and one follow; 129 to 255: the next byte 257 less so many times; 128 ends
    LZW       codes of 9 to 12 bits, 256 starts anew, 257 ends; the code after the 255th of a width is one bit wider (EarlyChange)
    rows      a byte of PNG's kind, then the row: 0 as it is, 1 of the left, 2 of above, 3 of both, 4 of Paeth

Source: ISO 32000-2 7.4.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping

MAX_LETTERS = 256 * 1024
"""Of what is unpacked byte by byte; content of pages has a tenth of it."""

MAX_ROWS_BYTES = 64 * 1024
MAX_KEPT_BYTES = 8 * 1024 * 1024
_STEP_BYTES = 1024 * 1024
_SHORT: Mapping[bytes, bytes] = {
    b"Fl": b"FlateDecode",
    b"LZW": b"LZWDecode",
    b"A85": b"ASCII85Decode",
    b"AHx": b"ASCIIHexDecode",
    b"RL": b"RunLengthDecode",
}
_CLEAR_TABLE, _END = 256, 257
_FIRST_WIDTH, _LAST_WIDTH = 9, 12


class TooLong(Exception):
    """It unpacks to more than the bound, or is too long to be looked through."""


Spend = Callable[[int], None]
"""Told of each piece that is unpacked, so many bytes; raises TooLong."""


def unpacked(packed: bytes, name: bytes, keep: bool, spend: Spend) -> bytes | None:
    """What one filter makes of it, empty where it is broken or not to be kept; None for filters of pictures and others. TooLong."""
    unpack = _FILTERS.get(_SHORT.get(name, name))
    return None if unpack is None else unpack(packed, keep, spend)


def _flate(packed: bytes, keep: bool, spend: Spend) -> bytes:
    inflate, rest, content = zlib.decompressobj(), packed, bytearray()
    try:
        while rest and not inflate.eof and (part := inflate.decompress(rest, _STEP_BYTES)):
            rest = inflate.unconsumed_tail
            spend(len(part))
            if keep:
                content += part
                if len(content) > MAX_KEPT_BYTES:
                    raise TooLong
    except zlib.error:  # what came before is drawn
        return bytes(content)
    return bytes(content)


def _letters(packed: bytes, keep: bool, spend: Spend) -> bytes:
    _short(packed)
    text = re.sub(rb"[\0\s]+", b"", packed).removeprefix(b"<~").partition(b"~")[0]
    spend(len(text))
    try:
        return base64.a85decode(text)
    except ValueError:
        return b""


def _hex(packed: bytes, keep: bool, spend: Spend) -> bytes:
    digits = re.sub(rb"[^0-9A-Fa-f]+", b"", packed.partition(b">")[0])
    spend(len(digits) // 2)
    try:
        return binascii.unhexlify(digits + b"0" * (len(digits) % 2))
    except binascii.Error:
        return b""


def _runs(packed: bytes, keep: bool, spend: Spend) -> bytes:
    _short(packed)
    content, place = bytearray(), 0
    while place < len(packed) and (count := packed[place]) != 128:
        if count < 128:
            content += packed[place + 1 : place + 2 + count]
            place += 2 + count
        else:
            content += packed[place + 1 : place + 2] * (257 - count)
            place += 2
    spend(len(content))
    return bytes(content)


def _lzw(packed: bytes, keep: bool, spend: Spend) -> bytes:
    _short(packed)
    content = bytearray()
    table: list[bytes] = []
    width, bits, held, before = _FIRST_WIDTH, 0, 0, b""
    single = [bytes((one,)) for one in range(256)]
    for byte in packed:
        held, bits = (held << 8 | byte) & 0xFFFFFF, bits + 8
        if bits < width:
            continue
        bits -= width
        code = held >> bits & ((1 << width) - 1)
        if code == _END:
            break
        if code == _CLEAR_TABLE:
            table, width, before = [], _FIRST_WIDTH, b""
            continue
        if code < _CLEAR_TABLE:
            found = single[code]
        elif code - 258 < len(table):
            found = table[code - 258]
        else:
            found = before + before[:1]
        if before:
            table.append(before + found[:1])
            if len(table) + 259 >= 1 << width and width < _LAST_WIDTH:
                width += 1
        before = found
        content += found
        if len(content) > _STEP_BYTES or len(table) > 1 << _LAST_WIDTH:
            raise TooLong
    spend(len(content))
    return bytes(content)


def _short(packed: bytes) -> None:
    if len(packed) > MAX_LETTERS:
        raise TooLong


_FILTERS: Mapping[bytes, Callable[[bytes, bool, Spend], bytes]] = {
    b"FlateDecode": _flate,
    b"ASCII85Decode": _letters,
    b"ASCIIHexDecode": _hex,
    b"RunLengthDecode": _runs,
    b"LZWDecode": _lzw,
}


def rows(content: bytes, columns: int) -> bytes:
    """Rows of so many bytes, each told by the one above and a byte of how before it. TooLong."""
    if len(content) > MAX_ROWS_BYTES:
        raise TooLong
    above, found = bytearray(columns), bytearray()
    for place in range(0, len(content), columns + 1):
        how, row = content[place], bytearray(content[place + 1 : place + 1 + columns])
        if how == 2:
            row = bytearray([(one + other) & 255 for one, other in zip(row, above, strict=False)])
        elif how:
            _told_by_left(how, row, above)
        found += row
        above = row + bytes(columns - len(row))
    return bytes(found)


def _told_by_left(how: int, row: bytearray, above: bytearray) -> None:
    left = corner = 0
    for place, one in enumerate(row):
        up = above[place]
        if how == 1:
            guess = left
        elif how == 3:
            guess = (left + up) // 2
        else:
            near = left + up - corner
            guess = min((left, up, corner), key=lambda each: abs(near - each))
        left, corner = (one + guess) & 255, up
        row[place] = left
