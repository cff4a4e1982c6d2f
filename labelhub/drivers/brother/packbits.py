"""TIFF packbits as Brother's printers take it: the raster lines of a page in, each in its packed form out, and back.

    header 0..127     that many + 1 bytes follow as they are
    header 129..255   the next byte stands 257 - header times
    header 128        nothing
A line that would grow is sent as it is: in one run (OFF-PT: of 17 bytes for a head of 16), in two where a run does not hold it.

libtiff, which comes with Pillow, packs a whole page in the time that this language needs for a dozen lines: the page is saved
as a TIFF of one grey byte a pixel, each row a strip of its own, and the strips are the packed lines.
"""

from __future__ import annotations

import struct
from io import BytesIO

from labelhub.late import Image, TiffImagePlugin

MAX_RUN = 128
_SHORT = 3
_HEADERS = [bytes((header,)) for header in range(MAX_RUN)]


def pack(data: bytes, line_bytes: int) -> list[bytes]:
    """The packed form of each line of `line_bytes` bytes."""
    rows = len(data) // line_bytes
    if not rows:
        return []
    # The plugin by name: a page saved as a TIFF would load all that Pillow has, on the event loop, with the first label.
    one_row_each = {TiffImagePlugin.ROWSPERSTRIP: 1}
    file = BytesIO()
    page = Image.frombuffer("L", (line_bytes, rows), data, "raw", "L", 0, 1)
    page.save(file, "TIFF", compression="packbits", tiffinfo=one_row_each)
    tiff = file.getvalue()
    starts, sizes = _strips(tiff, rows)
    one_run = line_bytes - 1 if line_bytes <= MAX_RUN else None  # what a line begins with that libtiff left as it is
    return [
        tiff[start : start + size] if size <= line_bytes or tiff[start] == one_run else _plain(data[at : at + line_bytes])
        for start, size, at in zip(starts, sizes, range(0, rows * line_bytes, line_bytes), strict=True)
    ]


def _strips(tiff: bytes, rows: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Where each row's strip begins, and its size, from the first directory of a TIFF file."""
    order = "<" if tiff[:2] == b"II" else ">"
    (directory,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, directory)
    offsets, counts = TiffImagePlugin.STRIPOFFSETS, TiffImagePlugin.STRIPBYTECOUNTS
    found: dict[int, tuple[int, ...]] = {}
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", tiff, entry)
        if tag in (offsets, counts):
            layout = f"{order}{values}{'H' if kind == _SHORT else 'I'}"
            fits = struct.calcsize(layout) <= 4
            at = entry + 8 if fits else struct.unpack_from(order + "I", tiff, entry + 8)[0]
            found[tag] = struct.unpack_from(layout, tiff, at)
    starts, sizes = found[offsets], found[counts]
    if len(starts) != rows:
        raise AssertionError(f"libtiff wrote {len(starts)} strips for {rows} rows")
    return starts, sizes


def _plain(part: bytes) -> bytes:
    if len(part) <= MAX_RUN:
        return _HEADERS[len(part) - 1] + part
    return _plain(part[:MAX_RUN]) + _plain(part[MAX_RUN:])


def unpack(packed: bytes, size_bytes: int) -> bytes | None:
    """The line of `size_bytes` bytes: filled with zeros when short; None when it is longer or ends inside a run."""
    line = bytearray()
    at = 0
    while at < len(packed):
        header = packed[at]
        at += 1
        if header < 128:
            part = packed[at : at + header + 1]
            at += header + 1
        elif header > 128:
            part = packed[at : at + 1] * (257 - header)
            at += 1
        else:
            continue
        line += part
        if at > len(packed) or len(line) > size_bytes:
            return None
    return bytes(line.ljust(size_bytes, b"\0"))
