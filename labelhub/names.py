"""Names: the addresses of host names, looked up beside everything else.

The system's look-up keeps a thread for as long as a name server is silent, 10 s and more, and an event loop has few for it: with uvloop
two, so that two printers whose names nobody answers for keep every other name waiting, and with asyncio's own those that all else is
done on. So threads of their own do it, which the end of the program does not wait for. One look-up goes on for one name at a time; a
name that was slow the last time waits in another row than those that were not; and while no server answers, the last address that
was known for the name does.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any, TypeVar

T = TypeVar("T")

FRESH_S = 10.0
"""So long an address is used without asking again."""
KEPT_S = 3600.0
"""And so long while no server answers. Then it may well be another device's."""
WAIT_S, WAIT_KNOWN_S = 3.0, 1.0
"""How long an answer is waited for: the second where an address is known from before."""
SLOW_S = 1.0
QUICK_THREADS, SLOW_THREADS = 16, 4

Address = IPv4Address | IPv6Address
Look = Callable[[str], list[str]]


class Aside:
    """So many threads at most, begun when they are needed. They take work as long as the program runs, and do not keep it from ending."""

    def __init__(self, most: int, name: str) -> None:
        self._name = name
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._unborn, self._idle = Semaphore(most), Semaphore(0)

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """What the call will return. It raises OSError, ValueError or OverflowError alone, as look-ups do."""
        future: Future[T] = Future()
        self._work.put((future, call))
        if not self._idle.acquire(blocking=False) and self._unborn.acquire(blocking=False):
            Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    def _run(self) -> None:
        while True:
            future, call = self._work.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except (OSError, ValueError, OverflowError) as error:
                    future.set_exception(error)
            del future, call
            self._idle.release()


@dataclass(frozen=True, slots=True)
class _Known:
    addresses: list[str]
    at: float


def look(host: str) -> list[str]:
    """The addresses of a name as this machine's resolver gives them, those of IPv4 first. OSError, UnicodeError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    entries = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)  # label printers that have IPv6 seldom answer on it
    return list(dict.fromkeys(_written(entry[4]) for entry in entries))


def _written(place: tuple[Any, ...]) -> str:
    zone = place[3] if len(place) == 4 else 0
    return f"{place[0]}%{zone}" if zone and "%" not in place[0] else str(place[0])


def literal(host: str) -> Address | None:
    """The address that a host is, where it is no name: most are, and are not looked up."""
    try:
        return ip_address(host)
    except ValueError:
        return None


class Names:
    """What names lead to. `now` only goes forward, in seconds."""

    def __init__(self, look_up: Look = look, now: Callable[[], float] = time.monotonic) -> None:
        self._look_up = look_up
        self._now = now
        self.wait_s, self.wait_known_s = WAIT_S, WAIT_KNOWN_S
        self._quick, self._slow = Aside(QUICK_THREADS, "names"), Aside(SLOW_THREADS, "slow names")
        self._known: dict[str, _Known] = {}
        self._were_slow: set[str] = set()
        self._asked: dict[str, asyncio.Future[list[str]]] = {}

    async def addresses(self, host: str) -> list[str]:
        """At least one, the first to be tried first. OSError, UnicodeError when there is none, or nobody says in time."""
        if literal(host) is not None:
            return [host]
        known = self._known.get(host)
        if known is not None and self._now() - known.at < FRESH_S:
            return known.addresses
        try:
            async with asyncio.timeout(self.wait_s if known is None else self.wait_known_s):
                return await asyncio.shield(self._asking(host))
        except TimeoutError:
            silence = socket.gaierror(socket.EAI_AGAIN, f"no name server told in time where {host} is")
        except socket.gaierror as error:
            if error.errno != socket.EAI_AGAIN:
                self._known.pop(host, None)  # it is known no more
                raise
            silence = error
        if known is not None and self._now() - known.at < KEPT_S:
            return known.addresses
        raise silence

    def close(self) -> None:
        """Wait for no answer any more."""
        for asked in list(self._asked.values()):
            asked.cancel()

    def _asking(self, host: str) -> asyncio.Future[list[str]]:
        """The look-up of this name that goes on."""
        asked = self._asked.get(host)
        if asked is None:
            threads = self._slow if host in self._were_slow else self._quick
            asked = self._asked[host] = asyncio.wrap_future(threads.submit(lambda: self._timed(host)))
            asked.add_done_callback(lambda done: self._answered(host, done))
        return asked

    def _timed(self, host: str) -> list[str]:
        begun = self._now()
        try:
            return self._look_up(host)
        finally:
            (self._were_slow.add if self._now() - begun > SLOW_S else self._were_slow.discard)(host)

    def _answered(self, host: str, done: asyncio.Future[list[str]]) -> None:
        del self._asked[host]
        if not done.cancelled() and done.exception() is None:
            self._known[host] = _Known(done.result(), self._now())
