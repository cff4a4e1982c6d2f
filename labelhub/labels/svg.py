"""A proof as SVG: the very dots as one path a colour, sized in mm, so that a browser shows and prints a label at its own size."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable

from labelhub.labels.proof import EDGE, UNPRINTABLE, Look, Plan, Proof, plan, ticks
from labelhub.labels.render import BLACK, WHITE
from labelhub.late import Image
from labelhub.media import dots, millimetres

MAX_RECTANGLES = 40_000
"""A photo has more: it stands in the document as a picture."""

_DARK = re.compile(rb"\x00+")
_NUMBER_MM = 2.3

Rectangle = tuple[int, int, int, int]


def svg(proof: Proof, look: Look) -> str:
    """The document. `scale` does not matter: it has the label's own size."""
    there = plan(proof, look)
    width_mm, height_mm = (millimetres(extent, proof.dpi) for extent in (there.width, there.height))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm:.3f}mm" height="{height_mm:.3f}mm" '
        f'viewBox="0 0 {there.width} {there.height}" shape-rendering="crispEdges">',
        f'<rect width="{there.width}" height="{there.height}" fill="{_color(WHITE)}"/>',
        *(_frame(there) if look.frame else ()),
        *(_plane(color, dark, there.label) for color, dark in proof.planes()),
        *(_rulers(there, proof.dpi) if look.ruler else ()),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def rectangles(picture: Image.Image) -> list[Rectangle]:
    """The dark dots of a mode "1" picture as rectangles that do not overlap: left, top, width, height."""
    width, height = picture.size
    pixels = picture.convert("L").tobytes()
    open_: dict[tuple[int, int], int] = {}
    found: list[Rectangle] = []
    for y in range(height):
        row = {found.span() for found in _DARK.finditer(pixels, y * width, (y + 1) * width)}
        row = {(start - y * width, end - y * width) for start, end in row}
        for span in [span for span in open_ if span not in row]:
            top = open_.pop(span)
            found.append((span[0], top, span[1] - span[0], y - top))
        for span in row:
            open_.setdefault(span, y)
    return found + [(start, top, end - start, height - top) for (start, end), top in open_.items()]


def _plane(color: tuple[int, int, int], dark: Image.Image, label: Rectangle) -> str:
    found = rectangles(dark)
    if not found:
        return ""
    if len(found) > MAX_RECTANGLES:
        return _embedded(color, dark, label)
    path = "".join(f"M{label[0] + x} {label[1] + y}h{width}v{height}h{-width}z" for x, y, width, height in sorted(found))
    return f'<path fill="{_color(color)}" d="{path}"/>'


def _embedded(color: tuple[int, int, int], dark: Image.Image, label: Rectangle) -> str:
    """The plane as a picture of two colours, of which one is not there at all."""
    picture = dark.convert("P")
    picture.putpalette([*color, *([255] * 765)])
    out = io.BytesIO()
    picture.save(out, "PNG", transparency=255)
    shown = base64.b64encode(out.getvalue()).decode()
    return (
        f'<image x="{label[0]}" y="{label[1]}" width="{dark.width}" height="{dark.height}" image-rendering="pixelated" '
        f'href="data:image/png;base64,{shown}"/>'
    )


def _frame(there: Plan) -> Iterable[str]:
    left, top, right, bottom = there.media
    yield (
        f'<rect x="{left - 0.5}" y="{top - 0.5}" width="{right - left + 1}" height="{bottom - top + 1}" '
        f'fill="{_color(UNPRINTABLE)}" stroke="{_color(EDGE)}"/>'
    )
    left, top, right, bottom = there.label
    yield f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="{_color(WHITE)}"/>'


def _rulers(there: Plan, dpi: int) -> Iterable[str]:
    left, top, right, bottom = there.media
    (x, below), (beside, y) = there.rulers
    size = dots(_NUMBER_MM, dpi)
    lines, numbers = [], []
    for mm, at, long in ticks(right - left, dpi):
        lines.append(f"M{x + at} {below}v{dots(long, dpi)}")
        if mm % 10 == 0:
            numbers.append(_number(x + at + 2, below + dots(long, dpi) + size // 2, str(mm) if mm else "0 mm"))
    for mm, at, long in ticks(bottom - top, dpi):
        lines.append(f"M{beside} {y + at}h{dots(long, dpi)}")
        if mm % 10 == 0:
            numbers.append(_number(beside + dots(long, dpi), y + at + size, str(mm)))
    yield f'<path fill="none" stroke="{_color(BLACK)}" d="{"".join(lines)}"/>'
    yield f'<g font-family="sans-serif" font-size="{size}" fill="{_color(BLACK)}">{"".join(numbers)}</g>'


def _number(x: int, y: int, text: str) -> str:
    return f'<text x="{x}" y="{y}">{text}</text>'


def _color(color: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
