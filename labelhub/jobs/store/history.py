"""Looking at jobs: lists, queues, labels, and the end of what is old."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.schema import depths as depths_table
from labelhub.db.schema import (
    events,
    idempotency_keys,
    image_contents,
    images,
    job_images,
    job_labels,
    jobs,
    template_history,
    template_versions,
    templates,
    version_images,
)
from labelhub.jobs.job import MEDIA_NEEDED, Job, JobState
from labelhub.jobs.store import pictures
from labelhub.jobs.store.rows import IN_ORDER, NEED, NO_PRINTER, QUEUED, UNENDED, get, job_of, on, rows_of
from labelhub.jobs.store.submit import KEY_LIVES

SHOWN_PAGES = 20
"""Of each job in a list, the labels on its first pages; one job alone shows all."""
SEARCHED_JOBS = 20_000
"""A text is looked for in so many, in a few hundredths of a second."""
FORGOTTEN_AT_ONCE = 200
FORGOTTEN_LABELS = 2000
"""Of the jobs deleted together, unless one alone has more: others want to write as well."""
KEPT_EVENTS = 1000
EVENTS_LIVE = timedelta(days=1)
"""Streams replay minutes of them; notices, after a hub was away, a day. How jobs and printers are is in their own rows."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""By so much at most the clocks of two nodes differ, and a submit waits before it is written."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""No job is older: the first time there is cannot be gone back from."""


def shown(conn: Connection, job_id: UUID, pages: int | None = None) -> Job:
    """One job with its labels, or with those on its first pages. JobNotFound."""
    job = get(conn, job_id)
    return replace(job, labels=rows_of(conn, [job_id], pages)[job_id])


def history(
    conn: Connection,
    *,
    state: JobState | None = None,
    printer_id: UUID | None = None,
    since: datetime | None = None,
    before_number: int | None = None,
    text: str = "",
    limit: int,
) -> list[Job]:
    """Jobs that match, newest first. `text` is looked for in the newest SEARCHED_JOBS: in template, submitter and the fields of
    the first labels, their names too.
    """
    query = sa.select(jobs).order_by(jobs.c.number.desc()).limit(limit)
    if state is not None:
        query = query.where(jobs.c.state == state)
    if printer_id is not None:
        query = query.where(jobs.c.printer_id == printer_id)
    if since is not None:  # numbers follow the time, as far as the clocks agree: no older job is looked at
        long_before = max(since, EARLIEST) - CLOCKS_DIFFER
        older = sa.select(jobs.c.number).where(jobs.c.created_at < long_before).order_by(jobs.c.created_at.desc()).limit(1)
        query = query.where(jobs.c.number > (conn.execute(older).scalar() or 0), jobs.c.created_at >= since)
    if before_number is not None:
        query = query.where(jobs.c.number < before_number)
    if text:
        newest = conn.execute(sa.select(sa.func.max(jobs.c.number))).scalar() or 0
        query = query.where(jobs.c.number > newest - SEARCHED_JOBS, _tells_of(text))
    return _with_labels(conn, conn.execute(query).all())


def _tells_of(text: str) -> sa.ColumnElement[bool]:
    """Jobs that tell of a text, whatever its case. Fields are kept as JSON with escapes, in which letters beyond ASCII have a case."""
    named = [column.icontains(text, autoescape=True) for column in (jobs.c.template_key, jobs.c.submitted_by)]
    fields = sa.cast(job_labels.c.fields, sa.Text)
    spellings = {json.dumps(spelling)[1:-1] for spelling in (text, text.lower(), text.upper(), text.title())}
    there = sa.or_(*(fields.icontains(spelling, autoescape=True) for spelling in sorted(spellings)))
    return sa.or_(*named, sa.exists().where(job_labels.c.job_id == jobs.c.id, job_labels.c.first_page < SHOWN_PAGES, there))


def some(conn: Connection, job_ids: list[UUID]) -> list[Job]:
    """Those of the jobs that there are, without their labels."""
    return [job_of(row) for row in conn.execute(sa.select(jobs).where(jobs.c.id.in_(job_ids)))]


def wanting(conn: Connection, job_id: UUID) -> UUID | None:
    """The job while it waits for media, or else the next one of its printer that waits for the same; None when none does."""
    row = conn.execute(sa.select(jobs.c.printer_id, jobs.c.state, jobs.c.reason, *NEED).where(jobs.c.id == job_id)).first()
    if row is None or (row.state == JobState.QUEUED and row.reason == MEDIA_NEEDED):
        return None if row is None else job_id
    alike = [column.is_(None) if value is None else column == value for column, value in zip(NEED, row[3:], strict=True)]
    where = sa.and_(on(row.printer_id), QUEUED, UNENDED, jobs.c.reason == MEDIA_NEEDED, *alike)
    return conn.execute(sa.select(jobs.c.id).where(where).limit(1)).scalar()


class Place(NamedTuple):
    """Where a job stands in a queue: higher priorities before lower ones, then lower numbers before higher ones."""

    priority: int
    number: int


FRONT = Place(2**31 - 1, 0)
"""Of what prints: all that waits is behind it."""


def place_of(job: Job) -> Place:
    """Where it stands, for `queue` to go on behind it."""
    return FRONT if job.state is JobState.PRINTING else Place(job.priority, job.number)


def queue(conn: Connection, printer_id: UUID | None, limit: int, skipped: int = 0, after: Place | None = None) -> list[Job]:
    """Jobs printing, queued and paused, in print order, so many at the front left aside, or those behind a place; of None those
    that no printer has taken.
    """
    found: list[sa.Row[Any]] = []
    behind: sa.ColumnElement[bool] = sa.true()
    if after is not None:
        last = jobs.c.priority == after.priority
        behind = (jobs.c.priority < after.priority) | (last & (jobs.c.number > after.number))
    for state in (JobState.PRINTING, JobState.QUEUED, JobState.PAUSED):  # one place in the index each
        if after is not None and state is JobState.PRINTING:
            continue
        where = on(printer_id) & UNENDED & (jobs.c.state == state) & behind
        found += conn.execute(sa.select(jobs).where(where).order_by(*IN_ORDER).limit(skipped + limit)).all()
    found.sort(key=lambda row: (row.state != JobState.PRINTING, -row.priority, row.number))
    return _with_labels(conn, found[skipped : skipped + limit])


@dataclass(frozen=True, slots=True)
class Backlog:
    """By printer how many jobs are queued, paused or printing, and when the oldest that is queued was submitted.

    Those that no printer has taken yet are asked for by None.
    """

    depths: Mapping[UUID, int]
    since: Mapping[UUID, datetime]

    def depth(self, printer_id: UUID | None) -> int:
        """How many."""
        return self.depths.get(printer_id or NO_PRINTER, 0)

    def oldest(self, printer_id: UUID | None) -> datetime | None:
        """Since when; None where none is queued."""
        return self.since.get(printer_id or NO_PRINTER)


def backlog(conn: Connection) -> Backlog:
    """What waits, with one look into an index for each printer that something waits for."""
    counted = {row.printer_id: row.jobs for row in conn.execute(sa.select(depths_table).where(depths_table.c.jobs > 0))}
    found = {}
    for key in counted:
        query = sa.select(jobs.c.created_at).where(on(None if key == NO_PRINTER else key), jobs.c.state == JobState.QUEUED)
        found[key] = conn.execute(query.order_by(jobs.c.number).limit(1)).scalar()
    return Backlog(counted, {key: since for key, since in found.items() if since is not None})


def depths(conn: Connection) -> dict[UUID, int]:
    """How many jobs are queued, paused or printing on each printer that has any."""
    query = sa.select(depths_table).where(depths_table.c.jobs > 0, depths_table.c.printer_id != NO_PRINTER)
    return {row.printer_id: row.jobs for row in conn.execute(query)}


def fields_of(conn: Connection, job_id: UUID, page: int) -> dict[str, Any]:
    """What is on one page of a job, counted from 0."""
    query = sa.select(job_labels.c.fields).where(job_labels.c.job_id == job_id, job_labels.c.first_page <= page)
    fields: dict[str, Any] = conn.execute(query.order_by(job_labels.c.first_page.desc()).limit(1)).scalar_one()
    return pictures.shown(conn, fields)


def labels_of(conn: Connection, job_id: UUID, limit: int) -> list[dict[str, Any]]:
    """The fields of the first labels of a job."""
    query = sa.select(job_labels.c.fields).where(job_labels.c.job_id == job_id).order_by(job_labels.c.first_page).limit(limit)
    return [pictures.shown(conn, fields) for fields in conn.execute(query).scalars()]


def forget(conn: Connection, before: datetime, at: datetime) -> int:
    """How many jobs that ended before a time, and after them events of more than a day ago, were deleted; some hundreds at most. 0 once
    none is left.

    What belongs to a job alone goes with it; expired keys and template versions that nothing uses any more go at the end.
    """
    return _forget_jobs(conn, before) or _forget_events(conn, at - EVENTS_LIVE) or _forget_rest(conn, before, at)


def _forget_jobs(conn: Connection, before: datetime) -> int:
    old = sa.select(jobs.c.number, jobs.c.id, jobs.c.labels_total).where(jobs.c.finished_at.is_not(None), jobs.c.finished_at < before)
    found = conn.execute(old.order_by(jobs.c.finished_at).limit(FORGOTTEN_AT_ONCE)).all()
    labels = list(accumulate(row.labels_total for row in found))
    found = found[: max(1, sum(count <= FORGOTTEN_LABELS for count in labels))]
    if found:
        conn.execute(sa.delete(job_labels).where(job_labels.c.job_id.in_([row.id for row in found])))
        conn.execute(sa.delete(job_images).where(job_images.c.job_id.in_([row.id for row in found])))
        conn.execute(sa.delete(jobs).where(jobs.c.number.in_([row.number for row in found])))
    return len(found)


def _forget_events(conn: Connection, before: datetime) -> int:
    last = conn.execute(sa.select(events.c.id).order_by(events.c.id.desc()).offset(KEPT_EVENTS).limit(1)).scalar()
    if last is None:
        return 0
    old = sa.select(events.c.id).where(events.c.created_at < before, events.c.id <= last).limit(FORGOTTEN_LABELS)
    return conn.execute(sa.delete(events).where(events.c.id.in_(old))).rowcount


def _forget_rest(conn: Connection, before: datetime, at: datetime) -> int:
    conn.execute(sa.delete(idempotency_keys).where(idempotency_keys.c.created_at <= at - KEY_LIVES))
    used = sa.exists().where(jobs.c.template_digest == template_versions.c.digest)
    current = sa.exists().where(templates.c.digest == template_versions.c.digest)
    earlier = sa.exists().where(template_history.c.digest == template_versions.c.digest)
    conn.execute(sa.delete(template_versions).where(template_versions.c.created_at < before, ~used, ~current, ~earlier))
    _forget_pictures(conn, before)
    return 0


def _forget_pictures(conn: Connection, before: datetime) -> None:
    """Those that no name, no version of a template and no job leads to any more."""
    shown = sa.exists().where(template_versions.c.digest == version_images.c.digest)
    conn.execute(sa.delete(version_images).where(~shown))
    named = sa.exists().where(images.c.digest == image_contents.c.digest)
    bound = sa.exists().where(version_images.c.image_digest == image_contents.c.digest)
    carried = sa.exists().where(job_images.c.digest == image_contents.c.digest)
    conn.execute(sa.delete(image_contents).where(image_contents.c.created_at < before, ~named, ~bound, ~carried))


def _with_labels(conn: Connection, rows: Any) -> list[Job]:
    labels = rows_of(conn, [row.id for row in rows], SHOWN_PAGES) if rows else {}
    return [job_of(row, labels[row.id]) for row in rows]
