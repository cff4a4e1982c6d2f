"""Writer: one thread that writes. What comes while a commit is under way is committed together by the next one.

Each call is still all or nothing by itself, and is answered only once its commit is safe: the disk is waited for less often, not less.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from labelhub.db.kind import Kind

MOST_TOGETHER = 64


@dataclass(slots=True)
class Call:
    """A store function with its arguments, and what came of it."""

    engine: Engine
    fn: Callable[[Connection], Any]
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """Takes calls from any thread."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="db-write")
        self._waiting: deque[Call] = deque()

    def begin(self, engine: Engine, fn: Callable[[Connection], Any]) -> Future[Any]:
        """What `fn(conn)` gives, once it is committed."""
        call = Call(engine, fn)
        self._waiting.append(call)
        self._threads.submit(self._write_waiting)
        return call.done

    def close(self) -> None:
        """Write what waits, then end."""
        self._threads.shutdown()

    def _write_waiting(self) -> None:
        calls = self._take()
        if not calls:  # written together with those before
            return
        try:
            with calls[0].engine.begin() as conn:
                self._kind.check()
                outcomes = [self._one(conn, call, alone=len(calls) == 1) for call in calls]
        except SQLAlchemyError as error:
            self._fail(calls, self._kind.fault(error))
        except BaseException as error:  # noqa: BLE001 - handed on to whoever waits for it
            self._fail(calls, error)
        else:
            for call, (result, failed) in zip(calls, outcomes, strict=True):
                if failed is None:
                    call.done.set_result(result)
                else:
                    call.done.set_exception(failed)

    def _take(self) -> list[Call]:
        """What waits, in order, as far as it begins alike."""
        calls: list[Call] = []
        while self._waiting and len(calls) < MOST_TOGETHER:
            if calls and self._waiting[0].engine is not calls[0].engine:
                break
            call = self._waiting.popleft()
            if call.done.set_running_or_notify_cancel():
                calls.append(call)
        if self._waiting:
            self._threads.submit(self._write_waiting)
        return calls

    def _one(self, conn: Connection, call: Call, *, alone: bool) -> tuple[Any, BaseException | None]:
        if alone:
            return call.fn(conn), None
        conn.exec_driver_sql("SAVEPOINT one")
        try:
            result = call.fn(conn)
        except BaseException as error:  # noqa: BLE001 - handed on to whoever waits for it
            conn.exec_driver_sql("ROLLBACK TO SAVEPOINT one")  # fails where all is lost, and so do the others then
            conn.exec_driver_sql("RELEASE SAVEPOINT one")
            return None, self._kind.fault(error) if isinstance(error, SQLAlchemyError) else error
        conn.exec_driver_sql("RELEASE SAVEPOINT one")
        return result, None

    @staticmethod
    def _fail(calls: list[Call], error: BaseException) -> None:
        for call in calls:
            call.done.set_exception(error)
