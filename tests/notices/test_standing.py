"""Which faults are told, and when: time and events in, notices out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from labelhub.notices.standing import FAILED, UNKNOWN, Book, Graces, Happened

PRINTER, OTHER, JOB = UUID(int=1), UUID(int=2), UUID(int=9)
KNOWN = frozenset({PRINTER, OTHER})
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seen(seconds: float, *reasons: str, online: bool | None = True, printer: UUID = PRINTER) -> Happened:
    return Happened("printer.status", {"online": online, "reasons": list(reasons)}, at(seconds), printer, None)


def ended(seconds: float, job: int = 9) -> Happened:
    return Happened("job.state_changed", {}, at(seconds), PRINTER, UUID(int=job))


class Day:
    """A book through time: each look is made of what was kept of the one before."""

    def __init__(self) -> None:
        self.book = Book([], Graces(), KNOWN)

    def look(self, seconds: float, *happened: Happened) -> tuple[list[str], list[str]]:
        """What is told at that time, and what is told to be over."""
        self.book = Book(self.book.standings.values(), Graces(), KNOWN)
        for one in happened:
            self.book.status(one)
        over, due = self.book.over(at(seconds)), self.book.due(at(seconds))
        return [one.fault for one in due], [one.fault for one in over]


def test_a_fault_is_told_once_it_has_stood_for_its_grace_and_once_only() -> None:
    day = Day()
    assert day.look(1, seen(0, "cover-open")) == ([], [])
    assert day.look(14.9) == ([], [])
    assert day.look(15) == (["cover-open"], [])
    assert day.look(16, seen(15.5, "cover-open")) == ([], [])
    assert day.look(10_000) == ([], [])


def test_one_that_is_gone_before_is_never_told() -> None:
    day = Day()
    day.look(1, seen(0, "cover-open"))
    assert day.look(11, seen(10)) == ([], [])
    assert day.look(20, seen(12, "cover-open")) == ([], [])
    assert day.look(27) == (["cover-open"], [])


def test_what_flaps_is_one_fault_and_over_when_it_has_been_gone_for_a_while() -> None:
    day = Day()
    day.look(0, seen(0, "media-empty"))
    assert day.look(15) == (["media-empty"], [])
    for second in range(20, 60, 10):
        assert day.look(second + 5, seen(second), seen(second + 5, "media-empty")) == ([], [])
    assert day.look(61, seen(60)) == ([], [])
    assert day.look(75) == ([], ["media-empty"])
    assert day.look(76) == ([], [])


def test_the_same_fault_is_told_again_after_the_pause_only() -> None:
    day = Day()
    day.look(0, seen(0, "cover-open"))
    day.look(15, seen(15, "cover-open"))
    day.look(20, seen(20))
    assert day.look(35) == ([], ["cover-open"])
    assert day.look(60, seen(40, "cover-open")) == ([], [])
    assert day.look(614.9) == ([], [])
    assert day.look(615) == (["cover-open"], [])


def test_a_printer_that_is_away_has_its_own_grace_and_keeps_what_it_had() -> None:
    day = Day()
    day.look(0, seen(0, "media-empty"))
    assert day.look(15) == (["media-empty"], [])
    assert day.look(100, seen(20, online=False)) == ([], [])
    assert day.look(140) == (["offline"], [])
    assert day.look(170, seen(150)) == ([], ["media-empty", "offline"])


def test_what_passes_by_itself_is_no_fault() -> None:
    day = Day()
    day.look(0, seen(0, "cooling", "busy", "asleep", "of-a-newer-version"), seen(0, online=None, printer=OTHER))
    assert day.look(1000) == ([], [])
    assert not day.book.standings


def test_printers_are_told_apart_and_one_that_is_gone_is_forgotten() -> None:
    book = Book([], Graces(), {OTHER})
    book.status(seen(0, "cover-open"))
    book.status(seen(0, "cover-open", printer=OTHER))
    assert [one.printer_id for one in book.due(at(15))] == [OTHER]
    book.forget(at(60))
    assert [one.printer_id for one in book.standings.values()] == [OTHER]


def test_a_printer_that_another_node_has_just_added_is_told_of_once_it_is_known() -> None:
    early = Book([], Graces(), frozenset())
    early.status(seen(0, "cover-open"))
    early.forget(at(20))
    assert early.due(at(20)) == []
    assert [one.fault for one in Book(early.standings.values(), Graces(), KNOWN).due(at(21))] == ["cover-open"]


def test_jobs_that_fail_soon_after_one_another_are_told_together() -> None:
    book = Book([], Graces(), KNOWN)
    book.ended(ended(0, 1), FAILED)
    assert [(one.jobs, one.job_id) for one in book.due(at(0))] == [(1, UUID(int=1))]
    for number in range(2, 102):
        book.ended(ended(1, number), FAILED)
    assert book.due(at(59)) == []
    assert [(one.jobs, one.job_id) for one in book.due(at(60))] == [(100, UUID(int=2))]
    assert book.due(at(200)) == []
    book.over(at(200))
    assert not book.standings


def test_a_lost_job_and_a_failed_one_do_not_wait_for_each_other() -> None:
    book = Book([], Graces(), KNOWN)
    book.ended(ended(0), FAILED)
    book.ended(ended(0), UNKNOWN)
    assert sorted(one.fault for one in book.due(at(0))) == [FAILED, UNKNOWN]


def test_jobs_that_want_media_are_told_once_for_each_and_not_of_a_printer_that_is_empty() -> None:
    book = Book([], Graces(), KNOWN)
    for number in range(5):
        book.wants(PRINTER, UUID(int=number), "load 24mm: the printer holds 12mm", at(0))
    book.wants(OTHER, JOB, "load 24mm: the printer holds none", at(0))
    book.status(seen(0, "media-empty", printer=OTHER))
    assert sorted((one.printer_id, one.fault) for one in book.due(at(15))) == [(PRINTER, "media-wanted"), (OTHER, "media-empty")]
