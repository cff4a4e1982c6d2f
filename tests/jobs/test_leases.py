"""Leases: one owner for each name, for a time, by the clock that all nodes share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from labelhub.db.clock import now
from labelhub.db.engine import Database
from labelhub.db.schema import leases as table
from labelhub.jobs.store import leases

Taken = frozenset[str]


@pytest.fixture(name="database")
def _database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def expire(conn: sa.Connection, *names: str) -> None:
    """The time of these leases ran out a moment ago."""
    conn.execute(sa.update(table).where(table.c.name.in_(names)).values(until=now(conn) - timedelta(milliseconds=1)))


def test_a_name_has_one_owner_until_its_time_has_run_out(database: Database) -> None:
    assert database.write_now(leases.take, "a", ["x", "y"], 60.0) == {"x", "y"}
    assert database.write_now(leases.take, "b", ["x", "y", "z"], 60.0) == {"z"}
    database.write_now(expire, "x")
    assert database.write_now(leases.take, "b", ["x", "y", "z"], 60.0) == {"x", "z"}
    assert database.write_now(leases.take, "a", ["x", "y"], 60.0) == {"y"}


def test_an_owner_renews_its_lease_also_when_it_is_late_and_nobody_came(database: Database) -> None:
    def until(conn: sa.Connection) -> float:
        ends: datetime = conn.execute(sa.select(table.c.until)).scalar_one()
        return (ends - now(conn)).total_seconds()

    database.write_now(leases.take, "a", ["x"], 10.0)
    assert 9 < database.write_now(until) <= 10
    assert database.write_now(leases.take, "a", ["x"], 100.0) == {"x"}
    assert 99 < database.write_now(until) <= 100
    database.write_now(expire, "x")
    assert database.write_now(leases.held) == frozenset()
    assert database.write_now(leases.take, "a", ["x"], 10.0) == {"x"}
    assert database.write_now(leases.held) == {"x"}


def test_what_an_owner_takes_no_more_is_let_go(database: Database) -> None:
    database.write_now(leases.take, "a", ["x", "y"], 60.0)
    assert database.write_now(leases.take, "a", ["y"], 60.0) == {"y"}
    assert database.write_now(leases.take, "b", ["x"], 60.0) == {"x"}
    assert database.write_now(leases.take, "a", [], 60.0) == frozenset()
    assert database.write_now(leases.held) == {"x"}


def test_leases_that_are_released_are_free_at_once_and_others_stay(database: Database) -> None:
    database.write_now(leases.take, "a", ["x", "y"], 60.0)
    database.write_now(leases.take, "b", ["z"], 60.0)
    database.write_now(leases.release, "a")
    assert database.write_now(leases.held) == {"z"}
    assert database.write_now(leases.take, "b", ["x", "y", "z"], 60.0) == {"x", "y", "z"}
    database.write_now(leases.clear)
    assert database.write_now(leases.held) == frozenset()


def test_those_in_force_are_named_but_for_ones_own(database: Database) -> None:
    database.write_now(leases.take, "a", ["x", "y"], 60.0)
    database.write_now(leases.take, "b", ["z"], 60.0)
    database.write_now(expire, "y")
    assert database.write_now(leases.held) == {"x", "z"}
    assert database.write_now(leases.held, but_of="a") == {"z"}
    assert database.write_now(leases.held, but_of="b") == {"x"}


def test_the_databases_own_clock_judges_and_it_runs_on_inside_a_transaction(database: Database) -> None:
    def judged(conn: sa.Connection) -> bool:
        leases.take(conn, "a", ["x"], 0.001)
        if conn.dialect.name == "postgresql":
            conn.execute(sa.select(sa.func.pg_sleep(0.01)))
            late = sa.select(table.c.until < sa.func.clock_timestamp(), table.c.until > sa.func.now())
            assert tuple(conn.execute(late).one()) == (True, True)
        else:
            expire(conn, "x")
        return not leases.held(conn) and leases.take(conn, "b", ["x"], 60.0) == {"x"}

    assert database.write_now(judged)


def test_of_several_owners_at_once_one_gets_each_name(database_url: str) -> None:
    names = [f"printer-{number}" for number in range(20)]

    def take(owner: int) -> Taken:
        database = Database(database_url)
        try:
            return database.write_now(leases.take, f"node-{owner}", names[owner:] + names[:owner], 60.0)
        finally:
            database.close()

    with ThreadPoolExecutor(6) as threads:
        taken = list(threads.map(take, range(6)))
    assert sorted(name for found in taken for name in found) == sorted(names)
