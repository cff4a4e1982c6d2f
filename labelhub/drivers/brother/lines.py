"""Rasters to the raster lines of a job.

    PT  G lo hi data | QL  g 00 n data | two colours  w 01 n black, w 02 n red | empty and packed  Z
A line covers the whole head, pin 0 first: the row of the page mirrored, with unused pins on both sides.
"""

from __future__ import annotations

from labelhub.drivers.brother import packbits
from labelhub.drivers.brother.rows import Language, ModelRow
from labelhub.drivers.driver import Geometry
from labelhub.raster import Raster

_MIRRORED_BYTE = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_LEADS = {
    Language.PT: [b"G" + size.to_bytes(2, "little") for size in range(256)],
    Language.QL: [bytes((0x67, 0, size)) for size in range(256)],
}
_BLACK, _RED = ([bytes((0x77, color, size)) for size in range(256)] for color in (1, 2))


def lines_of(model: ModelRow, geometry: Geometry, page: Raster) -> bytes:
    """Every raster line of a page, one after the other."""
    black = _packed(model, geometry, page, page.black)
    if "red" in geometry.canvas.colors:
        red = _packed(model, geometry, page, page.red or bytes(len(page.black)))
        pairs = zip(black, red, strict=True)
        return b"".join([_BLACK[len(one)] + one + _RED[len(other)] + other for one, other in pairs])
    leads = _LEADS[model.language]
    if not model.compression:
        return b"".join([leads[len(line)] + line for line in black])
    (blank,) = packbits.pack(bytes(model.head_bytes), model.head_bytes)
    return b"".join([leads[len(line)] + line if len(line) != len(blank) or line != blank else b"Z" for line in black])


def _packed(model: ModelRow, geometry: Geometry, page: Raster, plane: bytes) -> list[bytes]:
    data = head_lines(plane, page, model.head_bytes, geometry.head_dots - geometry.right_dots - page.width_dots)
    if model.compression:
        return packbits.pack(data, model.head_bytes)
    return [data[at : at + model.head_bytes] for at in range(0, len(data), model.head_bytes)]


def head_lines(plane: bytes, page: Raster, head_bytes: int, left_dots: int) -> bytes:
    """The rows of a plane as lines of the whole head, with `left_dots` unused pins behind each; done with the page as one number.

    Turned end for end the plane holds each row mirrored, the last one first, with the bits that pad it in front.
    """
    stride = page.stride_bytes
    turned = plane.translate(_MIRRORED_BYTE)[::-1]
    rows = [turned[at : at + stride] for at in range(len(turned) - stride, -1, -stride)]
    padding = stride * 8 - page.width_dots
    if padding:  # whatever stands there is no dot
        mask = 0xFF >> padding
        rows = [bytes((row[0] & mask,)) + row[1:] if row[0] > mask else row for row in rows]
    behind, shift = divmod(left_dots, 8)
    room = head_bytes - stride - behind  # never negative, for a head is whole bytes and the row lies within it
    front, back = bytes(room), bytes(behind)
    lines = front + (back + front).join(rows) + back
    return (int.from_bytes(lines) << shift).to_bytes(len(lines)) if shift else lines
