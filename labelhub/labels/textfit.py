"""Text fitted to its room: the largest size whose ink fits, wrapped, shortened only where the template says so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from labelhub.labels import fonts
from labelhub.labels.breaks import words
from labelhub.labels.clusters import clusters
from labelhub.labels.faces import BUILTIN, Faces

ELLIPSIS = "…"
WRAP_WORTH = 0.92
"""Another line is worth it when without it the text would be smaller than this part of its size."""

BREAK_WORTH = 0.5
"""The same for a first line more than a person wrote: line breaks made on purpose are kept as they are if at all possible."""

_A_LINE = 32
"""Characters that are tried first as a part of a broken word: most lines hold about as many, and measuring more takes longer."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a text may take: dots each way, sizes in dots of an em, and a number of lines."""

    width_dots: int
    height_dots: int
    least_dots: int
    most_dots: int
    lines: int
    bold: bool
    faces: Faces = BUILTIN


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines set at one size: each with its ink and the baseline's distance from the block's top."""

    size_dots: int
    lines: tuple[str, ...]
    inks: tuple[fonts.Ink, ...]
    baselines: tuple[int, ...]
    width_dots: int
    height_dots: int


def fitted(paragraphs: Sequence[str], room: Room, *, shorten: bool = False) -> Setting | None:
    """The paragraphs at the largest size that fits, or None; `shorten`: an ellipsis rather than None, if a line fits at all."""
    single = len(paragraphs) == 1 and room.lines == 1
    found = _largest_line(paragraphs[0], room) if single else _largest_wrapped(paragraphs, room)
    return found or (_shortened(paragraphs, room) if shorten else None)


def _largest_line(text: str, room: Room) -> Setting | None:
    size = room.most_dots
    while size >= room.least_dots:
        ink = fonts.ink(text, room.bold, size, room.faces)
        if ink.width <= room.width_dots and ink.height <= room.height_dots:
            return _set([text], room, size)
        shrink = min(room.width_dots / max(ink.width, 1), room.height_dots / max(ink.height, 1), 1)
        size = min(size - 1, max(int(size * shrink) + 1, room.least_dots if size > room.least_dots else 0))
    return None


def _largest_wrapped(paragraphs: Sequence[str], room: Room) -> Setting | None:
    """The largest size, but fewer lines where they cost little of it."""
    best = _largest_within(paragraphs, room)
    if best is None or len(best.lines) == len(paragraphs):
        return best
    unbroken = _at_least(paragraphs, room, best, BREAK_WORTH) if len(paragraphs) > 1 else None
    if unbroken and len(unbroken.lines) == len(paragraphs):
        return unbroken
    best = _at_least(paragraphs, room, best, WRAP_WORTH) or best
    return _balanced(best, paragraphs, room)


def _at_least(paragraphs: Sequence[str], room: Room, best: Setting, worth: float) -> Setting | None:
    """The largest size with the fewest lines that any size from this part of the best one's gives; None if they are not fewer."""
    least = max(room.least_dots, math.ceil(best.size_dots * worth))
    tightest = _wrapped(paragraphs, room, least)
    if tightest is None or len(tightest.lines) >= len(best.lines):
        return None
    return _largest_within(paragraphs, replace(room, least_dots=least, most_dots=best.size_dots, lines=len(tightest.lines)))


def _largest_within(paragraphs: Sequence[str], room: Room) -> Setting | None:
    low, high = room.least_dots, room.most_dots
    best = _wrapped(paragraphs, room, low) or _wrapped(paragraphs, room, low, break_words=True)
    while best and low < high:
        middle = (low + high + 1) // 2
        setting = _wrapped(paragraphs, room, middle)
        if setting:
            best, low = setting, middle
        else:
            high = middle - 1
    return best


def _balanced(setting: Setting, paragraphs: Sequence[str], room: Room) -> Setting:
    """As many lines of the same size, but as narrow as can be: shorter on tape, and no last line of one word."""
    low, high = 1, setting.width_dots
    while low < high:
        middle = (low + high) // 2
        narrower = _wrapped(paragraphs, replace(room, width_dots=middle, lines=len(setting.lines)), setting.size_dots)
        if narrower:
            setting, high = narrower, middle
        else:
            low = middle + 1
    return setting


def _wrapped(paragraphs: Sequence[str], room: Room, size: int, *, break_words: bool = False) -> Setting | None:
    lines: list[str] = []
    for paragraph in paragraphs:
        found = _wrap(paragraph, room, size, break_words)
        if found is None or len(lines) + len(found) > room.lines:
            return None
        lines += found
    setting = _set(lines, room, size)
    return setting if setting.width_dots <= room.width_dots and setting.height_dots <= room.height_dots else None


def _wrap(text: str, room: Room, size: int, break_words: bool) -> list[str] | None:
    """The text in lines about as wide as the room, or None when a word is wider or there are too many lines."""
    lines: list[str] = []
    line = pending = ""
    used = 0.0
    for word, blank in words(text):
        width = fonts.advance(word, room.bold, size, room.faces)
        before = fonts.advance(pending, room.bold, size, room.faces) if pending else 0.0
        if line and used + before + width <= room.width_dots:
            line, pending, used = line + pending + word, blank, used + before + width
            continue
        if line:
            lines.append(line)
        while width > room.width_dots:
            end = _break_place(word, room, size) if break_words else 0
            if not end:
                return None
            lines.append(word[:end])
            word = word[end:]
            width = fonts.advance(word, room.bold, size, room.faces)
        if len(lines) >= room.lines:
            return None
        line, pending, used = word, blank, width
    return [*lines, line]


def _break_place(word: str, room: Room, size: int) -> int:
    """How many of a word's characters fit, with no cluster torn apart; 0 when none does."""
    low, high = 0, min(_A_LINE, len(word) - 1)
    while high < len(word) - 1 and _starts_within(word, high, room, size):
        low, high = high, min(2 * high, len(word) - 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _starts_within(word, middle, room, size) else (low, middle - 1)
    return max((end for end in accumulate(map(len, clusters(word[: low + 2]))) if end <= low), default=0)


def _starts_within(word: str, end: int, room: Room, size: int) -> bool:
    """True when the word's first `end` characters fit on a line."""
    start = word[:end]
    return (
        fonts.advance(start, room.bold, size, room.faces) <= room.width_dots
        and fonts.ink(start, room.bold, size, room.faces).width <= room.width_dots
    )


def _shortened(paragraphs: Sequence[str], room: Room) -> Setting | None:
    """As much of the text as fits at its smallest size, in as many lines as can be; words are broken only where nothing else fits."""
    for break_words in (False, True):
        for most in range(room.lines, 0, -1):
            head, rest = paragraphs[: most - 1], " ".join(paragraphs[most - 1 :])
            found = _cut(head, rest, room, break_words) if rest else None
            if found:
                return found
    return None


def _cut(head: Sequence[str], rest: str, room: Room, break_words: bool) -> Setting | None:
    """The paragraphs and the longest start of the rest that fits after them."""
    low, high = 0, len(rest)
    best: Setting | None = None
    while low < high:
        middle = (low + high + 1) // 2
        setting = _wrapped([*head, rest[:middle].rstrip() + ELLIPSIS], room, room.least_dots, break_words=break_words)
        best, low, high = (setting, middle, high) if setting else (best, low, middle - 1)
    return best


def _set(lines: Sequence[str], room: Room, size: int) -> Setting:
    inks = tuple(fonts.ink(line, room.bold, size, room.faces) for line in lines)
    pitch = round(size * fonts.LINE_PITCH)
    baselines = [-inks[0].top]
    for above, below in pairwise(inks):
        baselines.append(baselines[-1] + max(pitch, above.bottom - below.top + 1))
    return Setting(
        size,
        tuple(lines),
        inks,
        tuple(baselines),
        max(ink.width for ink in inks),
        max(b + ink.bottom for b, ink in zip(baselines, inks, strict=True)),
    )
