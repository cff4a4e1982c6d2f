"""What the hub believes after it has sent: a sequence of looks, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from labelhub.drivers.status import PrinterState, Reason
from labelhub.errors import OutcomeUnknown
from labelhub.jobs.job import Evidence
from labelhub.jobs.printing import Patience, confirm
from labelhub.printers.printer import Status

PATIENCE = Patience(quiet_s=0.15, fault_s=0.4, settle_s=0.01)


def idle(count: int | None = None) -> Status:
    return Status(online=True, state=PrinterState.IDLE, page_count=count)


def works(count: int | None = None) -> Status:
    return Status(online=True, state=PrinterState.PRINTING, page_count=count)


def open_cover(count: int | None = None) -> Status:
    return Status(online=True, state=PrinterState.STOPPED, reasons=(Reason.COVER_OPEN,), page_count=count)


GONE = Status(online=False, state=PrinterState.OFFLINE, last_error="no answer")


async def outcome(before: int | None, looks: Sequence[Status], *, pages: int = 2, closed: bool = True) -> tuple[str, list[int]]:
    """The evidence or `unknown`, and the pages told to be done on the way; the last look repeats."""
    left, told = list(looks), []

    async def look() -> Status:
        return left.pop(0) if len(left) > 1 else left[0]

    async def tell(done: int, status: Status) -> None:
        told.append(done)

    async def is_closed() -> bool:
        return closed

    try:
        evidence, _ = await confirm(is_closed, idle(before), pages, look, tell, PATIENCE)
    except OutcomeUnknown:
        return "unknown", told
    return evidence, told


@pytest.mark.parametrize(
    ("before", "looks", "wanted"),
    [
        (7, [works(7), works(8), idle(9)], Evidence.PAGE_COUNTER),
        (2**32 - 1, [works(0), idle(1)], Evidence.PAGE_COUNTER),
        (7, [works(7), open_cover(7), works(7), idle(9)], Evidence.PAGE_COUNTER),
        (7, [works(7), works(7), idle(7)], Evidence.STATUS),
        (None, [works(), idle()], Evidence.STATUS),
        (None, [idle()], Evidence.STATUS),
        (7, [idle(7)], "unknown"),
        (7, [works(7), idle(8)], "unknown"),
        (7, [works(7), GONE, idle(7)], "unknown"),
        (7, [works(7), open_cover(7), idle(7)], "unknown"),
        (100, [idle(3)], "unknown"),
        (7, [idle(5_000_000)], "unknown"),
        (7, [GONE], "unknown"),
        (7, [open_cover(7)], "unknown"),
        (7, [works(7)] * 3 + [GONE], "unknown"),
    ],
    ids=[
        "counted",
        "counted past the wrap",
        "counted after a fault",
        "seen at work and idle again",
        "no counter, seen at work",
        "no counter, idle",
        "idle but never seen at work",
        "counted too few",
        "a power cut between",
        "a fault between",
        "counter set back",
        "another printer's counter",
        "never heard again",
        "a fault nobody clears",
        "went away",
    ],
)
async def test_a_label_is_believed_printed_only_with_evidence(before: int | None, looks: list[Status], wanted: str) -> None:
    assert (await outcome(before, looks))[0] == wanted


async def test_an_idle_printer_that_has_not_read_everything_is_not_believed() -> None:
    assert (await outcome(None, [works(), idle()], closed=False))[0] == "unknown"


async def test_pages_are_told_as_they_are_counted_and_never_backwards() -> None:
    evidence, told = await outcome(0, [works(0), works(1), works(3), GONE, works(3), works(4), idle(5)], pages=5)
    assert evidence == Evidence.PAGE_COUNTER
    assert told == sorted(told)
    assert {1, 3, 4} <= set(told)
