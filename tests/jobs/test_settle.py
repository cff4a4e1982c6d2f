"""What came out of a label that lost its hub: a sequence of looks at the counter, and what follows from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from labelhub.jobs.follow import Patience, settle_by_count
from labelhub.printers.printer import Status
from tests.jobs.test_follow import BLIND, GONE, cooling, idle, open_cover, works

PATIENCE = Patience(quiet_s=0.1, unread_s=0.3, fault_s=0.5, settle_s=0.01)


async def settled(looks: Sequence[Status], expected: int = 10, pages: int = 3) -> int | None:
    """How many are out; the last look repeats."""
    left = list(looks)

    async def look() -> Status:
        return left.pop(0) if len(left) > 1 else left[0]

    async with asyncio.timeout(30):
        return await settle_by_count(look, expected, pages, PATIENCE)


@pytest.mark.parametrize(
    ("looks", "out"),
    [
        ([idle(10)], 3),
        ([idle(8)], 1),
        ([idle(7)], 0),
        ([idle(6)], None),
        ([idle(11)], None),
        ([idle(None)], None),
        ([works(7), works(8), works(9), idle(10)], 3),
        ([works(8), open_cover(8), works(8), idle(9)], 2),
        ([works(8), cooling(8), works(9), idle(9)], 2),
        ([GONE, idle(9)], 2),
        ([idle(10), GONE, idle(10)], 3),
        ([idle(8), works(8), idle(9)], 2),
        ([BLIND], None),
        ([GONE], None),
        ([works(9)], None),
        ([open_cover(9)], None),
    ],
    ids=[
        "all out",
        "one out",
        "none out",
        "fewer than before them",
        "more than there were",
        "no counter",
        "still printing",
        "cover closed in time",
        "cooled in time",
        "back in time",
        "one answer lost",
        "not idle yet",
        "answers nothing",
        "away",
        "works for ever and counts nothing",
        "a cover nobody closes",
    ],
)
async def test_the_counter_tells_what_came_out(looks: list[Status], out: int | None) -> None:
    assert await settled(looks) == out


async def test_a_counter_that_wrapped_is_counted_right() -> None:
    assert await settled([works(2**32 - 1), idle(0)], expected=1, pages=3) == 2


async def test_a_printer_is_waited_for_as_long_as_it_counts() -> None:
    clock = asyncio.get_running_loop().time
    begun = clock()

    async def look() -> Status:
        counted = int((clock() - begun) / (PATIENCE.quiet_s / 2))
        return idle(6) if counted >= 6 else works(counted)

    assert await settle_by_count(look, 6, 6, PATIENCE) == 6
    assert clock() - begun > 2 * PATIENCE.quiet_s


async def test_somebody_who_keeps_it_busy_without_a_page_is_not_waited_for_without_end() -> None:
    number = 0

    async def look() -> Status:
        nonlocal number
        number += 1
        return works(9) if number % 2 else open_cover(9)

    async with asyncio.timeout(30):
        assert await settle_by_count(look, 10, 3, PATIENCE) is None
