"""Places and sizes in an SVG: its lengths, its transformations, and boxes under them.

translate(9) rotate(45 5 5) scale(2) matrix(1 0 0 1 0 0)     SVG 2, 8.5
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

from labelhub.labels.images_path import MOST, Box

Matrix = tuple[float, float, float, float, float, float]
"""x' = a x + c y + e; y' = b x + d y + f."""

SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
NOTHING: Box = (math.inf, math.inf, -math.inf, -math.inf)

_LENGTH = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(px|pt|mm|cm|in|pc|em|ex|Q|%)?", re.I)
_UNITS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "q": 96 / 101.6}
_STEP = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^)]{0,300})\)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def length(written: str, whole: float, em: float) -> float | None:
    """A length in the file's own units; `whole` is what 100 % of it are. None where nothing of that kind is written."""
    if written.isdecimal() and len(written) < len("9999999"):
        return float(written)
    found = _LENGTH.match(written)
    if found is None:
        return None
    number = max(-MOST, min(MOST, float(found[1])))
    unit = (found[2] or "px").lower()
    if unit == "%":
        return number * whole / 100
    return number * (em if unit in ("em", "ex") else _UNITS[unit])


def times(first: Matrix, second: Matrix) -> Matrix:
    """The second within the first."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = second
    return (a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f)


@lru_cache(2000)
def matrix(written: str) -> Matrix:
    """What an attribute `transform` says."""
    found = SAME
    for name, numbers in _STEP.findall(written):
        found = times(found, _step(name, [max(-MOST, min(MOST, float(one))) for one in _NUMBER.findall(numbers)]))
    return tuple(max(-MOST, min(MOST, one)) for one in found)  # type: ignore[return-value]


def _step(name: str, numbers: list[float]) -> Matrix:
    first, second = (*numbers, 0.0, 0.0)[:2]
    if name == "matrix":
        return tuple(numbers) if len(numbers) == len(SAME) else SAME  # type: ignore[return-value]
    if name == "translate":
        return (1.0, 0.0, 0.0, 1.0, first, second)
    if name == "scale":
        return (first, 0.0, 0.0, second if len(numbers) > 1 else first, 0.0, 0.0)
    angle = math.radians(first)
    if name == "rotate":
        turn = (math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0.0, 0.0)
        x, y = (*numbers[1:3], 0.0, 0.0)[:2]
        return times(times((1.0, 0.0, 0.0, 1.0, x, y), turn), (1.0, 0.0, 0.0, 1.0, -x, -y))
    return (1.0, 0.0, math.tan(angle), 1.0, 0.0, 0.0) if name == "skewX" else (1.0, math.tan(angle), 0.0, 1.0, 0.0, 0.0)


def boxed(by: Matrix, box: Box) -> Box:
    """The box around a box that was transformed."""
    left, top, right, bottom = box
    if left > right:
        return NOTHING
    a, b, c, d, e, f = by
    across = sorted((a * left, a * right)), sorted((c * top, c * bottom))
    down = sorted((b * left, b * right)), sorted((d * top, d * bottom))
    return (across[0][0] + across[1][0] + e, down[0][0] + down[1][0] + f, across[0][1] + across[1][1] + e, down[0][1] + down[1][1] + f)


def around(one: Box, other: Box) -> Box:
    """The box around both."""
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))


def grown(box: Box, by: float) -> Box:
    """A box with so much more on each side."""
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def scale(by: Matrix) -> float:
    """How much longer a line may get, at most."""
    return math.hypot(*by[:4])
