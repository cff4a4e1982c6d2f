"""Rules: what a hook may be. Whoever sets one up, over the API, on a page or in the settings, is told the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from labelhub.errors import StartRefused, TemplateInvalid, ValidationFailed
from labelhub.hooks.ask import MAX_COPIES, check_field
from labelhub.hooks.hook import MAX_DEDUP_S, NAME, Hook
from labelhub.hooks.presets import PRESETS

MAX_NAME = 60
MAX_FIELDS, MAX_LINES, MAX_WRITTEN = 50, 20, 500
MAX_EVENTS, MAX_WORD = 20, 100
MIN_SECRET, MAX_SECRET = 8, 256
FIELD = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
LOOKUP = r"[a-z0-9][a-z0-9_-]{0,59}(/[a-z0-9_-]{1,40})?"

Fault = tuple[str, str]
"""Which value, as a JSON pointer, and what is wrong with it."""


def changed(hook: Hook, **changes: Any) -> Hook:
    """The hook with these of its values replaced (`copies=2`, `secret=None`, ...). ValidationFailed with a pointer for each fault."""
    after = replace(hook, **changes)
    found = list(faults(after))
    if found:
        first = f"{found[0][0].removeprefix('#/')} {found[0][1]}"
        raise ValidationFailed(first, errors=[{"pointer": pointer, "detail": detail} for pointer, detail in found])
    return after


def check_declared(hook: Hook) -> None:
    """StartRefused for a hook of the settings that could take nothing."""
    for pointer, detail in faults(hook):
        raise StartRefused(f"LABELHUB_HOOKS: the hook {hook.name!r}: {pointer.removeprefix('#/').replace('/', '.')} {detail}")


def faults(hook: Hook) -> Iterator[Fault]:
    """Everything about it that cannot be, in the order of a hook's values."""
    if len(hook.name) > MAX_NAME or not re.fullmatch(NAME, hook.name):
        yield "#/name", f"must be small letters, digits, - and _ between them, at most {MAX_NAME}"
    if hook.preset not in PRESETS:
        yield "#/preset", f"is {hook.preset[:60]!r}, which must be one of {', '.join(sorted(PRESETS))}"
    for name, word in (("printer", hook.printer), ("template", hook.template)):
        if word is not None and not 1 <= len(word) <= MAX_WORD:
            yield f"#/{name}", f"must have 1 to {MAX_WORD} characters"
    yield from _fields(hook)
    if not 1 <= hook.copies <= MAX_COPIES:
        yield "#/copies", f"must be 1 to {MAX_COPIES}"
    if hook.dedup_s is not None and not 0 <= hook.dedup_s <= MAX_DEDUP_S:
        yield "#/dedup_s", f"must be 0 to {MAX_DEDUP_S:g} seconds"
    if len(hook.events) > MAX_EVENTS or not all(1 <= len(event) <= MAX_WORD for event in hook.events):
        yield "#/events", f"must be at most {MAX_EVENTS} names of 1 to {MAX_WORD} characters"
    if hook.lookup is not None and not re.fullmatch(LOOKUP, hook.lookup):
        yield "#/lookup", "must be the name of a connected system, such as `snipeit`, or `snipeit/asset` with the type of its things"
    if hook.identifier is not None and (detail := _unwritable(hook.identifier)):
        yield "#/identifier", detail
    if hook.secret is not None and not MIN_SECRET <= len(hook.secret) <= MAX_SECRET:
        yield "#/secret", f"must have {MIN_SECRET} to {MAX_SECRET} characters"


def _fields(hook: Hook) -> Iterator[Fault]:
    if len(hook.fields) > MAX_FIELDS:
        yield "#/fields", f"must be at most {MAX_FIELDS}, not {len(hook.fields)}"
        return
    for name, written in hook.fields.items():
        lines = (written,) if isinstance(written, str) else written
        if not re.fullmatch(FIELD, name):
            yield "#/fields", f"has {name[:70]!r}, which is no name of a field: letters, digits and _, at most 64"
        elif not 1 <= len(lines) <= MAX_LINES:
            yield f"#/fields/{name}", f"must have 1 to {MAX_LINES} lines"
        else:
            yield from ((f"#/fields/{name}", detail) for line in lines if (detail := _unwritable(line)))


def _unwritable(written: str) -> str:
    if not 1 <= len(written) <= MAX_WRITTEN:
        return f"must have 1 to {MAX_WRITTEN} characters"
    try:
        check_field(written)
    except TemplateInvalid as error:
        return error.detail
    return ""
