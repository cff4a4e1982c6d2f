"""A printer takes a job: the first it can print, found without looking at all that wait. And what those that wait are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from labelhub.db.schema import jobs, leases, printers
from labelhub.events import append_all
from labelhub.jobs.job import MEDIA_NEEDED, Job, JobState
from labelhub.jobs.store.rows import IN_ORDER, NEED, OF_ONE, QUEUED, UNENDED, depth, event_of, job_of, need_of, on, tell
from labelhub.media import Media, MediaNeed

OF_ONE_MEDIA = (jobs.c.printer_id, *NEED, *IN_ORDER)
EXPLAINED_AT_ONCE = 200
"""How many waiting jobs are told the reason they wait; those behind them learn it when they come nearer."""


@dataclass(frozen=True, slots=True)
class Block:
    """Why nothing prints on a printer now: a reason of the contract and a line for a person."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Hand:
    """Who takes a job: a printer, the node that holds its lease, and a claim that no other taking of it has."""

    printer_id: UUID
    owner: str
    claim: UUID


def has_queued(conn: Connection, printer_id: UUID) -> bool:
    """True when a job waits for the printer, or for any."""
    return any(conn.execute(sa.select(jobs.c.number).where(_queued(owner)).limit(1)).first() for owner in (printer_id, None))


def claim(conn: Connection, hand: Hand, loaded: Media | None, at: datetime) -> Job | None:
    """The first job the printer can print now, from now on `printing`; None when there is none, or the printer is not the node's.

    `loaded` is the media known to be in the printer: jobs for other media are passed over. None means not known: jobs for any media
    are, and jobs for any printer too, since these are for one that has the media.
    """
    number = None if not _drivable(conn, hand) else _first(conn, hand.printer_id, loaded)
    if number is None:
        return None
    before = job_of(conn.execute(sa.select(jobs).where(jobs.c.number == number)).one())
    values = {"printer_id": hand.printer_id, "state": JobState.PRINTING, "reason": None, "detail": None, "claim": hand.claim,
              "sending_at": None, "started_at": before.started_at or at, "updated_at": at}  # fmt: skip
    try:
        with conn.begin_nested():
            row = conn.execute(sa.update(jobs).where(jobs.c.number == number).values(values).returning(jobs)).one()
    except IntegrityError:  # another label is on this printer: the partial unique index says so
        return None
    job = job_of(row)
    tell(conn, job, before, at)
    return job


def urgent(conn: Connection, job: Job, loaded: Media | None) -> bool:
    """True when a job of higher priority waits that the printer of this one could print now."""
    number = None if job.printer_id is None else _first(conn, job.printer_id, loaded)
    if number is None:
        return False
    priority: int = conn.execute(sa.select(jobs.c.priority).where(jobs.c.number == number)).scalar_one()
    return priority > job.priority


def explain(conn: Connection, printer_id: UUID, block: Block | None, loaded: Media | None, at: datetime) -> int:
    """How many waiting jobs now say another reason than before: the printer's block, the media they need, or none."""
    return _explain(conn, printer_id, lambda need: _reason_of(need, block, loaded), at)


def explain_unclaimed(conn: Connection, reasons: dict[MediaNeed | None, Block | None], at: datetime) -> int:
    """How many jobs that no printer has taken now say another reason than before; `reasons` by the media they need."""

    def reason(need: MediaNeed | None) -> tuple[str | None, str | None]:
        block = reasons.get(need)
        return (block.reason, block.detail) if block else (None, None)

    return _explain(conn, None, reason, at)


def unclaimed_needs(conn: Connection) -> set[MediaNeed | None]:
    """The media that jobs need which no printer has taken."""
    first = sa.select(*NEED).where(_queued(None)).order_by(*OF_ONE).limit(EXPLAINED_AT_ONCE).subquery()
    return {need_of(row) for row in conn.execute(sa.select(first).distinct())}


def _explain(conn: Connection, printer_id: UUID | None, reason: Any, at: datetime) -> int:
    columns = (jobs.c.id, jobs.c.reason, jobs.c.detail, jobs.c.labels_done, jobs.c.labels_total, *NEED)
    query = sa.select(*columns).where(_queued(printer_id)).order_by(*OF_ONE).limit(EXPLAINED_AT_ONCE)
    told = [(row, reason(need_of(row))) for row in conn.execute(query)]
    changed = [(row, why) for row, why in told if (row.reason, row.detail) != why]
    if not changed:
        return 0
    change = sa.update(jobs).where(jobs.c.id == sa.bindparam("job_id"))
    change = change.values(reason=sa.bindparam("why"), detail=sa.bindparam("words"), updated_at=at)
    conn.execute(change, [{"job_id": row.id, "why": why, "words": words} for row, (why, words) in changed])
    deep = depth(conn, printer_id)
    append_all(conn, [event_of(row, printer_id, JobState.QUEUED, JobState.QUEUED, why, deep, at) for row, (why, _) in changed])
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


def _drivable(conn: Connection, hand: Hand) -> bool:
    mine = sa.exists().where(leases.c.name == str(hand.printer_id), leases.c.owner == hand.owner)
    query = sa.select(printers.c.id).where(printers.c.id == hand.printer_id, printers.c.enabled, ~printers.c.paused, mine)
    return conn.execute(query).first() is not None


def _first(conn: Connection, printer_id: UUID, loaded: Media | None) -> int | None:
    """The number of the job to print next. Each look goes straight to its place in an index, however many wait."""
    found = [row for place in _places(printer_id, loaded) if (row := _first_of(conn, *place)) is not None]
    return min(found, key=lambda row: (-row.priority, row.number)).number if found else None


def _first_of(conn: Connection, where: sa.ColumnElement[bool], in_order: Sequence[sa.ColumnElement[Any]]) -> Any:
    return conn.execute(sa.select(jobs.c.number, jobs.c.priority).where(where).order_by(*in_order).limit(1)).first()


def _places(printer_id: UUID, loaded: Media | None) -> Iterator[tuple[sa.ColumnElement[bool], Sequence[sa.ColumnElement[Any]]]]:
    if loaded is None:
        yield _queued(printer_id) & jobs.c.need_family.is_not(None), OF_ONE
        return
    for owner in (printer_id, None):
        yield on(owner) & QUEUED & _needs(loaded.kind.family, loaded.width_mm, loaded.length_mm), OF_ONE_MEDIA
        yield on(owner) & QUEUED & _needs(None, None, None), OF_ONE_MEDIA


def _needs(*values: Any) -> sa.ColumnElement[bool]:
    # `= NULL` finds nothing, and `IS ?` is not served by an index everywhere
    return sa.and_(*(column.is_(None) if value is None else column == value for column, value in zip(NEED, values, strict=True)))


def _queued(printer_id: UUID | None) -> sa.ColumnElement[bool]:
    return on(printer_id) & QUEUED & UNENDED
