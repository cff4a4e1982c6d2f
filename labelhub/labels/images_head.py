"""The head of a picture file: its kind and size, read from the bytes alone, before any decoder is let near them.

    PNG   89 50 4E 47 0D 0A 1A 0A, then chunks: length (4), name (4), content, checksum (4); the first is IHDR: width, height (4 each)
    JPEG  FF D8, then segments: FF, marker, length (2); a start of frame (C0 to CF but C4, C8, CC): precision, height (2), width (2)
    WebP  RIFF, size (4), WEBP, then VP8X: flags (4), width - 1, height - 1 (3 each), or VP8L: 2F, 14 bits each less 1,
          or VP8: 9D 01 2A, 14 bits each
    PDF   %PDF- within the first 1024 bytes
    SVG   text whose first element is svg

Sources: PNG specification (third edition) 5.3 and 11.2.1, ITU-T T.81 annex B, RFC 9649, ISO 32000-2 7.5.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labelhub.errors import ImageInvalid

MAX_SOURCE_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 16_000_000
"""Of a picture that is decoded whole; 16 million are 64 MB with transparency."""

MAX_PIXELS_REDUCED = 64_000_000
"""Of a baseline JPEG, which is decoded at a part of its size."""

MAX_SIDE = 30_000
MAX_SCANS = 60
"""Of a JPEG: cameras write up to about ten, and each goes over the whole picture once more."""

_PNG = b"\x89PNG\r\n\x1a\n"
_SHOWN = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--(?:(?!-->).){0,4000}-->\s*)*<(?:svg[\s:>/]|!DOCTYPE\s+svg)", re.S
)
TAKEN = "PNG, JPEG, WebP, SVG or PDF"


@dataclass(frozen=True, slots=True)
class Head:
    """What a file is (`png`, `jpeg`, `webp`, `svg`, `pdf`), and for dots how many: the size of vector files is 0 x 0."""

    kind: str
    width: int = 0
    height: int = 0
    reducible: bool = False
    """The decoder can read it at a part of its size."""


def head(source: bytes) -> Head:
    """The head of a picture that may be decoded. ImageInvalid for other files, and for those too large."""
    if len(source) > MAX_SOURCE_BYTES:
        raise ImageInvalid(f"the picture has {len(source) / 1e6:.1f} MB; save it with at most {MAX_SOURCE_BYTES // 2**20} MiB")
    found = _head(source)
    if found.kind in ("svg", "pdf"):
        return found
    if not (0 < found.width <= MAX_SIDE and 0 < found.height <= MAX_SIDE):
        raise ImageInvalid(f"the picture says it is {found.width} x {found.height} pixels; save it with 1 to {MAX_SIDE} a side")
    most = MAX_PIXELS_REDUCED if found.reducible else MAX_PIXELS
    if found.width * found.height > most:
        raise ImageInvalid(
            f"the picture has {found.width} x {found.height} pixels, and at most {most // 10**6} million are read; save it smaller"
        )
    return found


def _head(source: bytes) -> Head:
    if source.startswith(_PNG):
        return _png(source)
    if source.startswith(b"\xff\xd8"):
        return _jpeg(source)
    if source[:4] == b"RIFF" and source[8:12] == b"WEBP":
        return _webp(source)
    if b"%PDF-" in source[:1024]:
        return Head("pdf")
    if _SVG.match(source):
        return Head("svg")
    raise ImageInvalid(f"the picture is of no kind that labels take; save it as {TAKEN}")


def broken(kind: str) -> ImageInvalid:
    """The error for a file that breaks off or holds nonsense."""
    return ImageInvalid(f"the {kind} is broken or breaks off early; save or download it again")


def png_chunks(source: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk's name and the whole chunk. ImageInvalid where the file breaks off."""
    at = len(_PNG)
    while at < len(source):
        length = int.from_bytes(source[at : at + 4])
        name, chunk = source[at + 4 : at + 8], source[at : at + 12 + length]
        if len(chunk) != 12 + length:
            raise broken("PNG")
        yield name, chunk
        if name == b"IEND":
            return
        at += len(chunk)
    raise broken("PNG")


def png_shown(source: bytes) -> bytes:
    """The PNG with nothing but what is seen: texts and colour profiles, which may be packed a thousandfold, are left out unread."""
    return _PNG + b"".join(chunk for name, chunk in png_chunks(source) if name in _SHOWN)


def _png(source: bytes) -> Head:
    if source[12:16] != b"IHDR" or len(source) < 33:
        raise broken("PNG")
    width, height = int.from_bytes(source[16:20]), int.from_bytes(source[20:24])
    for count, (name, _) in enumerate(png_chunks(source)):
        if name == b"acTL":
            raise _animated("PNG")
        if count > 20_000:
            raise broken("PNG")
    return Head("png", width, height)


def _jpeg(source: bytes) -> Head:
    if source.count(b"\xff\xda") > MAX_SCANS:
        raise ImageInvalid("the JPEG goes over its picture too many times; save it as a plain (baseline) JPEG")
    at = 2
    while at + 9 <= len(source) and source[at] == 0xFF:
        marker = source[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _FRAMES:
            height, width = int.from_bytes(source[at + 5 : at + 7]), int.from_bytes(source[at + 7 : at + 9])
            return Head("jpeg", width, height, reducible=marker in (0xC0, 0xC1))
        at += 2 + int.from_bytes(source[at + 2 : at + 4])
    raise broken("JPEG")


def _webp(source: bytes) -> Head:
    name, content = source[12:16], source[20:30]
    if len(content) < 10:
        raise broken("WebP")
    if name == b"VP8X":
        if content[0] & 0x02:
            raise _animated("WebP")
        return Head("webp", int.from_bytes(content[4:7], "little") + 1, int.from_bytes(content[7:10], "little") + 1)
    if name == b"VP8L" and content[0] == 0x2F:
        bits = int.from_bytes(content[1:5], "little")
        return Head("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if name == b"VP8 " and content[3:6] == b"\x9d\x01\x2a":
        return Head("webp", int.from_bytes(content[6:8], "little") & 0x3FFF, int.from_bytes(content[8:10], "little") & 0x3FFF)
    raise broken("WebP")


def _animated(kind: str) -> ImageInvalid:
    return ImageInvalid(f"the {kind} is animated, and a label does not move; save the one frame to print")
