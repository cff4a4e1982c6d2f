"""How many pixels the pictures of a PDF say they have in their own heads, whatever the dictionary says.

JPEG       a start of frame: `images_head`
JPEG 2000  FF 4F FF 51, length (2), capabilities (2), width, height (4 each): ITU-T T.800 A.5.1
JBIG2      segments: number (4), flags (1), what they refer to, page (1 or 4), length (4); a page (type 48) and regions begin with
width and height (4 each): ITU-T T.88 7.2, 7.4
"""

from __future__ import annotations

from collections.abc import Iterator

from labelhub.errors import ImageInvalid
from labelhub.labels import images_head

MAX_SEGMENTS = 500
ENDLESS = 1e12
"""The pixels of a picture that does not say how many it has, or of too many parts."""

_PAGE, _REGIONS = 48, frozenset((4, 6, 7, 20, 22, 23, 36, 38, 39, 40, 42, 43))
_LONG_FORM, _NO_LENGTH = 7, 0xFFFFFFFF


def own_pixels(packed: bytes, filters: list[bytes]) -> float:
    """The most pixels that a picture has, by its own head; 0 where it tells none."""
    if b"DCTDecode" in filters and packed.startswith(b"\xff\xd8"):
        return _jpeg(packed)
    if b"JPXDecode" in filters and (begun := packed.find(b"\xff\x4f\xff\x51")) >= 0:
        return float(int.from_bytes(packed[begun + 8 : begun + 12]) * int.from_bytes(packed[begun + 12 : begun + 16]))
    if b"JBIG2Decode" in filters:
        return sum(_jbig2(packed), 0.0)
    return 0.0


def _jpeg(packed: bytes) -> float:
    try:
        found = images_head.head(packed)
    except ImageInvalid as error:
        return ENDLESS if "pixels" in error.detail or "too many times" in error.detail else 0.0
    return float(found.width * found.height)


def _jbig2(packed: bytes) -> Iterator[float]:
    """The pixels of each region and page."""
    at = 0
    for _ in range(MAX_SEGMENTS):
        if at + 11 > len(packed):
            return
        number, flags = int.from_bytes(packed[at : at + 4]), packed[at + 4]
        at += 5
        count = packed[at] >> 5
        if count == _LONG_FORM:
            count = int.from_bytes(packed[at : at + 4]) & 0x1FFFFFFF
            at += 4 + (count + 8) // 8
        else:
            at += 1
        at += count * (1 if number <= 256 else 2 if number <= 65536 else 4) + (4 if flags & 0x40 else 1)
        length = int.from_bytes(packed[at : at + 4])
        at += 4
        if flags & 63 in _REGIONS or flags & 63 == _PAGE:
            width, height = int.from_bytes(packed[at : at + 4]), int.from_bytes(packed[at + 4 : at + 8])
            yield float(width) * (0 if height == _NO_LENGTH else height)  # a page may grow with its stripes
        if length == _NO_LENGTH:
            yield ENDLESS
            return
        at += length
    yield ENDLESS
