"""Jobs come in: submitted, and submitted again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from labelhub.db.schema import idempotency_keys, job_labels, jobs, printers, templates
from labelhub.errors import IdempotencyKeyReused, JobStateConflict, NothingMissing, PrinterDisabled, PrinterNotFound, TemplateOutdated
from labelhub.jobs.job import ITEM_PENDING, OUTCOME_UNKNOWN, PENDING, RETRYABLE, Job, JobState, LabelOrder, NewJob
from labelhub.jobs.store import pictures
from labelhub.jobs.store.rows import change, get, job_of, label_values, need_values, tell

KEY_LIVES = timedelta(hours=24)
_INSERT = sa.insert(jobs).returning(jobs)
_INSERT_LABELS = sa.insert(job_labels)
_NEWEST = sa.select(templates.c.digest).where(templates.c.key == sa.bindparam("of_key")).scalar_subquery()
_ENABLED = sa.select(printers.c.enabled, _NEWEST.label("newest")).where(printers.c.id == sa.bindparam("of_printer"))
_NEWEST_ALONE = sa.select(_NEWEST.label("newest"))


@dataclass(frozen=True, slots=True)
class Once:
    """A caller's Idempotency-Key, and a digest of all that was asked with it."""

    caller: str
    key: str
    digest: str


def submit(conn: Connection, new: NewJob, at: datetime, once: Once | None = None, *, newest: bool = False) -> Job:
    """The job, waiting in the queue from now on; the earlier one where its key was used before.

    PrinterNotFound, PrinterDisabled when its printer went or was disabled meanwhile; IdempotencyKeyReused. With `newest`
    TemplateOutdated when its template has another version by now, or is gone.
    """
    if once is not None:
        earlier = submitted(conn, once, at)
        if earlier is not None:
            return earlier
    _check(conn, new, newest)
    job = _insert(conn, new, at)
    if once is not None:
        _keep_key(conn, once, job, at)
    tell(conn, job, None, job.printer_id, at)
    return job


def submitted(conn: Connection, once: Once, at: datetime) -> Job | None:
    """The job that was made with this key; None while there is none. IdempotencyKeyReused when something else was asked with it."""
    mine = (idempotency_keys.c.caller == once.caller) & (idempotency_keys.c.key == once.key)
    row = conn.execute(sa.select(idempotency_keys).where(mine, idempotency_keys.c.created_at > at - KEY_LIVES)).first()
    if row is None:
        return None
    if row.digest != once.digest:
        raise IdempotencyKeyReused("this Idempotency-Key was used for another request; a new request needs a new key")
    return get(conn, row.job_id)


def retry(conn: Connection, job_id: UUID, submitted_by: str, at: datetime, *, missing: bool = False, once: Once | None = None) -> Job:
    """A new job that prints the same again, or only what is `missing`: the labels that are not known to be out.

    JobStateConflict while the old one may still print by itself; NothingMissing.
    """
    if once is not None and (earlier := submitted(conn, once, at)) is not None:
        return earlier
    old = get(conn, job_id)
    lost = old.state == JobState.PAUSED and old.reason == OUTCOME_UNKNOWN
    if old.state not in RETRYABLE and not lost:
        raise JobStateConflict(f"the job is {old.state}: it can be retried once it has ended", state=old.state)
    labels = tuple(_missing(conn, old) if missing else _all(conn, old))
    if not labels:
        raise NothingMissing('every label of the job has come out; leave out "only" to print all of it again')
    new = NewJob(
        old.waits_for, old.template_key, old.template_digest, old.need, labels, old.options, old.priority,
        submitted_by, old.id,
    )  # fmt: skip
    try:
        job = submit(conn, new, at, once)
    except PrinterNotFound as error:
        what = "print it anew, with the same template and fields, on a printer there is or on any that has the media"
        raise PrinterNotFound(f"the printer of this job was removed from the hub: {what}") from error
    if lost:
        ended = {"detail": f"retried as job {job.id}", "error": "outcome unknown", "finished_at": at, "sending_at": None}
        change(conn, old, JobState.FAILED, at, **ended)
    return job


def refuse_unusable(conn: Connection, printer_id: UUID) -> None:
    """PrinterNotFound, PrinterDisabled when jobs cannot be given to the printer."""
    _refuse(printer_id, conn.execute(_ENABLED, {"of_printer": printer_id, "of_key": ""}).first())


def _check(conn: Connection, new: NewJob, newest: bool) -> None:
    if new.printer_id is None:
        now = conn.execute(_NEWEST_ALONE, {"of_key": new.template_key}).scalar()
    else:
        now = _refuse(new.printer_id, conn.execute(_ENABLED, {"of_printer": new.printer_id, "of_key": new.template_key}).first())
    if newest and now != new.template_digest:
        raise TemplateOutdated(f"the template {new.template_key} was changed while the job was made; send it again")


def _refuse(printer_id: UUID, row: Row[Any, Any] | None) -> str | None:
    """The digest of the newest version of the template that was asked for with the printer."""
    if row is None:
        raise PrinterNotFound(f"there is no printer {printer_id} any more")
    if not row.enabled:
        raise PrinterDisabled("the printer is disabled; enable it before printing on it")
    return row.newest  # type: ignore[no-any-return]


def _insert(conn: Connection, new: NewJob, at: datetime) -> Job:
    values = {
        "id": uuid4(),
        "printer_id": new.printer_id,
        "any_printer": new.printer_id is None,
        "template_key": new.template_key,
        "template_digest": new.template_digest,
        **need_values(new.need),
        "state": JobState.QUEUED,
        "reason": ITEM_PENDING if new.need == PENDING else None,
        "priority": new.priority,
        "options": asdict(new.options),
        "labels_total": new.labels_total,
        "labels_failed": 0,
        "labels_sent": 0,
        "labels_done": 0,
        "parent_job_id": new.parent_job_id,
        "submitted_by": new.submitted_by,
        "cancel_requested": False,
        "pause_requested": False,
        "created_at": at,
        "updated_at": at,
    }
    job = job_of(conn.execute(_INSERT, values).one())
    conn.execute(_INSERT_LABELS, label_values(job.id, new.labels))
    pictures.bind(conn, job.id, new.labels)
    return job


def _keep_key(conn: Connection, once: Once, job: Job, at: datetime) -> None:
    mine = (idempotency_keys.c.caller == once.caller) & (idempotency_keys.c.key == once.key)
    conn.execute(sa.delete(idempotency_keys).where(mine))  # one that has expired
    values = {"caller": once.caller, "key": once.key, "digest": once.digest, "job_id": job.id, "created_at": at}
    conn.execute(sa.insert(idempotency_keys).values(values))


def _all(conn: Connection, job: Job) -> Iterator[LabelOrder]:
    rows = conn.execute(sa.select(job_labels).where(job_labels.c.job_id == job.id).order_by(job_labels.c.first_page))
    return (LabelOrder(row.fields, row.copies) for row in rows)


def _missing(conn: Connection, job: Job) -> Iterator[LabelOrder]:
    """Those left out, and of the others what comes after the pages known to be out."""
    out = job.labels_done
    for row in conn.execute(sa.select(job_labels).where(job_labels.c.job_id == job.id).order_by(job_labels.c.first_page)):
        done = 0 if row.problem else min(out, row.copies)
        out -= done
        if row.copies > done:
            yield LabelOrder(row.fields, row.copies - done)
