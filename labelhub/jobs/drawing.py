"""Drawing: labels are laid out off the event loop, one thread for the few, a process of its own while there are many.

What was drawn a moment ago is kept: a label that was checked before its job was taken is printed without being drawn anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import pickle
import sys
import zlib
from asyncio.subprocess import PIPE, Process
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from labelhub.errors import DrawingFailed, HubError
from labelhub.jobs.draw_process import LENGTH, READY, unpacked
from labelhub.jobs.printing import Setting
from labelhub.jobs.sketch import Sketch, lay_out_some
from labelhub.labels.own_fonts import OwnFont
from labelhub.labels.page import Page
from labelhub.raster import Raster

log = logging.getLogger(__name__)

Fields = Mapping[str, Any]
Outcome = Page | HubError

KEPT_BYTES = 3 * 1024 * 1024
AN_ENTRY_BYTES = 500
"""What keeping a page takes beside its dots."""
MANY = 30
"""Labels drawn within a second, from which on a process of its own is worth it."""
IDLE_S = 60.0
LONGEST_S = 60.0
"""One request of a process that does not answer for so long is given up, and the process with it."""
KNOWN_SKETCHES = 16
CAME_TO_GRIEF = "the label could not be drawn: the process that draws came to grief over it"
COMMAND = (sys.executable, "-m", "labelhub.jobs.draw_process")


class Drawing:
    """Draws labels for everybody in the hub, in its own fonts and in `fonts`. Close it at the end."""

    def __init__(
        self, kept_bytes: int = KEPT_BYTES, many: int = MANY, command: Sequence[str] = COMMAND, fonts: tuple[OwnFont, ...] = ()
    ) -> None:
        self._fonts = fonts
        self._kept = _Kept(kept_bytes)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="draw")
        self.apart = Apart(command)
        self._many = many
        self._drawn_at: deque[float] = deque(maxlen=many)

    async def one(self, setting: Setting, fields: Fields) -> Page:
        """One label. FieldMissing, LabelTooLong, BarcodeInvalid, MediaUnsupported."""
        (outcome,) = await self.all(setting, [fields])
        if isinstance(outcome, HubError):
            raise outcome
        return outcome

    async def all(self, setting: Setting, labels: Sequence[Fields], *, keep: bool = True) -> list[Outcome]:
        """For each label its page, without what was drawn where, or why there is none. MediaUnsupported where there can be none.

        `keep` for later: those that are printed at once need not be.
        """
        if self._fonts:
            setting = replace(setting, fonts=self._fonts)
        keys = _keys(setting, labels)
        found: dict[bytes, Outcome] = {one: page for one in keys if (page := self._kept.get(one)) is not None}
        missing = {one: fields for one, fields in zip(keys, labels, strict=True) if one not in found}
        if missing:
            outcomes = await self._draw(setting, list(missing.values()))
            for one, outcome in zip(missing, outcomes, strict=True):
                found[one] = outcome
                if keep and isinstance(outcome, Page):
                    self._kept.put(one, outcome)
        return [found[one] for one in keys]

    async def close(self) -> None:
        """Draw no more."""
        await self.apart.close()
        self._thread.shutdown()

    async def _draw(self, setting: Setting, labels: list[Fields]) -> list[Outcome]:
        loop, sketch = asyncio.get_running_loop(), setting.sketch
        self._drawn_at.extend([loop.time()] * len(labels))
        if len(self._drawn_at) == self._many and loop.time() - self._drawn_at[0] < 1:
            self.apart.start()
        outcomes: list[Outcome] = []
        while rest := labels[len(outcomes) :]:
            if self.apart.ready:
                outcomes += await self.apart.draw(setting.key, sketch, rest)
            else:
                outcomes += await loop.run_in_executor(self._thread, lay_out_some, sketch, rest)
        return outcomes


@dataclass(slots=True)
class _Request:
    key: tuple[object, ...]
    sketch: Sketch
    labels: list[Fields]
    done: asyncio.Future[list[Outcome]]
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

    async def draw(self, key: tuple[object, ...], sketch: Sketch, labels: list[Fields]) -> list[Outcome]:
        """What it made of the first of the labels, one at least; none where there is no process. DrawingFailed when it came to grief."""
        request = _Request(key, sketch, labels, asyncio.get_running_loop().create_future())
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
                self._done(DrawingFailed(CAME_TO_GRIEF) if self._waiting[0].asked_before else [])
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
                    outcomes = unpacked(await answers.readexactly(size))
            except (TimeoutError, asyncio.IncompleteReadError) as error:
                self._fell(ended=isinstance(error, asyncio.IncompleteReadError))
                return False
            self._done(outcomes)

    def _fell(self, *, ended: bool) -> None:
        """It answers no more. Others may end it, when memory is short: whether a label is to blame shows the second time."""
        if ended and not self._waiting[0].asked_before:
            self._waiting[0].asked_before = True
        else:
            self._done(DrawingFailed(CAME_TO_GRIEF))

    def _done(self, result: list[Outcome] | HubError) -> None:
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
        number, sketch = self._told.get(request.key), None
        if number is None:
            if len(self._told) >= KNOWN_SKETCHES:
                self._told.clear()
            number, sketch = len(self._told), request.sketch
            self._told[request.key] = number
        asked = pickle.dumps((number, sketch, request.labels))
        self._process.stdin.write(LENGTH.pack(len(asked)) + asked)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()  # it holds nothing that could be lost
    await process.wait()


def _keys(setting: Setting, labels: Sequence[Fields]) -> list[bytes]:
    """The same for two labels that are drawn alike."""
    whole = hashlib.blake2b(repr(setting.key).encode(), digest_size=16)
    keys = []
    for fields in labels:
        one = whole.copy()
        one.update(json.dumps(fields, sort_keys=True).encode())
        keys.append(one.digest())
    return keys


@dataclass(frozen=True, slots=True)
class _Packed:
    """A page whose dots are packed: a label is mostly paper."""

    width_dots: int
    height_dots: int
    black: bytes
    red: bytes | None
    turned: bool
    length_mm: float
    stretch: int

    @classmethod
    def of(cls, page: Page) -> _Packed:
        raster, red = page.raster, page.raster.red
        black = zlib.compress(raster.black, 1)
        packed_red = None if red is None else zlib.compress(red, 1)
        return cls(raster.width_dots, raster.height_dots, black, packed_red, page.turned, page.length_mm, page.stretch)

    @property
    def page(self) -> Page:
        red = None if self.red is None else zlib.decompress(self.red)
        raster = Raster(self.width_dots, self.height_dots, zlib.decompress(self.black), red)
        return Page(raster, self.turned, self.length_mm, (), (), self.stretch)

    @property
    def size_bytes(self) -> int:
        return AN_ENTRY_BYTES + len(self.black) + len(self.red or b"")


class _Kept:
    """Pages drawn a moment ago; the oldest go when it is full."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._size_bytes = 0
        self._pages: OrderedDict[bytes, _Packed] = OrderedDict()

    def get(self, key: bytes) -> Page | None:
        packed = self._pages.get(key)
        if packed is None:
            return None
        self._pages.move_to_end(key)
        return packed.page

    def put(self, key: bytes, page: Page) -> None:
        if key not in self._pages:
            packed = self._pages[key] = _Packed.of(page)
            self._size_bytes += packed.size_bytes
        while self._size_bytes > self._most_bytes:
            self._size_bytes -= self._pages.popitem(last=False)[1].size_bytes
