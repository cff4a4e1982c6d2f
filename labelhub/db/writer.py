"""Writer: one thread that writes. What comes while a commit is under way is committed together by the next one.

Each call is still all or nothing by itself, and is answered only once its commit is safe: the disk is waited for less often, not less.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from labelhub.db.kind import Kind
from labelhub.errors import HubError

Outcome = tuple[Any, BaseException | None]

MOST_TOGETHER = 64


@dataclass(slots=True, eq=False)
class Call:
    """A store function with its arguments, and who waits for it: a future of an event loop."""

    engine: Engine
    fn: Callable[[Connection], Any]
    done: asyncio.Future[Any]
    committed: Callable[[], None] | None


class Writer:
    """Takes calls of one event loop."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._urgent: deque[Call] = deque()
        self._waiting: deque[Call] = deque()
        self._bell: SimpleQueue[bool] = SimpleQueue()
        """Rung for each call, and with False once there will be no more."""
        self._thread: Thread | None = None
        self._closed = False

    def begin(
        self, engine: Engine, fn: Callable[[Connection], Any], committed: Callable[[], None] | None, *, urgent: bool = False
    ) -> asyncio.Future[Any]:
        """What `fn(conn)` gives, once it is committed. `committed` is called then, once for all that hand in the same.

        What is urgent is written before what waits and is not, and committed without it.
        Call it on the loop's thread. RuntimeError once closed.
        """
        if self._closed:
            raise RuntimeError("the database is closed")
        if self._thread is None:
            self._thread = Thread(target=self._run, name="db-write", daemon=True)
            self._thread.start()
        call = Call(engine, fn, asyncio.get_running_loop().create_future(), committed)
        (self._urgent if urgent else self._waiting).append(call)
        self._bell.put(True)
        return call.done

    def close(self) -> None:
        """Write what waits, then end."""
        self._closed = True
        if self._thread is not None:
            self._bell.put(False)
            self._thread.join()

    def _run(self) -> None:
        while calls := self._next():
            waited_for = [call for call in calls if not call.done.cancelled()]
            if waited_for:
                self._write(waited_for)

    def _next(self) -> list[Call]:
        """What waits, in order, as far as it begins alike; nothing once closed."""
        while not (self._urgent or self._waiting):
            if not self._bell.get():
                return []
        queue = self._urgent or self._waiting
        calls = [queue.popleft()]
        while queue and len(calls) < MOST_TOGETHER and queue[0].engine is calls[0].engine:
            calls.append(queue.popleft())
        return calls

    def _write(self, calls: list[Call]) -> None:
        try:
            with self._kind.writing(calls[0].engine) as conn:
                self._kind.check()
                outcomes = [self._one(conn, call, alone=len(calls) == 1) for call in calls]
        except SQLAlchemyError as error:
            outcomes = [(None, self._fault(error)) for _ in calls]
        except BaseException as error:  # noqa: BLE001 - handed on to whoever waits for it
            outcomes = [(None, error) for _ in calls]
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            calls[0].done.get_loop().call_soon_threadsafe(self._tell, calls, outcomes)

    @staticmethod
    def _tell(calls: list[Call], outcomes: list[Outcome]) -> None:
        for call, (result, error) in zip(calls, outcomes, strict=True):
            if call.done.cancelled():
                continue
            if error is None:
                call.done.set_result(result)
            else:  # a future refuses StopIteration
                call.done.set_exception(RuntimeError("a store function stopped early") if isinstance(error, StopIteration) else error)
        # Also of what nobody waits for any more.
        for committed in {call.committed for call, (_, error) in zip(calls, outcomes, strict=True) if error is None}:
            if committed is not None:
                committed()

    def _one(self, conn: Connection, call: Call, *, alone: bool) -> Outcome:
        if alone:
            return call.fn(conn), None
        self._kind.run(conn, "SAVEPOINT one")
        try:
            result = call.fn(conn)
        except BaseException as error:  # noqa: BLE001 - handed on to whoever waits for it
            self._kind.run(conn, "ROLLBACK TO SAVEPOINT one")  # fails where all is lost, and so do the others then
            self._kind.run(conn, "RELEASE SAVEPOINT one")
            return None, self._fault(error) if isinstance(error, SQLAlchemyError) else error
        self._kind.run(conn, "RELEASE SAVEPOINT one")
        return result, None

    def _fault(self, error: SQLAlchemyError) -> HubError:
        fault = self._kind.fault(error)
        fault.__cause__ = error
        return fault
