"""Strikes: the glyphs of one face at one size as they were drawn once, put together to lines without asking FreeType again.

A line of European letters is a sum: each glyph moves the pen by its advance, each pair by its kerning. Positions count 64ths of a
dot, as FreeType's do, and are rounded to whole dots where a glyph is drawn. The dots and boxes are those that Pillow and Raqm give.

Glyphs are kept as numbers: columns from left to right, each `rows` bits from the top down, so that a line is a few shifts and ors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from itertools import combinations
from typing import NamedTuple

from labelhub.errors import FontInvalid
from labelhub.labels.faces import Face
from labelhub.late import Image, ImageDraw, ImageFont

_COMMON = r" -@\[-`{-~¡-©«¬®-¹»-¿×÷–—‘’‚“”„•…€№™←-↓−≤≥✓"
_SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "o": re.compile(rf"[{_COMMON}A-Za-zªºÀ-ÖØ-öø-ɏ]*"),
    "ο": re.compile(rf"[{_COMMON}Α-ΡΣ-ϊΆΈ-Ώό-ώϋά-ΰΐ]*"),
    "о": re.compile(rf"[{_COMMON}Ѐ-џ]*"),
}
"""What lines of one script consist of, by a letter of it: kerning is looked up by script, and Raqm sets each script by itself."""

_PARTS = re.compile("ffi|ffl|ff|fi|fl|.")
"""Letters, and those that a ligature may put together."""

_RULER = "H│\u2003"
"""Drawn before a glyph: stands on the baseline, is higher and lower than letters, and keeps off what hangs out to the left."""

_BLANKS = ("", " ", "\u2002", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u202f", "─", "→")
"""Things without kerning and of several widths, which together move the pen by nearly any part of a dot."""

_MOST_GLYPHS, _MOST_PAIRS = 300, 1500
_LARGEST_DOTS = 80
_WORTH = 24
_UNITS_DOTS = 2048
"""A size at which a dot is a unit of the font's own grid, so that kerning is measured exactly and once for all sizes."""


def font(face: Face, size_dots: int) -> ImageFont.FreeTypeFont:
    """The face at an em of so many dots. Threads may share it: every call into it holds the interpreter's lock."""
    return _plain_font(face, size_dots) if face.plain else _other_font(face, size_dots)


def _opened(face: Face, size_dots: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(face.path, size_dots, layout_engine=ImageFont.Layout.RAQM)
    except OSError as error:
        raise FontInvalid(f"the font {face.path.name!a} can no longer be read: put it back, or start the hub again without it") from error


_plain_font = lru_cache(maxsize=48)(_opened)
"""Each takes about 250 kB."""

_other_font = lru_cache(maxsize=8)(_opened)
"""Each takes up to 3 MB, and a millisecond to open: the tables of a font of ideographs are long."""


class Glyph(NamedTuple):
    """One glyph. Distances in dots from the pen on the baseline, downwards and to the right; `advance` in 64ths."""

    advance: int
    left: int
    top: int
    right: int
    bottom: int
    drawn_left: int
    drawn_top: int
    column: int
    columns: int
    bits: int


class Line(NamedTuple):
    """Glyphs at their places. The box holds ink and pen; `shift` is how far Pillow moves the ink where a glyph's box is wider than it."""

    left: int
    top: int
    right: int
    bottom: int
    advance: int
    glyphs: list[tuple[int, Glyph]]
    shift: tuple[int, int]


def script_of(text: str) -> str | None:
    """A letter of the only script in the text; None for one that is not put together from glyphs. Signs alone count as Latin."""
    for letter, pattern in _SCRIPTS.items():
        if pattern.fullmatch(text):
            return letter
    return None


class Strike:
    """The glyphs of a face at a size. Threads may share it: the worst they do is draw a glyph twice."""

    def __init__(self, face: Face, size_dots: int) -> None:
        self._face = face
        self._size = size_dots
        self._glyphs: dict[str, Glyph | None] = {}
        self._steps: dict[str, dict[str, tuple[int, Glyph]]] = {}
        self._asked = 0
        self.base = 2 * size_dots
        self.rows = -(-3 * size_dots // 8) * 8

    def is_worth_it(self) -> bool:
        """True once so many lines were asked for that drawing glyphs one by one has paid: for a few lines Raqm is quicker."""
        self._asked += 1
        return self._asked > _WORTH and self._size <= _LARGEST_DOTS

    def line(self, text: str, script: str) -> Line | None:
        """The text's glyphs at their places; None when one of them cannot be had on its own."""
        context = script if any(map(str.isalpha, text)) else ""
        steps = self._steps.setdefault(context, {})
        position = left = top = right = bottom = drawn_left = drawn_top = 0
        placed = []
        before = ""
        for part in _PARTS.findall(text) if "f" in text else text:
            step = steps.get(before + part) or self._step(context, before, part)
            if step is None:
                return None
            kern, glyph = step
            advance, box_left, box_top, box_right, box_bottom, ink_left, ink_top, _, columns, _ = glyph
            position += kern
            x = (position + 32) >> 6
            position += advance
            right = max(right, x, x + box_right)
            if x + box_left < left:
                left = x + box_left
            if x + ink_left < drawn_left:
                drawn_left = x + ink_left
            if box_top < top:
                top = box_top
            if ink_top < drawn_top:
                drawn_top = ink_top
            if box_bottom > bottom:
                bottom = box_bottom
            if columns:
                placed.append((x, glyph))
            before = part
        right = max(right, (position + 32) >> 6)
        return Line(left, top, right, bottom, position, placed, (left - drawn_left, top - drawn_top))

    def picture(self, line: Line) -> Image.Image:
        """The line's ink, white on black: as wide as its box, `rows` high, with the baseline below the row before `base`."""
        width, rows, start = line.right - line.left, self.rows, line.shift[0] - line.left
        bits = 0
        for x, glyph in line.glyphs:
            after = width - (start + x + glyph.column + glyph.columns)
            bits |= glyph.bits << (after * rows)
        return Image.frombytes("1", (rows, width), bits.to_bytes(width * rows // 8, "big")).transpose(Image.Transpose.TRANSPOSE)

    def _step(self, context: str, before: str, part: str) -> tuple[int, Glyph] | None:
        """What kerning adds between two parts, and the second one's glyph; kept."""
        glyph = self._glyphs[part] if part in self._glyphs else self._glyph(part)
        if glyph is None:
            return None
        scale = (self._size * 64 << 16) // _UNITS_DOTS
        kern = (_kern_units(self._face, f"{context}{before}", part) * scale + 0x8000) >> 16 if before else 0
        steps = self._steps.setdefault(context, {})
        if len(steps) >= _MOST_PAIRS:
            steps.clear()
        steps[before + part] = kern, glyph
        return kern, glyph

    def _glyph(self, part: str) -> Glyph | None:
        if len(self._glyphs) >= _MOST_GLYPHS:
            self._glyphs.clear()
            self._steps.clear()
        found = self._glyphs[part] = self._drawn(part)
        return found

    def _drawn(self, part: str) -> Glyph | None:
        advance = self._length(part)
        left, top, _, bottom = (int(side) for side in font(self._face, self._size).getbbox(part, mode="1", anchor="ls"))
        right = self._right(part, advance)
        pen = (self._length(_RULER) + 32) >> 6
        ink, base = self._inked(_RULER + part, pen + (advance >> 6) + 3 * self._size)
        size = self._size
        picture = ink.crop((pen - size // 2, 0, ink.width, ink.height))
        box = picture.getbbox()
        if right is None or base is None:
            return None
        if box is None:
            return Glyph(advance, left, top, right, bottom, left, top, 0, 0, 0)
        column, above = box[0] - size // 2, base - self.base
        if box[1] - above < 0 or box[3] - above > self.rows:
            return None
        whole = Image.new("1", (box[2] - box[0], self.rows), 0)
        whole.paste(picture.crop((box[0], 0, box[2], ink.height)), (0, -above))
        bits = int.from_bytes(whole.transpose(Image.Transpose.TRANSPOSE).tobytes(), "big")
        alone, _ = self._inked(part, (advance >> 6) + 3 * size, size)
        own = alone.getbbox()
        if own is None:
            return None
        moved = own[0] - size - column, own[1] - self.base - (box[1] - base)
        return Glyph(advance, left, top, right, bottom, left - moved[0], top - moved[1], column, box[2] - box[0], bits)

    def _inked(self, text: str, width: int, x: int = 0) -> tuple[Image.Image, int | None]:
        """The text drawn as Pillow does, and the row its baseline really came to where it begins with the ruler."""
        picture = Image.new("1", (x + width, self.rows), 0)
        pen = ImageDraw.Draw(picture)
        pen.fontmode = "1"
        pen.text((x, self.base), text, fill=1, font=font(self._face, self._size), anchor="ls")
        stem = picture.crop((0, 0, max(1, self._length("H") >> 6), self.rows)).getbbox()
        return picture, stem[3] if stem else None

    def _right(self, part: str, advance: int) -> int | None:
        """Where the glyph's box ends, or less if it ends before the pen does: Pillow tells only the farther of both.

        So it is measured where the pen is rounded down; None where no blank before it makes it so.
        """
        blank, before = self._blank
        if (before + 32) % 64 + advance % 64 >= 64:
            return None
        return int(font(self._face, self._size).getbbox(blank + part, mode="1", anchor="ls")[2]) - ((before + 32) >> 6)

    @cached_property
    def _blank(self) -> tuple[str, int]:
        """What moves the pen to where it is just rounded up, and by how much."""
        widths = [(blank, self._length(blank)) for blank in _BLANKS]
        several = (("".join(blank for blank, _ in some), sum(width for _, width in some)) for some in combinations(widths * 2, 3))
        return min(several, key=lambda blank: (blank[1] + 32) % 64)

    def _length(self, text: str) -> int:
        return round(font(self._face, self._size).getlength(text, mode="1") * 64)


@lru_cache(maxsize=48)
def strike(face: Face, size_dots: int) -> Strike:
    """The strike of a face at an em of so many dots."""
    return Strike(face, size_dots)


@lru_cache(maxsize=4096)
def _kern_units(face: Face, before: str, after: str) -> int:
    """Kerning in the font's units. What stands before may begin with a letter that tells the script."""
    return _units(face, before + after) - _units(face, before) - _units(face, after)


def _units(face: Face, text: str) -> int:
    return round(font(face, _UNITS_DOTS).getlength(text, mode="1"))
