"""Crew: one worker for every printer that can be driven, started, stopped and restarted as printers come, go and change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from uuid import UUID

from labelhub.background import Course
from labelhub.jobs.worker import HEARTBEAT_S, Worker
from labelhub.printers.printer import Printer

log = logging.getLogger(__name__)

STALE_AFTER_S = 6 * HEARTBEAT_S
"""A worker idles at most one heartbeat; while it prints it is heard at every look at the printer."""


@dataclass(slots=True)
class _Post:
    worker: Worker
    task: asyncio.Task[None]
    course: Course


class Crew:
    """All workers of this process."""

    def __init__(self, hire: Callable[[Printer], Worker], died: Callable[[], object] = lambda: None) -> None:
        """`died` is called for each worker that did."""
        self._hire = hire
        self._died = died
        self._posts: dict[UUID, _Post] = {}
        self._leaving: dict[UUID, set[asyncio.Task[None]]] = {}
        self._restarts: set[asyncio.Task[None]] = set()
        self._closing = False

    def assign(self, printers: Iterable[Printer]) -> None:
        """Exactly these printers are driven from now on; a worker that stays learns of its printer's changes."""
        if self._closing:
            return
        wanted = {printer.id: printer for printer in printers}
        for printer_id in self._posts.keys() - wanted.keys():
            self._dismiss(printer_id)
        for printer in wanted.values():
            post = self._posts.get(printer.id)
            if post is None or (post.worker.printer.model, post.worker.printer.driver) != (printer.model, printer.driver):
                self._dismiss(printer.id)
                self._start(self._hire(printer))
            elif post.worker.printer != printer:
                post.worker.wake(printer)

    def _dismiss(self, printer_id: UUID) -> None:
        post = self._posts.pop(printer_id, None)
        if post is None:
            return
        post.worker.stop()
        self._leaving.setdefault(printer_id, set()).add(post.task)
        post.task.add_done_callback(partial(self._left, printer_id))

    def _left(self, printer_id: UUID, task: asyncio.Task[None]) -> None:
        self._leaving[printer_id].discard(task)
        if not self._leaving[printer_id]:
            del self._leaving[printer_id]

    def wake(self, printer_id: UUID) -> None:
        """Something may be printable on this printer now."""
        post = self._posts.get(printer_id)
        if post is not None:
            post.worker.wake()

    def wake_all(self) -> None:
        """Something may be printable on any printer now."""
        for post in self._posts.values():
            post.worker.wake()

    def seen(self, printer_id: UUID) -> None:
        """The printer shows another status; its worker looks again, unless it was the one that saw it."""
        post = self._posts.get(printer_id)
        if post is not None:
            post.worker.seen()

    def faults(self) -> list[str]:
        """A line for each worker that is dead or has not been heard of for too long."""
        now = asyncio.get_running_loop().time()
        lines = []
        for post in self._posts.values():
            slug, age_s = post.worker.printer.slug, now - post.worker.heard_at
            if post.task.done():
                lines.append(f"the worker of {slug} is dead")
            elif post.course.in_a_row > 1 and post.course.fails(now):
                lines.append(f"the worker of {slug} died {post.course.in_a_row} times in a row")
            elif age_s > STALE_AFTER_S:
                lines.append(f"the worker of {slug} was last heard of {age_s:.0f} s ago")
        return lines

    @property
    def sending(self) -> frozenset[UUID]:
        """The printers that a label is on its way to."""
        return frozenset(printer_id for printer_id, post in self._posts.items() if post.worker.sending)

    @property
    def leaving(self) -> frozenset[UUID]:
        """The printers whose worker was dismissed and still ends its label."""
        return frozenset(self._leaving)

    async def left(self, printer_id: UUID) -> None:
        """Return once no dismissed worker of the printer ends a label any more."""
        while tasks := self._leaving.get(printer_id):
            await asyncio.wait(tasks)

    @property
    def driven(self) -> frozenset[UUID]:
        """The printers that have a worker."""
        return frozenset(self._posts)

    async def close(self, grace_s: float) -> None:
        """Let every worker end the label in hand, for so long at most."""
        self._closing = True
        tasks = [*(post.task for post in self._posts.values()), *chain(*self._leaving.values())]
        for post in self._posts.values():
            post.worker.stop()
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        ending = [*tasks, *self._restarts]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)  # what a worker died of was logged when it did

    def _start(self, worker: Worker, course: Course | None = None) -> None:
        before = set(self._leaving.get(worker.printer.id, ()))

        async def run() -> None:
            if before:  # one worker drives one printer: those before, whenever they were dismissed, end their labels first
                await asyncio.wait(before)
            await worker.run()

        task = asyncio.create_task(run(), name=f"worker {worker.printer.slug}")
        course = course or Course(task.get_name(), "workers", endless=True)
        course.begun_at = asyncio.get_running_loop().time()
        self._posts[worker.printer.id] = _Post(worker, task, course)
        task.add_done_callback(lambda done: self._ended(worker, done))

    def _ended(self, worker: Worker, task: asyncio.Task[None]) -> None:
        post = self._posts.get(worker.printer.id)
        if self._closing or post is None or post.worker is not worker:
            if not task.cancelled() and task.exception() is not None:
                log.error("worker %s ended badly", worker.printer.slug, exc_info=task.exception())
            return
        error = None if task.cancelled() else task.exception()
        post.course.failed(asyncio.get_running_loop().time())
        self._died()
        log.error("worker %s died and is started again in %g s", worker.printer.slug, post.course.pause_s, exc_info=error)
        restart = asyncio.create_task(self._restart(worker.printer.id, post.course.pause_s))
        self._restarts.add(restart)
        restart.add_done_callback(self._restarts.discard)

    async def _restart(self, printer_id: UUID, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        post = self._posts.get(printer_id)
        if post is not None and post.task.done() and not self._closing:
            self._start(self._hire(post.worker.printer), post.course)
