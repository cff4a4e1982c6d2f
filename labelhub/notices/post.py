"""Post: looks at what happened, writes down what is to be told, and tells it until it has arrived or a day has passed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from labelhub.background import Background
from labelhub.db.engine import Database
from labelhub.errors import DatabaseUnusable
from labelhub.events import JOB_STATE_CHANGED, PRINTER_STATUS
from labelhub.metrics import Metrics
from labelhub.notices import notice as words
from labelhub.notices import store
from labelhub.notices.notice import JobFacts, Notice, Subject
from labelhub.notices.sending import REPEATABLE, Outcome, Sender
from labelhub.notices.standing import FAILED, UNKNOWN, WANTED, Book, Graces, Happened, Standing
from labelhub.notices.target import Target

log = logging.getLogger(__name__)

STEP_S = 1.0
TELLING = "notices to targets"
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 900.0
GIVE_UP_AFTER = timedelta(days=1)
TIDY_EVERY = timedelta(hours=1)
FORGET_AFTER_EVENTS = 5000
"""So many events without one that matters, and how far was looked is written down all the same."""

JobsOf = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, JobFacts]]]
NextWanting = Callable[[UUID], Awaitable[UUID | None]]


@dataclass(frozen=True, slots=True)
class Sources:
    """What the post asks the rest of the hub: the printers that are looked at, jobs by id, and of a job that waits for media
    whether it still does, or another for the same. `leads` is true on the one node that tells.
    """

    printers: Callable[[], Mapping[UUID, Subject]]
    jobs: JobsOf
    wanting: NextWanting
    leads: Callable[[], bool]


class Post:
    """Tells targets. `step` now and then; `aclose` at the end."""

    def __init__(
        self, targets: Sequence[Target], graces: Graces, public_url: str | None, database: Database, sources: Sources,
        clock: Callable[[], datetime], metrics: Metrics, background: Background, sender: Sender | None = None,
    ) -> None:  # fmt: skip
        self.targets = {target.name: target for target in targets}
        self._graces = graces
        self._public_url = public_url
        self._database = database
        self._sources = sources
        self._clock = clock
        self._metrics = metrics
        self._sender = sender or Sender()
        self._background = background
        self._seen_id: int | None = None
        self._tidied_at: datetime | None = None

    async def aclose(self) -> None:
        """End what is under way, and let go of every connection."""
        for name in self.targets:
            await self._background.drop(_telling(name))
        await self._sender.aclose()

    async def step(self) -> None:
        """Look, write down, tell. A database that is away is waited for."""
        if not self.targets or not self._sources.leads():
            self._seen_id = None
            return
        with suppress(DatabaseUnusable):
            await self._note()
            for target in self.targets.values():
                self._background.attempt(_telling(target.name), partial(self._tell, target), label=TELLING)
            await self._tidy()

    async def idle(self) -> None:
        """Return once what is under way to targets has arrived, or has not."""
        await self._background.attempted(TELLING)

    async def _note(self) -> None:
        """Make notices of what happened and of the time that passed."""
        if self._seen_id is None:
            self._seen_id = await self._database.write_quietly(store.begin)
        look = await self._database.read(store.look, self._seen_id)
        now, printers = self._clock(), self._sources.printers()
        book = Book(look.standings, self._graces, printers)
        book.forget(now)
        # Of what failed while nobody was to be told, for days perhaps, nobody wants to hear now.
        await self._enter(book, [one for one in look.happened if one.type == PRINTER_STATUS or one.at > now - GIVE_UP_AFTER])
        await self._end_wants(book, now)
        over, due = book.over(now), book.due(now)
        standings = list(book.standings.values())
        far = look.up_to_id - look.after_id > FORGET_AFTER_EVENTS
        if set(standings) != set(look.standings) or over or due or far:
            jobs = await self._sources.jobs([one.job_id for one in due if one.job_id is not None])
            notices = [_of(one, printers, jobs, now) for one in due] + [_end_of(one, printers, now) for one in over]
            told = [row for notice in notices if notice is not None for row in self._rows(notice)]
            if not await self._database.write_quietly(store.keep, look, standings, told, now):
                self._seen_id = None
                return
        self._seen_id = look.up_to_id

    def _rows(self, notice: Notice) -> list[tuple[UUID, str, str, dict[str, Any]]]:
        notice_id, body = uuid4(), notice.values(self._public_url)
        return [(notice_id, one.name, notice.type.value, body) for one in self.targets.values() if one.wants(notice.type)]

    async def _enter(self, book: Book, happened: Sequence[Happened]) -> None:
        wanting = {one.job_id: one for one in happened if one.data.get("to_state") == "queued" and one.job_id is not None}
        waiting = await self._sources.jobs(list(wanting))
        for one in happened:
            if one.type == PRINTER_STATUS:
                book.status(one)
            elif one.type == JOB_STATE_CHANGED and one.job_id is not None:
                job = waiting.get(one.job_id)
                if one.job_id not in wanting:
                    book.ended(one, FAILED if one.data.get("to_state") == "failed" else UNKNOWN)
                elif job is not None and job.reason == "media-needed" and wanting[one.job_id] is one:
                    book.wants(job.printer_id, job.id, job.detail or "", one.at)

    async def _end_wants(self, book: Book, now: datetime) -> None:
        """A want stands as long as its job waits for that media, or another job for the same."""
        for key, one in list(book.standings.items()):
            if one.fault == WANTED and one.gone_at is None and one.job_id is not None:
                job_id = await self._sources.wanting(one.job_id)
                book.standings[key] = replace(one, gone_at=now, told_at=None) if job_id is None else replace(one, job_id=job_id)

    async def _tell(self, target: Target) -> None:
        """Send what is due for a target, one after the other. A slow one keeps no other waiting."""
        try:
            while await self._database.read(store.is_due, target.name, self._clock()):
                repeatable = target.kind in REPEATABLE
                sent = await self._database.write_quietly(store.claim, target.name, self._clock(), repeatable=repeatable)
                if sent is None:
                    break
                outcome = await self._sender.send(target, sent.id, sent.body, self._clock())
                await self._settle(target, sent, outcome)
        except DatabaseUnusable as error:
            log.error("notices to %s wait for the database: %s", target.name, error.detail)

    async def _settle(self, target: Target, sent: store.Sent, outcome: Outcome) -> None:
        now = self._clock()
        state = _state_after(outcome, sent, now)
        wait_s = max(outcome.wait_s, min(FIRST_WAIT_S * 2 ** min(sent.attempts - 1, 20), LONGEST_WAIT_S))
        due_at = now + timedelta(seconds=wait_s)
        settle = partial(store.settle, all_of_target=outcome.unreachable)
        while True:  # else it would be sent again, or be taken for lost
            try:
                await self._database.write_quietly(settle, sent, state, outcome.error, due_at, now)
                break
            except DatabaseUnusable:
                await asyncio.sleep(STEP_S)
        self._metrics.notices.add(target.name, state if state != store.WAITING else "failed")
        if state == store.SENT:
            log.info("notice to %s: %s", target.name, sent.type)
        else:
            log.warning("notice to %s (%s): it %s; %s", target.name, sent.type, outcome.error, _what_now(state, wait_s))

    async def _tidy(self) -> None:
        now = self._clock()
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            if given_up := await self._database.write_quietly(store.give_up, now - GIVE_UP_AFTER, now):
                log.warning("%d notices were not taken for a day and are given up", given_up)

    async def test(self, targets: Sequence[Target]) -> list[tuple[Target, Outcome]]:
        """What came of a notice that is sent to each now, and once."""
        now = self._clock()
        body = words.of_trial(now).values(self._public_url)
        return list(zip(targets, await asyncio.gather(*(self._sender.send(one, uuid4(), body, now) for one in targets)), strict=True))

    async def shown(self, limit: int) -> list[tuple[Target, int, list[store.Sent]]]:
        """Each target with how many notices wait for it, and the newest ones."""
        return [(target, *await self._database.read(store.shown, name, limit)) for name, target in self.targets.items()]


def _telling(target_name: str) -> str:
    return f"notices to {target_name}"


def _of(one: Standing, printers: Mapping[UUID, Subject], jobs: Mapping[UUID, JobFacts], now: datetime) -> Notice | None:
    printer = None if one.printer_id is None else printers.get(one.printer_id)
    job = None if one.job_id is None else jobs.get(one.job_id)
    if one.fault == FAILED:
        return words.of_failed(printer, job, one.jobs, now)
    if one.fault == UNKNOWN:
        return words.of_unknown(printer, job, one.jobs, now)
    if one.fault == WANTED:
        return None if job is None else words.of_wanted(printer, job, now)
    return None if printer is None else words.of_fault(printer, one.fault, one.since, now)


def _end_of(one: Standing, printers: Mapping[UUID, Subject], now: datetime) -> Notice | None:
    printer = None if one.printer_id is None else printers.get(one.printer_id)
    if printer is None or one.gone_at is None or one.fault == WANTED:
        return None
    return words.of_end(printer, one.fault, one.since, one.gone_at, now)


def _state_after(outcome: Outcome, sent: store.Sent, now: datetime) -> str:
    if outcome.sent:
        return store.SENT
    if outcome.unknown:
        return store.UNKNOWN
    return store.GIVEN_UP if outcome.final or now - sent.created_at >= GIVE_UP_AFTER else store.WAITING


def _what_now(state: str, wait_s: float) -> str:
    return f"tried again in {wait_s:.0f} s" if state == store.WAITING else "it is not sent again"
