"""Events: what happened, stored in the transaction of what happened, numbered by the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.schema import events

JOB_STATE_CHANGED = "job.state_changed"
PRINTER_STATUS = "printer.status"
PRINTER_TAPE_CHANGED = "printer.tape_changed"
_INSERT_ONE = sa.insert(events).returning(events.c.id)


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
    rows = conn.execute(sa.select(events).where(events.c.id > after_id).order_by(events.c.id).limit(limit))
    return [Event(row.type, row.data, row.created_at, row.printer_id, row.job_id, row.id) for row in rows]


def _row(event: Event) -> dict[str, Any]:
    return {"type": event.type, "data": dict(event.data), "created_at": event.at, "printer_id": event.printer_id, "job_id": event.job_id}
