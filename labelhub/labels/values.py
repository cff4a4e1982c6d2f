"""Values: the plain look-up that finds a field's texts, and how a text is taken for a number. Keys and list places, never attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from labelhub.errors import FieldMissing, LabelTooLong

MAX_CHARACTERS = 2000
"""More than any label can show, in all its texts and codes; what is longer is refused before it is measured."""

MAX_ENTRIES = 500
"""The same for the entries of a list."""

MAX_DIGITS = 18
"""Digits before the decimal point; a text with more is no number but a text, such as a serial number."""

Path = tuple[str, ...]
"""The way to a value: `("item", "location")`, `("secondary", "0")`."""

PATH = r"[A-Za-z_][A-Za-z0-9_]{0,63}(?:\.[A-Za-z0-9_]{1,64}){0,7}"
"""How a path is written."""

_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{0,18})?(?:[eE][+-]?\d{1,2})?")
_COMMA = re.compile(r"[+-]?\d{1,18},\d{1,2}")


def texts_at(values: Mapping[str, object], path: Path, most: int = MAX_CHARACTERS) -> list[str]:
    """The texts a path leads to: none, one, or those of a list; blank ones are left out. FieldMissing; LabelTooLong above `most`."""
    found: object = values
    for step in path:
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list | tuple) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return []
    if isinstance(found, str):
        _refuse_too_many(len(found), path, most)
        return [found] if found.strip() else []
    entries = found if isinstance(found, list | tuple) else [found]
    if len(entries) > MAX_ENTRIES:
        raise LabelTooLong(f"the field {'.'.join(path)!r} has {len(entries)} entries; a label shows at most {MAX_ENTRIES}")
    texts = [text for text in (_text(entry, path, most) for entry in entries) if text.strip()]
    _refuse_too_many(sum(map(len, texts)), path, most)
    return texts


def refuse_grown(texts: Sequence[str], path: Path, by: str) -> None:
    """LabelTooLong where a format has made more of a field's texts than a label holds: another one is not to make still more of it."""
    characters = sum(map(len, texts))
    if characters > MAX_CHARACTERS:
        raise LabelTooLong(
            f"the field {'.'.join(path)!r} has {characters} characters as {by} writes it; a label holds at most {MAX_CHARACTERS}"
        )


def number_of(text: str) -> Decimal | None:
    """The number a text holds, `12`, `-1.50`, `2e3` or `1,99`; None for any other text and for one that is too large."""
    plain = text.strip()
    if _NUMBER.fullmatch(plain):
        number = Decimal(plain)
        return number if number.adjusted() < MAX_DIGITS else None
    return Decimal(plain.replace(",", ".")) if _COMMA.fullmatch(plain) else None


def text_of(entry: bool | int | float | str) -> str:
    """A plain value as it stands on a label."""
    if isinstance(entry, bool):
        return "true" if entry else "false"
    return f"{entry:.10g}" if isinstance(entry, float) else str(entry)


def _text(entry: object, path: Path, most: int) -> str:
    if entry is None:
        return ""
    plain = isinstance(entry, str | float) or (isinstance(entry, int) and entry.bit_length() <= 256)
    if not plain:
        name = ".".join(path)
        raise FieldMissing(f"the field {name!r} holds no text; name one of its parts, such as {name + '.name'!r}", fields=[name])
    text = text_of(entry)  # type: ignore[arg-type] # told apart above
    _refuse_too_many(len(text), path, most)
    return text


def _refuse_too_many(characters: int, path: Path, most: int) -> None:
    if characters > most:
        raise LabelTooLong(f"the field {'.'.join(path)!r} has {characters} characters; a label holds at most {most}")
