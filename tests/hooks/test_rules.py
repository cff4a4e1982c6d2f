"""What a hook may be, told the same to everybody who sets one up."""

from __future__ import annotations

from typing import Any

import pytest

from labelhub.errors import StartRefused, ValidationFailed
from labelhub.hooks.hook import Hook
from labelhub.hooks.rules import MAX_FIELDS, changed, check_declared

DOOR = Hook("door", secret="kept as it is")


def test_a_hook_is_changed_in_what_is_named_and_in_nothing_else() -> None:
    after = changed(DOOR, copies=3, events=("added",), lookup="spoolman/spool", identifier="{payload.id}", fields={"lines": ("a.0", "b")})
    assert (after.copies, after.events, after.lookup, after.secret) == (3, ("added",), "spoolman/spool", "kept as it is")
    assert changed(after, secret=None, lookup=None, identifier=None).secret is None


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": "Front Door"}, "#/name"),
        ({"name": "door\n"}, "#/name"),
        ({"preset": "nobody"}, "#/preset"),
        ({"printer": ""}, "#/printer"),
        ({"template": "x" * 101}, "#/template"),
        ({"fields": {f"f{number}": "a" for number in range(MAX_FIELDS + 1)}}, "#/fields"),
        ({"fields": {"not a name": "a"}}, "#/fields"),
        ({"fields": {"title": "{unclosed"}}, "#/fields/title"),
        ({"fields": {"lines": ()}}, "#/fields/lines"),
        ({"fields": {"lines": ("a", "")}}, "#/fields/lines"),
        ({"fields": {"title": "x" * 501}}, "#/fields/title"),
        ({"copies": 0}, "#/copies"),
        ({"copies": 101}, "#/copies"),
        ({"dedup_s": -1.0}, "#/dedup_s"),
        ({"dedup_s": float("nan")}, "#/dedup_s"),
        ({"events": ("",)}, "#/events"),
        ({"lookup": "Snipe IT"}, "#/lookup"),
        ({"identifier": "{unclosed"}, "#/identifier"),
        ({"secret": "short"}, "#/secret"),
    ],
)
def test_what_a_hook_cannot_be_is_told_where_it_stands(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ValidationFailed) as told:
        changed(DOOR, **changes)
    assert [one["pointer"] for one in told.value.extra["errors"]] == [pointer]
    with pytest.raises(StartRefused, match=pointer.split("/")[1]):
        check_declared(Hook(**{"name": "door"} | changes))


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ValidationFailed) as told:
        changed(DOOR, copies=0, lookup="?")
    assert [one["pointer"] for one in told.value.extra["errors"]] == ["#/copies", "#/lookup"]
