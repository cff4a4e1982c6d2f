"""Faces: the font files that texts are set in, and which of them has a glyph for what (docs/why/fonts.md)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path

from labelhub.errors import TemplateInvalid
from labelhub.labels.coverage import coverage

FOLDER = Path(str(resources.files("labelhub.labels") / "fonts"))
CLEAR_DOTS = 22
"""The smallest em at which the bold of a dense script leaves paper inside its letters (docs/why/fonts.md)."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One font file. `smallest_dots`: the smallest legible em. `plain`: one glyph a letter in European scripts, but for f-ligatures.

    `light` is drawn in its stead below `CLEAR_DOTS`. `widened`: strokes are drawn wider than the file has them, where no bold one is.
    """

    path: Path
    smallest_dots: int
    plain: bool = False
    family: str = ""
    style: str = ""
    light: Face | None = None
    widened: bool = False

    def at(self, size_dots: int) -> Face:
        """What is drawn at an em of so many dots."""
        return self.light if self.light is not None and size_dots < CLEAR_DOTS else self

    def covers(self, text: str) -> bool:
        """True when no character of the text lacks a glyph. FontInvalid."""
        found = coverage(self.path)
        return all(ord(character) in found or unseen(character) for character in text)

    def is_called(self, name: str) -> bool:
        """True for the name of its family, or that and its style; blanks, hyphens and capitals make no difference."""
        return _told_apart(name) in (_told_apart(self.family), _told_apart(self.family + self.style))

    def strays_from(self, weight: str) -> tuple[bool, bool, bool]:
        """How far its style is from that of a weight, "regular" or "bold": the least comes first in a family."""
        words = set(re.findall("[a-z]+", self.style.lower()))
        plain = words <= _PLAIN_STYLES if weight == "regular" else weight in words
        return bool(words & _SLANTED), self.is_bold != (weight == "bold"), not plain

    @property
    def is_bold(self) -> bool:
        """True for a heavy style: bold, semi-bold, extra bold, black."""
        return re.search("bold|black|heavy", self.style, re.I) is not None


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces in the order they are asked for a glyph, first the one that texts are set in."""

    regular: tuple[Face, ...]
    bold: tuple[Face, ...]
    emoji: Face
    kana: Face
    bold_kana: Face
    ahead: tuple[Face, ...] = ()
    """Asked before `emoji` and those for kana as well."""

    def of(self, bold: bool) -> tuple[Face, ...]:
        """Those of a weight."""
        return self.bold if bold else self.regular

    def for_kana(self, bold: bool) -> Face:
        """What a line with kana is set in."""
        return self.bold_kana if bold else self.kana

    def every(self) -> Iterator[Face]:
        """Each face once, those that are no part of the hub first."""
        yield from dict.fromkeys((*self.ahead, *self.regular, *self.bold, self.emoji, self.kana, self.bold_kana))


@lru_cache(maxsize=64)
def named(faces: Faces, name: str) -> Faces:
    """The same with the fonts of this name before all others. TemplateInvalid where there is none."""
    called = [face for face in faces.every() if face.is_called(name)]
    if not called:
        there = ", ".join(dict.fromkeys(face.family for face in faces.every()))
        raise TemplateInvalid(
            f"no font is called {name[:100]!r}. There are: {there}. Name one of them, or put the font's file into the folder"
            " `fonts` of the hub's data and start the hub again"
        )
    regular, bold = (min(called, key=lambda face, weight=weight: face.strays_from(weight)) for weight in ("regular", "bold"))  # type: ignore[misc]
    bold = bold if bold.is_bold else regular
    return replace(faces, regular=(regular, *faces.regular), bold=(bold, regular, *faces.bold), ahead=(regular, *faces.ahead))


def _told_apart(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


def unseen(character: str) -> bool:
    """True for a character that leaves no ink and needs no glyph: joiners, direction marks, variation selectors."""
    code = ord(character)
    if code < 0x300:
        return code == 0xAD
    if unicodedata.category(character) == "Cf":
        return code not in _SEEN_FORMATS
    return code in _UNSEEN or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


_PLAIN_STYLES = frozenset(("", "regular", "book", "roman", "normal"))
_SLANTED = frozenset(("italic", "oblique"))
_SEEN_FORMATS = frozenset((*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD))
_UNSEEN = frozenset((0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0))

REGULAR = Face(FOLDER / "DejaVuSansCondensed.ttf", 11, plain=True, family="DejaVu Sans Condensed")
BOLD = Face(FOLDER / "DejaVuSansCondensed-Bold.ttf", 13, plain=True, family="DejaVu Sans Condensed", style="Bold")


def _noto(name: str, smallest_dots: int) -> Face:
    family = re.sub("(?<=[a-z])(?=[A-Z0-9])", " ", name)
    return Face(FOLDER / f"{name}-Regular.ttf", smallest_dots, family=family)


def _heavy(face: Face) -> Face:
    path = FOLDER / face.path.name.replace("Regular", "Bold")
    return replace(face, path=path, style="Bold", light=face)


def _widened(face: Face) -> Face:
    return replace(face, style="Bold", light=face, widened=True)


EMOJI = _noto("NotoEmoji", 16)
JAPANESE = _noto("NotoSansJP", 14)
_EAST_ASIAN = (_noto("NotoSansSC", 14), _noto("NotoSansKR", 12))
_WITH_BOLD = (
    _noto("NotoSansDevanagari", 14),
    _noto("NotoSansBengali", 14),
    _noto("NotoSansGujarati", 14),
    _noto("NotoSansGurmukhi", 14),
    _noto("NotoSansTamil", 14),
    _noto("NotoSansTelugu", 14),
    _noto("NotoSansKannada", 14),
    _noto("NotoSansMalayalam", 14),
    _noto("NotoSansSinhala", 14),
    _noto("NotoSansThai", 14),
    _noto("NotoSansKhmer", 16),
    _noto("NotoSansMyanmar", 14),
    _noto("NotoSansEthiopic", 14),
)
_SIGNS = (_noto("NotoSansSymbols", 14), _noto("NotoSansSymbols2", 14), EMOJI)
FALLBACK = (*_EAST_ASIAN, *_WITH_BOLD, *_SIGNS)
BOLD_FALLBACK = (*map(_widened, _EAST_ASIAN), *map(_heavy, _WITH_BOLD), *_SIGNS)
BUILTIN = Faces((REGULAR, *FALLBACK), (BOLD, REGULAR, *BOLD_FALLBACK), EMOJI, JAPANESE, _widened(JAPANESE))
