"""A job in a worker's hand: what leaves, what is out, and how it ends.

Each change is refused (JobStateConflict) once the job is in another hand: a node that was stopped and comes back writes nothing
over what the node after it found out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.schema import UtcDateTime, job_labels, jobs, printers
from labelhub.errors import JobStateConflict, LeaseLost
from labelhub.jobs.job import CANCELLED_BY_USER, OUTCOME_UNKNOWN, PAUSED_BY_USER, Job, JobState, Sheet
from labelhub.jobs.store import leases, pictures
from labelhub.jobs.store.claim import Hand, owns, urgent
from labelhub.jobs.store.rows import NOTHING, change, get, job_of, need_values, rest_values, tell
from labelhub.media import Media, media_fields, without

_DRIVABLE = sa.exists().where(printers.c.id == jobs.c.printer_id, printers.c.enabled, ~printers.c.paused)
_MAY_LEAVE = (
    sa.update(jobs)
    .where(jobs.c.id == sa.bindparam("of_id"), jobs.c.claim == sa.bindparam("of_claim"), jobs.c.state == JobState.PRINTING)
    .where(~jobs.c.cancel_requested, ~jobs.c.pause_requested, _DRIVABLE)
    .values(  # later pages of a connection change nothing of what its first one wrote down
        sending_at=sa.func.coalesce(jobs.c.sending_at, sa.bindparam("now", type_=UtcDateTime)),
        media=sa.case((jobs.c.sending_at.is_(None), sa.bindparam("on_media", type_=jobs.c.media.type)), else_=jobs.c.media),
        count_base=sa.case((jobs.c.sending_at.is_(None), sa.bindparam("counted", type_=sa.BigInteger)), else_=jobs.c.count_base),
    )
)
_COMPLETE_ONE = (
    sa.update(jobs)
    .where(jobs.c.id == sa.bindparam("of_id"), jobs.c.claim == sa.bindparam("of_claim"), jobs.c.state == JobState.PRINTING)
    .where(jobs.c.labels_failed == 0)
    .values(state=JobState.COMPLETED, labels_done=1, labels_sent=1, reason=None, detail=None, claim=None, **NOTHING)
    .returning(jobs)
)
REPORTED_PROBLEMS = 100
"""Of labels that were left out, so many are named in the result."""


_SHEETS = (
    sa.select(job_labels)
    .where(
        job_labels.c.job_id == sa.bindparam("of_job"),
        job_labels.c.problem.is_(None),
        job_labels.c.first_page
        >= sa.select(sa.func.max(job_labels.c.first_page))
        .where(job_labels.c.job_id == sa.bindparam("of_job"), job_labels.c.first_page <= sa.bindparam("page"))
        .scalar_subquery(),
    )
    .order_by(job_labels.c.first_page)
    .limit(sa.bindparam("pages"))
)


def sheets(conn: Connection, job: Job, start: int, limit: int) -> list[Sheet]:
    """Pages to print, in order, `start` of those that can be printed left aside."""
    page = _page_of(conn, job, start)
    found: list[Sheet] = []
    for row in conn.execute(_SHEETS, {"of_job": job.id, "page": page, "pages": limit}):
        pages = range(max(page, row.first_page), row.first_page + row.copies)
        fields = pictures.shown(conn, row.fields)
        found += [Sheet(number, row.first_page, fields) for number in pages[: limit - len(found)]]
    return found


def _page_of(conn: Connection, job: Job, start: int) -> int:
    page = start
    if job.labels_failed:
        left_out = sa.select(job_labels.c.first_page, job_labels.c.copies).where(
            job_labels.c.job_id == job.id, job_labels.c.problem.is_not(None)
        )
        for row in conn.execute(left_out.order_by(job_labels.c.first_page)):
            page += row.copies if row.first_page <= page else 0
    return page


def leave_out(conn: Connection, job: Job, page: int, slug: str, detail: str, at: datetime) -> Job:
    """The job without one of its labels, from this page of it on: it can never be printed as it is. Copies before that stay."""
    _held(conn, job)
    last = sa.select(job_labels).where(job_labels.c.job_id == job.id, job_labels.c.first_page <= page)
    row = conn.execute(last.order_by(job_labels.c.first_page.desc()).limit(1)).one()
    if row.problem is not None:
        return get(conn, job.id)
    printed = page - row.first_page  # at first it could be: on other media, or another printer
    if printed:
        one = (job_labels.c.job_id == job.id) & (job_labels.c.first_page == row.first_page)
        conn.execute(sa.update(job_labels).where(one).values(copies=printed))
        rest = {"job_id": job.id, "first_page": page, "copies": row.copies - printed, "fields": row.fields}
        conn.execute(sa.insert(job_labels).values(rest))
    one = (job_labels.c.job_id == job.id) & (job_labels.c.first_page == page)
    conn.execute(sa.update(job_labels).where(one).values(problem=slug, detail=detail))
    failed = jobs.c.labels_failed + (row.copies - printed)
    changed = sa.update(jobs).where(jobs.c.id == job.id).values(labels_failed=failed, updated_at=at).returning(jobs)
    return job_of(conn.execute(changed).one())


def sending(conn: Connection, job: Job, media: Media, labels_sent: int, count_base: int | None, at: datetime) -> bool:
    """True when pages up to `labels_sent` may leave, which is written down before they do.

    False when a user wants it otherwise meanwhile: cancelled or paused it, paused or disabled its printer.
    """
    values = {"labels_sent": labels_sent, "updated_at": at, "on_media": media_fields(media), "counted": count_base}
    if conn.execute(_MAY_LEAVE, values | {"now": at, "of_id": job.id, "of_claim": job.claim}).rowcount == 1:
        return True
    _held(conn, job)
    return False


def note(conn: Connection, job: Job, labels_done: int, reason: str | None, detail: str | None, at: datetime) -> None:
    """How far a printing job is, and why it does not get on where it does not."""
    fresh = _held(conn, job)
    if (fresh.labels_done, fresh.reason, fresh.detail) != (labels_done, reason, detail):
        change(conn, fresh, JobState.PRINTING, at, labels_done=labels_done, reason=reason, detail=detail)


def progress(conn: Connection, job: Job, labels_done: int, evidence: str, loaded: Media | None, at: datetime) -> bool:
    """True when the job may go on: so many of its labels are out, the evidence says so, and nothing is on its way now.

    Else it is in the queue again, paused or cancelled: a user wished so, or one of higher priority waits for its printer.
    """
    fresh = _held(conn, job)
    values = {"labels_done": labels_done, "labels_sent": labels_done, "evidence": evidence, "reason": None, "detail": None}
    now = change(conn, fresh, JobState.PRINTING, at, **values, **NOTHING)
    if now.cancel_requested or now.pause_requested or urgent(conn, now, loaded):
        requeue(conn, now, None, None, at)
        return False
    return True


def requeue(conn: Connection, job: Job, reason: str | None, detail: str | None, at: datetime) -> Job:
    """The job, back into the queue at its old place: no byte of the next page has left. What a user wished meanwhile is honoured."""
    fresh = _held(conn, job)
    sent = {"labels_sent": fresh.labels_done, "claim": None} | NOTHING | rest_values(fresh)
    if fresh.cancel_requested:
        ended = {"reason": CANCELLED_BY_USER, "detail": None, "finished_at": at}
        return change(conn, fresh, JobState.CANCELLED, at, **ended, **sent, **left_out_of(conn, fresh))
    if fresh.pause_requested:
        return change(conn, fresh, JobState.PAUSED, at, reason=PAUSED_BY_USER, detail=None, pause_requested=False, **sent)
    return change(conn, fresh, JobState.QUEUED, at, reason=reason, detail=detail, printer_id=fresh.waits_for, **sent)


def complete(conn: Connection, job: Job, evidence: str, media: Media | None, at: datetime) -> Job:
    """The job: printed, on this media, and the hub says how it knows; failed, when not one of its labels could be."""
    if job.labels_total == 1 and media is not None and (completed := _complete_one(conn, job, evidence, media, at)) is not None:
        return completed
    fresh = _held(conn, job)
    result = result_of(conn, fresh)
    if fresh.labels_good == 0:
        first = result["left_out"][0]
        why = {"reason": first["problem"], "detail": first["detail"], "error": first["detail"]}
        return _end(conn, fresh, JobState.FAILED, at, **why, result=result)
    done = {"labels_done": fresh.labels_good, "labels_sent": fresh.labels_good, "reason": None, "detail": None}
    return _end(conn, fresh, JobState.COMPLETED, at, evidence=evidence, result=result | {"labels": fresh.labels_good}, **done)


def _complete_one(conn: Connection, job: Job, evidence: str, media: Media, at: datetime) -> Job | None:
    """The job when it was a single label in this hand, which most jobs are: written without a look at the row before."""
    result = {"labels": 1, "media": media.name}
    values = {"evidence": evidence, "media": media_fields(media), "result": result, "finished_at": at, "updated_at": at}
    row = conn.execute(_COMPLETE_ONE, values | {"of_id": job.id, "of_claim": job.claim}).first()
    if row is None:
        return None
    completed = job_of(row)
    tell(conn, completed, JobState.PRINTING, job.printer_id, at)
    return completed


def result_of(conn: Connection, job: Job) -> dict[str, Any]:
    """What is to be told of an ended job: its media, and the labels left out."""
    result: dict[str, Any] = {"labels": job.labels_done} | ({"media": job.media.name} if job.media else {})
    if not job.labels_failed:
        return result
    bad = sa.select(job_labels).where(job_labels.c.job_id == job.id, job_labels.c.problem.is_not(None))
    rows = conn.execute(bad.order_by(job_labels.c.first_page).limit(REPORTED_PROBLEMS))
    told = [{"label": row.first_page + 1, "copies": row.copies, "problem": row.problem, "detail": row.detail} for row in rows]
    return result | {"labels_failed": job.labels_failed, "left_out": told}


def left_out_of(conn: Connection, job: Job) -> dict[str, Any]:
    """The result of a job that ends before all of it is printed, where labels were left out of it until then."""
    return {"result": result_of(conn, job)} if job.labels_failed else {}


def lose(conn: Connection, job: Job, detail: str, at: datetime) -> Job:
    """The job, of which nobody knows whether it came out: paused until a person says."""
    return change(conn, _held(conn, job), JobState.PAUSED, at, reason=OUTCOME_UNKNOWN, detail=detail, claim=None, pause_requested=False)


def give_back(conn: Connection, job: Job, at: datetime) -> Job:
    """The job after a fault of the hub itself: in the queue again when nothing of the next page has left, else of unknown outcome."""
    if _held(conn, job).sending_at is None:
        return requeue(conn, job, None, None, at)
    return lose(conn, job, LOST_TRACK, at)


def give_up(conn: Connection, job: Job, slug: str, detail: str, unfit: Media | None, at: datetime) -> Job:
    """The job, which can never print as it is: failed, unless something of the next page has left; then its outcome is unknown.

    Where it is `unfit` for this media alone, and other sizes will do as well, it waits for those.
    """
    fresh = _held(conn, job)
    if fresh.sending_at is not None:
        return lose(conn, job, detail, at)
    others = None if unfit is None or fresh.labels_done else without(fresh.need, unfit)
    if others is not None:
        conn.execute(sa.update(jobs).where(jobs.c.id == fresh.id).values(need_values(others)))
        return requeue(conn, job, None, None, at)
    ended = {"reason": slug, "detail": detail, "error": detail}
    return _end(conn, fresh, JobState.FAILED, at, **ended, **left_out_of(conn, fresh))


def recall(conn: Connection, job: Job, at: datetime) -> None:
    """A job that was on its way when it was taken is not: no byte of it has left, and something else became of it."""
    fresh = _held(conn, job)
    nothing = sa.update(jobs).where(jobs.c.id == fresh.id).values(labels_sent=fresh.labels_done, updated_at=at, **NOTHING)
    conn.execute(nothing)


def take_over(conn: Connection, hand: Hand, unsent: UUID | None = None) -> Job | None:
    """The job that somebody who is gone left in the middle on a printer, from now on in another hand. LeaseLost.

    `unsent` is a claim under which nothing has left, whatever the row says.
    """
    if not owns(conn, hand):
        raise LeaseLost("another node drives the printer by now")
    left = (jobs.c.printer_id == hand.printer_id) & (jobs.c.state == sa.literal_column("'printing'"))
    sending_at = jobs.c.sending_at if unsent is None else sa.case((jobs.c.claim == unsent, None), else_=jobs.c.sending_at)
    row = conn.execute(sa.update(jobs).where(left).values(claim=hand.claim, sending_at=sending_at).returning(jobs)).first()
    return None if row is None else job_of(row)


def found_out(conn: Connection, job: Job, out: int | None, at: datetime) -> Job:
    """The job, and what became of a job that was left in the middle: so many of the pages on their way are out, as the page counter says.

    None where nobody can tell. All of them: it is done, or goes on with its rest. Fewer: a person says what happened to the others.
    """
    fresh = _held(conn, job)
    if fresh.sending_at is None:
        return requeue(conn, fresh, None, None, at)
    if out is not None and not 0 <= out <= fresh.labels_sent - fresh.labels_done:  # others print there too, or it counts anew
        out = None
    done = fresh.labels_done + (out or 0)
    if out is not None and done == fresh.labels_sent:
        if done >= fresh.labels_good:
            return complete(conn, fresh, "page-counter", fresh.media, at)
        now = change(conn, fresh, JobState.PRINTING, at, labels_done=done, reason=None, detail=None, **NOTHING)
        return requeue(conn, now, None, None, at)
    if out:
        fresh = change(conn, fresh, JobState.PRINTING, at, labels_done=done)
    return lose(conn, fresh, LOST_TRACK, at)


def strand(conn: Connection, drivable: set[UUID], at: datetime) -> int:
    """How many jobs in the middle on printers that nobody drives, or can, were given back or are of unknown outcome now."""
    held = leases.held(conn)
    printing = conn.execute(sa.select(jobs).where(jobs.c.state == sa.literal_column("'printing'")))
    found = [job_of(row) for row in printing if row.printer_id not in drivable and str(row.printer_id) not in held]
    for job in found:
        give_back(conn, job, at)
    return len(found)


def _held(conn: Connection, job: Job) -> Job:
    fresh = get(conn, job.id)
    if fresh.state != JobState.PRINTING or fresh.claim != job.claim:
        raise JobStateConflict("the job is not in this hand any more", state=fresh.state)
    return fresh


def _end(conn: Connection, job: Job, state: JobState, at: datetime, **values: Any) -> Job:
    return change(conn, job, state, at, finished_at=at, claim=None, **NOTHING | values)


LOST_TRACK = "the hub lost track of this label while it was being sent; look at the printer, then confirm or retry"
