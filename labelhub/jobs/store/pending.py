"""Jobs whose thing is still to be fetched: in the queue and safe, with what was asked for in the place of their labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.schema import job_labels, jobs
from labelhub.jobs.job import ITEM_PENDING, PENDING, WAITING, Job, JobState, LabelOrder
from labelhub.jobs.store import pictures
from labelhub.jobs.store.rows import UNENDED, change, get, job_of, label_values, need_values, rows_of
from labelhub.media import Need

_PENDING = (jobs.c.need_family == sa.literal_column(f"'{PENDING.family}'")) & UNENDED  # as literals, for the partial index
Asked = tuple[Job, tuple[LabelOrder, ...]]


def waiting(conn: Connection, limit: int, after: int = 0) -> list[Asked]:
    """The jobs that wait for their things, in submit order, with what was asked for; those behind the job of a number."""
    rows = conn.execute(sa.select(jobs).where(_PENDING, jobs.c.number > after).order_by(jobs.c.number).limit(limit)).all()
    labels = rows_of(conn, [row.id for row in rows], None) if rows else {}
    return [(job_of(row), labels[row.id]) for row in rows]


def supply(
    conn: Connection, job_id: UUID, labels: Sequence[LabelOrder], need: Need | None, printer_id: UUID | None, at: datetime
) -> Job | None:
    """The job with its labels, which may be printed from now on; None when it no longer waits for them."""
    job = _still(conn, job_id)
    if job is None:
        return None
    conn.execute(sa.delete(job_labels).where(job_labels.c.job_id == job_id))
    conn.execute(sa.insert(job_labels), label_values(job_id, labels))
    pictures.bind(conn, job_id, labels)
    reason, detail = (None, None) if job.state == JobState.QUEUED else (job.reason, job.detail)
    total = sum(label.copies for label in labels)
    values = {"labels_total": total, "printer_id": printer_id, "any_printer": printer_id is None}
    return change(conn, job, job.state, at, reason=reason, detail=detail, **values, **need_values(need))


def refuse(conn: Connection, job_id: UUID, slug: str, detail: str, at: datetime) -> Job | None:
    """The job, failed: there is no such thing, or no label can be made of it. None when it no longer waits for it."""
    job = _still(conn, job_id)
    if job is None:
        return None
    return change(conn, job, JobState.FAILED, at, reason=slug, detail=detail, error=detail, finished_at=at)


def tell(conn: Connection, asked: Iterable[tuple[UUID, str]], at: datetime) -> int:
    """How many jobs now say another detail than before of why their thing is not there yet."""
    told = 0
    for job_id, detail in asked:
        job = _still(conn, job_id)
        if job is not None and job.state == JobState.QUEUED and (job.reason, job.detail) != (ITEM_PENDING, detail):
            change(conn, job, JobState.QUEUED, at, reason=ITEM_PENDING, detail=detail)
            told += 1
    return told


def _still(conn: Connection, job_id: UUID) -> Job | None:
    job = get(conn, job_id)
    return job if job.need == PENDING and job.state in WAITING else None
