"""Pages to the bytes of one job. Pure; the row of the model decides everything that differs between models.

    once     00 x invalidate_bytes, ESC @                    fill a half-sent command, forget an earlier job
    a page   ESC i a 01                                      raster mode, which a printer forgets when it is switched off
             ESC i z flags kind width length lines(4) page 0 what it is for; other media loaded: error, nothing printed
             ESC i M n      40 cut automatically
             ESC i A 01     cut after each label             only with M 40
             ESC i K n      01 two colours, 04 half cut, 08 feed and cut at the end, 40 high resolution
             ESC i d lo hi  margin before and after, in dots along the feed
             M 02           packbits
             lines          PT  G lo hi data | QL  g 00 n data | two colours  w 01 n data, w 02 n data | empty  Z
             0C, or 1A after the last page
Source: OFF-PT 2.1 and captured jobs of Brother's own drivers.

Print information: a PT job claims its width alone (flags 84) as Brother's driver does, for the type reported is not
reliable (12 mm heat shrink tube was seen as 03). A QL job claims quality, kind, width and, die-cut, length (C6, CE);
with two colours quality is not allowed. Both ask the printer to recover by itself (80).

Cutting: with half cuts the pages of a job hang together, half cut between and cut at the end. Without automatic cuts the
job comes out as one strip with one cut at its end. A QL has no half cutter and cuts as without that wish.
Automatic status notifications are not switched off: these printers send none over the network.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache

from labelhub.drivers.brother import packbits
from labelhub.drivers.brother.tables import Language, MediaRow, ModelRow
from labelhub.drivers.driver import EncodeOptions, Geometry
from labelhub.errors import LabelTooLong
from labelhub.media import millimetres
from labelhub.raster import Canvas, Raster

ESC_I = b"\x1bi"
_CACHED_LINES = 4096
_MIRRORED_BYTE = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def encode_job(model: ModelRow, media: MediaRow, geometry: Geometry, pages: Sequence[Raster], options: EncodeOptions) -> bytes:
    """The bytes of a job. LabelTooLong; ValueError for no page, or one that is too short or of the wrong width or planes."""
    if not pages:
        raise ValueError("a job has at least one page")
    for page in pages:
        _check(page, geometry.canvas)
    job = bytearray(bytes(model.invalidate_bytes) + b"\x1b@")
    for number, page in enumerate(pages):
        job += _control(model, media, geometry, page.height_dots, number, options)
        job += b"".join(_lines(model, geometry, page))
        job += b"\x1a" if number == len(pages) - 1 else b"\x0c"
    return bytes(job)


def _check(page: Raster, canvas: Canvas) -> None:
    if page.width_dots != canvas.width_dots:
        raise ValueError(f"a page here is {canvas.width_dots} dots wide, not {page.width_dots}")
    if page.red is not None and "red" not in canvas.colors:
        raise ValueError("this media has no red")
    if page.height_dots > canvas.max_length_dots:
        length_mm, max_mm = (millimetres(length, canvas.dpi_along) for length in (page.height_dots, canvas.max_length_dots))
        raise LabelTooLong(f"the label is {length_mm:.1f} mm long, this printer and media take {max_mm:.1f} mm")
    if page.height_dots < canvas.min_length_dots:
        raise ValueError(f"a page here has at least {canvas.min_length_dots} rows, not {page.height_dots}")


def _control(model: ModelRow, media: MediaRow, geometry: Geometry, lines: int, number: int, options: EncodeOptions) -> bytes:
    mode, expanded = _cutting(model.language, options)
    if options.high_resolution:
        expanded |= 0x40
    if "red" in geometry.canvas.colors:
        expanded |= 0x01
    margin = geometry.margin_dots * geometry.canvas.dpi_along // geometry.dpi
    return b"".join(
        (
            ESC_I + b"a\x01",
            ESC_I + b"z" + _print_information(model, media, geometry, lines, number),
            ESC_I + b"M" + bytes((mode,)),
            ESC_I + b"A\x01" if mode & 0x40 else b"",
            ESC_I + b"K" + bytes((expanded,)),
            ESC_I + b"d" + struct.pack("<H", margin),
            b"M\x02",
        )
    )


def _print_information(model: ModelRow, media: MediaRow, geometry: Geometry, lines: int, number: int) -> bytes:
    length_code = int(media.media.length_mm or 0)
    if model.language is Language.PT:
        flags, kind = 0x84, 0x00
    else:
        flags, kind = 0x86, 0x0B if length_code else 0x0A
        flags |= 0x08 if length_code else 0
        flags |= 0 if "red" in geometry.canvas.colors else 0x40
    return struct.pack("<4BI2B", flags, kind, media.width_code, length_code, lines, min(number, 1), 0)


def _cutting(language: Language, options: EncodeOptions) -> tuple[int, int]:
    """The operands of ESC i M and ESC i K."""
    if options.half_cut and language is Language.PT:
        return 0x00, 0x0C
    return (0x40, 0x08) if options.auto_cut else (0x00, 0x08)


def _lines(model: ModelRow, geometry: Geometry, page: Raster) -> list[bytes]:
    width_dots, head_bytes = page.width_dots, model.head_bytes
    left_dots = geometry.head_dots - geometry.right_dots - width_dots
    black = _rows(page, page.black)
    if "red" not in geometry.canvas.colors:
        return [_line(model.language, row, width_dots, left_dots, head_bytes) for row in black]
    red = _rows(page, page.red or bytes(len(page.black)))
    return [
        _color_line(1, black_row, width_dots, left_dots, head_bytes) + _color_line(2, red_row, width_dots, left_dots, head_bytes)
        for black_row, red_row in zip(black, red, strict=True)
    ]


def _rows(page: Raster, plane: bytes) -> list[bytes]:
    size = page.stride_bytes
    return [plane[at : at + size] for at in range(0, len(plane), size)]


# Labels repeat lines: every dot of a bar code and every blank between rows of text is the same line again.
@lru_cache(maxsize=_CACHED_LINES)
def _line(language: Language, row: bytes, width_dots: int, left_dots: int, head_bytes: int) -> bytes:
    if not row.strip(b"\0"):
        return b"Z"
    packed = packbits.pack(_head_line(row, width_dots, left_dots, head_bytes))
    lead = struct.pack("<cH", b"G", len(packed)) if language is Language.PT else bytes((0x67, 0, len(packed)))
    return lead + packed


@lru_cache(maxsize=_CACHED_LINES)
def _color_line(color: int, row: bytes, width_dots: int, left_dots: int, head_bytes: int) -> bytes:
    packed = packbits.pack(_head_line(row, width_dots, left_dots, head_bytes))
    return bytes((0x77, color, len(packed))) + packed


def _head_line(row: bytes, width_dots: int, left_dots: int, head_bytes: int) -> bytes:
    """The row as a line of the whole head, pin 0 first: mirrored, with `left_dots` unused pins behind it."""
    mirrored = int.from_bytes(row.translate(_MIRRORED_BYTE)[::-1], "big") & ((1 << width_dots) - 1)
    return (mirrored << left_dots).to_bytes(head_bytes, "big")
