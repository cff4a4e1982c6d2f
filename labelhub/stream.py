"""Stream: the numbered events as they are committed, read once and handed to everybody who listens.

A frame is one event as `text/event-stream` carries it (WHATWG HTML, server-sent events), made once however many listen:

    id: 4711
    event: job.state_changed
    data: {"job_id":"...","to_state":"printing",...}

Who listens holds no connection of the database: one task reads the table when something was committed, here or at another node.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from labelhub import events
from labelhub.db.engine import Database
from labelhub.errors import DatabaseUnusable, TooManySubscribers
from labelhub.events import PRINTER_REMOVED, PRINTER_STATUS, TYPES, Event

log = logging.getLogger(__name__)

KEPT_FRAMES = 1000
"""So many of the newest are kept at hand for those who come back."""
REPLAYED = timedelta(minutes=11)
"""What is younger is replayed, however much it is: ten minutes, and one by which the clocks of nodes may differ."""
PAGE = 200
MOST_WAITING_BYTES = 512 * 1024
"""Of frames that a subscriber has not taken yet. They are shared by all who wait for them."""
GATHER_S = 0.02
"""What is committed in so short a time is read and handed out together."""
UNHEARD_S = 1.0
RETRY_S = 1.0
SLICE = 2
"""Subscribers that are woken before others, who ask the hub something, get their turn. An answer takes a few turns, and waits so long at
each; with one alone the turns themselves begin to cost more than they give."""
KEEPALIVE = b": nothing new\n\n"
OVERFLOW = {"detail": "this client reads too slowly; connect again with the last id to go on from there"}
RESET = {"detail": "events were missed that are not kept any more: ask anew for what you show"}
RETRY_AFTER_S = 30


@dataclass(frozen=True, slots=True)
class Frame:
    """One event, ready to be sent."""

    id: int
    type: str
    printer_id: UUID | None
    text: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subscriber listens to: the events of one printer or of all, of some types or of every one."""

    printer_id: UUID | None = None
    types: frozenset[str] = frozenset(TYPES)

    def has(self, frame: Frame) -> bool:
        """True for a frame to be sent."""
        return frame.type in self.types and self.printer_id in (None, frame.printer_id)

    def text(self, frames: Iterable[Frame]) -> bytes:
        """Those of the frames to be sent, as they are sent."""
        return b"".join(frame.text for frame in frames if self.has(frame))


def frame_of(event: Event, number: int) -> Frame:
    """The event as it is sent under a number: its own, or that of the newest event for a snapshot."""
    return Frame(number, event.type, event.printer_id, framed(event.type, number, event.data))


def framed(name: str, number: int, data: Mapping[str, Any]) -> bytes:
    """The text of a frame. JSON has no line breaks but as escapes, so it is one line."""
    told = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {number}\nevent: {name}\ndata: {told}\n\n".encode(errors="replace")


class Subscriber:
    """One who listens: what waits to be sent to it, in order. `at` is the number it has been given everything up to."""

    __slots__ = ("_bell", "_ended", "_overflows", "_texts", "_waiting_bytes", "at", "begun", "wanted")

    def __init__(self, wanted: Wanted, begun: int) -> None:
        self.wanted = wanted
        self.begun = self.at = begun
        self._texts: list[tuple[int, bytes]] = []
        self._waiting_bytes = 0
        self._bell: asyncio.Future[None] | None = None
        self._ended = self._overflows = False

    def offer(self, text: bytes, number: int) -> None:
        """One more text that ends with that number. Who has too much waiting is told so, and gets nothing more."""
        if self._ended or not text:
            return
        if self._texts and self._waiting_bytes + len(text) > MOST_WAITING_BYTES:
            self._texts, self._overflows, self._ended = [], True, True
        else:
            self._texts.append((number, text))
            self._waiting_bytes += len(text)
        self._ring()

    def end(self) -> None:
        """Nothing more after what waits."""
        self._ended = True
        self._ring()

    @property
    def idle(self) -> bool:
        """True when all was sent."""
        return not self._texts

    async def next(self) -> bytes | None:
        """All that waits, once there is something; None at the end."""
        while not self._texts:
            if self._overflows:
                self._overflows = False
                return framed("overflow", self.at, OVERFLOW)
            if self._ended:
                return None
            self._bell = asyncio.get_running_loop().create_future()
            await self._bell
        texts, self._texts, self._waiting_bytes = self._texts, [], 0
        self.at = max(self.at, texts[-1][0])
        return texts[0][1] if len(texts) == 1 else b"".join(text for _, text in texts)

    def _ring(self) -> None:
        bell, self._bell = self._bell, None
        if bell is not None and not bell.done():
            bell.set_result(None)


class Stream:
    """The events of one hub, live. `statuses` gives what is known of each printer now, or of one, as its event would tell it."""

    def __init__(
        self, database: Database, statuses: Callable[[UUID | None], list[Event]], clock: Callable[[], datetime], limit: int
    ) -> None:
        self.limit = limit
        self.reads = True
        """False while the table is not read: `run` ended, and nobody has begun it again yet."""
        self._database = database
        self._statuses = statuses
        self._clock = clock
        self._subscribers: set[Subscriber] = set()
        self._joined = asyncio.Event()
        self._reading = asyncio.Lock()
        self._recent: deque[Frame] = deque(maxlen=KEPT_FRAMES)
        self._last_status: dict[UUID, Event] = {}
        self._snapshots: tuple[int, float, dict[Wanted, bytes]] = (0, 0.0, {})
        self._cursor: int | None = None
        self._closed = False

    @property
    def subscribers(self) -> int:
        """How many listen."""
        return len(self._subscribers)

    async def join(self, wanted: Wanted, after: int | None = None) -> Subscriber:
        """One more who listens, from the event after a number on, or from a snapshot on. To be given to `leave` in the end.

        TooManySubscribers; DatabaseUnusable when what it missed cannot be read.
        """
        if self._cursor is None or (after is not None and after > self._cursor):  # it heard more elsewhere, or of another database
            await self.catch_up()
        if len(self._subscribers) >= self.limit:
            told = f"{self.limit} clients follow the live events already, which is the limit; LABELHUB_MAX_SUBSCRIBERS raises it"
            raise TooManySubscribers(told, limit=self.limit, retry_after_s=RETRY_AFTER_S)
        assert self._cursor is not None
        subscriber = Subscriber(wanted, self._cursor)
        self._subscribers.add(subscriber)
        self._joined.set()
        if self._closed:
            subscriber.end()
        try:
            await self._begin(subscriber, after)
        except BaseException:
            self.leave(subscriber)
            raise
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        """It listens no more."""
        subscriber.end()
        self._subscribers.discard(subscriber)

    async def next(self, subscriber: Subscriber) -> bytes | None:
        """What is to be sent to it next, once there is something: what it missed first; None at the end. DatabaseUnusable."""
        while subscriber.at < subscriber.begun:
            found = await self._database.read(events.tail, subscriber.at, PAGE)
            numbered = [(event.id or 0, event) for event in found if (event.id or 0) <= subscriber.begun]
            subscriber.at = numbered[-1][0] if len(numbered) == PAGE else subscriber.begun
            if text := subscriber.wanted.text(frame_of(event, number) for number, event in numbered):
                return text
        return await subscriber.next()

    def close(self) -> None:
        """Let every stream end, now."""
        self._closed = True
        for subscriber in self._subscribers:
            subscriber.end()

    async def run(self) -> None:
        """Read what is committed and hand it out, for ever."""
        self.reads = True
        try:
            while True:
                seen = self._database.commits
                if await self._caught_up():
                    await self._database.next_commit(seen)
                    await self._gather()
        finally:
            self.reads = False

    async def keep_alive(self) -> None:
        """A comment to everybody whom nothing was sent just now, so that nothing in between takes the connection for dead."""
        for place, subscriber in enumerate(list(self._subscribers)):
            if place % SLICE == 0:
                await asyncio.sleep(0)
            if subscriber.idle:
                subscriber.offer(KEEPALIVE, subscriber.at)

    async def catch_up(self) -> None:
        """Read what is in the table and hand it out. DatabaseUnusable."""
        async with self._reading:
            if self._cursor is None:
                found = await self._database.read(events.newest, KEPT_FRAMES)
                self._cursor = 0
                self._take(found)
                return
            while True:
                found = await self._database.read(events.tail, self._cursor, PAGE)
                await self._hand_out(self._take(found))
                if len(found) < PAGE:
                    return

    async def _caught_up(self) -> bool:
        try:
            await self.catch_up()
        except DatabaseUnusable as error:
            log.warning("events cannot be read, trying again: %s", error.detail)
            await asyncio.sleep(RETRY_S)
            return False
        return True

    async def _gather(self) -> None:
        """Wait for what is committed next to one another; longer while nobody listens."""
        if self._subscribers:
            await asyncio.sleep(GATHER_S)
            return
        self._joined.clear()
        try:
            async with asyncio.timeout(UNHEARD_S):
                await self._joined.wait()
        except TimeoutError:
            return

    def _take(self, found: list[Event]) -> list[Frame]:
        frames = [frame_of(event, event.id or 0) for event in found]
        for event in found:
            if event.type == PRINTER_STATUS and event.printer_id is not None:
                self._last_status[event.printer_id] = event
            elif event.type == PRINTER_REMOVED and event.printer_id is not None:
                self._last_status.pop(event.printer_id, None)
        self._recent.extend(frames)
        self._cursor = max(self._cursor or 0, frames[-1].id) if frames else self._cursor
        return frames

    async def _hand_out(self, frames: list[Frame]) -> None:
        texts: dict[Wanted, bytes] = {}
        if not frames:
            return
        # Who joins meanwhile began behind these frames.
        for place, subscriber in enumerate(list(self._subscribers)):
            if place % SLICE == 0:
                await asyncio.sleep(0)
            wanted = subscriber.wanted
            if wanted not in texts:
                texts[wanted] = wanted.text(frames)
            subscriber.offer(texts[wanted], frames[-1].id)

    async def _begin(self, subscriber: Subscriber, after: int | None) -> None:
        """What it gets first: what it missed, or a snapshot."""
        if after is None:
            return subscriber.offer(self._snapshot(subscriber), subscriber.begun)
        if after <= subscriber.begun:
            recent = list(self._recent)
            if after >= (recent[0].id - 1 if recent else 0):
                missed = (frame for frame in recent if after < frame.id <= subscriber.begun)
                return subscriber.offer(subscriber.wanted.text(missed), subscriber.begun)
            first = await self._database.read(events.first_since, self._clock() - REPLAYED)
            if first is not None and after >= first - 1:
                subscriber.at = after
                return None
        subscriber.offer(framed("reset", subscriber.begun, RESET) + self._snapshot(subscriber), subscriber.begun)
        return None

    def _snapshot(self, subscriber: Subscriber) -> bytes:
        """The status of each printer that it listens to, under the number of the newest event. Those who come together share it."""
        now, wanted = asyncio.get_running_loop().time(), subscriber.wanted
        number, made_at, texts = self._snapshots
        if number != subscriber.begun or now - made_at > 1:
            texts = {}
            self._snapshots = (subscriber.begun, now, texts)
        if wanted not in texts:
            frames = [frame_of(self._newer(event), subscriber.begun) for event in self._statuses(wanted.printer_id)]
            texts[wanted] = wanted.text(frames)
        return texts[wanted]

    def _newer(self, known: Event) -> Event:
        """What another node saw of its printer is told by its event before that node shares it."""
        told = self._last_status.get(known.printer_id) if known.printer_id else None
        if told and (told.data.get("captured_at") or "") > (known.data.get("captured_at") or ""):
            return replace(known, data=told.data)
        return known
