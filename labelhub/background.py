"""Background: what goes on beside everything else, by name, until it is stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Background:
    """Tasks that nobody waits for. One that ends badly is logged."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        """Those that go on for ever, but whose last step failed or was cancelled; each until a step of it has ended well."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopped = False

    def spawn(self, name: str, work: Coroutine[Any, Any, object], /) -> asyncio.Task[Any]:
        """The running task."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def forever(self, name: str, step: Callable[[], Awaitable[None]], interval_s: float, wait_s: float = 0) -> None:
        """Take the step now or after `wait_s`, and again after each interval; also after one that failed, or that somebody cancelled."""

        async def run() -> None:
            await asyncio.sleep(wait_s)
            while True:
                await step()
                self.down.discard(name)
                await asyncio.sleep(interval_s)

        def begin_again(task: asyncio.Task[Any]) -> None:
            if not self._stopped:
                if task.cancelled():  # by nobody who should
                    log.error("%s was cancelled", name)
                self.down.add(name)
                self.forever(name, step, interval_s, interval_s)

        self.spawn(name, run()).add_done_callback(begin_again)

    async def stop(self) -> None:
        """End all of them, for good."""
        self._stopped = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("%s ended badly", task.get_name(), exc_info=task.exception())
