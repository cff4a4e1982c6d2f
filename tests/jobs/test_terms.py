"""What a node knows of its leases: how long it holds them, and whether somebody else can have had one in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from labelhub.db.engine import Database
from labelhub.errors import LeaseLost
from labelhub.jobs.lease import Leases
from tests.databases import Server


@dataclass
class Clock:
    """Stands until it is moved."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="shared")
def _shared(postgres: Server) -> Iterator[Database]:
    name = postgres.create()
    database = Database(postgres.url(name))
    yield database
    database.close()
    postgres.drop(name)


async def test_a_lease_kept_in_time_is_one_term(shared: Database) -> None:
    clock = Clock()
    leases = Leases(shared, "a", 10.0, clock)
    assert await leases.keep(["x", "y"]) == {"x", "y"}
    check, term = leases.checker("x"), leases.term("x")
    for _ in range(3):
        clock.now += 7.9
        check()
        await leases.keep(["x", "y"])
    assert leases.term("x") is term
    clock.now += 8
    assert not leases.holds("x")
    with pytest.raises(LeaseLost):
        check()


async def test_what_is_taken_again_too_late_is_another_term_which_an_old_sender_has_no_part_in(shared: Database) -> None:
    clock = Clock()
    leases = Leases(shared, "a", 10.0, clock)
    await leases.keep(["x", "y"])
    check, term = leases.checker("x"), leases.term("x")
    clock.now += 8
    assert await leases.keep(["x", "y"]) == {"x", "y"}
    assert leases.holds("x")
    assert leases.term("x") is not term
    leases.checker("x")()
    with pytest.raises(LeaseLost):
        check()


async def test_what_was_let_go_or_is_anothers_has_no_term(shared: Database) -> None:
    leases, other = Leases(shared, "a", 10.0, Clock()), Leases(shared, "b", 10.0, Clock())
    await leases.keep(["x", "y"])
    await leases.keep(["y"])
    assert (leases.term("x"), leases.term("y") is None) == (None, False)
    assert await other.keep(["x", "y"]) == {"x"}
    assert other.term("y") is None
    check = leases.checker("y")
    await leases.release()
    with pytest.raises(LeaseLost):
        check()


async def test_a_node_that_let_all_go_takes_nothing_again(shared: Database) -> None:
    leases, other = Leases(shared, "a", 10.0, Clock()), Leases(shared, "b", 10.0, Clock())
    await leases.keep(["x"])
    _, taken = await asyncio.gather(leases.release(), leases.keep(["x"]))
    assert taken == frozenset()
    assert await other.keep(["x"]) == {"x"}
