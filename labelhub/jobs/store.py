"""Every SQL statement about jobs. Functions take `conn` first and never commit; row and event change together."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from labelhub.db.schema import jobs, printers, text_of
from labelhub.errors import JobNotFound, JobStateConflict, PrinterDisabled, PrinterInUse, PrinterNotFound
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
from labelhub.printers import store as printer_store

EXPLAINED_AT_ONCE = 200
"""How many waiting jobs are told the reason they wait; those behind them learn it when they come nearer."""
_NEED = (jobs.c.need_family, jobs.c.need_width_mm, jobs.c.need_length_mm)
IN_ORDER = (jobs.c.priority.desc(), jobs.c.number)


@dataclass(frozen=True, slots=True)
class Block:
    """Why nothing prints on a printer now: a reason of the contract and a line for a person."""

    reason: str
    detail: str


def submit(conn: Connection, new: NewJob, at: datetime) -> Job:
    """The job, waiting in the queue from now on. PrinterNotFound, PrinterDisabled when its printer went or was disabled meanwhile."""
    enabled = conn.execute(sa.select(printers.c.enabled).where(printers.c.id == new.printer_id)).scalar()
    if enabled is None:
        raise PrinterNotFound(f"there is no printer {new.printer_id} any more")
    if not enabled:
        raise PrinterDisabled("the printer is disabled; enable it before printing on it")
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

    `loaded` is the media known to be in the printer: jobs for other media are passed over. None means not known: jobs for any media are.
    """
    drivable = sa.exists().where(printers.c.id == printer_id, printers.c.enabled, ~printers.c.paused)
    first = sa.select(jobs.c.number).where(_queued_on(printer_id), drivable).order_by(*IN_ORDER).limit(1)
    first = first.where(jobs.c.need_family.is_not(None) if loaded is None else _fits(loaded))
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
    explain(conn, printer_id, None, loaded, at)  # those behind it no longer wait for what they said
    return job


def explain(conn: Connection, printer_id: UUID, block: Block | None, loaded: Media | None, at: datetime) -> int:
    """How many waiting jobs now say another reason than before: the printer's block, the media they need, or none."""
    columns = (jobs.c.id, jobs.c.reason, jobs.c.detail, jobs.c.labels_done, jobs.c.labels_total, *_NEED)
    query = sa.select(*columns).where(_queued_on(printer_id)).order_by(*IN_ORDER).limit(EXPLAINED_AT_ONCE)
    told = [(row, _reason_of(_need(row), block, loaded)) for row in conn.execute(query)]
    changed = [(row, reason) for row, reason in told if (row.reason, row.detail) != reason]
    if not changed:
        return 0
    change = sa.update(jobs).where(jobs.c.id == sa.bindparam("job_id"))
    change = change.values(reason=sa.bindparam("why"), detail=sa.bindparam("words"), updated_at=at)
    conn.execute(change, [{"job_id": row.id, "why": why, "words": words} for row, (why, words) in changed])
    depth = _depth(conn, printer_id)
    for row, (why, _) in changed:
        _append(conn, row, printer_id, JobState.QUEUED, JobState.QUEUED, why, depth, at)
    return len(changed)


def _reason_of(need: MediaNeed | None, block: Block | None, loaded: Media | None) -> tuple[str | None, str | None]:
    if block is not None and block.reason != MEDIA_NEEDED:
        return block.reason, block.detail
    if block is None and loaded is None and need is None:
        return MEDIA_NEEDED, "the label is drawn for the media in the printer, and the hub does not know which one that is"
    fits = need is None or loaded is None or need.met_by(loaded)
    if block is None and fits:
        return None, None
    if loaded is not None and fits:
        return MEDIA_NEEDED, f"the printer refuses the {loaded.name} it holds: open and close its cover, or load it again"
    return MEDIA_NEEDED, f"load {need.name if need else 'media'}: the printer holds {loaded.name if loaded else 'none'}"


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
    where = (jobs.c.printer_id == printer_id) & jobs.c.state.in_(WAITING)
    waiting = conn.execute(
        sa.select(jobs.c.id, jobs.c.state, jobs.c.labels_done, jobs.c.labels_total).where(where).order_by(*IN_ORDER)
    ).all()
    ended = {"reason": CANCELLED_BY_USER, "detail": None, "finished_at": at, "sending_at": None, "updated_at": at}
    conn.execute(sa.update(jobs).where(where).values(state=JobState.CANCELLED, **ended))
    depth = _depth(conn, printer_id)
    for row in waiting:
        _append(conn, row, printer_id, JobState(row.state), JobState.CANCELLED, CANCELLED_BY_USER, depth, at)
    return len(waiting)


def remove_printer(conn: Connection, printer_id: UUID, force: bool, at: datetime) -> None:
    """The printer is gone. PrinterInUse while jobs wait for it, unless `force`, which cancels them, the rest of one printing too."""
    if force:
        clear(conn, printer_id, at)
        conn.execute(
            sa.update(jobs).where(jobs.c.printer_id == printer_id, jobs.c.state == JobState.PRINTING).values(cancel_requested=True)
        )
    elif _depth(conn, printer_id):
        raise PrinterInUse("jobs wait for the printer: clear its queue first, or use ?force=true to cancel them")
    printer_store.delete(conn, printer_id)


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
    """The job of unknown outcome after a person looked: completed (or queued with the rest of its batch), or failed. JobStateConflict."""
    job = get(conn, job_id)
    if job.state != JobState.PAUSED or job.reason != OUTCOME_UNKNOWN:
        raise JobStateConflict(f"the job is {job.state}: only one whose outcome is unknown can be confirmed", state=job.state)
    if printed and job.labels_sent < job.labels_total:  # the rest of a batch has never been sent
        values = {"labels_done": job.labels_sent, "sending_at": None, "reason": None, "detail": None}
        _change(conn, job, JobState.QUEUED, at, **values)
    elif printed:
        complete(conn, job, Evidence.PERSON, {"labels": job.labels_total}, at)
    else:
        detail = "a person saw that it did not come out; retry it to print it"
        _change(conn, job, JobState.FAILED, at, detail=detail, error=detail, finished_at=at, sending_at=None)
    return get(conn, job_id)


def recover(conn: Connection, printer_id: UUID | None, at: datetime) -> tuple[int, int]:
    """After a stop in the middle: how many jobs went back into the queue, and of how many nobody knows the outcome.

    Only those of one printer when one is named: its worker died, and no other drives it.
    """
    again = lost = 0
    where = jobs.c.state == JobState.PRINTING
    for row in conn.execute(sa.select(jobs).where(where if printer_id is None else where & (jobs.c.printer_id == printer_id))).all():
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
    _append(conn, job, job.printer_id, before, job.state, job.reason, _depth(conn, job.printer_id), at)


def _append(
    conn: Connection, job: Any, printer_id: UUID, before: JobState | None, after: JobState, reason: str | None, depth: int, at: datetime
) -> None:
    data = {
        "job_id": str(job.id), "printer_id": str(printer_id), "from_state": before, "to_state": after, "reason": reason,
        "queue_depth": depth, "labels_done": job.labels_done, "labels_total": job.labels_total, "timestamp": text_of(at),
    }  # fmt: skip
    append(conn, Event(JOB_STATE_CHANGED, data, at, printer_id, job.id))


def _depth(conn: Connection, printer_id: UUID) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(jobs).where(_open_on(printer_id))).scalar_one())


def _queued_on(printer_id: UUID) -> sa.ColumnElement[bool]:
    return (jobs.c.printer_id == printer_id) & (jobs.c.state == sa.literal_column("'queued'"))  # literal: lets the partial index serve


def _open_on(printer_id: UUID) -> sa.ColumnElement[bool]:
    return (jobs.c.printer_id == printer_id) & jobs.c.state.in_(OPEN)


def _fits(media: Media) -> sa.ColumnElement[bool]:
    same_length = jobs.c.need_length_mm.is_(None) if media.length_mm is None else jobs.c.need_length_mm == media.length_mm
    same = (jobs.c.need_family == media.kind.family) & (jobs.c.need_width_mm == media.width_mm) & same_length
    return jobs.c.need_family.is_(None) | same


def _need(row: Any) -> MediaNeed | None:
    return None if row.need_family is None else MediaNeed(row.need_family, row.need_width_mm, row.need_length_mm)


def _job(row: Row[Any]) -> Job:
    values = {name: value for name, value in row._mapping.items() if not name.startswith("need_")}
    media = values["media"] and media_of(values["media"])
    return Job(**values | {"need": _need(row), "media": media, "state": JobState(row.state)})
