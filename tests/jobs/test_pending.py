"""Jobs whose thing is still to be fetched: nobody takes them, nobody tells them anything else, and they lose nothing."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from labelhub.db.engine import Database
from labelhub.errors import JobStateConflict
from labelhub.jobs import store
from labelhub.jobs.job import ITEM_PENDING, PENDING, JobState, LabelOrder
from labelhub.jobs.store import Block, Hand
from labelhub.media import Media
from tests.jobs.queue_at_hand import AT, LATER, NEED_12, NODE, PRINTER, TAPE_12, Queue, order

OFF = Block("printer-unreachable", "it is off")
ASKED = (LabelOrder({"lookup": {"app": "snipeit", "identifier": "1"}}),)


@pytest.mark.parametrize("printer_id", [PRINTER, None])
@pytest.mark.parametrize("loaded", [TAPE_12, None])
def test_it_is_passed_over_whatever_is_loaded_until_its_thing_is_there(
    queue: Queue, printer_id: UUID | None, loaded: Media | None
) -> None:
    database: Database = queue.database
    new = replace(order(), printer_id=printer_id, need=PENDING, labels=ASKED)
    job = database.write_now(store.submit, new, AT)
    assert (job.state, job.reason) == (JobState.QUEUED, ITEM_PENDING)
    assert not database.write_now(store.claimable, PRINTER, loaded)
    assert not database.write_now(store.has_queued, PRINTER)
    assert database.write_now(store.explain, PRINTER, OFF, None, LATER) == 0
    assert database.write_now(store.explain_unclaimed, {PENDING: OFF, None: OFF}, LATER) == 0
    assert PENDING not in database.write_now(store.unclaimed_needs)
    (waiting,) = database.write_now(store.pending.waiting, 10)
    assert (waiting[0].id, waiting[1]) == (job.id, ASKED)
    with pytest.raises(JobStateConflict):
        database.write_now(store.move, job.id, PRINTER, NEED_12, None, LATER)
    labels = (LabelOrder({"text": "a"}, 2), LabelOrder({"text": "b"}))
    there = database.write_now(store.pending.supply, job.id, labels, NEED_12, PRINTER, LATER)
    assert there is not None
    assert (there.reason, there.need, there.labels_total, there.waits_for) == (None, NEED_12, 3, PRINTER)
    assert database.write_now(store.pending.waiting, 10) == []
    assert database.write_now(store.pending.supply, job.id, labels, NEED_12, PRINTER, LATER) is None
    taken = database.write_now(store.claim, Hand(PRINTER, NODE, uuid4()), TAPE_12, LATER)
    assert taken is not None
    assert taken.id == job.id
    assert database.write_now(store.depths) == {PRINTER: 1}


def test_it_says_why_its_thing_is_not_there_and_fails_when_there_is_none(queue: Queue) -> None:
    database: Database = queue.database
    job = database.write_now(store.submit, replace(order(), need=PENDING, labels=ASKED), AT)
    assert database.write_now(store.pending.tell, [(job.id, "it is down")], LATER) == 1
    assert database.write_now(store.pending.tell, [(job.id, "it is down")], LATER) == 0
    told = database.write_now(store.get, job.id)
    assert (told.reason, told.detail) == (ITEM_PENDING, "it is down")
    failed = database.write_now(store.pending.refuse, job.id, "item-not-found", "there is none", LATER)
    assert failed is not None
    assert (failed.state, failed.reason, failed.error) == (JobState.FAILED, "item-not-found", "there is none")
    assert database.write_now(store.depths) == {}
    again = database.write_now(store.retry, job.id, "me", LATER)
    assert (again.state, again.reason, again.need) == (JobState.QUEUED, ITEM_PENDING, PENDING)


def test_one_that_is_paused_stays_so_when_its_thing_comes(queue: Queue) -> None:
    database: Database = queue.database
    job = database.write_now(store.submit, replace(order(), need=PENDING, labels=ASKED), AT)
    database.write_now(store.pause, job.id, LATER)
    there = database.write_now(store.pending.supply, job.id, (LabelOrder({}),), NEED_12, PRINTER, LATER)
    assert there is not None
    assert (there.state, there.reason) == (JobState.PAUSED, "paused-by-user")
    assert database.write_now(store.resume, job.id, LATER).reason is None
