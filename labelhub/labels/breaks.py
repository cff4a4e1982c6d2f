"""Breaks: where a line of text may end.

At blanks, past a hyphen between letters, between ideographs, and at a ZERO WIDTH SPACE. Thai, Lao, Burmese and Khmer have no blanks
between words: ICU finds them in its dictionaries (docs/why/fonts.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from labelhub.labels.clusters import clusters
from labelhub.late import breakers

_OPENING = "「『（［｛〈《【〔"
_CLOSING = "」』）］｝〉》】〕、。，．：；！？・…ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々%％"
_IDEOGRAPH = "\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_WORD = re.compile(
    rf"([{_OPENING}]*[{_IDEOGRAPH}][{_CLOSING}]*"
    rf"|[^\s\u200b]+?(?:(?<=[^\W\d_]{{2}}-)(?=[^\W\d_]{{2}})|(?=[{_OPENING}{_IDEOGRAPH}])|(?=[\s\u200b]|$)))([\s\u200b]*)"
)
"""A run of characters that stays on one line, up to a blank or past a hyphen between letters, and the blank after it.

An ideograph or kana is one of its own, with the signs that may begin or end no line (JIS X 4051, the common ones).
"""

BLANKS = " \u200b"
"""What parts words in a text of one line."""

_UNSPACED = re.compile("[\u0e00-\u0e7f]{2,}|[\u0e80-\u0eff]{2,}|[\u1000-\u109f]{2,}|[\u1780-\u17ff]{2,}")
_ANY = "und"
"""The script tells the language, as far as breaks go."""
_CLINGING = "\u0e2f\u0e46\u0eaf\u0ec6\u104a\u104b\u17d4\u17d5\u17d6\u17d7\u17d9\u17da"
"""Marks of abbreviation, of repetition and at the end of a sentence: none begins a line."""


def words(text: str) -> Sequence[tuple[str, str]]:
    """The pieces of a line that are kept whole, each with the blank after it."""
    return _WORD.findall(text) if text.isascii() or not _UNSPACED.search(text) else _parted(text)


def ends(text: str) -> set[int]:
    """Where a line may end: places in the text, before the blanks."""
    at, found = 0, set()
    for word, blank in words(text):
        found.add(at + len(word))
        at += len(word) + len(blank)
    return found


@lru_cache(maxsize=64)
def _parted(text: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for word, blank in _WORD.findall(text):
        *parts, last = _parts(word)
        found += [*((part, "") for part in parts), (last, blank)]
    return tuple(found)


def _parts(word: str) -> Iterator[str]:
    allowed = {run.start() + end for run in _UNSPACED.finditer(word) for _, end in breakers.LineBreaker(run[0], _ANY).segments()}
    allowed -= {run.end() for run in _UNSPACED.finditer(word)}
    start = 0
    for end in accumulate(map(len, clusters(word))):
        if end == len(word) or (end in allowed and _may_begin(word, end)):
            yield word[start:end]
            start = end


def _may_begin(word: str, place: int) -> bool:
    return word[place] not in _CLINGING and not (word[place].isdigit() and word[place - 1].isdigit())
