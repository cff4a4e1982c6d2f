"""TIFF packbits as Brother's printers take it: one raster line in, its packed form out, and back.

    header 0..127     that many + 1 bytes follow as they are
    header 129..255   the next byte stands 257 - header times
    header 128        nothing
A line that would grow is sent as one run of plain bytes (OFF-PT: 17 bytes for a head of 16).
"""

from __future__ import annotations

import re

MAX_RUN = 128
# Only blank and solid runs: in a line of dots other bytes hardly ever repeat, and looking for them takes longer.
_RUNS = re.compile(rb"(\0{3,128}|\xff{3,128})")
_PACKED_RUNS = {bytes((byte,)) * count: bytes((257 - count, byte)) for byte in (0x00, 0xFF) for count in range(3, MAX_RUN + 1)}


def pack(line: bytes) -> bytes:
    """The packed line; runs shorter than three bytes stay plain, as packing them gains nothing."""
    parts = _RUNS.split(line)  # plain, run, plain, ... plain
    parts[1::2] = [_PACKED_RUNS[run] for run in parts[1::2]]
    parts[::2] = [_plain(part) for part in parts[::2]]
    packed = b"".join(parts)
    return packed if len(packed) <= len(line) else _plain(line)


def _plain(part: bytes) -> bytes:
    if len(part) <= MAX_RUN:
        return bytes((len(part) - 1,)) + part if part else b""
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
