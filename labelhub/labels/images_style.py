"""What an SVG says of the look of its elements, as far as it tells how much work they are to draw: a style sheet's rules, and `style`.

Not CSS as browsers know it: of a selector only the last part is read, and a rule that may be meant for an element counts as if it was,
beside what the element says itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from labelhub.labels.images_matrix import length

LONG = 200
MARKS = frozenset(("marker", "marker-start", "marker-mid", "marker-end"))
LAYERS = frozenset(("opacity", "mask", "clip-path", "mix-blend-mode", "isolation"))
HANDED_DOWN = frozenset(
    ("fill", "stroke", "fill-opacity", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linejoin", "font-size", "font")
)
LOOKED_AT = HANDED_DOWN | LAYERS | MARKS | frozenset(("filter", "display", "transform"))
PLAIN = frozenset(("none", "normal", "auto", "1", "1.0", "initial", "100%"))

_SELECTED = re.compile(r"\.([^\s.#:\[]+)|(#[^\s.#:\[]+)|^([A-Za-z][^\s.#:\[]*)")
_NAMED = re.compile(r"url\(\s*['\"]?\s*#([^'\")\s]+)", re.I)
_CLEAR = re.compile(r"#(?:[0-9a-f]{4}|[0-9a-f]{8})\b|(?:rgb|hsl)a|/|transparent|current", re.I)

Told = tuple[str, str, bool]
"""A property, its value, and whether it is surely said of the element."""


class Paint(NamedTuple):
    """Nothing (0), a colour (1), a colour that lets others through (2); and the gradients and patterns it may be."""

    depth: int = 0
    names: tuple[str, ...] = ()


class Style(NamedTuple):
    """What an element hands down to those in it."""

    fill: Paint = Paint(1)
    stroke: Paint = Paint()
    clear: bool = False
    width: float = 1.0
    em: float = 16.0
    dash: float = 0.0
    round: bool = False
    marks: tuple[str, ...] = ()
    """Names of markers that stand at every corner, or at its ends."""


def rules_of(sheet: str) -> Iterator[tuple[str, tuple[Told, ...]]]:
    """What a style sheet says that matters here, by `.class`, `#name`, tag, or `*` for whatever else it is said of."""
    found: dict[str, tuple[Told, ...]] = {}
    for rule in _without_comments(sheet).split("}"):
        selectors, brace, declarations = rule.rpartition("{")
        if not brace:
            continue
        told = tuple((key, value, False) for key, value, _ in declared(declarations))
        for selector in selectors.rpartition("{")[2].split(","):
            last = re.split(r"[\s>+~]+", selector.strip()[-LONG:])[-1]
            name = _SELECTED.search(last)
            key = "*" if name is None else f".{name[1]}" if name[1] else name[2] or name[3].lower()
            if told:
                found[key] = tuple(dict.fromkeys((*found.get(key, ())[:LONG], *told)))
    yield from found.items()


def _without_comments(sheet: str) -> str:
    kept: list[str] = []
    place = 0
    while (start := sheet.find("/*", place)) >= 0 and (end := sheet.find("*/", start + 2)) >= 0:
        kept.append(sheet[place:start])
        place = end + 2
    return "".join((*kept, sheet[place:]))


@lru_cache(1000)
def declared(declarations: str) -> tuple[Told, ...]:
    """Those of a list of declarations that matter here."""
    found = []
    for one in (_without_comments(declarations) if "/*" in declarations else declarations).split(";"):
        key, colon, value = one.partition(":")
        key = key.strip().lower()
        if colon and key in LOOKED_AT:
            found.append((key, value.replace("!important", ""), True))
    return tuple(found)


def names(value: str) -> tuple[str, ...]:
    """The names of the file's own parts that a value leads to."""
    return tuple(_NAMED.findall(value)) if "#" in value else ()


def styled(told: Sequence[Told], above: Style) -> Style:
    """What an element hands down of which that is told, and `above` what was handed down to it."""
    found = above
    for key, value, sure in told:
        if key in HANDED_DOWN or key in MARKS:
            found = _STYLED[key](found, value, above if sure else found, sure)
    return found


def _paint(value: str, inherited: Paint, sure: bool) -> Paint:
    word = value.strip()[:LONG]
    leads = names(word)
    if leads:
        told = Paint(0, leads)
    elif word == "inherit":
        told = inherited
    else:
        told = Paint(0 if word == "none" else 2 if _CLEAR.search(word) else 1)
    return told if sure else Paint(max(told.depth, inherited.depth), tuple(dict.fromkeys((*inherited.names, *told.names))))


def _fill(style: Style, value: str, inherited: Style, sure: bool) -> Style:
    return style._replace(fill=_paint(value, inherited.fill, sure))


def _stroke(style: Style, value: str, inherited: Style, sure: bool) -> Style:
    return style._replace(stroke=_paint(value, inherited.stroke, sure))


def _clear(style: Style, value: str, inherited: Style, sure: bool) -> Style:
    return style if value.strip() in PLAIN else style._replace(clear=True)


def _width(style: Style, value: str, inherited: Style, sure: bool) -> Style:
    width = length(value, 1000.0, style.em)
    return style if width is None else style._replace(width=max(width, 0.0 if sure else inherited.width))


def _em(style: Style, value: str, inherited: Style, sure: bool) -> Style:
    em = length(value, inherited.em, inherited.em)
    if em is None and ("large" in value or "small" in value or "medium" in value):
        em = 2 * max(16.0, inherited.em)
    return style if em is None else style._replace(em=max(em, 0.0 if sure else inherited.em))


def _font(style: Style, value: str, inherited: Style, sure: bool) -> Style:
    sizes = [
        size for word in value[:LONG].split() if (size := length(word, inherited.em, inherited.em)) is not None and not word.isdigit()
    ]
    return style._replace(em=max((*sizes, inherited.em)))


def _dash(style: Style, value: str, inherited: Style, sure: bool) -> Style:
    lengths = [one for word in re.split(r"[\s,]+", value[: 10 * LONG]) if (one := length(word, 100.0, style.em)) is not None and one >= 0]
    dash = sum(lengths) / len(lengths) if lengths else 0.0
    if sure:
        return style._replace(dash=dash)
    return style._replace(dash=min((one for one in (dash, inherited.dash) if one), default=0.0))


def _round(style: Style, value: str, inherited: Style, sure: bool) -> Style:
    return style._replace(round=value.strip() == "round" or (inherited.round and not sure))


def _marks(style: Style, value: str, inherited: Style, sure: bool) -> Style:
    leads = names(value)
    return style._replace(marks=tuple(dict.fromkeys((*style.marks, *leads)))) if leads else style


_STYLED: dict[str, Callable[[Style, str, Style, bool], Style]] = {
    "fill": _fill,
    "stroke": _stroke,
    "fill-opacity": _clear,
    "stroke-opacity": _clear,
    "stroke-width": _width,
    "stroke-dasharray": _dash,
    "stroke-linejoin": _round,
    "font-size": _em,
    "font": _font,
    **dict.fromkeys(MARKS, _marks),
}


def layers(told: Iterable[Told]) -> dict[str, tuple[str, ...]]:
    """The properties that make an element's content a picture of its own, each with the names it leads to."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value, _ in told:
        if key in LAYERS and value.strip() not in PLAIN:
            found[key] = (*found.get(key, ()), *names(value))
    return found
