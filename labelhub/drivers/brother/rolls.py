"""Rolls: DK continuous and die-cut, under the heads of 720 pins and of 1296, where everything lies 44 pins further left.

Source: BQL; 29x90 mm agrees with a captured job of Brother's own driver, the continuous widths with OFF-QL and OFF-QL1100.
Round labels are told as the square around them.
"""

from __future__ import annotations

from labelhub.drivers.brother.rows import MediaRow
from labelhub.media import Media, MediaKind

CONTINUOUS, DIE_CUT = 0x0A, 0x0B
WIDE_HEAD_DOTS = 44
TWO_COLOR_MM = 62

# width mm, printing pins, pins right of them; the commonest first
_WIDTHS = ((62, 696, 12), (12, 106, 29), (29, 306, 6), (38, 413, 12), (50, 554, 12), (54, 590, 0))
_LONGER_ON_THE_WIRE = {(60, 86): 87, (102, 152): 153}
# width mm, length mm, printing pins, rows, pins right of them
_LABELS = (
    (17, 54, 165, 566, 0), (17, 87, 165, 956, 0), (23, 23, 202, 202, 42), (29, 42, 306, 425, 6), (29, 90, 306, 991, 6),
    (38, 90, 413, 991, 12), (39, 48, 425, 495, 6), (52, 29, 578, 271, 0), (54, 29, 598, 271, 60), (60, 86, 672, 954, 18),
    (62, 29, 696, 271, 12), (62, 100, 696, 1109, 12), (12, 12, 94, 94, 113), (24, 24, 236, 236, 42), (58, 58, 618, 618, 51),
)  # fmt: skip
_WIDE_LABELS = ((102, 51, 1164, 526, 12), (102, 152, 1164, 1660, 12))


def _roll(width_mm: int, printable: int, right: int) -> MediaRow:
    media = Media(MediaKind.ROLL_CONTINUOUS, width_mm, None, "white", "black")
    return MediaRow(media, printable, right, width_mm, CONTINUOUS, "BQL", two_color=width_mm == TWO_COLOR_MM)


def _label(width_mm: int, length_mm: int, printable: int, length_dots: int, right: int) -> MediaRow:
    media = Media(MediaKind.ROLL_DIE_CUT, width_mm, length_mm, "white", "black")
    length_code = _LONGER_ON_THE_WIRE.get((width_mm, length_mm), length_mm)
    return MediaRow(media, printable, right, width_mm, DIE_CUT, "BQL", length_dots, length_code)


ROLLS_720 = (*(_roll(*row) for row in _WIDTHS), *(_label(*row) for row in _LABELS))
ROLLS_1296 = (
    *(_roll(width, printable, right + WIDE_HEAD_DOTS) for width, printable, right in (*_WIDTHS, (102, 1164, 12))),
    *(_label(*row[:4], row[4] + WIDE_HEAD_DOTS) for row in (*_LABELS, *_WIDE_LABELS)),
)
# 103 mm: OFF-QL1100 gives 58/1200/38; the width on the wire is that of its media, 104 mm, in BQL
ROLLS_1296_103 = (
    *ROLLS_1296,
    MediaRow(Media(MediaKind.ROLL_CONTINUOUS, 103, None, "white", "black"), 1200, 38, 104, CONTINUOUS, "OFF-QL1100, BQL"),
)
