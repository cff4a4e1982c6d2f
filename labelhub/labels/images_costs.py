"""What drawing takes, in nanoseconds: measured of resvg 0.48 on one core of the machine of the benchmarks, where the worst counts.

Mostly it is the area, and how what is painted there is made. A colour that lets others through takes ten times as long as one that does
not, a gradient forty times, a layer (a transparent group, mask, clip path or viewport) thirty to fifty times.
"""

from __future__ import annotations

from labelhub.labels.images_matrix import Matrix, scale
from labelhub.labels.images_node import Room, seen
from labelhub.labels.images_path import Box, Outline
from labelhub.labels.images_style import Style

SPREAD = 5.0
"""A layer is as large as what is in it, and up to so many times as wide and high as the picture."""

ELEMENT_NS, ATTRIBUTE_NS = 14_000, 2_500
LINE_NS, CURVE_NS = 1_500, 14_000
RISE_NS = 280
"""For each pixel that an edge goes down."""

STROKE_LINE_NS, STROKE_CURVE_NS = 5_000, 60_000
HAIRLINE_NS = 950
STROKE_NS = 560
DASH_NS = 4_000
COLOR_NS, CLEAR_NS = 2.3, 25.0
"""For each pixel, as the following."""

GRADIENT_NS, STOP_NS = 95.0, 0.6
PATTERN_NS, TURNED_PATTERN_NS = 110.0, 600.0
LAYER_NS = {"opacity": 65.0, "isolation": 65.0, "mix-blend-mode": 95.0, "mask": 125.0, "clip-path": 105.0, "viewport": 105.0}
LAYER_BYTES = {"opacity": 4, "isolation": 4, "mix-blend-mode": 4, "mask": 9, "clip-path": 9, "viewport": 9}
BEYOND_NS = {"opacity": 7.0, "isolation": 7.0, "mix-blend-mode": 9.0, "mask": 80.0, "clip-path": 35.0, "viewport": 35.0}
FONT_NS, FONTS_NS = 30_000_000, 60_000_000
"""Once, where there is a text; and where it is not of Latin letters alone."""

TEXT_NS, LETTER_NS, WIDE_LETTER_NS, PLACED_LETTER_NS, SPAN_NS = 160_000, 10_000, 40_000, 110_000, 150_000
MOST_DASHES = 1e6
SPANS_NS = 380
"""For each two parts of one text."""


def layer_ns(kind: str, width: float, height: float, picture: Room) -> float:
    """A layer of so many pixels; what is beyond the picture takes less."""
    within = min(width, picture.width) * min(height, picture.height)
    return within * LAYER_NS[kind] + (width * height - within) * BEYOND_NS[kind]


def filled(one: Outline, by: Matrix, box: Box, room: Room) -> tuple[float, float]:
    """The edges of an outline, and how many pixels they hold."""
    rise = one.rise * abs(by[3]) if by[1] == by[2] == 0 else one.run * scale(by)
    rise = min(rise, (one.lines + 2 * one.curves) * room.height)
    held = (one.box[2] - one.box[0]) * (one.box[3] - one.box[1]) * abs(by[0] * by[3] - by[1] * by[2]) + 4
    return one.lines * LINE_NS + one.curves * CURVE_NS + rise * RISE_NS, min(seen(box, room), held)


def stroked(one: Outline, by: Matrix, style: Style, box: Box, room: Room) -> tuple[float, float]:
    """The edges of a stroke along an outline, and how many pixels they hold."""
    size = scale(by)
    wide = style.width * size
    if wide <= 0:
        return 0.0, 0.0
    count = one.lines + one.curves
    way = one.run * size
    dashes = min(way / (style.dash * size), MOST_DASHES) if style.dash else 0.0
    ns = one.lines * STROKE_LINE_NS + one.curves * STROKE_CURVE_NS + dashes * DASH_NS
    shown = min(way, (count + one.curves) * (room.width + room.height))
    if wide <= 1:
        return ns + shown * HAIRLINE_NS, min(shown, seen(box, room))
    across = min(wide, room.height) * (count + dashes) * RISE_NS * (2 if style.round else 1)
    return ns + shown * STROKE_NS + across, min(seen(box, room), shown * wide + wide * wide)


def letter_ns(high: float, wide: bool, stroke: bool, room: Room) -> float:
    """A letter of so many pixels; `wide`: among letters of all scripts."""
    high = min(high, room.height)
    return (WIDE_LETTER_NS if wide else LETTER_NS) + high * RISE_NS * 2 + 3 * high * STROKE_NS * stroke
