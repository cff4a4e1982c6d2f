"""Which spools of a list are new: all of them however many, and those of a Spoolman that counts anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labelhub.hooks.spools import MOST, PAGE, Ask, Followed, listed, registered_at
from labelhub.integrations.client import Parameters

FIRST = datetime(2026, 11, 1, tzinfo=UTC)


def spool(number: int, minute: int | None = None, **more: Any) -> dict[str, Any]:
    at = FIRST + timedelta(minutes=number if minute is None else minute)
    return {"id": number, "registered": at.isoformat().replace("+00:00", "Z")} | more


def minutes(count: int) -> datetime:
    return FIRST + timedelta(minutes=count)


class Shelf:
    """What a Spoolman answers; between two pages some are deleted, the newest first, and others added."""

    def __init__(self, *there: dict[str, Any], deleted: int = 0, added: int = 0) -> None:
        self.there = list(there)
        self.pages = 0
        self._deleted, self._added = deleted, added

    async def ask(self, which: Parameters) -> list[Any]:
        self.pages += 1
        rows = sorted(self.there, key=lambda one: -one["id"])
        begin = int(which["offset"])
        page = rows[begin : begin + int(which["limit"])]
        end = rows[0]["id"] if rows else 0
        self.there = [one for one in self.there if one["id"] <= end - self._deleted]
        self.there += [spool(end + one + 1) for one in range(self._added)]
        return page


async def numbers(ask: Ask, since: Followed | None) -> list[int]:
    return sorted((await listed(ask, since)).added)


async def test_all_that_were_added_are_found_however_many_and_no_more_pages_than_that_are_read() -> None:
    shelf = Shelf(*(spool(number) for number in range(1, 2001)))
    found = await listed(shelf.ask, Followed(1000, minutes(1000)))
    assert (sorted(found.added), found.end, found.registered_at, found.cut) == (list(range(1001, 2001)), 2000, minutes(2000), False)
    assert shelf.pages == 7
    assert json.loads(found.added[1500]) == spool(1500)
    nothing = await listed(shelf.ask, Followed(2000, minutes(2000)))
    assert (nothing.added, nothing.cut, shelf.pages) == ({}, False, 8)


async def test_the_first_time_only_the_end_is_looked_for() -> None:
    shelf = Shelf(*(spool(number) for number in range(1, 2001)))
    found = await listed(shelf.ask, None)
    assert (found.added, found.end, found.registered_at, shelf.pages) == ({}, 2000, minutes(2000), 1)
    empty = await listed(Shelf().ask, None)
    assert (empty.end, empty.registered_at) == (0, None)


@pytest.mark.parametrize(("deleted", "added"), [(0, 30), (15, 0), (15, 30)])
async def test_what_is_added_and_deleted_meanwhile_hides_none(deleted: int, added: int) -> None:
    shelf = Shelf(*(spool(number) for number in range(1, 1001)), deleted=deleted, added=added)
    found = await numbers(shelf.ask, Followed(100, minutes(100)))
    assert set(range(101, 901)) <= set(found)


async def test_more_than_are_printed_at_once_are_cut_and_said_to_be() -> None:
    many = Shelf(*(spool(number) for number in range(1, MOST + 2)))
    found = await listed(many.ask, Followed(0))
    assert (found.cut, max(found.added), MOST - PAGE < len(found.added) <= MOST) == (True, MOST + 1, True)
    heavy = await listed(Shelf(*(spool(number, comment="x" * 100) for number in range(1, 1001))).ask, Followed(0), 10_000)
    assert (heavy.cut, sorted(heavy.added)) == (True, list(range(801, 1001)))


async def test_a_spoolman_that_was_set_up_anew_is_told_by_its_times() -> None:
    since = Followed(100, minutes(100))
    assert await numbers(Shelf(*(spool(number, 200 + number) for number in (1, 2, 3))).ask, since) == [1, 2, 3]
    assert await numbers(Shelf(*(spool(number, 200 + number) for number in range(1, 301))).ask, since) == list(range(1, 301))
    restored = Shelf(*(spool(number) for number in range(1, 91)), spool(91, 300))  # of a backup, and one was added since
    assert await numbers(restored.ask, since) == [91]
    assert await numbers(Shelf(*(spool(number, 200 + number) for number in (1, 2, 101))).ask, Followed(100)) == [101]  # no time is known


async def test_what_is_no_spool_or_archived_already_gives_no_label() -> None:
    rows: list[Any] = [spool(5), spool(4, archived=True), "spool", {"id": "3"}, {"id": True}, {"id": -1}, {"id": 2**60}, {}]

    async def ask(which: Parameters) -> list[Any]:
        return rows

    found = await listed(ask, Followed(2))
    assert (list(found.added), found.end) == ([5], 5)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-01T01:00:00Z", minutes(60)),
        ("2026-11-01T02:00:00+01:00", minutes(60)),
        ("2026-11-01T01:00:00.000000", minutes(60)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-11-01T01:00:00Z" + " " * 40, None),
        (1762000000, None),
        (None, None),
    ],
)
def test_a_time_is_read_as_spoolman_writes_it_or_not_at_all(text: object, at: datetime | None) -> None:
    assert registered_at({"registered": text}) == at
