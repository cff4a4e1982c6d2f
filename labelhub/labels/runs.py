"""Runs: a line of text in pieces of one face and one direction, in visual order; what stands in one place stays in one piece."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from labelhub.errors import GlyphMissing
from labelhub.labels import bidi
from labelhub.labels.clusters import clusters
from labelhub.labels.faces import Face, Faces

_KANA = re.compile("[\u3040-\u30ff]")
_EMOJI_STYLE, _TEXT_STYLE = "\ufe0f", "\ufe0e"


class Run(NamedTuple):
    """A piece of a line. `direction` is "ltr" or "rtl"; None where the piece is the whole line and its order is yet to be found."""

    text: str
    face: Face
    direction: str | None


@lru_cache(maxsize=512)
def runs(text: str, bold: bool, faces: Faces) -> tuple[Run, ...]:
    """The pieces from left to right. GlyphMissing names a character that no face has."""
    first = faces.of(bold)[0]
    if not _has_emoji(text) and first.covers(text):
        return (Run(text, first, None),)
    kana = _KANA.search(text) is not None
    pieces = [(piece, _face(piece, bold, faces, kana)) for piece in clusters(text)]
    chosen = _blanks_along(pieces, faces.emoji)
    if all(face is chosen[0] for face in chosen):
        return (Run(text, chosen[0], None),)
    return tuple(_ordered(text, [(piece, face) for (piece, _), face in zip(pieces, chosen, strict=True)]))


def _ordered(text: str, pieces: list[tuple[str, Face]]) -> Iterator[Run]:
    """Neighbours of one face and level put together, from left to right."""
    levels = bidi.levels(text)
    at, parts = 0, []
    for piece, face in pieces:
        parts.append((piece, face, levels[at]))
        at += len(piece)
    grouped = [("".join(part[0] for part in group), *key) for key, group in groupby(parts, lambda part: part[1:])]
    for place in bidi.visual_order([level for _, _, level in grouped]):
        piece, face, level = grouped[place]
        yield Run(piece, face, "rtl" if level % 2 else "ltr")


def _blanks_along(pieces: list[tuple[str, Face]], emoji: Face) -> list[Face]:
    """The face of each piece; a blank between words stays with the word before it, but for an emoji, whose blanks are wide."""
    chosen: list[Face] = []
    for piece, face in pieces:
        along = chosen and piece.isspace() and chosen[-1] is not emoji and chosen[-1].covers(piece)
        chosen.append(chosen[-1] if along else face)
    return chosen


@lru_cache(maxsize=2048)
def _face(piece: str, bold: bool, faces: Faces, kana: bool) -> Face:
    """The first face that has every part of a cluster, as it is written, composed or taken apart. GlyphMissing."""
    candidates = faces.of(bold)
    if _has_emoji(piece):
        candidates = (*faces.ahead, faces.emoji, *candidates)
    elif kana and not candidates[0].covers(piece):
        candidates = (*faces.ahead, faces.for_kana(bold), *candidates)
    for form in _forms(piece):
        for face in candidates:
            if face.covers(form):
                return face
    missing = next((one for one in piece if not any(face.covers(one) for face in candidates)), piece[-1])
    name = unicodedata.name(missing, "a character without a name")
    raise GlyphMissing(
        f"no font has a glyph for U+{ord(missing):04X} ({name}). Write it otherwise, or leave it out.",
        character=f"U+{ord(missing):04X}",
        name=name,
    )


def _forms(piece: str) -> Iterator[str]:
    yield piece
    if len(piece) > 1 or not piece.isascii():
        yield unicodedata.normalize("NFC", piece)
        yield unicodedata.normalize("NFD", piece)


def _has_emoji(text: str) -> bool:
    """True where a picture is meant: the emoji blocks, or a sign that asks for its picture."""
    if text.isascii() or _TEXT_STYLE in text:
        return False
    return any((0x1F1E6 <= ord(character) <= 0x1FAFF and _pictured(ord(character))) or character == _EMOJI_STYLE for character in text)


def _pictured(code: int) -> bool:
    return (code <= 0x1F64F and code >= 0x1F300) or 0x1F680 <= code <= 0x1F6FF or code >= 0x1F900 or code <= 0x1F1FF
