"""What users want of jobs that are in the queue: cancel, pause, resume, another place, another printer, and what they saw."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.schema import jobs
from labelhub.errors import Conflict, JobStateConflict, PrinterInUse
from labelhub.events import append_all
from labelhub.jobs.job import (
    CANCELLED_BY_USER,
    ITEM_PENDING,
    OUTCOME_UNKNOWN,
    PAUSED_BY_USER,
    PENDING,
    WAITING,
    Evidence,
    Job,
    JobState,
)
from labelhub.jobs.store.inhand import left_out_of, result_of
from labelhub.jobs.store.rows import NOTHING, OF_ONE, UNENDED, change, count, depth, event_of, get, job_of, need_values, on, rest_values
from labelhub.jobs.store.submit import refuse_unusable
from labelhub.media import Need
from labelhub.printers import store as printer_store

CLEARED_AT_ONCE = 500


def cancel(conn: Connection, job_id: UUID, at: datetime) -> Job:
    """The job after the wish: cancelled at once while it waits, at the next page while it prints. JobStateConflict once too late."""
    job = get(conn, job_id)
    if job.state in WAITING:
        return change(
            conn, job, JobState.CANCELLED, at, reason=CANCELLED_BY_USER, detail=None, finished_at=at, **NOTHING, **left_out_of(conn, job)
        )
    if job.state == JobState.PRINTING and job.labels_sent < job.labels_good:
        return _wish(conn, job, at, cancel_requested=True)
    raise JobStateConflict(f"the job is {job.state}: nothing of it is left to cancel", state=job.state)


def pause(conn: Connection, job_id: UUID, at: datetime) -> Job:
    """The job after the wish: paused at once while it waits, at the next page while it prints. JobStateConflict once too late."""
    job = get(conn, job_id)
    if job.state == JobState.QUEUED:
        return change(conn, job, JobState.PAUSED, at, reason=PAUSED_BY_USER, detail=None)
    if job.state == JobState.PAUSED and job.reason == PAUSED_BY_USER:
        return job
    if job.state == JobState.PRINTING and job.labels_sent < job.labels_good and not job.cancel_requested:
        return _wish(conn, job, at, pause_requested=True)
    raise JobStateConflict(f"the job is {_named(job)} and cannot be paused", state=job.state)


def resume(conn: Connection, job_id: UUID, at: datetime) -> Job:
    """The job, waiting at its old place again. JobStateConflict unless a user paused it, or it waits anyway."""
    job = get(conn, job_id)
    if job.state == JobState.PAUSED and job.reason == PAUSED_BY_USER:
        reason = ITEM_PENDING if job.need == PENDING else None
        return change(conn, job, JobState.QUEUED, at, reason=reason, detail=None, printer_id=job.waits_for)
    if job.state == JobState.QUEUED:
        return job
    if job.state == JobState.PRINTING and job.pause_requested:
        return _wish(conn, job, at, pause_requested=False)
    raise JobStateConflict(f"the job is {_named(job)} and cannot be resumed", state=job.state)


def prioritise(conn: Connection, job_id: UUID, priority: int, at: datetime) -> Job:
    """The job at its new place: higher ones print first. JobStateConflict unless it waits."""
    job = _waiting(conn, job_id, "its priority can be changed")
    return job if job.priority == priority else change(conn, job, job.state, at, priority=priority)


def place(conn: Connection, job_id: UUID, first: bool, at: datetime) -> Job:
    """The job at the first or last place of the queue it waits in, for a printer or for any. JobStateConflict unless it waits."""
    job = _waiting(conn, job_id, "its place can be changed")
    ends = sa.func.max(jobs.c.priority) + 1 if first else sa.func.min(jobs.c.priority) - 1
    others = on(job.printer_id) & jobs.c.state.in_([JobState.QUEUED, JobState.PAUSED]) & (jobs.c.id != job.id)
    end = conn.execute(sa.select(ends).where(others)).scalar()
    if end is None or (job.priority >= end if first else job.priority <= end):
        return job
    return change(conn, job, job.state, at, priority=end)


def move(conn: Connection, job_id: UUID, printer_id: UUID, need: Need | None, priority: int | None, at: datetime) -> Job:
    """The job, waiting for another printer and the media it needs there, at another place where `priority` says so.

    JobStateConflict unless it waits, PrinterNotFound, PrinterDisabled.
    """
    job = _waiting(conn, job_id, "it can be moved to another printer")
    if job.need == PENDING:
        raise JobStateConflict("the job waits for what is to stand on its label; move it once that is there", state=job.state)
    refuse_unusable(conn, printer_id)
    reason, detail = (job.reason, job.detail) if job.state == JobState.PAUSED else (None, None)
    place = {"printer_id": printer_id, "any_printer": False, "priority": job.priority if priority is None else priority}
    return change(conn, job, job.state, at, reason=reason, detail=detail, **place, **need_values(need))


def confirm(conn: Connection, job_id: UUID, printed: bool, labels_done: int | None, at: datetime) -> Job:
    """The job of unknown outcome after a person looked: completed (or queued with the rest of its batch), or failed.

    Cancelled instead of queued, when a user wished so before its outcome was unknown.
    `labels_done`: how many are out in all, where it is not all that were sent, or none of those in doubt. JobStateConflict, Conflict.
    """
    job = get(conn, job_id)
    if job.state != JobState.PAUSED or job.reason != OUTCOME_UNKNOWN:
        raise JobStateConflict(f"the job is {_named(job)}: only one whose outcome is unknown can be confirmed", state=job.state)
    out = labels_done if labels_done is not None else job.labels_sent if printed else job.labels_done
    if not job.labels_done <= out <= job.labels_sent or (printed and out < job.labels_sent):
        raise Conflict(f"{job.labels_done} of its labels are out and {job.labels_sent} were sent: labels_done does not fit to that")
    if printed and out < job.labels_good and job.cancel_requested:
        wished = {"labels_done": out, "reason": CANCELLED_BY_USER, "detail": None, "finished_at": at}
        return change(conn, job, JobState.CANCELLED, at, **wished, **NOTHING, **left_out_of(conn, replace(job, labels_done=out)))
    if printed and out < job.labels_good:  # the rest of a batch has never been sent
        rest = {"labels_done": out, "reason": None, "detail": None, "printer_id": job.waits_for}
        return change(conn, job, JobState.QUEUED, at, **rest, **NOTHING, **rest_values(replace(job, labels_done=out)))
    if printed:
        result = result_of(conn, job) | {"labels": out}
        ended: dict[str, Any] = {
            "labels_done": out,
            "reason": None,
            "detail": None,
            "evidence": Evidence.PERSON,
            "result": result,
            "finished_at": at,
        }
        return change(conn, job, JobState.COMPLETED, at, **ended, **NOTHING)
    detail = f"a person saw that {out} of {job.labels_total} labels came out; retry it with only: missing to print the others"
    values = {"labels_done": out, "detail": detail, "error": detail, "finished_at": at}
    return change(conn, job, JobState.FAILED, at, **values, **NOTHING, **left_out_of(conn, replace(job, labels_done=out)))


def clear(conn: Connection, printer_id: UUID, up_to: int | None, at: datetime) -> tuple[int, int | None]:
    """How many queued and paused jobs of the printer were cancelled, some hundreds at most, and the newest number to go on with.

    `up_to` is what the call before gave, None in the first one: jobs that come while a long queue is cleared are left alone.
    """
    waiting = [on(printer_id) & (jobs.c.state == state) & UNENDED for state in WAITING]  # one place in the index each
    if up_to is None:
        newest = [conn.execute(sa.select(jobs.c.number).where(one).order_by(jobs.c.number.desc()).limit(1)).scalar() for one in waiting]
        up_to = max((number for number in newest if number is not None), default=None)
    rows: list[sa.Row[Any]] = []
    for one in waiting if up_to is not None else ():
        first = sa.select(jobs).where(one, jobs.c.number + 0 <= up_to).order_by(*OF_ONE)  # a sum, so that it is no reason to sort
        rows += conn.execute(first.limit(CLEARED_AT_ONCE - len(rows))).all()
    if not rows:
        return 0, None
    ended = {"reason": CANCELLED_BY_USER, "detail": None, "finished_at": at, "updated_at": at} | NOTHING
    numbers = [row.number for row in rows]
    conn.execute(sa.update(jobs).where(jobs.c.number.in_(numbers)).values(state=JobState.CANCELLED, **ended))
    for job in (job_of(row) for row in rows if row.labels_failed):
        conn.execute(sa.update(jobs).where(jobs.c.id == job.id).values(left_out_of(conn, job)))
    left = count(conn, printer_id, -len(rows))
    append_all(
        conn,
        [event_of(row, printer_id, JobState(row.state), JobState.CANCELLED, CANCELLED_BY_USER, left, at) for row in rows],
    )
    return len(rows), up_to


def remove_printer(conn: Connection, printer_id: UUID, force: bool, at: datetime) -> None:
    """The printer is gone. PrinterInUse while jobs wait for it, unless `force`, which cancels them, the rest of one printing too."""
    if force:
        up_to: int | None = None
        while True:
            _, up_to = clear(conn, printer_id, up_to, at)
            if up_to is None:
                break
        conn.execute(sa.update(jobs).where(on(printer_id), jobs.c.state == JobState.PRINTING).values(cancel_requested=True))
    elif depth(conn, printer_id):
        raise PrinterInUse("jobs wait for the printer: clear its queue first, or use ?force=true to cancel them")
    printer_store.delete(conn, printer_id, at)


def _wish(conn: Connection, job: Job, at: datetime, **values: bool) -> Job:
    row = conn.execute(sa.update(jobs).where(jobs.c.id == job.id).values(values | {"updated_at": at}).returning(jobs)).one()
    return job_of(row)


def _waiting(conn: Connection, job_id: UUID, what: str) -> Job:
    job = get(conn, job_id)
    if job.state == JobState.QUEUED or (job.state == JobState.PAUSED and job.reason != OUTCOME_UNKNOWN):
        return job
    raise JobStateConflict(f"the job is {_named(job)}: only while it waits {what}", state=job.state)


def _named(job: Job) -> str:
    return f"{job.state} ({job.reason})" if job.reason else str(job.state)
