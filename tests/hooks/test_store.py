"""What is set up about hooks, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from labelhub.db.engine import Database
from labelhub.errors import Conflict, HookNotFound
from labelhub.hooks import store
from labelhub.hooks.hook import Hook, admits, kept

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW = "the-token-that-was-lost", "the-token-that-came-after"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


def test_a_change_leaves_the_tokens_as_they_are_by_then(database: Database) -> None:
    first = kept(OLD, AT)
    database.write_now(store.insert, Hook("door", tokens=(first,)), AT)
    database.write_now(store.add_token, "door", kept(NEW, AT), AT)
    database.write_now(store.drop_token, "door", first.id, AT)
    changed = database.write_now(store.change, "door", lambda now: replace(now, copies=2), AT)
    assert changed.copies == 2
    assert not admits(changed, [OLD])
    assert admits(changed, [NEW])


def test_what_is_not_there_or_declared_is_not_changed(database: Database) -> None:
    database.write_now(store.declare, [Hook("fixed")], AT)
    with pytest.raises(Conflict):
        database.write_now(store.change, "fixed", lambda now: replace(now, copies=2), AT)
    with pytest.raises(HookNotFound):
        database.write_now(store.change, "nothing", lambda now: now, AT)
