"""What the two kinds of database have to offer to `Database`, and the words both use for their faults."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

from labelhub.errors import DatabaseUnusable, HubError

READERS = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the database may keep us waiting, in seconds; 0 is for ever."""

    busy_s: float = 10.0
    """For another writer to end."""
    statement_s: float = 30.0
    """For one statement. PostgreSQL only."""
    idle_s: float = 3.0
    """Between two statements of a transaction, after which the server ends it: its process may be stopped. PostgreSQL only."""


class Kind(Protocol):
    """Engines whose transactions begin as this kind of database needs it, and what else is special about it."""

    writer: Engine
    quiet_writer: Engine
    """Tells no other process of what it commits."""
    reader: Engine

    def writing(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A write transaction, for the thread that writes."""

    def run(self, conn: Connection, statement: str) -> None:
        """A statement without values or result. SQLAlchemyError."""

    def close(self) -> None:
        """Let go of every connection."""

    def check(self) -> None:
        """At the beginning of every transaction: DatabaseUnusable when what is written now would be lost."""

    def fault(self, error: SQLAlchemyError) -> HubError:
        """The error to raise instead: DatabaseUnusable for what may pass by itself or a person can mend, else HubError."""

    async def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` after commits of other processes, until cancelled."""


def refused(error: SQLAlchemyError) -> bool:
    """True for what the database will never take, however often it is tried: a fault of the program."""
    return isinstance(error, IntegrityError | ProgrammingError | DataError)


def fault(error: SQLAlchemyError, told: str, *, refused: bool, unusable: bool = False) -> HubError:
    """`told` are the database's own words; `unusable` is for errors that SQLAlchemy has of its own where the database is at fault."""
    if refused:
        return HubError(f"the database refused a change: {told}")
    if unusable or isinstance(error, DBAPIError):
        return DatabaseUnusable(f"the database does not answer: {told}")
    return HubError(f"the database cannot do this: {told}")


def words(error: BaseException | None) -> str:
    """The error as one line: its type and what it says."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
