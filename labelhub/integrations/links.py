"""Links and numbers: the forms that codes of several systems share."""

from __future__ import annotations

from urllib.parse import urlsplit

MAX_CHARACTERS = 2000


def link_path(code: str, link_url: str) -> str | None:
    """The path of a web link, without the path that the system is below where the link has it; None for other texts."""
    code = code.strip()
    try:
        parts = urlsplit(code)
        below = urlsplit(link_url).path.rstrip("/")
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc or len(code) > MAX_CHARACTERS:
        return None
    return parts.path.removeprefix(below) if below and parts.path.startswith(f"{below}/") else parts.path


def is_number(text: str) -> bool:
    """True for a row number as databases have them."""
    return text.isascii() and text.isdecimal() and len(text) <= 10


def offset_of(cursor: str | None) -> int:
    """The place that a cursor of numbers stands for; 0 for none, and for one that was made up."""
    return int(cursor) if cursor and is_number(cursor) else 0
