"""Leases of this node: which printers it may drive, and until when. A node that was stopped and comes back knows that it is late.

Time runs on a clock that counts while the process, or the whole machine, stands still.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from labelhub.db.engine import Database
from labelhub.errors import LeaseLost
from labelhub.jobs.store import leases as store

TTL_S = 6.0
"""A dead node's printers are taken over when so much time has passed, and at most a third of it more."""
MARGIN = 0.2
"""This part of a lease is not used: what was checked at its end has to leave before another node begins."""


def standing_clock() -> float:
    """Seconds, running also while this process is stopped or the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME if hasattr(time, "CLOCK_BOOTTIME") else time.CLOCK_MONOTONIC)


class Leases:
    """What this node drives. Where no other node can be, a lease once taken holds until it is let go."""

    def __init__(self, database: Database, owner: str, ttl_s: float = TTL_S, clock: Callable[[], float] = standing_clock) -> None:
        self.owner = owner
        self.ttl_s = ttl_s
        self._database = database
        self._clock = clock
        self._until: dict[str, float] = {}
        self._terms: dict[str, object] = {}
        self._lock = asyncio.Lock()
        self._released = False

    async def keep(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the names that are this node's from now on; others are let go. DatabaseUnusable."""
        wanted = frozenset(names)
        async with self._lock:
            if self._released:
                return frozenset()
            if not self._database.shared and wanted == self._until.keys():
                return wanted
            begun = self._clock()
            taken = await self._database.write_quietly(store.take, self.owner, wanted, self.ttl_s)
            until = begun + self.ttl_s * (1 - MARGIN) if self._database.shared else float("inf")
            now = self._clock()
            self._terms = {name: self._terms[name] if now < self._until.get(name, 0.0) else object() for name in taken}
            self._until = dict.fromkeys(taken, until)
            return taken

    def term(self, name: str) -> object | None:
        """The same for as long as nobody else can have had it in between; None for what is not this node's."""
        return self._terms.get(name)

    def holds(self, name: str) -> bool:
        """True while nobody else can have it."""
        return self._clock() < self._until.get(name, 0.0)

    def checker(self, name: str) -> Callable[[], None]:
        """What raises LeaseLost unless nobody else can have it, or can have had it since now."""
        term = self.term(name)

        def check() -> None:
            if self.term(name) is not term or not self.holds(name):
                raise LeaseLost("this node was out of touch for so long that another one may drive the printer now")

        return check

    async def release(self) -> None:
        """Let all go, so that others need not wait, and take none any more. DatabaseUnusable."""
        async with self._lock:
            self._released = True
            self._until, self._terms = {}, {}
            await self._database.write(store.release, self.owner)
