"""Outlines of an SVG's shapes, reckoned and not drawn: how many corners and curves, how long, and how large.

    M 0 0 l 9 0 0 9 z    a letter, then its numbers, again and again: SVG 2, 9.3
Capital letters tell places, small ones steps. All is in the units of the shape; a curve counts with the way along its control points.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import sub
from typing import NamedTuple

MOST = 1e7
"""Whatever is longer than this is as long as this."""

CHUNK = 1 << 15
"""Letters read at once: numbers as text take twenty times the memory."""

_GAP = re.compile(r"[\s,-]")
_COMMAND = re.compile(r"([A-DF-Za-df-z])([^A-DF-Za-df-z]*)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_ARC = re.compile(r"[\s,]*".join((*[rf"({_NUMBER.pattern})"] * 3, "[01]", "[01]", *[rf"({_NUMBER.pattern})"] * 2)))
_LETTERS = "MmLlHhVvCcSsQqTtAaZz"
_SPACED = str.maketrans(dict.fromkeys("MmLlHhVvCcSsQqTtAaZz,", " ") | {"E": "e"})
_STEPS = frozenset("0123456789.+-eE, \t\r\nMmlhvcsqtz")
_PLACES = frozenset("0123456789.+-eE, \t\r\nMLCSQTZz")
_MIXED = frozenset("mlhvcsqtaA")
_CURVES = {"c": 3, "s": 2, "q": 2}
"""How many points each has."""

_TURN = 2 * math.pi

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class Outline(NamedTuple):
    """The corners and curves of a shape, the way along it (`run`: across and down together, `rise`: down alone), and its box."""

    lines: int
    curves: int
    run: float
    rise: float
    box: Box


def commands(path: str) -> int:
    """How many letters path data has; soon told."""
    return sum(map(path.count, _LETTERS))


def outline(path: str) -> Outline:
    """That of path data. What is no path data is passed over."""
    told = _Walk()
    for letter, numbers in _COMMAND.findall(path):
        told.go(letter, numbers)
    return told.outline


def coarse(path: str) -> Iterator[Outline]:
    """No less than the outline of long path data, piece by piece, several times as soon: its places are told apart, its commands are not.

    A piece that mixes commands of one number with such of two counts as if each went from one end of it to the other.
    """
    place, before = 0, "M"
    while place < len(path):
        end = place + CHUNK
        gap = _GAP.search(path, end)
        end = gap.start() if gap else len(path)
        piece = path[place:end]
        yield _coarse(piece, before)
        before = next((letter for letter in reversed(piece) if letter in _LETTERS), before)
        place = end


def _coarse(path: str, before: str) -> Outline:
    """The outline of a piece that goes on with the command that stood before it."""
    letters = set(path)
    if path[:1].isdecimal() or path[:1] in " ,-.+":
        letters.add(before)
    numbers = _numbers(path)
    if len(numbers) == 1:
        numbers *= 2
    count = max(len(numbers) // 2, commands(path))
    begun, rest = (numbers[:2], numbers[2:]) if len(numbers) > 2 and "M" in letters else ([0.0, 0.0], numbers)
    if not rest:
        return Outline(count, 0, 0.0, 0.0, (begun[0], begun[1], begun[0], begun[1]))
    if letters <= _PLACES:
        run = min(sum(map(abs, map(sub, numbers[2:], numbers))), MOST)
        box = (min(numbers[0::2]), min(numbers[1::2]), max(numbers[0::2]), max(numbers[1::2]))
    elif letters <= _STEPS:
        run = min(sum(map(abs, rest)), MOST)
        box = (begun[0] - run, begun[1] - run, begun[0] + run, begun[1] + run)
    else:
        least, most = min(numbers), max(numbers)
        run = min(len(numbers) * max(abs(least), abs(most), most - least), MOST)
        box = (least, least, most, most) if letters.isdisjoint(_MIXED) else (-MOST, -MOST, MOST, MOST)
    curved = not letters.isdisjoint("CcSsQqTtAa")
    return Outline(0 if curved else count, count // 2 if curved else 0, run, run, box)


def _numbers(path: str) -> list[float]:
    """All that stand in it; most are told apart by spaces."""
    try:
        numbers = list(map(float, path.translate(_SPACED).replace("-", " -").replace("e -", "e-").split()))
    except ValueError:
        numbers = list(map(float, _NUMBER.findall(path)))
    if numbers and (max(numbers) > MOST or min(numbers) < -MOST):
        return [_bounded(one) for one in numbers]
    return numbers


def polyline(points: str) -> Outline:
    """That of a list of points."""
    told = _Walk()
    told.go("M", points)
    return told.outline


def rectangle(x: float, y: float, width: float, height: float) -> Outline:
    """That of a rectangle."""
    width, height = max(0.0, width), max(0.0, height)
    return Outline(4, 0, 2 * (width + height), 2 * height, (x, y, x + width, y + height))


def ellipse(x: float, y: float, wide: float, high: float) -> Outline:
    """That of an ellipse of two radii."""
    wide, high = abs(wide), abs(high)
    return Outline(0, 4, 4 * (wide + high), 4 * high, (x - wide, y - high, x + wide, y + high))


class _Walk:
    """One after the other, the commands of path data."""

    __slots__ = ("begun", "bottom", "curves", "left", "lines", "right", "rise", "run", "top", "x", "y")

    def __init__(self) -> None:
        self.x = self.y = self.run = self.rise = 0.0
        self.lines = self.curves = 0
        self.left = self.top = math.inf
        self.right = self.bottom = -math.inf
        self.begun = (0.0, 0.0)

    @property
    def outline(self) -> Outline:
        """What was walked along."""
        if not self.right >= self.left:
            return Outline(self.lines, self.curves, 0.0, 0.0, (0.0, 0.0, 0.0, 0.0))
        return Outline(self.lines, self.curves, min(self.run, MOST), min(self.rise, MOST), (self.left, self.top, self.right, self.bottom))

    def go(self, letter: str, written: str) -> None:
        """Along one command's numbers."""
        kind, relative = letter.lower(), letter.islower()
        if kind == "z":
            self.lines += 1
            self._along((self.begun[0],), (self.begun[1],))
        elif kind == "a":
            self._arcs(written, relative)
        else:
            self._straight(kind, relative, [_bounded(float(one)) for one in _NUMBER.findall(written)])

    def _straight(self, kind: str, relative: bool, numbers: list[float]) -> None:
        """Lines and curves."""
        if kind in "hv":
            along = list(accumulate(numbers, initial=self.x if kind == "h" else self.y))[1:] if relative else numbers
            self.lines += len(along)
            if kind == "h":
                self._along(along, [self.y] * len(along))
            else:
                self._along([self.x] * len(along), along)
            return
        size = _CURVES.get(kind, 1)
        across, down = numbers[0::2], numbers[1::2]
        across = across[: len(down) - len(down) % size]
        down = down[: len(across)]
        if relative:
            across, down = _placed(across, self.x, size), _placed(down, self.y, size)
        if size > 1 or kind == "t":
            self.curves += len(down) // size
        else:
            self.lines += len(down)
        if kind == "m" and down:
            self._box((across[0],), (down[0],))
            self.x, self.y = self.begun = across[0], down[0]
        self._along(across, down)

    def _arcs(self, written: str, relative: bool) -> None:
        """Each as long as its whole ellipse."""
        for found in _ARC.finditer(written):
            wide, high, _, x, y = (_bounded(float(one)) for one in found.groups())
            if relative:
                x, y = x + self.x, y + self.y
            radius = max(abs(wide), abs(high), abs(x - self.x), abs(y - self.y))
            self.curves += 4
            self.run += _TURN * radius
            self.rise += _TURN * radius
            self._box((x - 2 * radius, x + 2 * radius), (y - 2 * radius, y + 2 * radius))
            self.x, self.y = x, y

    def _along(self, across: Sequence[float], down: Sequence[float]) -> None:
        if not down:
            return
        rise = abs(down[0] - self.y) + sum(map(abs, map(sub, down[1:], down)))
        self.rise += rise
        self.run += rise + abs(across[0] - self.x) + sum(map(abs, map(sub, across[1:], across)))
        self._box(across, down)
        self.x, self.y = _bounded(across[-1]), _bounded(down[-1])

    def _box(self, across: Sequence[float], down: Sequence[float]) -> None:
        self.left, self.right = min(self.left, min(across)), max(self.right, max(across))
        self.top, self.bottom = min(self.top, min(down)), max(self.bottom, max(down))


def _placed(steps: list[float], at: float, size: int) -> list[float]:
    """Where points are that are told from the end of the curve before."""
    if size == 1:
        return list(accumulate(steps, initial=at))[1:]
    ends = accumulate(steps[size - 1 :: size], initial=at)
    return [
        end + step
        for end, some in zip(ends, zip(*(steps[place::size] for place in range(size)), strict=True), strict=False)
        for step in some
    ]


def _bounded(number: float) -> float:
    return number if -MOST < number < MOST else math.copysign(MOST, number)
