"""Events: what happened, stored in the transaction of what happened, numbered by the database.

Whoever writes holds the database's one write lock until its commit can be seen, on PostgreSQL too. So numbers become visible in
their order, and who reads on from the last number that was seen skips none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from labelhub.db.schema import events

JOB_STATE_CHANGED = "job.state_changed"
PRINTER_STATUS = "printer.status"
PRINTER_TAPE_CHANGED = "printer.tape_changed"
PRINTER_REMOVED = "printer.removed"
TYPES = (JOB_STATE_CHANGED, PRINTER_STATUS, PRINTER_TAPE_CHANGED, PRINTER_REMOVED)
"""The order in which the docs tell them."""
_INSERT_ONE = sa.insert(events).returning(events.c.id)
_TAIL = sa.select(events).where(events.c.id > sa.bindparam("after")).order_by(events.c.id).limit(sa.bindparam("most", type_=sa.Integer))


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `data` holds JSON values only, `id` is None until it is stored."""

    type: str
    data: Mapping[str, Any]
    at: datetime
    printer_id: UUID | None = None
    job_id: UUID | None = None
    id: int | None = None


def append(conn: Connection, event: Event) -> int:
    """The number of the event, now stored."""
    return int(conn.execute(_INSERT_ONE, _row(event)).scalar_one())


def append_all(conn: Connection, found: list[Event]) -> None:
    """Many events, stored in their order."""
    if found:
        conn.execute(sa.insert(events), [_row(event) for event in found])


def last_id(conn: Connection) -> int:
    """The number of the newest event; 0 before there is one."""
    return conn.execute(sa.select(sa.func.max(events.c.id))).scalar() or 0


def tail(conn: Connection, after_id: int, limit: int = 1000) -> list[Event]:
    """Events with a higher number, oldest first."""
    rows = conn.execute(_TAIL, {"after": after_id, "most": limit})
    return [_event(row) for row in rows]


def newest(conn: Connection, limit: int) -> list[Event]:
    """The last so many events, oldest first."""
    rows = conn.execute(sa.select(events).order_by(events.c.id.desc()).limit(limit)).all()
    return [_event(row) for row in reversed(rows)]


def first_since(conn: Connection, at: datetime) -> int | None:
    """The number of the earliest event since then; None when there is none."""
    query = sa.select(events.c.id).where(events.c.created_at >= at).order_by(events.c.created_at, events.c.id).limit(1)
    return conn.execute(query).scalar()


def _event(row: Row[Any]) -> Event:
    return Event(row.type, row.data, row.created_at, row.printer_id, row.job_id, row.id)


def _row(event: Event) -> dict[str, Any]:
    return {"type": event.type, "data": dict(event.data), "created_at": event.at, "printer_id": event.printer_id, "job_id": event.job_id}
