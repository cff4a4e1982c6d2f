"""Texts of other systems, made plain: entities, markup, numbers written as strings, JSON in strings, missing keys.

Every function takes whatever a JSON value may be, and gives a bounded value of the kind it names.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MAX_CHARACTERS = 2000
MAX_MARKUP_CHARACTERS = 20_000

_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"})
_UNSEEN = frozenset({"script", "style", "head", "template", "noscript"})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MARKUP = re.compile(r"<[/!a-zA-Z]")
_TAG = re.compile(r"</?(?P<name>[a-zA-Z][a-zA-Z0-9]{0,20})(?:[\s/][^<>]*)?>|<![^<>]*>")


def plain(value: Any) -> str:
    """A text or number as one would write it: `800.0` is `800`, `True` is `yes`, what is missing or no single value is ""."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if not math.isfinite(value) else f"{value:.10g}"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else ""
    if not isinstance(value, str):
        return ""
    text = _CONTROL.sub(" ", value[: 2 * MAX_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n"))
    return text.strip()[:MAX_CHARACTERS]


def escaped(value: Any) -> str:
    """The text of a system that escapes all its texts for HTML."""
    return plain(html.unescape(value[: 4 * MAX_CHARACTERS]) if isinstance(value, str) else value)


def markup(value: Any) -> str:
    """The text of HTML, with its line breaks and without what no reader sees."""
    if not isinstance(value, str) or not (_MARKUP.search(value) or "&" in value):
        return plain(value)
    lines = (" ".join(line.split()) for line in html.unescape("".join(_seen(value[:MAX_MARKUP_CHARACTERS]))).splitlines())
    return plain("\n".join(line for line in lines if line))


def number(value: Any) -> float | None:
    """A finite number, also one written as a string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def embedded(value: Any) -> Any:
    """The value of JSON written in a string; a string that is no JSON stands for itself."""
    if not isinstance(value, str) or len(value) > MAX_MARKUP_CHARACTERS:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def record(value: Any) -> Mapping[str, Any]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def records(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none for anything else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def at(value: Any, *path: str) -> Any:
    """What stands at a path of keys; None where a key is missing or something on the way is no object."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def filled(lines: Sequence[str]) -> list[str]:
    """The lines that say something, each once."""
    return list(dict.fromkeys(line for line in lines if line))


def _seen(text: str) -> Iterator[str]:
    """What a reader of HTML sees, with a line break where a part begins or ends. Takes as long as the text is, whatever is in it."""
    end, unseen = 0, ""
    for tag in _TAG.finditer(text):
        name, closes = (tag["name"] or "").lower(), tag[0].startswith("</")
        if not unseen:
            yield text[end : tag.start()].replace("\n", " ")
            yield "\n" if name in _BREAKS else ""
        end = tag.end()
        if name in _UNSEEN:
            unseen = name if not (closes or unseen) else "" if name == unseen and closes else unseen
    if not unseen:
        yield text[end:].replace("\n", " ")
