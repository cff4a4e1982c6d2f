"""Leases: which node drives which printer, and until when unless it says so again. The database's own clock judges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.clock import now
from labelhub.db.schema import leases


def take(conn: Connection, owner: str, names: Iterable[str], ttl_s: float) -> frozenset[str]:
    """Those of the names that are the owner's for so many seconds from now on: its own, and those whose time has run out.

    Its leases of other names are let go.
    """
    wanted = set(names)
    conn.execute(sa.delete(leases).where(leases.c.owner == owner, leases.c.name.not_in(wanted)))
    if not wanted:
        return frozenset()
    at = now(conn)
    until = at + timedelta(seconds=ttl_s)
    known = {row.name: row for row in conn.execute(sa.select(leases).where(leases.c.name.in_(wanted)))}
    mine = {name for name in wanted if name not in known or known[name].owner == owner or known[name].until < at}
    if mine & known.keys():
        conn.execute(sa.update(leases).where(leases.c.name.in_(mine & known.keys())).values(owner=owner, until=until))
    if mine - known.keys():
        conn.execute(sa.insert(leases), [{"name": name, "owner": owner, "until": until} for name in sorted(mine - known.keys())])
    return frozenset(mine)


def release(conn: Connection, owner: str) -> None:
    """All leases of an owner that stops are free at once."""
    conn.execute(sa.delete(leases).where(leases.c.owner == owner))


def clear(conn: Connection) -> None:
    """No lease is left: for a database that nobody else can be using."""
    conn.execute(sa.delete(leases))


def held(conn: Connection, *, but_of: str | None = None) -> frozenset[str]:
    """The names of all leases in force, but those of one owner."""
    query = sa.select(leases.c.name).where(leases.c.until >= now(conn))
    return frozenset(conn.execute(query if but_of is None else query.where(leases.c.owner != but_of)).scalars())
