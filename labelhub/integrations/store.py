"""Every SQL statement about connected systems. Functions take `conn` first and never commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection as DatabaseConnection
from sqlalchemy.engine import Row

from labelhub.db.schema import integrations
from labelhub.errors import Conflict, IntegrationNotFound, NameTaken
from labelhub.integrations.connection import Connection

MAX_CONNECTIONS = 100


def every(conn: DatabaseConnection) -> list[Connection]:
    """All that were given over the API, by name."""
    return [_connection(row) for row in conn.execute(sa.select(integrations).order_by(integrations.c.name))]


def insert(conn: DatabaseConnection, connection: Connection) -> None:
    """NameTaken when there is one of that name; Conflict when there are as many as the hub keeps."""
    if conn.execute(sa.select(integrations.c.name).where(integrations.c.name == connection.name)).first():
        raise NameTaken(f"a system is connected under the name {connection.name!r} already")
    if (conn.execute(sa.select(sa.func.count()).select_from(integrations)).scalar() or 0) >= MAX_CONNECTIONS:
        raise Conflict(f"{MAX_CONNECTIONS} systems are connected, and the hub takes no more; remove one")
    conn.execute(sa.insert(integrations).values(_values(connection)))


def change(conn: DatabaseConnection, name: str, change_it: Callable[[Connection], Connection]) -> Connection:
    """The connection as stored, after `change_it` was done to it as it stands now. IntegrationNotFound, and what `change_it` raises."""
    row = conn.execute(sa.select(integrations).where(integrations.c.name == name)).first()
    if row is None:
        raise IntegrationNotFound(f"no system is connected under the name {name[:80]!r}")
    changed = change_it(_connection(row))
    conn.execute(sa.update(integrations).where(integrations.c.name == name).values(_values(changed)))
    return changed


def delete(conn: DatabaseConnection, name: str) -> None:
    """IntegrationNotFound."""
    if conn.execute(sa.delete(integrations).where(integrations.c.name == name)).rowcount == 0:
        raise IntegrationNotFound(f"no system is connected under the name {name[:80]!r}")


_COLUMNS = tuple(one.name for one in fields(Connection) if one.name != "declared")


def _values(connection: Connection) -> dict[str, Any]:
    return {name: getattr(connection, name) for name in _COLUMNS} | {"headers": dict(connection.headers)}


def _connection(row: Row[Any]) -> Connection:
    return Connection(**{name: row._mapping[name] for name in _COLUMNS})
