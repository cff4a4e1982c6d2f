"""Background: what goes on beside everything else, by name, until it is stopped.

What fails is begun again after a pause that grows with each failure in a row, 1, 2, 4 ... s, up to a minute or to its own interval
where that is longer; and it is known by its name as failing until it goes well again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
MOST_DOUBLINGS = 20
SETTLED_S = 10.0
"""What never ends by itself goes well again once it has gone on for so long."""


@dataclass(slots=True, eq=False)
class Course:
    """How it went with what is done again and again under one name; times on the clock of its Background."""

    name: str
    label: str
    """What stands for it where only so many names can be told apart: its kind, where a user can make any number of them."""
    endless: bool = False
    interval_s: float = 0.0
    faults: int = 0
    """Since the start."""
    in_a_row: int = 0
    begun_at: float | None = None
    """Since when it goes on now; None between two times."""
    not_before: float = 0.0
    task: asyncio.Task[Any] | None = field(default=None, repr=False)

    @property
    def pause_s(self) -> float:
        """So long is waited after the failures there were in a row."""
        grown_s: float = FIRST_PAUSE_S * 2 ** min(self.in_a_row - 1, MOST_DOUBLINGS)
        return min(grown_s, max(LONGEST_PAUSE_S, self.interval_s))

    def fails(self, now: float) -> bool:
        """True from a failure on until it has gone well."""
        return self.in_a_row > 0 and not self._settled(now)

    def failed(self, now: float) -> None:
        """Once more."""
        self.in_a_row = 1 if self._settled(now) else self.in_a_row + 1
        self.faults += 1
        self.begun_at, self.not_before = None, now + self.pause_s

    def _settled(self, now: float) -> bool:
        return self.endless and self.begun_at is not None and now - self.begun_at >= SETTLED_S


class Background:
    """Tasks that nobody waits for. One that ends badly is logged. `now` only goes forward, in seconds; `sleep` waits on that clock."""

    def __init__(
        self,
        failed: Callable[[str], object] = lambda label: None,
        *,
        now: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`failed` is called with the label of a course at each failure."""
        self.courses: dict[str, Course] = {}
        """Of what is done again and again, by name."""
        self._count = failed
        self._now = now
        self._sleep = sleep
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopped = False

    @property
    def now(self) -> float:
        """The time on the clock of all courses."""
        return self._now() if self._now is not None else asyncio.get_running_loop().time()

    @property
    def down(self) -> set[str]:
        """Those that fail."""
        now = self.now
        return {name for name, course in self.courses.items() if course.fails(now)}

    def spawn(self, name: str, work: Coroutine[Any, Any, object], /) -> asyncio.Task[Any]:
        """The running task."""
        task = self._begin(name, work)
        task.add_done_callback(_log_fault)
        return task

    def forever(
        self, name: str, step: Callable[[], Awaitable[None]], interval_s: float, wait_s: float = 0, *, endless: bool = False
    ) -> None:
        """Take the step now or after `wait_s`, and again after each interval; after one that failed, or that somebody cancelled, after
        a pause. `endless` for a step that ends by no other way.
        """
        course = self.courses[name] = Course(name, name, endless, interval_s)
        self._go_on(course, step, wait_s)

    def attempt(self, name: str, work: Callable[[], Coroutine[Any, Any, object]], *, label: str, endless: bool = False) -> None:
        """Begin this, unless it is under way already, or failed and its pause is not over. Somebody asks again now and then."""
        course = self.courses.get(name)
        if course is None:
            course = self.courses[name] = Course(name, label, endless)
        if course.task is None and self.now >= course.not_before:
            course.begun_at = self.now
            course.task = self._begin(name, work())
            course.task.add_done_callback(partial(self._attempted, course))

    async def drop(self, name: str) -> None:
        """End what was begun by `attempt`, and know it no more."""
        course = self.courses.pop(name, None)
        if course is not None and course.task is not None:
            task = course.task
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def attempted(self, label: str) -> None:
        """Return once all that was begun by `attempt` under this label has ended."""
        tasks = [course.task for course in self.courses.values() if course.task is not None and course.label == label]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def stop(self) -> None:
        """End all of them, for good."""
        self._stopped = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _go_on(self, course: Course, step: Callable[[], Awaitable[None]], wait_s: float) -> None:
        async def run() -> None:
            await self._sleep(wait_s)
            while True:
                course.begun_at = self.now
                await step()
                course.in_a_row, course.begun_at = 0, None
                await self._sleep(course.interval_s)

        def begin_again(task: asyncio.Task[Any]) -> None:
            if self._stopped:
                _log_fault(task)
            else:
                self._failed(course, task)
                self._go_on(course, step, course.pause_s)

        self._begin(course.name, run()).add_done_callback(begin_again)

    def _begin(self, name: str, work: Coroutine[Any, Any, object]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _attempted(self, course: Course, task: asyncio.Task[Any]) -> None:
        course.task = None
        if self._stopped or self.courses.get(course.name) is not course:
            _log_fault(task)
        elif task.cancelled() or task.exception() is not None:
            self._failed(course, task)
        else:
            course.in_a_row, course.begun_at = 0, None

    def _failed(self, course: Course, task: asyncio.Task[Any]) -> None:
        course.failed(self.now)
        self._count(course.label)
        how, error = ("was cancelled", None) if task.cancelled() else ("ended badly", task.exception())  # cancelled by nobody who should
        log.error("%s %s, %d in a row; it is begun again in %g s", course.name, how, course.in_a_row, course.pause_s, exc_info=error)


def _log_fault(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("%s ended badly", task.get_name(), exc_info=task.exception())
