"""PostgreSQL, for several nodes: one write transaction at a time in the whole cluster, and each tells the others when it commits.

What begins a transaction is one message to the server: BEGIN, the advisory lock and the notification that goes out with the commit.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from psycopg.abc import Buffer
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import exc
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from labelhub.db import listener
from labelhub.db.kind import READERS, Limits, fault, refused, words
from labelhub.errors import DatabaseUnusable, HubError

WRITE_LOCK = 7_233_102_468  # any number, the same in every node and version
CHANNEL = "labelhub"

PEER = {
    "application_name": "labelhub",
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "2",
    "tcp_user_timeout": "10000",
}
"""A peer that is gone without a word is noticed within ten seconds. A URL that names one of these has its own way."""

MENDABLE = ("3D000", "3F000", "42501", "42703", "42P01")
"""Database, schema, right, column or table missing: nothing the program does wrong, though PostgreSQL files it under programming."""
READING_S = 30.0
"""So long at least a reader may pause between two statements, for it keeps no other waiting."""
STALE = ("0A000", "25006")
"""A plan made before a migration, or a server that has become a standby: a new connection is the cure."""


class _Text(StrDumperUnknown):
    """Text as PostgreSQL can keep it: without NUL, for which U+FFFD stands, so that a name with one in it is found nowhere."""

    def dump(self, obj: str) -> Buffer | None:
        """The bytes to send."""
        return super().dump(obj.replace("\0", "\ufffd"))


class Postgres:
    """READ COMMITTED under one lock for the writer, one REPEATABLE READ snapshot for readers."""

    def __init__(self, url: URL, limits: Limits) -> None:
        self._url = url
        self._instance = uuid4().hex
        turn = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock({WRITE_LOCK})"
        tell = f"{turn}; SELECT pg_notify('{CHANNEL}', '{self._instance}')"
        snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        try:
            self.writer = _engine(url, limits, begin=tell, begin_quietly=turn, pool_size=1)
            reading = replace(limits, idle_s=max(limits.idle_s, READING_S))
            self.reader = _engine(url, reading, begin=snapshot, begin_quietly=snapshot, pool_size=READERS)
            _, arguments = self.reader.dialect.create_connect_args(url)
        except (exc.ArgumentError, ValueError) as error:
            raise DatabaseUnusable(f"the database's URL cannot be used: {self._told(error)}") from None
        self.quiet_writer: Engine = self.writer.execution_options(quiet=True)
        self._arguments = {**arguments, **connect_args(url, limits)}

    def writing(self, engine: Engine) -> AbstractContextManager[Connection]:
        """On a connection of the pool, which sees whether the server is still there."""
        return engine.begin()

    def run(self, conn: Connection, statement: str) -> None:
        """A statement without values or result."""
        conn.exec_driver_sql(statement)

    def close(self) -> None:
        """Those of the pools."""
        self.writer.dispose()
        self.reader.dispose()

    def check(self) -> None:
        """Nothing: a server that is gone says so."""

    def fault(self, error: SQLAlchemyError) -> HubError:
        """Whatever a lost connection, a restart or a timeout raises is DatabaseUnusable."""
        lost = isinstance(error, exc.PendingRollbackError | exc.ResourceClosedError | exc.TimeoutError)
        if isinstance(error, DBAPIError):
            # Without a statement it was connecting, or the commit.
            lost = error.connection_invalidated or error.statement is None or getattr(error.orig, "sqlstate", None) in MENDABLE
        return fault(error, self._told(error), refused=refused(error) and not lost, unusable=lost)

    async def listen(self, heard: Callable[[], None]) -> None:
        """On a connection of its own, for ever."""
        await listener.listen(self._arguments, CHANNEL, self._instance, heard, self._told)

    def _told(self, error: BaseException) -> str:
        told = words(error.orig if isinstance(error, DBAPIError) else error)
        return told.replace(self._url.password, "***") if self._url.password else told


def connect_args(url: URL, limits: Limits) -> dict[str, str]:
    """What each connection is opened with beside the URL, which wins."""
    limited = {
        "TimeZone": "UTC",
        "lock_timeout": _milliseconds(limits.busy_s),
        "statement_timeout": _milliseconds(limits.statement_s),
        "idle_in_transaction_session_timeout": _milliseconds(limits.idle_s),
    }
    options = " ".join([*(f"-c {name}={value}" for name, value in limited.items()), str(url.query.get("options", ""))])
    return {name: value for name, value in PEER.items() if name not in url.query} | {"options": options.strip()}


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


def _engine(url: URL, limits: Limits, *, begin: str, begin_quietly: str, pool_size: int) -> Engine:
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        connect_args=connect_args(url, limits),
        use_native_hstore=False,
        pool_timeout=limits.busy_s,
    )

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:
        connection.adapters.register_dumper(str, _Text)
        connection.autocommit = True  # transactions begin where the listener below says
        record.info["fresh"] = True

    @sa.event.listens_for(engine, "checkout")
    def _checked_out(connection: Any, record: Any, _proxy: Any) -> None:
        # Asking the server would cost a round trip each time. It never speaks first but to say goodbye: silence means it is there.
        if not record.info.pop("fresh", False) and (connection.closed or _speaks(connection.fileno())):
            raise exc.InvalidatePoolError

    @sa.event.listens_for(engine, "begin")
    def _began(conn: Connection) -> None:
        conn.exec_driver_sql(begin_quietly if conn.get_execution_options().get("quiet") else begin)

    @sa.event.listens_for(engine, "handle_error")
    def _failed(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) in STALE:
            context.is_disconnect = True

    return engine


def _speaks(fileno: int) -> bool:
    poll = select.poll()
    poll.register(fileno, select.POLLIN)
    return bool(poll.poll(0))
