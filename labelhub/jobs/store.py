"""Every SQL statement about jobs. Functions take `conn` first and never commit; row and event change together."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from labelhub.db.schema import jobs, printers
from labelhub.errors import JobNotFound, JobStateConflict
from labelhub.events import JOB_STATE_CHANGED, Event, append
from labelhub.jobs.job import (
    CANCELLED_BY_USER,
    MEDIA_NEEDED,
    OPEN,
    OUTCOME_UNKNOWN,
    RETRYABLE,
    TRANSITIONS,
    WAITING,
    Evidence,
    Job,
    JobState,
    NewJob,
)
from labelhub.media import Media, MediaNeed, media_fields, media_of

EXPLAINED_AT_ONCE = 500
"""How many waiting jobs are told the reason they wait; those behind them learn it when they come nearer."""
IN_ORDER = (jobs.c.priority.desc(), jobs.c.number)


@dataclass(frozen=True, slots=True)
class Block:
    """Why nothing prints on a printer now: a reason of the contract and a line for a person."""

    reason: str
    detail: str


def submit(conn: Connection, new: NewJob, at: datetime) -> Job:
    """The job, waiting in the queue from now on."""
    orders = [{"data": dict(label.fields), "copies": label.copies} for label in new.labels]
    need = new.need
    values = {
        "id": uuid4(),
        "printer_id": new.printer_id,
        "template_key": new.template_key,
        "template_digest": new.template_digest,
        "need_family": need.family if need else None,
        "need_width_mm": need.width_mm if need else None,
        "need_length_mm": need.length_mm if need else None,
        "state": JobState.QUEUED,
        "priority": new.priority,
        "payload": {"labels": orders, "options": asdict(new.options)},
        "labels_total": new.labels_total,
        "labels_sent": 0,
        "labels_done": 0,
        "parent_job_id": new.parent_job_id,
        "submitted_by": new.submitted_by,
        "cancel_requested": False,
        "created_at": at,
        "updated_at": at,
    }
    job = _job(conn.execute(sa.insert(jobs).values(values).returning(jobs)).one())
    _tell(conn, job, None, at)
    return job


def get(conn: Connection, job_id: UUID) -> Job:
    """One job. JobNotFound."""
    row = conn.execute(sa.select(jobs).where(jobs.c.id == job_id)).first()
    if row is None:
        raise JobNotFound(f"no job has the id {job_id}")
    return _job(row)


def history(
    conn: Connection, *, state: JobState | None, printer_id: UUID | None, since: datetime | None, before_number: int | None, limit: int
) -> list[Job]:
    """Jobs that match, newest first."""
    query = sa.select(jobs).order_by(jobs.c.number.desc()).limit(limit)
    if state is not None:
        query = query.where(jobs.c.state == state)
    if printer_id is not None:
        query = query.where(jobs.c.printer_id == printer_id)
    if since is not None:
        query = query.where(jobs.c.created_at >= since)
    if before_number is not None:
        query = query.where(jobs.c.number < before_number)
    return [_job(row) for row in conn.execute(query)]


def queue(conn: Connection, printer_id: UUID, limit: int) -> list[Job]:
    """Jobs printing, queued and paused, in print order."""
    first = sa.case((jobs.c.state == JobState.PRINTING, 0), else_=1)
    query = sa.select(jobs).where(_open_on(printer_id)).order_by(first, *IN_ORDER).limit(limit)
    return [_job(row) for row in conn.execute(query)]


def depths(conn: Connection) -> dict[UUID, int]:
    """How many jobs are queued, paused or printing on each printer that has any."""
    query = sa.select(jobs.c.printer_id, sa.func.count()).where(jobs.c.state.in_(OPEN)).group_by(jobs.c.printer_id)
    return {row[0]: row[1] for row in conn.execute(query)}


def has_queued(conn: Connection, printer_id: UUID) -> bool:
    """True when a job waits for the printer."""
    return conn.execute(sa.select(jobs.c.number).where(_queued_on(printer_id)).limit(1)).first() is not None


def claim(conn: Connection, printer_id: UUID, loaded: Media | None, at: datetime) -> Job | None:
    """The first job the printer can print now, from now on `printing`; None when there is none.

    `loaded` is the media known to be in the printer: jobs for other media are passed over. None means not known.
    """
    drivable = sa.exists().where(printers.c.id == printer_id, printers.c.enabled, ~printers.c.paused)
    first = sa.select(jobs.c.number).where(_queued_on(printer_id), drivable).order_by(*IN_ORDER).limit(1)
    if loaded is not None:
        first = first.where(_fits(loaded))
    values = {"state": JobState.PRINTING, "reason": None, "detail": None, "sending_at": None, "updated_at": at,
              "started_at": sa.func.coalesce(jobs.c.started_at, sa.literal(at, jobs.c.started_at.type))}  # fmt: skip
    change = sa.update(jobs).where(jobs.c.number == first.scalar_subquery()).values(values).returning(jobs)
    try:
        with conn.begin_nested():
            row = conn.execute(change).first()
    except IntegrityError:  # another label is on this printer: the partial unique index says so
        return None
    if row is None:
        return None
    job = _job(row)
    _tell(conn, job, JobState.QUEUED, at)
    return job


def explain(conn: Connection, printer_id: UUID, block: Block | None, loaded: Media | None, at: datetime) -> int:
    """How many waiting jobs now say another reason than before: the printer's block, the media they need, or none."""
    changed = 0
    for row in conn.execute(sa.select(jobs).where(_queued_on(printer_id)).order_by(*IN_ORDER).limit(EXPLAINED_AT_ONCE)).all():
        job = _job(row)
        reason, detail = _reason_of(job, block, loaded)
        if (job.reason, job.detail) != (reason, detail):
            _change(conn, job, JobState.QUEUED, at, reason=reason, detail=detail)
            changed += 1
    return changed


def _reason_of(job: Job, block: Block | None, loaded: Media | None) -> tuple[str | None, str | None]:
    if block is not None and block.reason != MEDIA_NEEDED:
        return block.reason, block.detail
    if block is not None or (job.need is not None and loaded is not None and not job.need.met_by(loaded)):
        need = job.need.name if job.need else "media"
        return MEDIA_NEEDED, f"load {need}: the printer holds {loaded.name if loaded else 'none'}"
    return None, None


def sending(conn: Connection, job: Job, media: Media, labels_sent: int, at: datetime) -> bool:
    """True when pages up to `labels_sent` may leave, which is written down before they do; False when a user cancelled meanwhile."""
    fresh = get(conn, job.id)
    if fresh.state != JobState.PRINTING or fresh.cancel_requested:
        return False
    values = {"sending_at": at, "media": media_fields(media), "labels_sent": labels_sent, "updated_at": at}
    conn.execute(sa.update(jobs).where(jobs.c.id == job.id).values(values))
    return True


def progress(conn: Connection, job: Job, labels_done: int, at: datetime) -> None:
    """So many labels of a printing job are out; the page that follows has not begun."""
    _change(conn, get(conn, job.id), JobState.PRINTING, at, labels_done=labels_done, sending_at=None)


def note(conn: Connection, job: Job, labels_done: int, reason: str | None, detail: str | None, at: datetime) -> None:
    """How far a printing job is, and why it does not get on where it does not."""
    fresh = get(conn, job.id)
    if fresh.state == JobState.PRINTING and (fresh.labels_done, fresh.reason, fresh.detail) != (labels_done, reason, detail):
        _change(conn, fresh, JobState.PRINTING, at, labels_done=labels_done, reason=reason, detail=detail)


def requeue(conn: Connection, job: Job, reason: str | None, detail: str | None, at: datetime) -> None:
    """Back into the queue at its old place: no byte of the next page has left. A cancel that came meanwhile is honoured."""
    fresh = get(conn, job.id)
    if fresh.cancel_requested:
        end_cancelled(conn, fresh, at)
        return
    _change(conn, fresh, JobState.QUEUED, at, reason=reason, detail=detail, sending_at=None, labels_sent=fresh.labels_done)


def complete(conn: Connection, job: Job, evidence: str, result: dict[str, Any], at: datetime) -> None:
    """Printed, and the hub says how it knows."""
    ended = {"labels_done": job.labels_total, "finished_at": at, "sending_at": None, "reason": None, "detail": None}
    _change(conn, get(conn, job.id), JobState.COMPLETED, at, evidence=evidence, result=result, **ended)


def fail(conn: Connection, job: Job, slug: str, detail: str, at: datetime) -> None:
    """Can never print as it is."""
    _change(conn, get(conn, job.id), JobState.FAILED, at, reason=slug, detail=detail, error=detail, finished_at=at, sending_at=None)


def lose(conn: Connection, job: Job, detail: str, at: datetime) -> None:
    """Nobody knows whether it came out: paused until a person says."""
    _change(conn, get(conn, job.id), JobState.PAUSED, at, reason=OUTCOME_UNKNOWN, detail=detail)


def give_back(conn: Connection, job: Job, at: datetime) -> None:
    """After a fault of the hub itself: into the queue again when nothing of the next page has left, else its outcome is unknown."""
    if get(conn, job.id).sending_at is None:
        requeue(conn, job, None, None, at)
    else:
        lose(conn, job, "the hub lost track of this label while it was being sent; look at the printer, then confirm or retry", at)


def give_up(conn: Connection, job: Job, detail: str, at: datetime) -> None:
    """After a fault that would come again: failed when nothing of the next page has left, else its outcome is unknown."""
    if get(conn, job.id).sending_at is None:
        fail(conn, job, "internal-error", detail, at)
    else:
        lose(conn, job, detail, at)


def end_cancelled(conn: Connection, job: Job, at: datetime) -> None:
    """Cancelled by a user; what is already out stays counted."""
    ended = {"reason": CANCELLED_BY_USER, "detail": None, "finished_at": at, "sending_at": None}
    _change(conn, get(conn, job.id), JobState.CANCELLED, at, **ended)


def cancel(conn: Connection, job_id: UUID, at: datetime) -> Job:
    """The job after the wish: cancelled at once while it waits, at the next page while it prints. JobStateConflict once too late."""
    job = get(conn, job_id)
    if job.state in WAITING:
        end_cancelled(conn, job, at)
    elif job.state == JobState.PRINTING and job.labels_sent < job.labels_total:
        conn.execute(sa.update(jobs).where(jobs.c.id == job_id).values(cancel_requested=True, updated_at=at))
    else:
        raise JobStateConflict(f"the job is {job.state}: nothing of it is left to cancel", state=job.state)
    return get(conn, job_id)


def clear(conn: Connection, printer_id: UUID, at: datetime) -> int:
    """How many queued and paused jobs of the printer were cancelled."""
    waiting = conn.execute(sa.select(jobs).where(jobs.c.printer_id == printer_id, jobs.c.state.in_(WAITING))).all()
    for row in waiting:
        end_cancelled(conn, _job(row), at)
    return len(waiting)


def retry(conn: Connection, job_id: UUID, submitted_by: str, at: datetime) -> Job:
    """A new job that prints the same again. JobStateConflict while the old one may still print by itself."""
    old = get(conn, job_id)
    lost = old.state == JobState.PAUSED and old.reason == OUTCOME_UNKNOWN
    if old.state not in RETRYABLE and not lost:
        raise JobStateConflict(f"the job is {old.state}: it can be retried once it has ended", state=old.state)
    new = NewJob(
        old.printer_id, old.template_key, old.template_digest, old.need, old.labels, old.options, old.priority, submitted_by, old.id
    )
    job = submit(conn, new, at)
    if lost:
        _change(conn, old, JobState.FAILED, at, detail=f"retried as job {job.id}", error="outcome unknown", finished_at=at)
    return job


def confirm(conn: Connection, job_id: UUID, printed: bool, at: datetime) -> Job:
    """The job of unknown outcome after a person looked: completed, or failed. JobStateConflict for any other."""
    job = get(conn, job_id)
    if job.state != JobState.PAUSED or job.reason != OUTCOME_UNKNOWN:
        raise JobStateConflict(f"the job is {job.state}: only one whose outcome is unknown can be confirmed", state=job.state)
    if printed:
        complete(conn, job, Evidence.PERSON, {"labels": job.labels_total}, at)
    else:
        detail = "a person saw that it did not come out; retry it to print it"
        _change(conn, job, JobState.FAILED, at, detail=detail, error=detail, finished_at=at, sending_at=None)
    return get(conn, job_id)


def recover(conn: Connection, at: datetime) -> tuple[int, int]:
    """After a stop in the middle: how many jobs went back into the queue, and of how many nobody knows the outcome."""
    again = lost = 0
    for row in conn.execute(sa.select(jobs).where(jobs.c.state == JobState.PRINTING)).all():
        give_back(conn, _job(row), at)
        again, lost = (again + 1, lost) if row.sending_at is None else (again, lost + 1)
    return again, lost


def _change(conn: Connection, job: Job, to: JobState, at: datetime, **values: Any) -> None:
    if to not in TRANSITIONS[job.state]:
        raise JobStateConflict(f"the job is {job.state} and cannot become {to}", state=job.state)
    values |= {"state": to, "updated_at": at}
    change = sa.update(jobs).where(jobs.c.id == job.id, jobs.c.state == job.state).values(values).returning(jobs)
    row = conn.execute(change).first()
    if row is None:
        raise JobStateConflict(f"the job is not {job.state} any more", state=get(conn, job.id).state)
    _tell(conn, _job(row), job.state, at)


def _tell(conn: Connection, job: Job, before: JobState | None, at: datetime) -> None:
    depth = conn.execute(sa.select(sa.func.count()).select_from(jobs).where(_open_on(job.printer_id))).scalar_one()
    data = {
        "job_id": str(job.id), "printer_id": str(job.printer_id), "from_state": before, "to_state": job.state, "reason": job.reason,
        "queue_depth": depth, "labels_done": job.labels_done, "labels_total": job.labels_total, "timestamp": _z(at),
    }  # fmt: skip
    append(conn, Event(JOB_STATE_CHANGED, data, at, job.printer_id, job.id))


def _z(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _queued_on(printer_id: UUID) -> sa.ColumnElement[bool]:
    return (jobs.c.printer_id == printer_id) & (jobs.c.state == sa.literal_column("'queued'"))  # literal: lets the partial index serve


def _open_on(printer_id: UUID) -> sa.ColumnElement[bool]:
    return (jobs.c.printer_id == printer_id) & jobs.c.state.in_(OPEN)


def _fits(media: Media) -> sa.ColumnElement[bool]:
    same_length = jobs.c.need_length_mm.is_(None) if media.length_mm is None else jobs.c.need_length_mm == media.length_mm
    same = (jobs.c.need_family == media.kind.family) & (jobs.c.need_width_mm == media.width_mm) & same_length
    return jobs.c.need_family.is_(None) | same


def _job(row: Row[Any]) -> Job:
    values = dict(row._mapping)
    family, width_mm, length_mm = values.pop("need_family"), values.pop("need_width_mm"), values.pop("need_length_mm")
    need = None if family is None else MediaNeed(family, width_mm, length_mm)
    media = values["media"] and media_of(values["media"])
    return Job(**values | {"need": need, "media": media, "state": JobState(row.state)})
