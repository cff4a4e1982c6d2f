"""The outbox, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from labelhub.db.engine import Database
from labelhub.events import JOB_STATE_CHANGED, PRINTER_STATUS, Event, append_all
from labelhub.notices import store
from labelhub.notices.standing import Standing

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRINTER, JOB = UUID(int=1), UUID(int=9)
BODY = {"type": "test", "data": {"title": "t"}}
OPEN = Standing(PRINTER, "cover-open", AT)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


def job_event(to: str, reason: str | None = None) -> Event:
    return Event(JOB_STATE_CHANGED, {"to_state": to, "reason": reason}, AT, PRINTER, JOB)


def told(database: Database, *targets: str, standings: tuple[Standing, ...] = ()) -> bool:
    rows = [(uuid4(), target, "test", BODY) for target in targets]
    look = database.write_now(store.look, 0)
    return database.write_now(store.keep, look, standings, rows, AT)


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def claimed(database: Database, target: str, at: datetime = AT, *, repeatable: bool = True) -> Any:
    return database.write_now(store.claim, target, at, repeatable=repeatable)


def test_only_what_matters_is_looked_at_and_nothing_from_before_the_beginning(database: Database) -> None:
    database.write_now(append_all, [job_event("failed")])
    begun = database.write_now(store.begin)
    status = Event(PRINTER_STATUS, {"online": True}, AT, PRINTER)
    database.write_now(append_all, [
        job_event("queued"), job_event("failed", "label-too-long"), job_event("paused", "paused-by-user"), status,
        job_event("paused", "outcome-unknown"), job_event("queued", "media-needed"), job_event("completed"),
    ])  # fmt: skip
    look = database.write_now(store.look, begun)
    assert [one.data.get("reason", one.type) for one in look.happened] == [
        "label-too-long",
        PRINTER_STATUS,
        "outcome-unknown",
        "media-needed",
    ]
    assert look.up_to_id == begun + 7
    assert database.write_now(store.begin) == begun


def test_of_two_that_looked_at_the_same_one_alone_tells(database: Database) -> None:
    database.write_now(store.begin)
    database.write_now(append_all, [job_event("failed")])
    looks = [database.write_now(store.look, 0) for _ in range(2)]
    rows = [(uuid4(), "w", "test", BODY)]
    assert [database.write_now(store.keep, look, [OPEN], rows, AT) for look in looks] == [True, False]
    assert database.write_now(store.waiting) == {"w": 1}
    assert database.write_now(store.look, 0).standings == [OPEN]


def test_of_two_that_saw_time_pass_one_alone_tells(database: Database) -> None:
    database.write_now(store.begin)
    looks = [database.write_now(store.look, 0) for _ in range(2)]
    rows = [(uuid4(), "w", "test", BODY)]
    assert [database.write_now(store.keep, look, [OPEN], rows, AT) for look in looks] == [True, False]
    assert database.write_now(store.waiting) == {"w": 1}


def test_a_notice_is_in_one_hand_and_its_outcome_is_written_by_that_hand(database: Database) -> None:
    database.write_now(store.begin)
    told(database, "w", "n")
    first = claimed(database, "w")
    assert (first.attempts, claimed(database, "w")) == (1, None)
    again = claimed(database, "w", later(200))
    assert (again.id, again.attempts) == (first.id, 2)
    settle = [database.write_now(store.settle, one, store.SENT, None, AT, AT, all_of_target=False) for one in (first, again)]
    assert settle == [False, True]
    assert claimed(database, "w", later(9999)) is None
    assert database.write_now(store.waiting) == {"n": 1}


def test_one_left_in_the_middle_is_not_told_again_where_it_would_not_be_recognised(database: Database) -> None:
    database.write_now(store.begin)
    told(database, "a")
    assert claimed(database, "a", repeatable=False) is not None
    assert claimed(database, "a", later(60), repeatable=False) is None
    assert [one.state for one in database.write_now(store.recent, "a", 9)] == ["sending"]
    assert claimed(database, "a", later(200), repeatable=False) is None
    assert [one.state for one in database.write_now(store.recent, "a", 9)] == ["unknown"]


def test_a_target_that_is_down_is_left_alone_with_all_that_waits_and_then_told_in_order(database: Database) -> None:
    database.write_now(store.begin)
    for _ in range(3):
        told(database, "w")
    first = claimed(database, "w")
    database.write_now(store.settle, first, store.WAITING, "down", later(40), AT, all_of_target=True)
    assert not database.write_now(store.is_due, "w", later(39))
    numbers = []
    while (one := claimed(database, "w", later(40))) is not None:
        numbers.append(one.number)
        database.write_now(store.settle, one, store.SENT, None, AT, later(40), all_of_target=False)
    assert numbers == sorted(numbers)
    assert len(numbers) == 3


def test_after_a_day_it_is_given_up_and_after_a_week_forgotten(database: Database) -> None:
    database.write_now(store.begin)
    told(database, "w")
    assert database.write_now(store.give_up, later(0), later(86400)) == 0
    assert database.write_now(store.give_up, later(1), later(86400)) == 1
    assert [one.state for one in database.write_now(store.recent, "w", 9)] == ["given-up"]
    database.write_now(store.give_up, later(1), later(86400 * 9))
    assert database.write_now(store.recent, "w", 9) == []


def test_one_left_in_the_middle_for_a_target_that_is_none_any_more_is_of_unknown_outcome_after_a_day(database: Database) -> None:
    database.write_now(store.begin)
    told(database, "gone", "gone")
    claimed(database, "gone")
    assert database.write_now(store.give_up, later(1), later(60)) == 1  # the other one is in somebody's hand
    assert database.write_now(store.give_up, later(1), later(86400)) == 1
    assert [one.state for one in database.write_now(store.recent, "gone", 9)] == ["given-up", "unknown"]
    assert database.write_now(store.waiting) == {}


def test_a_target_has_no_more_waiting_than_anybody_would_read(database: Database) -> None:
    database.write_now(store.begin)
    rows = [(uuid4(), "w", "test", BODY) for _ in range(store.MOST_WAITING + 3)]
    database.write_now(store.keep, database.write_now(store.look, 0), [], rows, AT)
    assert database.write_now(store.waiting) == {"w": store.MOST_WAITING}
    assert [one.state for one in database.write_now(store.recent, "w", 4)] == ["given-up"] * 3 + ["waiting"]
