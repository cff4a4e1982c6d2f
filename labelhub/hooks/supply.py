"""Supply: fetches the things that stored jobs wait for, and hands the jobs on to be printed.

A system that is down costs nobody anything: its jobs wait in the queue, it is asked again after 2, 4, 8 ... seconds and at most
5 minutes, and what is waited for is in the database, whatever becomes of this process. One node fetches for all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from labelhub.db.engine import Database
from labelhub.errors import DatabaseUnusable, HubError, IntegrationError, IntegrationNotFound, JobNotFound
from labelhub.hooks.things import FIELDS, LOOKUP, fields_of
from labelhub.integrations.integration import Item
from labelhub.jobs import store
from labelhub.jobs.job import Job, LabelOrder
from labelhub.jobs.store.pending import Asked
from labelhub.jobs.submit import Submitter
from labelhub.printers.probe import Clock

log = logging.getLogger(__name__)

AT_ONCE = 4
LOOKED_AT = 200
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 300.0
IDLE_S = 2.0
"""So often jobs of other nodes are looked for; those of this one are known at once."""


Fetch = Callable[[str, str, str], Awaitable[Item]]
"""The thing, by its app, what it is called there, and its type. ItemNotFound, IntegrationError, IntegrationNotFound."""


class Supplier:
    """Fetches what jobs wait for. `now` is a clock that only goes forward, in seconds; `mine` tells whether this node is the one."""

    def __init__(
        self,
        database: Database,
        submitter: Submitter,
        fetch: Fetch,
        clock: Clock,
        woken: Callable[[Job], object],
        mine: Callable[[], bool],
        now: Callable[[], float],
    ) -> None:
        self._database = database
        self._submitter = submitter
        self._fetch = fetch
        self._clock = clock
        self._woken = woken
        self._mine = mine
        self._now = now
        self._waits_s: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        self.looked_at = LOOKED_AT
        """So many jobs are looked at together."""
        self.awaited = asyncio.Event()
        """Set when a job begins to wait for its thing."""

    async def step(self) -> None:
        """Fetch what can be fetched now, then wait until there may be more."""
        self.awaited.clear()
        try:
            if self._mine():
                await self.fetch_due()
        except DatabaseUnusable as error:
            log.error("what jobs wait for was not looked for: %s", error.detail)
        try:
            async with asyncio.timeout(IDLE_S):
                await self.awaited.wait()
        except TimeoutError:
            return

    async def fetch_due(self) -> int:
        """How many jobs were looked at; those of a system that did not answer lately are left for later."""
        due: list[Asked] = []
        after = 0
        while not due:  # behind those of a system that is down there may be others
            waiting = await self._database.read(store.pending.waiting, self.looked_at, after)
            due = [asked for asked in waiting if self._now() >= self._not_before.get(_app(asked[1]), 0.0)]
            if len(waiting) < self.looked_at:
                break
            after = waiting[-1][0].number
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(asked: Asked) -> None:
            async with gate:
                await self._supply(*asked)

        for ended in await asyncio.gather(*(one(asked) for asked in due), return_exceptions=True):
            if isinstance(ended, BaseException):  # now that none of the others is left behind
                raise ended
        return len(due)

    async def _supply(self, job: Job, labels: tuple[LabelOrder, ...]) -> None:
        app = _app(labels)
        if self._now() < self._not_before.get(app, 0.0):
            return  # it failed for another job meanwhile
        try:
            found = tuple([await self._fetched(label) for label in labels])
            supplied = await self._submitter.supply(job, found)
        except DatabaseUnusable:
            raise
        except (IntegrationError, IntegrationNotFound) as error:
            await self._later(app, job.id, error.detail)
        except JobNotFound:
            return
        except HubError as error:
            await self._database.write(store.pending.refuse, job.id, error.slug, error.detail, self._clock())
            log.warning("job %s: %s", job.id, error.detail)
        else:
            self._waits_s.pop(app, None)
            self._not_before.pop(app, None)
            if supplied is not None:
                self._woken(supplied)

    async def _fetched(self, label: LabelOrder) -> LabelOrder:
        lookup = label.fields.get(LOOKUP)
        if not isinstance(lookup, dict):
            return label
        item = await self._fetch(str(lookup["app"]), str(lookup["identifier"]), str(lookup.get("type", "")))
        return LabelOrder(fields_of(item, label.fields.get(FIELDS)), label.copies)

    async def _later(self, app: str, job_id: UUID, detail: str) -> None:
        wait_s = self._waits_s.get(app, FIRST_WAIT_S)
        self._waits_s[app] = min(2 * wait_s, LONGEST_WAIT_S)
        self._not_before[app] = self._now() + wait_s
        log.warning("%s did not answer and is asked again in %g s: %s", app, wait_s, detail)
        await self._database.write(store.pending.tell, [(job_id, detail)], self._clock())


def _app(labels: tuple[LabelOrder, ...]) -> str:
    lookup = labels[0].fields.get(LOOKUP) if labels else None
    return str(lookup.get("app", "")) if isinstance(lookup, dict) else ""
