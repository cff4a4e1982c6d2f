"""Bidi: the Unicode Bidirectional Algorithm (UAX 9) for a line that several fonts share, so that its pieces stand in visual order.

A line of one font is ordered by FriBiDi, whole. Here explicit marks that embed, override or isolate (rules X1 to X8) are not looked
at; the marks LRM, RLM and ALM are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

_STRONG = ("L", "R", "AL")
_NEUTRAL = ("B", "S", "WS", "ON")
_BRACKETS = dict(zip("([{⁅〈❨❪❬❮❰❲❴⟦⟨⟪⟬⟮⦃⦅⦇〈《「『【〔〖〘〚（［｛｟｢", ")]}⁆〉❩❫❭❯❱❳❵⟧⟩⟫⟭⟯⦄⦆⦈〉》」』】〕〗〙〛）］｝｠｣", strict=True))
_MOST_OPEN = 63
_IGNORED = ("BN", "LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def levels(text: str) -> list[int]:
    """The embedding level of each character; odd ones run from right to left."""
    raw = [unicodedata.bidirectional(character) or "L" for character in text]
    paragraph = 0 if _start(raw) == "L" else 1
    kept = [place for place, kind in enumerate(raw) if kind not in _IGNORED]
    own = "LR"[paragraph]
    weak = _weak([raw[place] for place in kept], own)
    kinds = _neutral(_bracketed(weak, [text[place] for place in kept], own), own)
    found = [paragraph] * len(text)
    for place, kind in zip(kept, kinds, strict=True):
        found[place] = _level(kind, paragraph)
    _take_along(found, raw)
    _trim(found, raw, paragraph)
    return found


def from_right(text: str) -> bool:
    """True when the text begins at the right, as its first letter says (P2, P3)."""
    return not text.isascii() and _start(map(unicodedata.bidirectional, text)) != "L"


def _start(kinds: Iterable[str]) -> str:
    return next((kind for kind in kinds if kind in _STRONG), "L")


def visual_order(levels_of: Sequence[int]) -> list[int]:
    """The places of things with these levels from left to right (L2)."""
    order = list(range(len(levels_of)))
    if not order:
        return order
    for level in range(max(levels_of), 0, -1):
        at = 0
        while at < len(order):
            end = at
            while end < len(order) and levels_of[order[end]] >= level:
                end += 1
            order[at:end] = reversed(order[at:end])
            at = max(end, at + 1)
    return order


def _weak(kinds: list[str], start: str) -> list[str]:
    """W1 to W7: marks, numbers and what stands in numbers."""
    strong = before = start
    for place, kind in enumerate(kinds):
        if kind == "NSM":
            kind = before
        if kind == "EN" and strong == "AL":
            kind = "AN"
        if kind in _STRONG:
            strong = kind
        kinds[place] = before = kind
    kinds = ["R" if kind == "AL" else kind for kind in kinds]
    for place in range(1, len(kinds) - 1):
        around = {kinds[place - 1], kinds[place + 1]}
        if around == {"EN"} and kinds[place] in ("ES", "CS"):
            kinds[place] = "EN"
        elif around == {"AN"} and kinds[place] == "CS":
            kinds[place] = "AN"
    _spread(kinds)
    strong = start
    for place, kind in enumerate(kinds):
        strong = kind if kind in ("L", "R") else strong
        if kind in ("ES", "CS", "ET"):
            kinds[place] = "ON"
        elif kind == "EN" and strong == "L":
            kinds[place] = "L"
    return kinds


def _spread(kinds: list[str]) -> None:
    """W5: signs such as % and € beside a number belong to it."""
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and kinds[end] == "ET":
            end += 1
        if end > at and "EN" in kinds[max(at - 1, 0) : at] + kinds[end : end + 1]:
            kinds[at:end] = ["EN"] * (end - at)
        at = max(end, at + 1)


def _bracketed(kinds: list[str], characters: Sequence[str], own: str) -> list[str]:
    """N0: both brackets of a pair have one direction, that of what is in them if it fits the line or what is before them."""
    for opening, closing in sorted(_pairs(kinds, characters)):
        inside = {_side(kind) for kind in kinds[opening + 1 : closing]} & {"L", "R"}
        if not inside:
            continue
        other = "LR"[own == "L"]
        before = next((_side(kind) for kind in reversed(kinds[:opening]) if _side(kind) in ("L", "R")), own)
        kinds[opening] = kinds[closing] = other if own not in inside and before == other else own
    return kinds


def _pairs(kinds: Sequence[str], characters: Sequence[str]) -> Iterator[tuple[int, int]]:
    """BD16: the places of brackets that belong together."""
    opened: list[tuple[str, int]] = []
    for place, (kind, character) in enumerate(zip(kinds, characters, strict=True)):
        if kind != "ON":
            continue
        if character in _BRACKETS:
            if len(opened) == _MOST_OPEN:
                return
            opened.append((_BRACKETS[character], place))
        for depth in range(len(opened) - 1, -1, -1):
            if opened[depth][0] == character:
                yield opened[depth][1], place
                del opened[depth:]
                break


def _neutral(kinds: list[str], start: str) -> list[str]:
    """N1 and N2: blanks and signs take the direction of what is on both sides, or the line's."""
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        if end > at:
            before = _side(kinds[at - 1]) if at else start
            after = _side(kinds[end]) if end < len(kinds) else start
            kinds[at:end] = [before if before == after else start] * (end - at)
        at = max(end, at + 1)
    return kinds


def _side(kind: str) -> str:
    return "R" if kind in ("EN", "AN") else kind


def _level(kind: str, paragraph: int) -> int:
    """I1 and I2."""
    if paragraph:
        return 1 if kind == "R" else 2
    return {"L": 0, "R": 1}.get(kind, 2)


def _take_along(found: list[int], raw: Sequence[str]) -> None:
    """Characters without a direction of their own go with the one before."""
    for place, kind in enumerate(raw):
        if kind in _IGNORED and place:
            found[place] = found[place - 1]


def _trim(found: list[int], raw: Sequence[str], paragraph: int) -> None:
    """L1: blanks at the line's end have the line's direction."""
    for place in range(len(raw) - 1, -1, -1):
        if raw[place] not in ("WS", "S", "B", *_IGNORED):
            return
        found[place] = paragraph
