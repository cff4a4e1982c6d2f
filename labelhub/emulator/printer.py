"""A virtual printer in time: one `Machine`, what a person does to it, how fast it prints, and what can be waited for.

How bytes reach it is the business of `server` (network) and `usb`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Literal, Self

from labelhub.drivers.brother.rows import ModelRow
from labelhub.emulator.faults import Faults
from labelhub.emulator.machine import Machine, Page
from labelhub.errors import ValidationFailed
from labelhub.media import Media

BUFFERED_PAGES = 2
"""Reading stops while so many pages wait to be printed."""
CHUNK_BYTES = 4096
CHUNKS_PER_S = 20
"""How often a slow reader reads."""
MAX_SPEED_MM_PER_S = 1_000_000
WAIT_S = 30.0
"""So long something is waited for that should come at once: a machine with much to do may take its time."""

Speed = float | Literal["real"] | None
"""Of the media in mm/s; `real` is the model's own, None no time at all."""


def speed_from_word(model: ModelRow, word: str) -> Speed:
    """`real`, `none`, or a factor of the real speed such as `2` or `0.5`. ValidationFailed for another word."""
    if word == "none":
        return None
    if word == "real":
        return "real"
    try:
        mm_per_s = model.speed_mm_per_s * float(word)
    except ValueError:
        mm_per_s = 0.0
    if 0 < mm_per_s <= MAX_SPEED_MM_PER_S:
        return mm_per_s
    raise ValidationFailed(f"the speed is real, none or a factor of the real one, not {word[:40]!r}")


def _mm_per_s(model: ModelRow, speed: Speed) -> float | None:
    return model.speed_mm_per_s if speed == "real" else speed


class VirtualPrinter:
    """What every virtual printer has, whatever it is plugged into. `async with` starts it and stops it."""

    def __init__(self, machine: Machine, speed: Speed) -> None:
        self.machine = machine
        self._mm_per_s = _mm_per_s(machine.model, speed)
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._power = asyncio.Lock()
        """Held while it is plugged in or out: two people may do that at once."""

    async def start(self) -> None:
        """Plug it in."""
        await self.plug()

    async def stop(self) -> None:
        """Close everything."""
        async with self._power:
            await self._disconnect()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    # What a person does to it

    @property
    def plugged(self) -> bool:
        """True while it has power."""
        return bool(self._tasks)

    async def plug(self) -> None:
        """Give it power and its connection. One that was half open is well again."""
        async with self._power:
            if self.plugged:
                return
            self.machine.set_faults(self.faults.changed({"half_open": False}))
            self._connect()
            self.machine.switch_on()
            self._begin(self._print())
        await self._settle()

    async def unplug(self) -> None:
        """Take both: what it received and did not print is lost."""
        async with self._power:
            self.machine.switch_off()
            await self._disconnect()
        await self._settle()

    async def open_cover(self) -> None:
        """Printing stops until it is closed."""
        self.machine.open_cover()
        await self._settle()

    async def close_cover(self) -> None:
        """Printing goes on."""
        self.machine.close_cover()
        await self._settle()

    async def load(self, media: Media) -> None:
        """Put media in. MediaUnsupported when it does not fit."""
        self.machine.load(media)
        await self._settle()

    async def remove_media(self) -> None:
        """Take the media out."""
        self.machine.remove_media()
        await self._settle()

    async def clear_jam(self) -> None:
        """Free the cutter."""
        self.machine.clear_jam()
        await self._settle()

    # Switches

    @property
    def faults(self) -> Faults:
        """What is switched on now."""
        return self.machine.faults

    async def switch(self, /, **changes: object) -> None:
        """Change some faults, at once. ValidationFailed for one that is unknown, of the wrong kind or out of bounds."""
        await self.set_faults(self.faults.changed(changes))

    async def set_faults(self, faults: Faults) -> None:
        """Change all faults, at once; `Faults()` is a printer that is well."""
        went, came_back = (faults.half_open > self.faults.half_open), (faults.half_open < self.faults.half_open)
        self.machine.set_faults(faults)
        if went and self.plugged:
            self.machine.switch_off()
            self._vanish()
        if came_back and self.plugged:
            await self.unplug()
            await self.plug()
        await self._settle()

    @property
    def mm_per_s(self) -> float | None:
        """The speed of the media, None for no time at all."""
        return self._mm_per_s

    async def set_speed(self, speed: Speed) -> None:
        """Print faster or slower: from the next page on, or at once when it takes no time any more."""
        self._mm_per_s = _mm_per_s(self.machine.model, speed)
        await self._settle()

    # What can be waited for

    async def wait_until(self, holds: Callable[[Machine], bool], timeout_s: float = WAIT_S) -> None:
        """Return as soon as something holds of the machine. TimeoutError when it does not in time."""
        async with asyncio.timeout(timeout_s):
            await self._until(lambda: holds(self.machine))

    async def wait_for_pages(self, count: int, timeout_s: float = WAIT_S) -> tuple[Page, ...]:
        """The pages kept, once the life counter reached `count`. TimeoutError when it does not in time."""
        await self.wait_until(lambda machine: machine.page_count >= count, timeout_s)
        return tuple(self.machine.pages)

    # For the two kinds

    def _connect(self) -> None:
        """Be there for whoever sends."""
        raise NotImplementedError

    async def _disconnect(self) -> None:
        """Be gone."""
        ending = tuple(self._tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        self._tasks.difference_update(ending)

    def _vanish(self) -> None:
        """Be there and do nothing any more, until `_disconnect`."""
        raise NotImplementedError

    def _adjust(self) -> None:
        """Do on the wire what the faults and the machine's state ask for; called after every change."""

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _settle(self) -> None:
        """After every change: print what can be printed at once, and wake whoever waits."""
        while self._mm_per_s is None and self.machine.start_page() is not None:
            self.machine.finish_page()
        self._adjust()
        async with self._news:
            self._news.notify_all()

    async def _until(self, holds: Callable[[], object]) -> None:
        async with self._news:
            await self._news.wait_for(lambda: bool(holds()))

    async def _at_most(self, seconds: float, holds: Callable[[], object]) -> None:
        """Until something holds, but no longer than this."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until(holds)

    async def _rest(self, read_bytes: int, bytes_per_s: float) -> None:
        """The time a slow reader took for so many bytes, unless it becomes another one."""
        await self._at_most(read_bytes / bytes_per_s, lambda: self.faults.read_bytes_per_s != bytes_per_s)

    async def _print(self) -> None:
        """Print page after page while printing takes time."""
        length_mm: float | None = None

        def started() -> bool:
            nonlocal length_mm
            length_mm = None if self._mm_per_s is None else self.machine.start_page()
            return length_mm is not None

        while True:
            await self._until(started)
            # An open cover or lost media stops the page; it is begun anew as soon as it can be, not when its time is up.
            if length_mm is not None and self._mm_per_s is not None:
                self._adjust()
                await self._at_most(length_mm / self._mm_per_s, lambda: not self.machine.printing or self._mm_per_s is None)
            self.machine.finish_page()
            await self._settle()
