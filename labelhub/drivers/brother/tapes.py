"""Tapes: TZe 3.5 to 36 mm and heat-shrink tube HSe, under the heads of 128 and of 560 pins.

Of a width: the width on the wire, the printing pins, and the pins right of them, which is the first printing pin.
    128 pins   OFF-PT page 20; as many pins lie left of them. Tubes: PTOUCH, which moved the manual's two pins after tests
    560 pins   OFF-P900 2.3.5; the window is not in the middle of the head: 16 more pins lie left than right
What a printer reports as fabric, flexible ID or satin tape (P900 family) is printed as plain tape.
"""

from __future__ import annotations

from labelhub.drivers.brother.rows import MediaRow
from labelhub.media import Media, MediaKind, dots

LAMINATED, NON_LAMINATED, FABRIC, SHRINK_2_TO_1, SHRINK_3_TO_1, FLEXIBLE_ID, SATIN = 0x01, 0x03, 0x04, 0x11, 0x17, 0x14, 0x15
MAX_SHRINK_MM = 500

Widths = tuple[tuple[float, int, int, int], ...]
_PLAIN_128: Widths = ((3.5, 4, 24, 52), (6, 6, 32, 48), (9, 9, 50, 39), (12, 12, 70, 29), (18, 18, 112, 8), (24, 24, 128, 0))
_2_TO_1_128: Widths = ((5.8, 6, 28, 52), (8.8, 9, 48, 42), (11.7, 12, 66, 33), (17.7, 18, 106, 13), (23.6, 24, 128, 0))
_3_TO_1_128: Widths = ((5.2, 5, 20, 56), (9, 9, 44, 44), (11.2, 11, 50, 41), (21, 21, 120, 6))
_PLAIN_560: Widths = (
    (3.5, 4, 48, 248), (6, 6, 64, 240), (9, 9, 106, 219), (12, 12, 150, 197), (18, 18, 234, 155), (24, 24, 320, 112), (36, 36, 454, 45),
)  # fmt: skip
_2_TO_1_560: Widths = ((5.8, 6, 56, 261), (8.8, 9, 96, 241), (11.7, 12, 132, 223), (17.7, 18, 212, 183), (23.6, 24, 256, 161))
_3_TO_1_560: Widths = ((5.2, 5, 40, 269), (9, 9, 88, 245), (11.2, 11, 100, 239), (21, 21, 240, 169), (31, 31, 360, 109))


def _tapes(kind: MediaKind, type_code: int, widths: Widths, source: str, max_rows: int | None = None) -> tuple[MediaRow, ...]:
    return tuple(
        MediaRow(Media(kind, width_mm, None, "white", "black"), printable, right, code, type_code, source, max_rows=max_rows)
        for width_mm, code, printable, right in widths
    )


def _tubes(two_to_one: Widths, three_to_one: Widths, dpi: int, margin_dots: int) -> tuple[MediaRow, ...]:
    max_rows = dots(MAX_SHRINK_MM, dpi) - 2 * margin_dots
    return (
        *_tapes(MediaKind.TAPE_HEAT_SHRINK, SHRINK_2_TO_1, two_to_one, "PTOUCH", max_rows),
        *_tapes(MediaKind.TAPE_HEAT_SHRINK, SHRINK_3_TO_1, three_to_one, "PTOUCH", max_rows),
    )


def _plain(widths: Widths, source: str) -> tuple[MediaRow, ...]:
    return (
        *_tapes(MediaKind.TAPE_LAMINATED, LAMINATED, widths, source),
        *_tapes(MediaKind.TAPE_NON_LAMINATED, NON_LAMINATED, widths, source),
    )


PLAIN_128 = _plain(_PLAIN_128, "OFF-PT")
TUBES_128_2_TO_1 = _tubes(_2_TO_1_128, (), 180, 14)
TUBES_128 = _tubes(_2_TO_1_128, _3_TO_1_128, 180, 14)
PLAIN_560 = _plain(_PLAIN_560, "OFF-P900")
TUBES_560 = _tubes(_2_TO_1_560, _3_TO_1_560, 360, 14)

TAPE_COLORS = {
    0x01: "white", 0x02: "other", 0x03: "clear", 0x04: "red", 0x05: "blue", 0x06: "yellow", 0x07: "green", 0x08: "black",
    0x09: "clear", 0x20: "matte white", 0x21: "matte clear", 0x22: "matte silver", 0x23: "satin gold", 0x24: "satin silver",
    0x30: "blue", 0x31: "red", 0x40: "fluorescent orange", 0x41: "fluorescent yellow", 0x50: "berry pink", 0x51: "light gray",
    0x52: "lime green", 0x60: "yellow", 0x61: "pink", 0x62: "blue", 0x70: "white", 0x90: "white", 0x91: "yellow",
    0xF0: "cleaning", 0xF1: "stencil", 0xFF: "incompatible",
}  # fmt: skip
TEXT_COLORS = {
    0x01: "white", 0x02: "other", 0x04: "red", 0x05: "blue", 0x08: "black", 0x0A: "gold", 0x62: "blue",
    0xF0: "cleaning", 0xF1: "stencil", 0xFF: "incompatible",
}  # fmt: skip
