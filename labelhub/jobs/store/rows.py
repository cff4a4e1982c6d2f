"""Rows of jobs: what all statements about them share. Row, event and depth change together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from labelhub.db.schema import depths, job_labels, jobs, text_of
from labelhub.drivers.driver import EncodeOptions
from labelhub.errors import JobNotFound, JobStateConflict
from labelhub.events import JOB_STATE_CHANGED, Event, append
from labelhub.jobs.job import ONE_OF, OPEN, TRANSITIONS, Job, JobState, LabelOrder
from labelhub.media import MediaNeed, MediaSet, Need, media_of, set_of, size_of

IN_ORDER = (jobs.c.priority.desc(), jobs.c.number)
# As the columns of an index stand, those too that are the same in all rows: PostgreSQL sees no order behind an IS NULL.
OF_ONE = (jobs.c.printer_id, *IN_ORDER)
NEED = (jobs.c.need_family, jobs.c.need_width_mm, jobs.c.need_length_mm, jobs.c.need_set)
# As literals, and the second although the state says it already: so the partial indexes serve.
QUEUED = jobs.c.state == sa.literal_column("'queued'")
UNENDED = jobs.c.finished_at.is_(None)
OPTIONS = frozenset(field.name for field in fields(EncodeOptions))
"""Of those a row has, these are known here: another node may be of a newer version."""
NO_PRINTER = UUID(int=0)
NOTHING: dict[str, Any] = {"sending_at": None, "count_base": None}
"""Nothing of the job is on its way."""
# Made once: every step of every job executes them, and making a statement costs more than executing it.
_ONE = sa.select(jobs).where(jobs.c.id == sa.bindparam("of_id"))
_CHANGE = sa.update(jobs).where(jobs.c.id == sa.bindparam("of_id"), jobs.c.state == sa.bindparam("of_state")).returning(jobs)
_DEPTH = sa.select(depths.c.jobs).where(depths.c.printer_id == sa.bindparam("of_printer"))
_COUNT = (
    sa.update(depths)
    .where(depths.c.printer_id == sa.bindparam("of_printer"))
    .values(jobs=depths.c.jobs + sa.bindparam("more"))
    .returning(depths.c.jobs)
)


def get(conn: Connection, job_id: UUID) -> Job:
    """One job. JobNotFound."""
    row = conn.execute(_ONE, {"of_id": job_id}).first()
    if row is None:
        raise JobNotFound(f"no job has the id {job_id}")
    return job_of(row)


def job_of(row: Row[Any], labels: tuple[LabelOrder, ...] = ()) -> Job:
    """The row as a job."""
    values = {name: value for name, value in row._mapping.items() if not name.startswith("need_")}
    return Job(
        **values
        | {
            "need": need_of(row),
            "media": values["media"] and media_of(values["media"]),
            "state": JobState(row.state),
            "options": EncodeOptions(**{name: value for name, value in row.options.items() if name in OPTIONS}),
            "labels": labels,
        }
    )


def need_of(row: Any) -> Need | None:
    """The media a row asks for; None for any."""
    if row.need_family is None:
        return None
    return MediaNeed(row.need_family, row.need_width_mm, row.need_length_mm) if row.need_set is None else set_of(row.need_set)


def need_values(need: Need | None) -> dict[str, Any]:
    """The way back from `need_of`."""
    several = need.words if isinstance(need, MediaSet) else None
    one = ONE_OF if isinstance(need, MediaSet) else need
    size = (None, None, None) if one is None else (one.family, one.width_mm, one.length_mm)
    return {column.name: value for column, value in zip(NEED, (*size, several), strict=True)}


def rest_values(job: Job) -> dict[str, Any]:
    """What the rest of a job waits for whose first labels are out: of several sizes it stays with the one it was begun on."""
    begun = isinstance(job.need, MediaSet) and job.labels_done and job.media
    return need_values(size_of(begun)) if begun else {}


def label_values(job_id: UUID, labels: Iterable[LabelOrder]) -> list[dict[str, Any]]:
    """The labels of a job as rows."""
    values, page = [], 0
    for label in labels:
        values.append({"job_id": job_id, "first_page": page, "copies": label.copies, "fields": dict(label.fields)})
        page += label.copies
    return values


def on(printer_id: UUID | None) -> sa.ColumnElement[bool]:
    """Jobs of one printer; of None those that no printer has taken yet."""
    return jobs.c.printer_id.is_(None) if printer_id is None else jobs.c.printer_id == printer_id


def change(conn: Connection, job: Job, to: JobState, at: datetime, **values: Any) -> Job:
    """The job after a change from the state it was read in. JobStateConflict when that is not its state any more, or may not be."""
    if to not in TRANSITIONS[job.state]:
        raise JobStateConflict(f"the job is {job.state} and cannot become {to}", state=job.state)
    values |= {"state": to, "updated_at": at, "of_id": job.id, "of_state": job.state}
    row = conn.execute(_CHANGE, values).first()
    if row is None:
        raise JobStateConflict(f"the job is not {job.state} any more", state=get(conn, job.id).state)
    changed = job_of(row)
    tell(conn, changed, job.state, job.printer_id, at)
    return changed


def tell(conn: Connection, job: Job, before: JobState | None, printer_before: UUID | None, at: datetime) -> None:
    """Count the job where it is now and no longer where it was, and append the event of its change."""
    was_open = before is not None and before in OPEN
    if printer_before != job.printer_id and was_open:
        count(conn, printer_before, -1)
        was_open = False
    depth = count(conn, job.printer_id, (job.state in OPEN) - was_open)
    append(conn, event_of(job, job.printer_id, before, job.state, job.reason, depth, at))


def event_of(
    job: Any, printer_id: UUID | None, before: JobState | None, after: JobState, reason: str | None, depth: int, at: datetime
) -> Event:
    """The event of a job's change; `job` is a Job or a row with its id and labels."""
    data = {
        "job_id": str(job.id), "printer_id": printer_id and str(printer_id), "from_state": before, "to_state": after, "reason": reason,
        "queue_depth": depth, "labels_done": job.labels_done, "labels_total": job.labels_total, "timestamp": text_of(at),
    }  # fmt: skip
    return Event(JOB_STATE_CHANGED, data, at, printer_id, job.id)


def depth(conn: Connection, printer_id: UUID | None) -> int:
    """How many jobs of the printer are queued, paused or printing; of None how many no printer has taken yet."""
    return conn.execute(_DEPTH, {"of_printer": printer_id or NO_PRINTER}).scalar() or 0


def count(conn: Connection, printer_id: UUID | None, more: int) -> int:
    """The depth after so many jobs came or, below 0, went."""
    if more == 0:
        return depth(conn, printer_id)
    key = printer_id or NO_PRINTER
    counted = conn.execute(_COUNT, {"of_printer": key, "more": more}).scalar()
    if counted is None:
        counted = more
        conn.execute(sa.insert(depths).values(printer_id=key, jobs=counted))
    return int(counted)


def rows_of(conn: Connection, job_ids: list[UUID], first_pages_below: int | None) -> dict[UUID, tuple[LabelOrder, ...]]:
    """The labels of some jobs, those whose first page is below a limit."""
    query = sa.select(job_labels).where(job_labels.c.job_id.in_(job_ids)).order_by(job_labels.c.job_id, job_labels.c.first_page)
    if first_pages_below is not None:
        query = query.where(job_labels.c.first_page < first_pages_below)
    found: dict[UUID, list[LabelOrder]] = {job_id: [] for job_id in job_ids}
    for row in conn.execute(query):
        found[row.job_id].append(LabelOrder(row.fields, row.copies))
    return {job_id: tuple(labels) for job_id, labels in found.items()}
