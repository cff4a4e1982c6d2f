from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labelhub.db.engine import Database
from labelhub.errors import Conflict, IntegrationNotFound, NameTaken, ValidationFailed
from labelhub.integrations import store
from labelhub.integrations.connection import Connection, Seen, checked

NOW = datetime(2026, 11, 26, 8, 30, 0, 5, UTC)
LAB = Connection(
    "snipeit-lab", "snipeit", "https://a.example", NOW, NOW, "https://b.example", "secret", {"X-Proxy": "inner"}, verify_tls=False
)  # fmt: skip


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


def test_a_connection_is_kept_as_it_was_given_and_its_secrets_do_not_show(database: Database) -> None:
    database.write_now(store.insert, LAB)
    assert database.write_now(store.every) == [LAB]
    assert "secret" not in repr(LAB)
    assert "inner" not in repr(LAB)


def test_a_name_is_there_once_and_a_change_or_removal_needs_one(database: Database) -> None:
    database.write_now(store.insert, LAB)
    with pytest.raises(NameTaken):
        database.write_now(store.insert, LAB)
    later = NOW + timedelta(seconds=1)
    assert database.write_now(store.change, "snipeit-lab", lambda one: replace(one, token="", updated_at=later)).token == ""
    database.write_now(store.delete, "snipeit-lab")
    for gone in (lambda: database.write_now(store.delete, "snipeit-lab"), lambda: database.write_now(store.change, "x", lambda one: one)):
        with pytest.raises(IntegrationNotFound):
            gone()


def test_there_are_not_more_than_the_hub_takes(database: Database) -> None:
    for number in range(store.MAX_CONNECTIONS):
        database.write_now(store.insert, replace(LAB, name=f"n{number}"))
    with pytest.raises(Conflict, match="no more"):
        database.write_now(store.insert, LAB)


def test_the_state_is_how_it_last_answered() -> None:
    earlier, later = NOW, NOW + timedelta(seconds=1)
    assert [one.state for one in (Seen(), Seen(earlier), Seen(earlier, later, "x"), Seen(later, earlier, "x"))] == [
        "unknown", "ok", "failed", "ok",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": "Lab"}, "#/name"),
        ({"url": ""}, "#/url"),
        ({"url": "https://me:secret@a.example"}, "#/url"),
        ({"link_url": "javascript:alert(1)"}, "#/link_url"),
        ({"token": "two words"}, "#/token"),
        ({"token": "x\r\nHost: elsewhere"}, "#/token"),
        ({"token": "x" * 4001}, "#/token"),
        ({"headers": {"Host": "elsewhere"}}, "#/headers"),
        ({"headers": {"X-Proxy": "line\nbreak"}}, "#/headers"),
        ({"headers": {f"X-{number}": "x" for number in range(21)}}, "#/headers"),
    ],
)
def test_what_a_connection_cannot_be_is_told_where_it_stands(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ValidationFailed) as told:
        checked(replace(LAB, **changes))
    assert {one["pointer"] for one in told.value.extra["errors"]} == {pointer}


def test_urls_are_kept_in_one_form_and_that_for_browsers_may_be_left_out() -> None:
    kept = checked(replace(LAB, url="HTTPS://A.example/sub/", link_url=""))
    assert (kept.url, kept.links) == ("https://a.example/sub", "https://a.example/sub")
