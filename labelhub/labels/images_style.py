"""What an SVG says of the look of its elements, as far as it tells how much work they are to draw: a style sheet's rules, and `style`.

Not CSS as browsers know it: of a selector only the last part is read, and a rule that may be meant for an element counts as if it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONG = 200
MAX_COMMENTS = 20_000
MARKS = frozenset(("marker", "marker-start", "marker-mid", "marker-end"))
LOOKED_AT = frozenset(("fill", "stroke", "opacity", "mask", "clip-path", "filter", "mix-blend-mode", "isolation")) | MARKS

_SELECTED = re.compile(r"\.([^\s.#:\[]+)|(#[^\s.#:\[]+)|^([A-Za-z][^\s.#:\[]*)")

Told = tuple[str, str]
"""A property and its value."""


def rules_of(sheet: str) -> Iterator[tuple[str, tuple[Told, ...]]]:
    """What a style sheet says that matters here, by `.class`, `#name`, tag, or `*` for whatever else it is said of."""
    found: dict[str, tuple[Told, ...]] = {}
    for rule in _without_comments(sheet).split("}"):
        selectors, brace, declarations = rule.rpartition("{")
        if not brace:
            continue
        told = tuple(declared(declarations))
        for selector in selectors.rpartition("{")[2].split(","):
            last = re.split(r"[\s>+~]+", selector.strip()[-LONG:])[-1]
            name = _SELECTED.search(last)
            key = "*" if name is None else f".{name[1]}" if name[1] else name[2] or name[3].lower()
            if told:
                found[key] = (*found.get(key, ())[:LONG], *told)
    yield from found.items()


def _without_comments(sheet: str) -> str:
    kept: list[str] = []
    rest = sheet
    while (start := rest.find("/*")) >= 0 and (end := rest.find("*/", start + 2)) >= 0 and len(kept) < MAX_COMMENTS:
        kept.append(rest[:start])
        rest = rest[end + 2 :]
    return "".join((*kept, rest))


def declared(declarations: str) -> Iterator[Told]:
    """Those of a list of declarations that matter here."""
    for one in declarations.split(";"):
        key, colon, value = one.partition(":")
        key = key.strip().lower()
        if colon and key in LOOKED_AT:
            yield key, value.replace("!important", "")
