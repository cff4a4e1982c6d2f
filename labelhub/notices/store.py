"""Every SQL statement about notices. Functions take `conn` first and never commit.

Whoever writes holds the database's one write lock, so what is read and changed in one function cannot be changed by another node
in between: that is what keeps two nodes from telling of one thing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.schema import events, notice_position, notice_standings, notices
from labelhub.events import JOB_STATE_CHANGED, PRINTER_STATUS, last_id
from labelhub.notices.standing import Happened, Standing

WAITING, SENDING, SENT, GIVEN_UP, UNKNOWN = "waiting", "sending", "sent", "given-up", "unknown"
READ_AT_ONCE = 500
MOST_WAITING = 500
"""Notices a target may have waiting; what comes then is not told, for by then nobody reads them one by one."""
CLAIM_LIVES = timedelta(seconds=120)
"""More than a request may take, and than the clocks of two nodes differ."""
KEPT = timedelta(days=7)
LEFT = {"state": UNKNOWN, "error": "was being told when the hub was stopped"}

_TO, _WHY = events.c.data["to_state"].as_string(), events.c.data["reason"].as_string()
_MATTERS = sa.or_(
    events.c.type == PRINTER_STATUS,
    sa.and_(
        events.c.type == JOB_STATE_CHANGED,
        sa.or_(
            _TO == "failed",
            sa.and_(_TO == "paused", _WHY == "outcome-unknown"),
            sa.and_(_TO == "queued", _WHY == "media-needed"),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """What happened after one event, up to and including another, and what stands."""

    after_id: int
    up_to_id: int
    happened: list[Happened]
    standings: list[Standing]


@dataclass(frozen=True, slots=True)
class Sent:
    """One row of the outbox: a notice for one target."""

    number: int
    id: UUID
    target: str
    type: str
    body: dict[str, Any]
    state: str
    attempts: int
    claim: UUID | None
    error: str | None
    created_at: datetime
    ended_at: datetime | None


def begin(conn: Connection) -> int:
    """The number of the event after which things are told of; of what happened before notices were first wanted nothing is."""
    found = conn.execute(sa.select(notice_position.c.after_id)).scalar()
    if found is None:
        found = last_id(conn)
        conn.execute(sa.insert(notice_position).values(id=1, after_id=found))
    return int(found)


def look(conn: Connection, seen_id: int) -> Look:
    """What matters since the last look that was kept; up to `seen_id` it was looked at already, and nothing mattered."""
    after = conn.execute(sa.select(notice_position.c.after_id)).scalar() or 0
    query = sa.select(events).where(events.c.id > max(after, seen_id), _MATTERS).order_by(events.c.id).limit(READ_AT_ONCE)
    newest = last_id(conn)
    rows = conn.execute(query).all()
    up_to = rows[-1].id if len(rows) == READ_AT_ONCE else max(newest, after, seen_id)
    happened = [Happened(row.type, row.data, row.created_at, row.printer_id, row.job_id) for row in rows]
    return Look(after, up_to, happened, _standings(conn))


def keep(
    conn: Connection, look: Look, standings: Sequence[Standing], told: Iterable[tuple[UUID, str, str, dict[str, Any]]], at: datetime
) -> bool:
    """True when the outcome of a look is written down; False when another node was faster. `told`: id, target, type, body."""
    here = notice_position.c.after_id == look.after_id
    if conn.execute(sa.update(notice_position).where(here).values(after_id=look.up_to_id)).rowcount != 1:
        return False
    if _standings(conn) != look.standings:
        return False  # it looked, too, and nothing had happened but time
    if set(standings) != set(look.standings):
        conn.execute(sa.delete(notice_standings))
        if standings:
            conn.execute(sa.insert(notice_standings), [_values(one) for one in standings])
    for notice_id, target, kind, body in told:
        row = {"id": notice_id, "target": target, "type": kind, "body": body, "attempts": 0, "due_at": at, "created_at": at}
        full = _waiting(conn, target) >= MOST_WAITING
        ended = {"state": GIVEN_UP, "ended_at": at, "error": "too many notices wait for this target"} if full else {"state": WAITING}
        conn.execute(sa.insert(notices).values(row | ended))
    return True


def is_due(conn: Connection, target: str, at: datetime) -> bool:
    """True when there is something for `claim`."""
    return conn.execute(sa.select(notices.c.number).where(_due(target, at)).limit(1)).first() is not None


def claim(conn: Connection, target: str, at: datetime, *, repeatable: bool) -> Sent | None:
    """The notice for a target that is due first, from now on in this hand; None when none is.

    One that was left in the middle by a process that is gone may have arrived: it goes again to a `repeatable` target, which knows
    it by its id; of another nobody knows.
    """
    if not repeatable:
        left = _due(target, at) & (notices.c.state == SENDING)
        conn.execute(sa.update(notices).where(left).values(LEFT | {"ended_at": at}))
    row = conn.execute(sa.select(notices).where(_due(target, at)).order_by(notices.c.number).limit(1)).first()
    if row is None:
        return None
    mark = {"state": SENDING, "claim": uuid4(), "due_at": at + CLAIM_LIVES, "attempts": row.attempts + 1}
    return _sent(conn.execute(sa.update(notices).where(notices.c.number == row.number).values(mark).returning(notices)).one())


def settle(conn: Connection, sent: Sent, state: str, error: str | None, due_at: datetime, at: datetime, *, all_of_target: bool) -> bool:
    """True when it is written what became of an attempt; False when it is in another hand by now.

    A target that cannot be reached is left alone until then with everything that waits for it.
    """
    ended_at = None if state == WAITING else at
    mine = (notices.c.number == sent.number) & (notices.c.claim == sent.claim) & (notices.c.state == SENDING)
    values = {"state": state, "error": error, "due_at": due_at, "claim": None, "ended_at": ended_at}
    if conn.execute(sa.update(notices).where(mine).values(values)).rowcount != 1:
        return False
    if all_of_target and state == WAITING:
        others = (notices.c.target == sent.target) & (notices.c.state == WAITING) & (notices.c.due_at < due_at)
        conn.execute(sa.update(notices).where(others).values(due_at=due_at))
    return True


def give_up(conn: Connection, before: datetime, at: datetime) -> int:
    """How many of before a time are not tried any more: they wait, or somebody who is gone was telling them, and their target is perhaps
    no target any more. What ended long ago is forgotten.
    """
    conn.execute(sa.delete(notices).where(notices.c.ended_at < at - KEPT))
    old, left = notices.c.created_at < before, (notices.c.state == SENDING) & (notices.c.due_at <= at)
    lost = conn.execute(sa.update(notices).where(old, left).values(LEFT | {"ended_at": at})).rowcount
    waited = old & (notices.c.state == WAITING)
    return lost + conn.execute(sa.update(notices).where(waited).values(state=GIVEN_UP, ended_at=at)).rowcount


def waiting(conn: Connection) -> dict[str, int]:
    """How many wait, or are on their way, by target."""
    query = sa.select(notices.c.target, sa.func.count()).where(notices.c.ended_at.is_(None)).group_by(notices.c.target)
    return {target: int(count) for target, count in conn.execute(query)}


def recent(conn: Connection, target: str, limit: int) -> list[Sent]:
    """The newest notices for a target, the newest first."""
    query = sa.select(notices).where(notices.c.target == target).order_by(notices.c.number.desc()).limit(limit)
    return [_sent(row) for row in conn.execute(query)]


def shown(conn: Connection, target: str, limit: int) -> tuple[int, list[Sent]]:
    """How many notices wait for a target, and its newest ones, of one moment."""
    return _waiting(conn, target), recent(conn, target, limit)


def _due(target: str, at: datetime) -> sa.ColumnElement[bool]:
    return (notices.c.target == target) & notices.c.ended_at.is_(None) & (notices.c.due_at <= at)


def _waiting(conn: Connection, target: str) -> int:
    query = sa.select(sa.func.count()).where(notices.c.target == target, notices.c.ended_at.is_(None))
    return int(conn.execute(query).scalar_one())


def _standings(conn: Connection) -> list[Standing]:
    rows = conn.execute(sa.select(notice_standings).order_by(notice_standings.c.key))
    return [Standing(*(getattr(row, name) for name in Standing.__slots__)) for row in rows]


def _values(one: Standing) -> dict[str, Any]:
    key = f"{one.printer_id}/{one.key[1]}"
    return {"key": key} | {name: getattr(one, name) for name in Standing.__slots__}


def _sent(row: Any) -> Sent:
    return Sent(*(getattr(row, name) for name in Sent.__slots__))
