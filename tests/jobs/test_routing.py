"""Why a job for any printer waits, in words: whose fault it is, and who could be loaded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from labelhub.drivers.status import PrinterState, Reason
from labelhub.jobs.routing import NAMED, Candidate, reasons
from labelhub.jobs.store import Block
from labelhub.media import Media, MediaKind, MediaNeed, MediaSet, Need
from labelhub.printers.printer import Address, Printer, Status

AT = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
TAPE_12, TAPE_24 = Media(MediaKind.TAPE_LAMINATED, 12), Media(MediaKind.TAPE_LAMINATED, 24)
NEED = MediaNeed("tape", 12)
IDLE = PrinterState.IDLE


def candidate(
    slug: str,
    media: Media | None = TAPE_12,
    *why: Reason,
    online: bool | None = True,
    state: PrinterState = IDLE,
    paused: bool = False,
    takes: Iterable[Need | None] = (NEED, None),
    part: Need | None = None,
) -> Candidate:
    """A printer that was just seen so."""
    address = Address("127.0.0.1", 9100, True, 161, "public")
    printer = Printer(UUID(int=len(slug)), slug, slug, "PT-P750W", "brother-pt", "tcp", address, True, paused, False, AT, AT, site="")
    status = Status(online, state, why, media, 0, AT, AT, None if online else "no answer")
    return Candidate(printer, status, {need: (need and part) or need for need in takes})


def why(*there: Candidate, need: Need | None = NEED) -> Block | None:
    """Why a job waits, with these printers there."""
    return reasons([need], list(there))[need]


@pytest.mark.parametrize(
    "one",
    [
        candidate("idle"),
        candidate("printing", state=PrinterState.PRINTING),
        candidate("cooling", TAPE_12, Reason.COOLING),
        candidate("blue", replace(TAPE_12, media_color="blue")),
    ],
    ids=lambda one: one.printer.slug,
)
def test_one_that_holds_the_media_and_works_is_no_reason_whatever_the_others_are(one: Candidate) -> None:
    assert why(candidate("open", TAPE_12, Reason.COVER_OPEN), one, candidate("away", online=False), candidate("other", TAPE_24)) is None


def test_what_stops_the_only_one_that_holds_the_media_is_told_with_its_name() -> None:
    others = (candidate("other", TAPE_24), candidate("empty", None, Reason.MEDIA_EMPTY))
    for one, reason, words in (
        (candidate("x", online=False), "printer-unreachable", "x holds 12mm tape, but no answer"),
        (candidate("x", TAPE_12, Reason.COVER_OPEN), "printer-not-ready", "x holds 12mm tape, but the printer says: cover-open"),
        (candidate("x", paused=True), "printer-paused", "x holds 12mm tape, but the printer is paused in the hub; resume it to print"),
    ):
        assert why(*others, one) == Block(reason, words)


def test_where_nobody_holds_the_media_those_that_could_are_named_in_order_and_not_too_many() -> None:
    three = [candidate(slug, TAPE_24) for slug in ("c", "a", "b")]
    no_tape = candidate("ql", TAPE_24, takes=())
    assert why(*three, no_tape) == Block("media-needed", "load 12mm tape into a or b or c")
    crowd = [candidate(f"p{number}", TAPE_24) for number in range(NAMED + 4)]
    told = why(*crowd)
    assert told is not None
    assert told.detail.count("p") - 1 == NAMED


def test_one_that_refuses_what_it_holds_is_to_be_loaded_again() -> None:
    assert why(candidate("x", TAPE_12, Reason.MEDIA_NEEDED)) == Block("media-needed", "load 12mm tape into x")


def test_where_no_printer_takes_the_media_one_that_does_is_asked_for() -> None:
    for there in ([], [candidate("ql", None, takes=(None,))]):
        told = why(*there)
        assert told is not None
        assert told.reason == "media-needed"
        assert re.match("no enabled printer.* takes 12mm tape: add or enable one that does", told.detail)


def test_printers_that_were_never_seen_may_hold_anything_and_are_not_said_to_need_media() -> None:
    away = candidate("away", None, online=False)
    assert why(away, candidate("x", None, online=False)) == Block("printer-unreachable", "away may hold 12mm tape, but no answer")
    assert why(away, candidate("other", TAPE_24)) == Block("media-needed", "load 12mm tape into away or other")
    assert why(away, candidate("empty", None, Reason.MEDIA_EMPTY)) == Block("media-needed", "load 12mm tape into away or empty")


def test_a_job_for_whatever_media_waits_for_any() -> None:
    assert why(candidate("x", TAPE_24), need=None) is None
    assert why(candidate("x", None, Reason.MEDIA_EMPTY), need=None) == Block("media-needed", "load media into x")


def test_each_need_is_answered_for_itself() -> None:
    other = MediaNeed("tape", 24)
    told = reasons([NEED, other, None], [candidate("x", takes=(NEED, other, None))])
    assert [told[NEED], told[other], told[None]] == [None, Block("media-needed", "load 24mm tape into x"), None]


def test_a_job_for_any_of_several_sizes_is_told_which_of_them_each_printer_takes() -> None:
    wanted = MediaSet.of([MediaNeed("roll", 62), MediaNeed("tape", 24), MediaNeed("tape", 18)])
    tapes = MediaSet.of(wanted.sizes[:2])
    pt, other = (candidate(slug, TAPE_12, takes=[wanted], part=tapes) for slug in ("pt", "a"))
    roll = candidate("ql", Media(MediaKind.ROLL_CONTINUOUS, 29), takes=[wanted], part=wanted.sizes[2])
    assert why(roll, pt, other, need=wanted) == Block("media-needed", "load 18mm or 24mm tape into a or pt, or 62mm roll into ql")
    assert why(need=wanted) == Block(
        "media-needed", "no enabled printer that tells what it holds takes 18mm or 24mm tape or 62mm roll: add or enable one that does"
    )
    off = candidate("off", TAPE_24, takes=[wanted], part=tapes, online=False)
    assert why(roll, off, need=wanted) == Block("printer-unreachable", "off holds 24mm tape, but no answer")
    assert why(roll, off, candidate("on", TAPE_24, takes=[wanted], part=tapes), need=wanted) is None
    away = candidate("away", None, takes=[wanted], part=tapes, online=False)
    assert why(away, need=wanted) == Block("printer-unreachable", "away may hold 18mm or 24mm tape, but no answer")
