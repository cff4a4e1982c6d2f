"""The byte pipe to a printer: over TCP in `tcp`, over this machine's own USB in `usb`.

Whatever the scheme: connect, write a job in as many parts as it comes in, wait until it was taken, then close. Nothing is ever
sent twice: after the first byte left, a failure is OutcomeUnknown and a person decides.

Right before every write to the system, with nothing in between, `holds` is called: it raises where this process may not drive
the printer any more, and then not one more byte leaves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

STALL_TIMEOUT_S = 120.0
"""How long a printer may leave the rest of a job unread: it stops reading while it prints, cools or has its cover open."""
CLOSE_TIMEOUT_S = 10.0
"""How long to wait, after the last byte, for the printer to close."""
ALIVE_S = 5.0

T = TypeVar("T")


Holds = Callable[[], None]
"""Raises whatever forbids the next write."""


def always() -> None:
    """Nothing forbids it."""


async def in_slices(work: Callable[[float], Awaitable[T]], timeout_s: float, alive: Callable[[], None], holds: Holds = always) -> T:
    """What the work gives, which is done for so many seconds at a time and begun anew. TimeoutError when all have passed.

    `alive` is called after each slice: whoever waits for long is not dead. `holds` is asked before each slice but the first.
    """
    left_s = timeout_s
    while True:
        slice_s = min(left_s, ALIVE_S)
        try:
            result = await work(slice_s)
        except TimeoutError:
            alive()
            left_s -= slice_s
            if left_s <= 0:
                raise
            holds()
        else:
            alive()
            return result


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known after a job was sent: its size, whether the printer closed the connection itself, what it said."""

    size_bytes: int
    closed_by_printer: bool
    reply: bytes


class Pipe(Protocol):
    """An open way to a printer; nothing has been sent yet. `write` part after part, `finish`, then `close`."""

    @property
    def sent_bytes(self) -> int:
        """What the printer has taken so far, as far as this side can know."""
        ...

    async def write(self, data: bytes, *, stall_timeout_s: float = ..., alive: Callable[[], None] = ..., holds: Holds = ...) -> None:
        """Return once all of it left. OutcomeUnknown when it did not, or what `holds` raises. `alive` is called now and then."""
        ...

    async def finish(self, *, close_timeout_s: float = ..., alive: Callable[[], None] = ...) -> Receipt:
        """The receipt after the last part, once the printer closed or the time is up. OutcomeUnknown when it broke the connection."""
        ...

    async def gone(self) -> bool:
        """True when the other end is closed or broken already: before the first byte that means it never took the job."""
        ...

    async def closed_by_printer(self) -> bool:
        """True once the printer has shown that it read the whole job: on TCP by closing the connection."""
        ...

    def abort(self) -> None:
        """Drop at once what has left this process and not yet reached the printer; `close` follows."""
        ...

    async def close(self) -> None:
        """Let go of the printer."""
        ...
