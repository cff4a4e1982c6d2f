"""The pages of one connection on their way, one by one.

What ends a page tells the printer whether another follows, so it leaves with the next page, or as the job's end when there is
none: a printer keeps a page it takes for the middle of a job until the job goes on. A page begins when the printer has counted
all before it but two, so that it prints one while a whole one waits behind it, and no more than three are ever in doubt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from labelhub.drivers.driver import Encoded
from labelhub.printers.transport import Pipe

AHEAD = 2
"""Pages not yet counted in front of one that begins."""

Gate = Callable[[int], Awaitable[bool]]
"""Asked before a page's first byte: whether it may leave. After a no, no later one is asked for."""


class Room:
    """How many pages may be begun: three, and one more for each that is counted, or any number where pages are not paced."""

    def __init__(self, paced: bool) -> None:
        self._pages = AHEAD + 1 if paced else None
        self._changed = asyncio.Event()
        self.waiting = False
        """A page waits for room."""

    def counted(self, pages: int) -> None:
        """The printer has counted so many."""
        if self._pages is not None and pages + AHEAD + 1 > self._pages:
            self._pages = pages + AHEAD + 1
            self._changed.set()

    def open(self) -> None:
        """Wait for the count no more."""
        self._pages = None
        self._changed.set()

    async def until(self, number: int) -> None:
        """Return once the page, counted from 0, may begin."""
        while self._full(number):
            self.waiting = True
            self._changed.clear()
            await self._changed.wait()
        self.waiting = False

    def _full(self, number: int) -> bool:
        return self._pages is not None and number >= self._pages


class Sending:
    """One connection's pages: `may(0)` first, then `run`. `write` is the pipe's, with its bounds."""

    def __init__(self, pipe: Pipe, write: Callable[[bytes], Awaitable[None]], encoded: Encoded, gate: Gate, room: Room) -> None:
        self._pipe = pipe
        self._write = write
        self._encoded, self._ahead = encoded, encoded.says_last
        self._gate = gate
        self._room = room
        self._permitted = 0
        self.begun = 0
        """Pages of which something may have left."""

    async def may(self, number: int) -> bool:
        """Whether the page may leave; the gate is asked once for each, in order."""
        if number == self._permitted and await self._gate(number):
            self._permitted += 1
        return number < self._permitted

    async def run(self) -> int:
        """How many pages left, the job ended behind the last of them.

        Where something stops it in between, it ends at once: no page end leaves, and the connection is reset.
        """
        ended = False
        try:
            pages = await self._leave()
            ended = True
        finally:
            if not ended:
                self._pipe.abort()
        return pages

    async def _leave(self) -> int:
        encoded, ends = self._encoded, False
        while not ends:
            number = self.begun
            await self._room.until(number)
            if not await self.may(number):
                await self._write(encoded.last)
                break
            ends = number + 1 == len(encoded.pages) or (self._ahead and not await self.may(number + 1))
            self.begun += 1
            await self._write(encoded.part(number, ends))
        return self.begun
