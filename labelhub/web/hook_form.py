"""The form of a hook: what a person wants of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labelhub.hooks.hook import Hook
from labelhub.hooks.rules import MAX_FIELDS

PREFIX = "f."
"""Before the name of a label's field."""
NO_NUMBER = -1
"""In the place of what is none, for the rules of hooks to refuse."""


def wanted(now: Hook, given: Mapping[str, str]) -> dict[str, Any]:
    """What the hook is to have, as `hooks.rules.changed` takes it. A secret that is not typed stays, unless it is to be taken away."""
    fields = {key.removeprefix(PREFIX): value for key, value in given.items() if key.startswith(PREFIX) and value}
    if given.get("new_field") and given.get("new_path"):
        fields[given["new_field"]] = given["new_path"]
    fields = dict(list(fields.items())[: MAX_FIELDS + 1])  # of too many, one too many is shown again
    found: dict[str, Any] = {name: given.get(name) or None for name in ("template", "printer")}
    found |= {"fields": _lists(now, fields), "enabled": bool(given.get("enabled"))}
    if "copies" in given:
        found |= {name: given.get(name) or None for name in ("lookup", "identifier")}
        found |= {"copies": _number(given["copies"] or "1"), "dedup_s": _number(given["dedup_s"]) if given.get("dedup_s") else None}
        found["events"] = tuple(event for word in given.get("events", "").replace(",", "\n").split("\n") if (event := word.strip()))
    if given.get("secret") or given.get("no_secret"):
        found["secret"] = given.get("secret") or None
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else NO_NUMBER


def _lists(before: Hook, fields: dict[str, str]) -> dict[str, str | tuple[str, ...]]:
    """Fields as a hook keeps them: what stands on several lines is a list of texts, as is what was one before."""
    found: dict[str, str | tuple[str, ...]] = {}
    for name, value in fields.items():
        lines = tuple(line.strip() for line in value.splitlines() if line.strip())
        found[name] = lines if len(lines) > 1 or isinstance(before.fields.get(name), tuple) else value
    return found
