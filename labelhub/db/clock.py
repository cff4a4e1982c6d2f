"""The clock that all nodes of one database share, by which leases are judged."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection


def now(conn: Connection) -> datetime:
    """The database's own time, aware and in UTC; on SQLite, which has one hub only, this process's."""
    if conn.dialect.name == "sqlite":
        return datetime.now(UTC)
    instant: datetime = conn.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return instant.astimezone(UTC)
