"""A printer takes a job: the first it can print, found without looking at all that wait. And what those that wait are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.schema import UtcDateTime, jobs, leases, printers
from labelhub.events import append_all
from labelhub.jobs.job import MEDIA_NEEDED, PENDING, Job, JobState
from labelhub.jobs.store.rows import IN_ORDER, NEED, OF_ONE, QUEUED, UNENDED, depth, event_of, job_of, need_of, on, tell
from labelhub.media import Media, Need, media_fields, set_of

OF_ONE_MEDIA = (jobs.c.printer_id, *NEED[:3], *IN_ORDER)
OF_ONE_SET = (jobs.c.printer_id, jobs.c.need_set, *IN_ORDER)
_PENDING: sa.ColumnElement[str] = sa.literal_column(f"'{PENDING.family}'")
# Of one whose thing is not there yet nobody can say anything else, whatever its printer does.
_THERE = jobs.c.need_family.is_(None) | (jobs.c.need_family != _PENDING)
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


@dataclass(frozen=True, slots=True)
class Leaving:
    """A job of one label is written down as on its way when it is taken: it is sent at once. `counted` is the printer's page count."""

    counted: int | None


def has_queued(conn: Connection, printer_id: UUID) -> bool:
    """True when a job waits for the printer, or for any."""
    return bool(conn.execute(_WAITS, {"of_printer": printer_id}).scalar())


def claimable(conn: Connection, printer_id: UUID, loaded: Media | None) -> bool:
    """True when a job waits that the printer could print now."""
    return _first(conn, printer_id, loaded) is not None


def printing_on(conn: Connection) -> set[UUID]:
    """The printers that a job is printing on, as far as the rows tell."""
    query = sa.select(jobs.c.printer_id).where(jobs.c.state == sa.literal_column("'printing'"), jobs.c.printer_id.is_not(None))
    return set(conn.execute(query).scalars())


def claim(conn: Connection, hand: Hand, loaded: Media | None, at: datetime, leaving: Leaving | None = None) -> Job | None:
    """The first job the printer can print now, from now on `printing`; None when there is none, or the printer is not the node's.

    `loaded` is the media known to be in the printer: jobs for other media are passed over. None means not known: jobs for any media
    are, and jobs for any printer too, since these are for one that has the media.
    """
    found = _first(conn, hand.printer_id, loaded)
    if found is None:
        return None
    values = {"printer_id": hand.printer_id, "state": JobState.PRINTING, "reason": None, "detail": None, "claim": hand.claim,
              "sending_at": None, "updated_at": at, "now": at, "of_number": found.number, "of_printer": hand.printer_id,
              "of_name": str(hand.printer_id), "of_owner": hand.owner}  # fmt: skip
    if leaving is not None and found.labels_total == 1:
        media = None if loaded is None else media_fields(loaded)
        values |= {"sending_at": at, "labels_sent": 1, "count_base": leaving.counted, "media": media}
    row = conn.execute(_TAKE, values).first()
    if row is None:
        return None
    job = job_of(row)
    tell(conn, job, JobState.QUEUED, found.printer_id, at)
    return job


def owns(conn: Connection, hand: Hand) -> bool:
    """True while nobody but the hand's node has taken the printer's lease."""
    mine = (leases.c.name == str(hand.printer_id)) & (leases.c.owner == hand.owner)
    return conn.execute(sa.select(leases.c.name).where(mine)).first() is not None


def urgent(conn: Connection, job: Job, loaded: Media | None) -> bool:
    """True when a job of higher priority waits that the printer of this one could print now."""
    found = None if job.printer_id is None else _first(conn, job.printer_id, loaded)
    return found is not None and found.priority > job.priority


def explain(conn: Connection, printer_id: UUID, block: Block | None, loaded: Media | None, at: datetime) -> int:
    """How many waiting jobs now say another reason than before: the printer's block, the media they need, or none."""
    return _explain(conn, printer_id, lambda need: _reason_of(need, block, loaded), at)


def explain_unclaimed(conn: Connection, reasons: dict[Need | None, Block | None], at: datetime) -> int:
    """How many jobs that no printer has taken now say another reason than before; `reasons` by the media they need."""

    def reason(need: Need | None) -> tuple[str | None, str | None]:
        block = reasons.get(need)
        return (block.reason, block.detail) if block else (None, None)

    return _explain(conn, None, reason, at)


def unclaimed_needs(conn: Connection) -> set[Need | None]:
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


def _reason_of(need: Need | None, block: Block | None, loaded: Media | None) -> tuple[str | None, str | None]:
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


def _first(conn: Connection, printer_id: UUID, loaded: Media | None) -> Any:
    """Number, priority and printer of the job to print next; None when there is none.

    Each look goes straight to its place in an index, however many wait.
    """
    values: dict[str, Any] = {"of_printer": printer_id}
    if loaded is not None:
        values |= {"of_family": loaded.kind.family, "of_width_mm": loaded.width_mm, "of_length_mm": loaded.length_mm}
    found = conn.execute(_looks(loaded is not None, loaded is not None and loaded.length_mm is not None), values).all()
    if loaded is not None:
        found = [*_with_sets(conn, found, loaded)]
    return min(found, key=lambda row: (-row.priority, row.number), default=None)


def _with_sets(conn: Connection, found: Iterable[Any], loaded: Media) -> Iterator[Any]:
    """Of each set that a job waits for its first one, if the media is of it: from one set to the next."""
    for row in found:
        each = row
        while each is not None and each.need_set is not None:
            if set_of(each.need_set).met_by(loaded):
                yield each
            each = conn.execute(_NEXT_SET[row.printer_id is None], {"of_printer": row.printer_id, "of_set": each.need_set}).first()
        if row.need_set is None:
            yield row


@cache
def _looks(known: bool, die_cut: bool) -> sa.CompoundSelect[Any]:
    """The first job of the printer and the first of any, each with the media loaded, without a wish for one, and with one for a set."""
    mine = jobs.c.printer_id == sa.bindparam("of_printer")
    if not known:
        return sa.union_all(_look(mine & QUEUED & UNENDED & (jobs.c.need_family != _PENDING), OF_ONE))
    # `= NULL` finds nothing, and `IS ?` is not served by an index everywhere
    length = jobs.c.need_length_mm == sa.bindparam("of_length_mm") if die_cut else jobs.c.need_length_mm.is_(None)
    loaded = (jobs.c.need_family == sa.bindparam("of_family")) & (jobs.c.need_width_mm == sa.bindparam("of_width_mm")) & length
    anything = sa.and_(*(column.is_(None) for column in NEED[:3]))
    owners = (mine, jobs.c.printer_id.is_(None))
    one = [_look(owner & QUEUED & need, OF_ONE_MEDIA) for owner in owners for need in (loaded, anything)]
    return sa.union_all(*one, *(_look(owner & QUEUED & jobs.c.need_set.is_not(None), OF_ONE_SET) for owner in owners))


def _look(where: sa.ColumnElement[bool], in_order: Sequence[sa.ColumnElement[Any]]) -> sa.Select[Any]:
    found = (jobs.c.number, jobs.c.priority, jobs.c.printer_id, jobs.c.labels_total, jobs.c.need_set)
    return sa.select(sa.select(*found).where(where).order_by(*in_order).limit(1).subquery())


def _queued(printer_id: UUID | None) -> sa.ColumnElement[bool]:
    return on(printer_id) & QUEUED & UNENDED & _THERE


_PRINTER: sa.BindParameter[UUID] = sa.bindparam("of_printer")
_NEXT_SET = [
    _look(owner & QUEUED & (jobs.c.need_set > sa.bindparam("of_set")), OF_ONE_SET)
    for owner in (jobs.c.printer_id == _PRINTER, jobs.c.printer_id.is_(None))
]
_WAITS = sa.select(
    sa.exists().where(jobs.c.printer_id == _PRINTER, QUEUED, UNENDED, _THERE)
    | sa.exists().where(jobs.c.printer_id.is_(None), QUEUED, UNENDED, _THERE)
)
_other = jobs.alias()
_FREE = sa.exists().where(
    printers.c.id == _PRINTER,
    printers.c.enabled,
    ~printers.c.paused,
    sa.exists().where(leases.c.name == sa.bindparam("of_name"), leases.c.owner == sa.bindparam("of_owner")),
    ~sa.exists().where(_other.c.printer_id == _PRINTER, _other.c.state == sa.literal_column("'printing'")),
)
_TAKE = (
    sa.update(jobs)
    .where(jobs.c.number == sa.bindparam("of_number"), _FREE)
    .values(started_at=sa.func.coalesce(jobs.c.started_at, sa.bindparam("now", type_=UtcDateTime)))
    .returning(jobs)
)
