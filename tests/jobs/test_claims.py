"""A printer takes a job: which one, who may, and never two at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from labelhub.db.engine import Database
from labelhub.errors import HubError
from labelhub.jobs import store
from labelhub.jobs.job import Job, JobState
from labelhub.jobs.store import Hand
from labelhub.media import Media, MediaKind, MediaNeed, MediaSet
from tests.jobs.queue_at_hand import AT, LATER, NEED_12, NEED_24, NODE, OTHER, PRINTER, TAPE_12, TAPE_24, Queue, put_state

EITHER, NARROW = MediaSet.of([NEED_12, NEED_24]), MediaSet.of([NEED_12, MediaNeed("tape", 9)])
ROLL_62 = Media(MediaKind.ROLL_CONTINUOUS, 62)
DIE_CUT = Media(MediaKind.ROLL_DIE_CUT, 29, 90)


def drain(queue: Queue, loaded: Media | None = TAPE_12, printer_id: UUID = PRINTER) -> list[UUID]:
    """The jobs a printer prints one after the other."""
    found = []
    while job := queue.claim(loaded, printer_id):
        queue(store.complete, job, "status", TAPE_12, LATER)
        found.append(job.id)
    return found


def test_a_claimed_job_is_printing_in_the_hand_that_took_it(queue: Queue) -> None:
    waiting = queue.submit(2)
    queue(store.explain, PRINTER, store.Block("printer-unreachable", "it is off"), None, LATER)
    hand = Hand(PRINTER, NODE, uuid4())
    (event,) = queue.heard(store.claim, hand, TAPE_12, LATER)
    queue.shows(
        waiting, state="printing", claim=hand.claim, started_at=LATER, updated_at=LATER, reason=None, detail=None, sending_at=None
    )
    assert (event.data["from_state"], event.data["to_state"], event.data["queue_depth"]) == ("queued", "printing", 1)
    assert (event.printer_id, event.job_id) == (PRINTER, waiting.id)


def test_a_job_that_is_claimed_again_keeps_when_it_was_started_first(queue: Queue) -> None:
    job = queue.printing()
    queue(store.requeue, job, None, None, LATER)
    again = queue(store.claim, Hand(PRINTER, NODE, uuid4()), TAPE_12, LATER.replace(hour=9))
    assert (again.started_at, again.updated_at) == (LATER, LATER.replace(hour=9))
    assert again.claim != job.claim


def test_claims_follow_priority_and_then_the_order_of_submits_over_own_jobs_and_those_for_any_printer(queue: Queue) -> None:
    given = [
        queue.submit(printer_id=printer_id, need=need, priority=priority)
        for printer_id, need, priority in (
            (PRINTER, None, 0), (None, NEED_12, 0), (PRINTER, NEED_12, 5), (None, None, 5), (PRINTER, None, 5), (None, NEED_12, -1),
            (PRINTER, NEED_12, 0), (None, None, 9), (PRINTER, None, -1),
            (None, EITHER, 5), (PRINTER, EITHER, 0), (PRINTER, NARROW, 5), (PRINTER, EITHER, 5), (None, NARROW, -2),
        )
    ]  # fmt: skip
    wanted = sorted(given, key=lambda job: (-job.priority, job.number))
    assert drain(queue) == [job.id for job in wanted]


def test_a_job_for_any_printer_is_the_one_printers_that_takes_it_and_is_counted_there(queue: Queue) -> None:
    job = queue.submit(printer_id=None)
    (event,) = queue.heard(store.claim, Hand(OTHER, NODE, uuid4()), TAPE_12, LATER)
    queue.shows(job, printer_id=OTHER, any_printer=True)
    assert (event.printer_id, event.data["queue_depth"]) == (OTHER, 1)
    assert queue(store.depths) == {OTHER: 1}
    assert queue.claim() is None


LOADED = (TAPE_12, TAPE_24, ROLL_62, DIE_CUT, Media(MediaKind.TAPE_LAMINATED, 3.5), Media(MediaKind.UNKNOWN, 12))
NEEDS: dict[MediaNeed, Media | None] = {
    NEED_12: TAPE_12, NEED_24: TAPE_24, MediaNeed("tape", 3.5): LOADED[4], MediaNeed("roll", 62): ROLL_62,
    MediaNeed("roll", 29, 90): DIE_CUT,
    MediaNeed("roll", 12): None, MediaNeed("tape", 29, 90): None, MediaNeed("roll", 29): None, MediaNeed("roll", 62, 100): None,
}  # fmt: skip
"""Needs, and which of the loaded media meets them."""


@pytest.mark.parametrize("printer_id", [PRINTER, None], ids=["own", "any"])
def test_only_a_job_whose_very_media_is_loaded_is_claimed(queue: Queue, printer_id: UUID | None) -> None:
    given = {need: queue.submit(need=need, printer_id=printer_id).id for need in NEEDS}
    for media in LOADED:
        assert drain(queue, media) == [given[need] for need, fits in NEEDS.items() if fits == media]


@pytest.mark.parametrize("printer_id", [PRINTER, None], ids=["own", "any"])
def test_a_job_for_any_of_several_sizes_is_claimed_once_the_first_of_them_is_loaded(queue: Queue, printer_id: UUID | None) -> None:
    sets = [[NEED_12, NEED_24], [NEED_24, MediaNeed("roll", 62)], [MediaNeed("tape", 3.5), NEED_12], [MediaNeed("roll", 29, 90), NEED_24]]
    needs = [MediaSet.of(sizes) for sizes in sets]
    given = {queue.submit(need=need, printer_id=printer_id, priority=-place).id: need for place, need in enumerate(needs)}
    for job_id, need in given.items():
        assert queue(store.get, job_id).need == need
    for media in (Media(MediaKind.TAPE_LAMINATED, 2), Media(MediaKind.ROLL_CONTINUOUS, 29), ROLL_62, DIE_CUT, TAPE_12, TAPE_24):
        wanted = [job_id for job_id, need in given.items() if need.met_by(media)]
        assert drain(queue, media) == wanted
        given = {job_id: need for job_id, need in given.items() if job_id not in wanted}
    assert not given
    own = [queue.submit(need=needs[0], printer_id=PRINTER).id]
    queue.submit(need=needs[0], printer_id=None, priority=9)
    assert drain(queue, None) == own


def test_with_unknown_media_only_own_jobs_are_claimed_that_say_what_they_need(queue: Queue) -> None:
    queue.submit()
    queue.submit(printer_id=None)
    queue.submit(need=NEED_12, printer_id=None, priority=9)
    wanted = [queue.submit(need=NEED_24), queue.submit(need=NEED_12)]
    assert drain(queue, None) == [job.id for job in wanted]


@pytest.mark.parametrize(("column", "value"), [("paused", True), ("enabled", False)])
def test_a_printer_that_is_paused_or_disabled_claims_nothing(queue: Queue, column: str, value: bool) -> None:
    queue.submit()
    queue.submit(printer_id=None)
    queue.set_printer(PRINTER, **{column: value})
    assert queue.claim() is None
    assert queue.claim(printer_id=OTHER) is not None


def test_a_node_without_the_printers_lease_claims_nothing(queue: Queue) -> None:
    job = queue.submit()
    assert queue.claim(owner="node-2") is None
    queue(store.leases.release, NODE)
    assert queue.claim() is None
    queue(store.leases.take, "node-2", [str(PRINTER)], 60.0)
    assert queue.claim() is None
    claimed = queue.claim(owner="node-2")
    assert claimed is not None
    assert claimed.id == job.id


def test_a_printer_that_is_not_there_claims_nothing(queue: Queue) -> None:
    queue.submit(printer_id=None)
    stranger = uuid4()
    queue(store.leases.take, "node-2", [str(stranger)], 60.0)
    assert queue.claim(printer_id=stranger, owner="node-2") is None


def test_the_database_itself_refuses_two_printing_jobs_on_one_printer(queue: Queue) -> None:
    first, second = queue.submit(), queue.submit()
    assert queue.claim() is not None
    assert queue.claim() is None
    queue.shows(second, state="queued", claim=None)
    with pytest.raises(HubError):
        queue(put_state, second, JobState.PRINTING)
    queue.shows(first, state="printing")


def test_paused_and_ended_jobs_are_not_claimed(queue: Queue) -> None:
    for wish in (store.pause, store.cancel):
        queue(wish, queue.submit().id, LATER)
        queue(wish, queue.submit(printer_id=None).id, LATER)
    assert queue.claim() is None


def test_a_job_is_urgent_when_the_printer_could_print_it_now_and_it_is_of_higher_priority(queue: Queue) -> None:
    job = queue.printing(priority=1)
    assert not queue(store.urgent, job, TAPE_12)
    queue.submit(priority=1)
    queue.submit(priority=5, need=NEED_24)
    queue.submit(priority=5, printer_id=OTHER)
    assert not queue(store.urgent, job, TAPE_12)
    assert queue(store.urgent, job, TAPE_24)
    assert queue(store.urgent, job, None)
    queue.submit(priority=2, printer_id=None)
    assert queue(store.urgent, job, TAPE_12)


def test_claims_of_several_nodes_at_once_never_overlap_and_lose_none(queue: Queue, database_url: str) -> None:
    given = {queue.submit(printer_id=(PRINTER, OTHER, None)[number % 3]).id for number in range(24)}

    def print_all(printer_id: UUID) -> list[UUID]:
        database, found = Database(database_url), []
        try:
            while database.write_now(store.has_queued, printer_id):
                job: Job | None = database.write_now(store.claim, Hand(printer_id, NODE, uuid4()), TAPE_12, AT)
                if job:
                    database.write_now(store.complete, job, "status", TAPE_12, AT)
                    found.append(job.id)
            return found
        finally:
            database.close()

    with ThreadPoolExecutor(4) as threads:
        printed = [job_id for found in threads.map(print_all, (PRINTER, OTHER) * 2) for job_id in found]
    assert sorted(printed) == sorted(given)
