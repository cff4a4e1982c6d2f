"""Rasters to the raster lines of a job.

    PT  G lo hi data | QL  g 00 n data | two colours  w 01 n black, w 02 n red | empty and packed  Z
A line covers the whole head, pin 0 first: the row of the page mirrored, with unused pins on both sides.
"""

from __future__ import annotations

from labelhub.drivers.brother import packbits
from labelhub.drivers.brother.rows import Language, ModelRow
from labelhub.drivers.driver import Geometry
from labelhub.raster import Raster

MIRRORED_BYTE = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""A byte's eight dots the other way round, for `bytes.translate`."""
_LEADS = {
    Language.PT: [b"G" + size.to_bytes(2, "little") for size in range(256)],
    Language.QL: [bytes((0x67, 0, size)) for size in range(256)],
}
_WITHOUT_PADDING = [bytes(byte & 0xFF >> padding for byte in range(256)) for padding in range(8)]
_BLACK, _RED = ([bytes((0x77, color, size)) for size in range(256)] for color in (1, 2))


def lines_of(model: ModelRow, geometry: Geometry, page: Raster) -> bytes:
    """Every raster line of a page, one after the other."""
    if "red" in geometry.canvas.colors:
        black, red = (_lines(model, geometry, page, plane) for plane in (page.black, page.red or bytes(len(page.black))))
        return b"".join([_BLACK[len(one)] + one + _RED[len(other)] + other for one, other in zip(black, red, strict=True)])
    leads = _LEADS[model.language]
    if not model.compression:
        return b"".join([leads[len(line)] + line for line in _lines(model, geometry, page, page.black)])
    lines = _lines(model, geometry, page, page.black, bytes(model.head_bytes))
    blank = lines.pop()
    return b"".join([leads[len(line)] + line if line != blank else b"Z" for line in lines])


def _lines(model: ModelRow, geometry: Geometry, page: Raster, plane: bytes, behind: bytes = b"") -> list[bytes]:
    """The lines of a plane as they are sent, and those of `behind` after them."""
    data = head_lines(plane, page, model.head_bytes, geometry.head_dots - geometry.right_dots - page.width_dots) + behind
    if model.compression:
        return packbits.pack(data, model.head_bytes)
    return [data[at : at + model.head_bytes] for at in range(0, len(data), model.head_bytes)]


def head_lines(plane: bytes, page: Raster, head_bytes: int, left_dots: int) -> bytes:
    """The rows of a plane as lines of the whole head, with `left_dots` unused pins behind each.

    Done a column of bytes at a time, from the last to the first, and moved into place as one number. What pads a row is no dot.
    """
    stride = page.stride_bytes
    behind, shift = divmod(left_dots, 8)
    first = head_bytes - behind - stride  # never negative, for a head is whole bytes and the row lies within it
    lines = bytearray(head_bytes * page.height_dots)
    mirrored = plane.translate(MIRRORED_BYTE)
    for column in range(stride):
        lines[first + column :: head_bytes] = mirrored[stride - 1 - column :: stride]
    padding = stride * 8 - page.width_dots
    lines[first::head_bytes] = lines[first::head_bytes].translate(_WITHOUT_PADDING[padding])
    return (int.from_bytes(lines) << shift).to_bytes(len(lines)) if shift else bytes(lines)
