"""Clusters: what a reader takes for one character, so that it is set in one font and no line ends inside it.

As UAX 29 has them, and in the scripts of India and South-East Asia whatever stands in one place: letters that are stacked on each
other, vowels with the consonant that they are written before or after, and the silent consonant at the end of a syllable.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from labelhub.labels.faces import unseen

_JOINER = "\u200d"
_STACKING = frozenset("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0c4d\u0ccd\u0d4d\u1039\u17d2")
"""Signs that put the next letter below or beside the one before: virama, coeng."""

_LEADING = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
_FOLLOWING = frozenset("\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3\u0ebd")
"""Vowels of Thai and Lao that are letters to Unicode."""

_ASAT = "\u103a"


def clusters(text: str) -> Iterator[str]:
    """What a reader takes for one character: a letter with its marks, an emoji of several, a flag of two letters."""
    start = 0
    for place in range(1, len(text)):
        if not _joined(text, start, place):
            yield text[start:place]
            start = place
    if text:
        yield text[start:]


def _joined(text: str, start: int, place: int) -> bool:
    character, before = text[place], text[place - 1]
    if unseen(character) or unicodedata.category(character)[0] == "M" or 0x1F3FB <= ord(character) <= 0x1F3FF:
        return True
    if _flag(character):
        return _flag(before) and place - start == 1
    return before == _JOINER or (character > "\u08ff" and _spelled_together(text, place))


def _spelled_together(text: str, place: int) -> bool:
    character, before = text[place], text[place - 1]
    if not character.isalpha() or ord(before) >> 7 != ord(character) >> 7:  # letters of one script stand together
        return False
    silent = "\u1000" <= character <= "\u1021" and text[place + 1 : place + 2] == _ASAT
    return before in _STACKING or before in _LEADING or character in _FOLLOWING or silent


def _flag(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF
