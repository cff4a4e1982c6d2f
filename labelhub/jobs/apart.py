"""The process that draws, as the hub has it: started on demand, asked through its pipes, started anew when it comes to grief."""

from __future__ import annotations

import asyncio
import logging
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from labelhub.errors import DrawingFailed, HubError
from labelhub.jobs.draw_answer import LENGTH, Answer, AnswerInvalid, unpacked
from labelhub.jobs.draw_process import READY
from labelhub.jobs.sketch import Coding, Fields, Sketch

log = logging.getLogger(__name__)

IDLE_S = 60.0
LONGEST_S = 60.0
"""One request of a process that does not answer for so long is given up, and the process with it."""
KNOWN_SKETCHES = 16
MOST_BYTES = 256 * 1024 * 1024
"""Of an answer: a connection's labels, each as long as a label can be, have a tenth."""
CAME_TO_GRIEF = "the label could not be drawn: the process that draws came to grief over it"
COMMAND = (sys.executable, "-m", "labelhub.jobs.draw_process")


@dataclass(frozen=True, slots=True)
class Asked:
    """Labels to draw. `order` is that of the pages to encode as well, by the number of their label; empty where dots are wanted.

    `key` is the same for two with the same sketch and coding.
    """

    key: tuple[object, ...]
    sketch: Sketch
    coding: Coding
    labels: Sequence[Fields]
    order: Sequence[int] = ()


@dataclass(slots=True)
class _Request:
    asked: Asked
    done: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    asked_before: bool = False


class Apart:
    """The process that draws, while there is one. It is started by those who have much to draw, and ends when nobody had for a while."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._running: asyncio.Task[None] | None = None
        self._process: Process | None = None
        self._waiting: deque[_Request] = deque()
        self._comes = asyncio.Event()
        self._told: dict[tuple[object, ...], int] = {}
        self._is_ready = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Something may be handed in."""
        return self._is_ready.is_set()

    async def until_ready(self) -> None:
        """Return once something may be handed in."""
        await self._is_ready.wait()

    def start(self) -> None:
        """Have a process soon; until it is ready nothing may be handed in."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())

    async def draw(self, asked: Asked) -> Answer:
        """What it made of the first of the labels, one at least; none where there is no process. DrawingFailed: it came to grief."""
        request = _Request(asked)
        self._waiting.append(request)
        self._send(request)
        self._comes.set()
        return await request.done

    async def close(self) -> None:
        """End it; what it was asked for is not answered."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while await self._one_life():
                log.warning("the process that draws is started anew")
            while self._waiting:
                self._done(DrawingFailed(CAME_TO_GRIEF) if self._waiting[0].asked_before else Answer())
        finally:
            while self._waiting:
                self._done(DrawingFailed("the label was not drawn: the process that draws has ended"))

    async def _one_life(self) -> bool:
        """Whether another process is needed: this one came to grief over a request, and others wait behind it."""
        try:
            self._process = process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE)
        except OSError as error:
            log.error("no process can be started to draw labels: %s", error)
            return False
        try:
            assert process.stdout is not None
            if await process.stdout.read(1) != READY:
                log.error("the process that draws labels does not start")
                return False
            self._told = {}
            for request in self._waiting:
                self._send(request)
            self._is_ready.set()
            return not await self._answer(process.stdout)
        finally:
            self._is_ready.clear()
            await _end(process)

    async def _answer(self, answers: asyncio.StreamReader) -> bool:
        """True when nobody asked for anything for a while, False when it answers no more."""
        while True:
            if not self._waiting:
                self._comes.clear()
                try:
                    async with asyncio.timeout(IDLE_S):
                        await self._comes.wait()
                except TimeoutError:
                    return True
            try:
                async with asyncio.timeout(LONGEST_S):
                    (size,) = LENGTH.unpack(await answers.readexactly(LENGTH.size))
                    answer = unpacked(await answers.readexactly(min(size, MOST_BYTES)))
            except (TimeoutError, asyncio.IncompleteReadError, AnswerInvalid) as error:
                log.warning("the process that draws gave no answer: %s", str(error) or "it took too long")
                self._fell(ended=isinstance(error, asyncio.IncompleteReadError))
                return False
            self._done(answer)

    def _fell(self, *, ended: bool) -> None:
        """It answers no more. Others may end it, when memory is short: whether a label is to blame shows the second time."""
        if ended and not self._waiting[0].asked_before:
            self._waiting[0].asked_before = True
        else:
            self._done(DrawingFailed(CAME_TO_GRIEF))

    def _done(self, result: Answer | HubError) -> None:
        request = self._waiting.popleft()
        if request.done.cancelled():
            return
        if isinstance(result, HubError):
            request.done.set_exception(result)
        else:
            request.done.set_result(result)

    def _send(self, request: _Request) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        if self._process.stdin.is_closing():  # it has just ended; the next one is asked
            return
        asked, told = request.asked, None
        number = self._told.get(asked.key)
        if number is None:
            if len(self._told) >= KNOWN_SKETCHES:
                self._told.clear()
            number, told = len(self._told), (asked.sketch, asked.coding.packed)
            self._told[asked.key] = number
        words = pickle.dumps((number, told, asked.labels, asked.order))
        self._process.stdin.write(LENGTH.pack(len(words)) + words)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()  # it holds nothing that could be lost
    await process.wait()
