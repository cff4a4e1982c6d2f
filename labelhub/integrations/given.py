"""Given: what a plug-in gave, before anybody relies on it. The code is somebody else's, and what it gives is stored and shown.

Each function returns what is as the contract says; TypeError and ValueError for anything else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from labelhub.integrations.integration import Found, Item, Reference

T = TypeVar("T")

MAX_CHARACTERS = 1_000_000
"""Of all that is told of one thing."""


def item(given: object) -> Item:
    """A thing: its texts are texts, and its fields hold nothing but JSON values."""
    found = _of(Item, given)
    for text in (found.app, found.type, found.id, found.name, found.url, found.image or ""):
        _text(text)
    if found.url and not found.url.lower().startswith(("http://", "https://")):
        raise ValueError("the url of an item is no web address")
    _values(found.fields)
    _values(found.extra)
    return found


def found(given: object) -> Found:
    """A page of a search."""
    page = _of(Found, given)
    for one in page.items:
        item(one)
    _text(page.cursor or "")
    return page


def reference(given: object) -> Reference | None:
    """Which thing is meant, or none."""
    if given is None:
        return None
    meant = _of(Reference, given)
    _text(meant.type)
    _text(meant.id)
    return meant


def told(given: object) -> Item | Reference | None:
    """What a message is about."""
    return item(given) if isinstance(given, Item) else reference(given)


def line(given: object) -> str:
    """A line for people."""
    return _text(given)


def picture(given: object) -> bytes:
    """The bytes of a picture."""
    return _of(bytes, given)


def _of(kind: type[T], given: object) -> T:
    if not isinstance(given, kind):
        raise TypeError(f"{type(given).__name__} in the place of {kind.__name__}")
    return given


def _values(given: object) -> None:
    if not isinstance(given, Mapping):
        raise TypeError(f"{type(given).__name__} in the place of fields")
    for name in given:
        _text(name)
    if len(_text(json.dumps(dict(given), ensure_ascii=False, allow_nan=False))) > MAX_CHARACTERS:
        raise ValueError(f"an item tells more than {MAX_CHARACTERS} characters")


def _text(given: object) -> str:
    text = _of(str, given)
    text.encode()  # halves of characters can be shown by nobody
    return text
