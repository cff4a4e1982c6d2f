"""A queue for tests: store functions on a real database, two printers that this node drives, and a count of what is counted."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from labelhub.db.engine import Database
from labelhub.db.schema import depths, job_labels, jobs, printers, template_versions
from labelhub.events import Event, last_id, tail
from labelhub.jobs import store
from labelhub.jobs.job import OPEN, Job, JobState, LabelOrder, NewJob
from labelhub.jobs.store import Hand, Once
from labelhub.jobs.store.rows import NO_PRINTER
from labelhub.media import Media, MediaKind, MediaNeed

AT = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)
TAPE_12, TAPE_24 = Media(MediaKind.TAPE_LAMINATED, 12), Media(MediaKind.TAPE_NON_LAMINATED, 24)
NEED_12, NEED_24 = MediaNeed("tape", 12), MediaNeed("tape", 24)
PRINTER, OTHER = UUID(int=1), UUID(int=2)
NODE = "node-1"
DIGEST = "0" * 64


class Queue:
    """Store functions on one database, each in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def __call__(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return self.database.write_now(fn, *args, **kwargs)

    def furnish(self) -> None:
        """Two printers with their leases, and a template."""
        self(_furnish)
        self(store.leases.take, NODE, [str(PRINTER), str(OTHER)], 3600.0)

    def submit(self, *copies: int, at: datetime = AT, once: Once | None = None, **more: Any) -> Job:
        """A job of labels with so many copies, numbered from 0; one of one copy when none is given."""
        job: Job = self(store.submit, order(*copies, **more), at, once)
        return job

    def claim(self, loaded: Media | None = TAPE_12, printer_id: UUID = PRINTER, owner: str = NODE) -> Job | None:
        job: Job | None = self(store.claim, Hand(printer_id, owner, uuid4()), loaded, LATER)
        return job

    def printing(self, *copies: int, **more: Any) -> Job:
        """A job that a printer has just taken."""
        job = self.submit(*copies, **more)
        claimed = self.claim(printer_id=more.get("printer_id") or PRINTER)
        assert claimed is not None
        assert claimed.id == job.id
        return claimed

    def begun(self) -> Job:
        """A job of three labels, two of which were sent."""
        job = self.printing(3)
        self.send(job, 2)
        return job

    def lost(self, sent: int = 2) -> Job:
        """A job of three labels of which nobody knows whether those that were sent are out."""
        job = self.printing(3)
        self.send(job, sent)
        self(store.lose, job, "gone", LATER)
        return self.job(job)

    def completed(self, *copies: int, **more: Any) -> Job:
        """A job all of whose labels are out."""
        job = self.printing(*copies, **more)
        self.send(job, job.labels_good)
        self(store.complete, job, "status", TAPE_12, LATER)
        return self.job(job)

    def send(self, job: Job, labels_sent: int, count_base: int | None = None, at: datetime = LATER) -> bool:
        may: bool = self(store.sending, job, TAPE_12, labels_sent, count_base, at)
        return may

    def job(self, job: Job) -> Job:
        now: Job = self(store.get, job.id)
        return now

    def state(self, job: Job) -> tuple[JobState, str | None]:
        now = self.job(job)
        return now.state, now.reason

    def shows(self, job: Job, **wanted: Any) -> None:
        """Fails unless the row holds these values."""
        now = self.job(job)
        found = {name: getattr(now, name) for name in wanted}
        assert found == wanted, f"{found} is not {wanted}"

    def set_printer(self, printer_id: UUID = PRINTER, **values: Any) -> None:
        self(lambda conn: conn.execute(sa.update(printers).where(printers.c.id == printer_id).values(values)))

    def heard(self, fn: Any, *args: Any, **kwargs: Any) -> list[Event]:
        """The events that a call of a store function left."""
        before = self(last_id)
        self(fn, *args, **kwargs)
        found: list[Event] = self(tail, before)
        return found

    def counts(self, *tables: sa.Table) -> dict[str, int]:
        """How many rows these tables hold."""
        return {table.name: self(_count, table) for table in tables}


def order(
    *copies: int,
    printer_id: UUID | None = PRINTER,
    need: MediaNeed | None = None,
    priority: int = 0,
    **more: Any,
) -> NewJob:
    labels = tuple(LabelOrder({"n": number}, each) for number, each in enumerate(copies or (1,)))
    return NewJob(printer_id, "demo", DIGEST, need, labels, priority=priority, **more)


def depths_told(conn: sa.Connection) -> dict[UUID | None, int]:
    """How many jobs the counters say there are; None: that no printer has taken."""
    return {None if row.printer_id == NO_PRINTER else row.printer_id: row.jobs for row in conn.execute(sa.select(depths)) if row.jobs}


def depths_counted(conn: sa.Connection) -> dict[UUID | None, int]:
    """How many jobs there are."""
    return dict(Counter(conn.execute(sa.select(jobs.c.printer_id).where(jobs.c.state.in_(OPEN))).scalars()))


def labels_counted(conn: sa.Connection) -> bool:
    """True when each job's labels are as many pages as its row says, and those left out too."""
    pages = sa.func.coalesce(sa.func.sum(job_labels.c.copies), 0)
    failed = sa.func.coalesce(sa.func.sum(sa.case((job_labels.c.problem.is_not(None), job_labels.c.copies), else_=0)), 0)
    per_job = sa.select(job_labels.c.job_id, pages.label("pages"), failed.label("failed")).group_by(job_labels.c.job_id).subquery()
    joined = sa.select(jobs.c.labels_total, jobs.c.labels_failed, per_job.c.pages, per_job.c.failed)
    rows = conn.execute(joined.outerjoin_from(jobs, per_job, jobs.c.id == per_job.c.job_id))
    return all((row.labels_total, row.labels_failed) == (row.pages, row.failed) for row in rows)


def put_state(conn: sa.Connection, job: Job, state: JobState) -> None:
    """Change a row behind the store's back."""
    conn.execute(sa.update(jobs).where(jobs.c.id == job.id).values(state=state))


def _count(conn: sa.Connection, table: sa.Table) -> int:
    return conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _furnish(conn: sa.Connection) -> None:
    conn.execute(sa.insert(template_versions).values(digest=DIGEST, definition="key: demo", created_at=AT))
    for number, printer_id in enumerate((PRINTER, OTHER)):
        put_printer(conn, printer_id, number)


def put_printer(conn: sa.Connection, printer_id: UUID, number: int) -> None:
    """A printer that is enabled and not paused."""
    values = {
        "id": printer_id, "slug": f"p-{number}", "name": f"P {number}", "model": "PT-P750W", "driver": "brother-pt", "backend": "tcp",
        "host": f"192.0.2.{number}", "port": 9100, "snmp": True, "snmp_port": 161, "snmp_community": "public", "enabled": True,
        "paused": False, "declared": False, "created_at": AT, "updated_at": AT, "site": "",
    }  # fmt: skip
    conn.execute(sa.insert(printers).values(values))
