"""How much work a page's content is to draw, reckoned from its operators: in nanoseconds, as they were measured of PDFium.

    q 2 0 0 2 0 0 cm 0 0 9 9 re f Q     numbers first, then what to do with them: ISO 32000-2 annex A

Not a reading of the language: words are told apart by spaces, the numbers of a path are taken together, and of thousands of shapes a part
stands for all. All is an upper bound, but for what a bent file can hide in it; the process that draws has limits of its own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from operator import sub
from typing import Protocol

MAX_CONTENT_BYTES = 3 * 1024 * 1024
MAX_STATES = 12_000
"""How often a page may keep or change what is drawn with."""

SAMPLE = 2_500
"""Of a content with more shapes, about so many stand for all."""

MAX_SAID = 60_000
"""Texts and comments in a content."""

MAX_PICTURES = 2_000
"""Pictures within a content."""

_CHUNK = 1 << 16
_GAP = re.compile(rb"[ \n\r\t]")
_MOST = 1e6

OPERATOR_NS = 1_200
CORNER_NS, STROKE_CORNER_NS = 1_300, 6_000
LENGTH_NS, STROKE_LENGTH_NS = 100, 280
DASH_NS = 1_300
COLOR_NS, CLEAR_NS, BLENDED_NS, CLIP_NS = 1.4, 4.0, 30.0, 3.5
"""For each pixel. What is blended with what is there has all of that drawn anew, besides."""

BENDS = 8
"""Corners that a curve of a stroke is made of."""

LETTER_NS, LETTER_PIXEL_NS = 12_000, 0.8

Lin = tuple[float, float, float, float]

_SAID = re.compile(rb"\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+\)|%[^\r\n]*", re.S)
_INLINE = re.compile(rb"\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+\)|%[^\r\n]*|(?<![^\s\0])BI(?=[\s\0/])", re.S)
_CONSTRUCT = frozenset((b"m", b"l", b"c", b"v", b"y", b"h"))
_FILLS = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"))
_STROKES = frozenset((b"S", b"s", b"B", b"B*", b"b", b"b*"))
_PAINTS = _FILLS | _STROKES | {b"n"}
_SEEN = _PAINTS | {b"Do", b"sh", b"Tj", b"TJ"}
_TEXTS = frozenset((b"Tj", b"TJ", b"'", b'"'))
_CLIPS = frozenset((b"W", b"W*"))
_OTHERS = tuple(b"q Q cm gs Do sh scn SCN sc SC g rg k G RG K cs CS w d".split())
_STOPS = frozenset((*_PAINTS, *_TEXTS, *_OTHERS, *_CLIPS, b"Tf", b"Tm", b"BT", b"ET", b"i", b"j", b"J", b"M", b"ri", b"Td", b"TD"))


@dataclass(slots=True)
class Pen:
    """What is drawn with: how places become pixels, and how what is drawn covers what is there."""

    lin: Lin
    room: tuple[float, float]
    """Width and height in pixels of what is not cut off."""

    width: float = 1.0
    dash: float = 0.0
    clear: bool = False
    blended: bool = False
    veil_ns: float = 0.0
    """Of a soft mask, drawn anew for whatever is drawn through it."""

    pattern: bytes = b""
    font: bytes = b""
    size: float = 12.0

    def pixels(self, width: float, height: float) -> float:
        """How many of a box of the content are seen, at most."""
        a, b, c, d = self.lin
        across, down = abs(a) * width + abs(c) * height, abs(b) * width + abs(d) * height
        return min(across + 1, self.room[0]) * min(down + 1, self.room[1])

    def each_ns(self) -> float:
        """For each pixel in a plain colour."""
        return BLENDED_NS if self.blended else CLEAR_NS if self.clear else COLOR_NS

    def scale(self) -> float:
        """How many pixels a unit is, at most."""
        a, b, c, d = self.lin
        return max(abs(a), abs(d)) if b == c == 0 else (a * a + b * b + c * c + d * d) ** 0.5


class Things(Protocol):
    """What the names of a content stand for."""

    def shown_ns(self, name: bytes, pen: Pen) -> float:
        """A picture or form."""

    def set_by(self, name: bytes, pen: Pen) -> None:
        """A state of graphics."""

    def shaded_ns(self, name: bytes, pen: Pen) -> float:
        """A shade over all that is not cut off."""

    def painted_ns(self, name: bytes, pixels: float, pen: Pen) -> float:
        """A pattern in so many pixels."""

    def letter_ns(self, name: bytes, pen: Pen) -> float:
        """A letter of a font whose letters are content themselves; 0 of others."""


class Unclear(Exception):
    """A content that cannot be told apart."""


@dataclass(slots=True)
class Reckoning:
    """One content, gone through once."""

    things: Things
    pen: Pen
    limit_ns: float
    ns: float = 0.0
    _kept: list[Pen] = field(default_factory=list)
    _part: float = 1.0
    _clip: bool = False
    _matrix: float = 1.0
    _states: float = 0.0
    _lent: bool = True

    def of(self, content: bytes) -> float:
        """What it takes; more than the limit, as soon as that is known. Unclear."""
        plain = said(content)
        shapes = sum(plain.count(b" " + one) for one in (b"f", b"S", b"B", b"b", b"T"))
        self._part = min(1.0, SAMPLE / max(1, shapes))
        chance = random.Random(len(plain))  # noqa: S311 - the same file is told the same each time
        written: list[bytes] = []
        flat_ns = 0.0
        for word in words_of(plain):
            if word not in _STOPS:
                written.append(word)
                continue
            if word in _CLIPS:
                self._clip = True
                continue
            before_ns = self.ns
            self.ns += OPERATOR_NS
            if word in _PAINTS or word in _TEXTS:
                if self._clip or self._part == 1 or chance.random() < self._part:
                    (self._text if word in _TEXTS else self._paint)(word, written)
            else:
                self._set(word, written)
            written.clear()
            flat_ns += self.ns - before_ns
            if self.pen.blended and word in _SEEN:
                self.ns += flat_ns
            if self.ns > self.limit_ns:
                break
        return self.ns

    def _paint(self, word: bytes, written: list[bytes]) -> None:
        """A path is painted, or what comes is cut off by it."""
        numbers = numbers_of([one for one in written if one not in _CONSTRUCT and one != b"re"])
        weight = 1.0 if self._clip else 1 / self._part
        if len(numbers) < 2:
            self._clip = False
            return
        width, height, run = _rectangles(numbers) if len(numbers) == 4 * written.count(b"re") else _path(numbers)
        size, pixels = self.pen.scale(), self.pen.pixels(width, height)
        corners = len(numbers) // 2
        length = min(run * size, 2 * corners * (self.pen.room[0] + self.pen.room[1]))
        ns = 0.0
        if word in _FILLS:
            ns += corners * CORNER_NS + length * LENGTH_NS + self._colored(pixels)
        if word in _STROKES:
            ns += self._stroked(corners * (BENDS if b"c" in written or b"v" in written or b"y" in written else 1), length, run)
        if self._clip:
            ns += corners * CORNER_NS + length * LENGTH_NS + pixels * CLIP_NS
            a, b, c, d = self.pen.lin
            seen = abs(a) * width + abs(c) * height + 2, abs(b) * width + abs(d) * height + 2
            self._own().room = (min(self.pen.room[0], seen[0]), min(self.pen.room[1], seen[1]))
            self._clip = False
        self.ns += ns * weight

    def _stroked(self, corners: int, length: float, run: float) -> float:
        size = self.pen.scale()
        wide = max(1.0, self.pen.width * size)
        dashes = min(run / self.pen.dash, _MOST) if self.pen.dash else 0.0
        area = min(self.pen.room[0] * self.pen.room[1], length * wide + wide * wide)
        edges = min(wide, self.pen.room[1]) * (corners + dashes) * LENGTH_NS
        return corners * STROKE_CORNER_NS + length * STROKE_LENGTH_NS + dashes * DASH_NS + edges + self._colored(area)

    def _colored(self, pixels: float) -> float:
        if self.pen.pattern:
            return self.things.painted_ns(self.pen.pattern, pixels, self.pen) + self.pen.veil_ns
        return pixels * self.pen.each_ns() + self.pen.veil_ns

    def _text(self, word: bytes, written: list[bytes]) -> None:
        letters = sum(map(len, written)) - len(written)
        high = self.pen.size * self._matrix * self.pen.scale()
        seen = min(high, self.pen.room[0]) * min(high, self.pen.room[1])
        own_ns = self.things.letter_ns(self.pen.font, self.pen)
        ns = own_ns or LETTER_NS + seen * LETTER_PIXEL_NS * self.pen.each_ns() / COLOR_NS
        if self.pen.pattern:
            ns += self.things.painted_ns(self.pen.pattern, seen, self.pen)
        self.ns += (max(letters, 1) * ns + self.pen.veil_ns) / self._part

    def _set(self, word: bytes, written: list[bytes]) -> None:
        """What the next is drawn with."""
        self._states += 1.0 if word == b"cm" else 0.4
        if self._states > MAX_STATES:
            self.ns += self.limit_ns
        if word == b"q":
            self._kept.append(self.pen)
            self._lent = True
        elif word == b"Q":
            if self._kept:
                self.pen = self._kept.pop()
                self._lent = True
        elif word == b"cm":
            self._own().lin = within(self.pen.lin, numbers_of(written[-6:]))
        elif word in (b"Do", b"gs", b"sh") and written:
            name = written[-1][1:]
            if word == b"Do":
                self.ns += self.things.shown_ns(name, self.pen) + self.pen.veil_ns
            elif word == b"sh":
                self.ns += self.things.shaded_ns(name, self.pen) + self.pen.veil_ns
            else:
                self.things.set_by(name, self._own())
        elif word in (b"scn", b"SCN"):
            self._own().pattern = written[-1][1:] if written and written[-1].startswith(b"/") else self.pen.pattern
        else:
            self._set_number(word, written)

    def _own(self) -> Pen:
        """The pen to be changed: another one than is kept for later."""
        if self._lent:
            self.pen, self._lent = replace(self.pen), False
        return self.pen

    def _set_number(self, word: bytes, written: list[bytes]) -> None:
        if word in (b"g", b"rg", b"k"):
            self._own().pattern = b""
        elif word == b"w":
            self._own().width = abs((numbers_of(written[-1:]) or [1.0])[0])
        elif word == b"d":
            told = [abs(one) for one in numbers_of([one for one in written if one not in (b"[", b"]")])[:-1]]
            self._own().dash = sum(told) / len(told) if told else 0.0
        elif word == b"Tf" and len(written) > 1:
            pen = self._own()
            pen.font, pen.size = written[-2][1:], abs((numbers_of(written[-1:]) or [1.0])[0])
        elif word == b"Tm":
            self._matrix = max((abs(one) for one in numbers_of(written[-6:-2])), default=1.0)
        elif word == b"BT":
            self._matrix = 1.0


def _rectangles(numbers: list[float]) -> tuple[float, float, float]:
    """Width and height of the box around them, and the way along all their edges."""
    left, top, across, down = numbers[0::4], numbers[1::4], list(map(abs, numbers[2::4])), list(map(abs, numbers[3::4]))
    width = max(left) - min(left) + max(across) if len(left) > 1 else across[0]
    height = max(top) - min(top) + max(down) if len(top) > 1 else down[0]
    return width, height, 2 * (sum(across) + sum(down))


def _path(numbers: list[float]) -> tuple[float, float, float]:
    across, down = numbers[0::2], numbers[1::2]
    run = sum(map(abs, map(sub, down[1:], down))) + sum(map(abs, map(sub, across[1:], across)))
    return max(across) - min(across), max(down) - min(down), run


def said(content: bytes) -> bytes:
    """The content without comments and pictures, each text as long as it is but in other letters. Unclear."""
    if content.count(b"(") + content.count(b"%") > MAX_SAID:
        raise Unclear
    if b"BI" in content:
        plain = b"".join(_without_pictures(content))
    else:
        plain = _SAID.sub(_blank, content) if b"(" in content or b"%" in content else content
    for mark in (b"[", b"]", b"<", b">", b"{", b"}"):
        plain = plain.replace(mark, b" " + mark + b" ")
    return plain.replace(b"/", b" /").replace(b"\0", b" ")


def _blank(found: re.Match[bytes]) -> bytes:
    return b" " if found[0][:1] == b"%" else b" " + b"x" * len(found[0]) + b" "


def _without_pictures(content: bytes) -> Iterator[bytes]:
    place = count = 0
    while found := _INLINE.search(content, place):
        yield content[place : found.start()]
        place = found.end()
        if found[0] != b"BI":
            yield _blank(found)
            continue
        count += 1
        begun = content.find(b"ID", place)
        end = content.find(b"EI", max(begun, 0))
        if begun < 0 or end < 0 or count > MAX_PICTURES:
            raise Unclear
        while end >= 0 and content[end + 2 : end + 3].strip(b"\0 \t\r\n") != b"":
            end = content.find(b"EI", end + 1)
        if end < 0:
            raise Unclear
        yield b" /picture:" + content[place:begun].hex().encode()[:400] + b" Do "
        place = end + 2
    yield content[place:]


def words_of(plain: bytes) -> Iterator[bytes]:
    """Its words, some thousand at once: all together would take thirty times the memory."""
    place = 0
    while place < len(plain):
        end = place + _CHUNK
        gap = _GAP.search(plain, end)
        end = gap.start() if gap else len(plain)
        yield from plain[place:end].split()
        place = end


def numbers_of(written: list[bytes]) -> list[float]:
    """Those of them that are numbers, none too large."""
    try:
        numbers = list(map(float, written))
    except ValueError:
        numbers = []
        for one in written:
            try:
                numbers.append(float(one))
            except ValueError:
                continue
    if numbers and not (max(numbers) < _MOST and min(numbers) > -_MOST):
        return [max(-_MOST, min(_MOST, one)) if one == one else 0.0 for one in numbers]
    return numbers


def within(lin: Lin, numbers: list[float]) -> Lin:
    """A matrix within another; places do not matter."""
    if len(numbers) < len(lin):
        return lin
    a, b, c, d = lin
    p, q, r, s = numbers[:4]
    found = (a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s)
    return tuple([max(-_MOST, min(_MOST, one)) for one in found])  # type: ignore[return-value]
