"""Faces: the font files that texts are set in, and which of them has a glyph for what (docs/why/fonts.md)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from labelhub.labels.coverage import coverage

FOLDER = Path(str(resources.files("labelhub.labels") / "fonts"))


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One font file. `smallest_dots`: the smallest legible em. `plain`: one glyph a letter in European scripts, but for f-ligatures."""

    path: Path
    smallest_dots: int
    plain: bool = False
    family: str = ""

    def covers(self, text: str) -> bool:
        """True when no character of the text lacks a glyph. FontInvalid."""
        found = coverage(self.path)
        return all(ord(character) in found or unseen(character) for character in text)


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces in the order they are asked for a glyph, first the one that texts are set in."""

    regular: tuple[Face, ...]
    bold: tuple[Face, ...]
    emoji: Face
    kana: Face

    def of(self, bold: bool) -> tuple[Face, ...]:
        """Those of a weight."""
        return self.bold if bold else self.regular


def unseen(character: str) -> bool:
    """True for a character that leaves no ink and needs no glyph: joiners, direction marks, variation selectors."""
    code = ord(character)
    if code < 0x300:
        return code == 0xAD
    if unicodedata.category(character) == "Cf":
        return code not in _SEEN_FORMATS
    return code in _UNSEEN or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


_SEEN_FORMATS = frozenset((*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD))
_UNSEEN = frozenset((0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0))

REGULAR = Face(FOLDER / "DejaVuSansCondensed.ttf", 11, plain=True, family="DejaVu Sans Condensed")
BOLD = Face(FOLDER / "DejaVuSansCondensed-Bold.ttf", 13, plain=True, family="DejaVu Sans Condensed")


def _noto(name: str, smallest_dots: int) -> Face:
    return Face(FOLDER / f"{name}-Regular.ttf", smallest_dots, family=name)


EMOJI = _noto("NotoEmoji", 16)
JAPANESE = _noto("NotoSansJP", 14)
FALLBACK = (
    _noto("NotoSansSC", 14),
    _noto("NotoSansKR", 12),
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
    _noto("NotoSansSymbols", 14),
    _noto("NotoSansSymbols2", 14),
    EMOJI,
)
BUILTIN = Faces((REGULAR, *FALLBACK), (BOLD, REGULAR, *FALLBACK), EMOJI, JAPANESE)
