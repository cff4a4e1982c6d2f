"""Listen: Spoolman tells over a WebSocket what happens in it; each spool that is added gets its label, where a hook asks for that.

How far it was followed is kept in the database. What was added while nobody listened is printed when somebody does again, also by a
Spoolman that was set up anew meanwhile; what was there before the first time is not. One node listens for all; a spool that two of them
see prints once all the same.

Spoolman's numbers are no strict order: of two spools that are added at once the second may be told first, and a spool that is added
when the newest was deleted gets the number of that one. So what is told prints, whatever its number is, once for its number and
the time it was registered at; and where numbers are left out, the list of spools is looked at once more.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from labelhub.background import Background
from labelhub.db.engine import Database
from labelhub.errors import DatabaseUnusable, HubError, IdempotencyKeyReused, IntegrationError
from labelhub.hooks import store
from labelhub.hooks.hook import Hook
from labelhub.hooks.payload import Payload, parsed
from labelhub.hooks.receive import Received
from labelhub.hooks.spools import Ask, Followed, Listed, listed, number_of, registered_at
from labelhub.integrations.client import Parameters
from labelhub.integrations.connection import Connection
from labelhub.integrations.connections import Connections
from labelhub.integrations.socket import opened
from labelhub.printers.probe import Clock

log = logging.getLogger(__name__)

PRESET = "spoolman"
FOLLOWING = "following sources"
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
LOOK_S = 2.0
"""So often hooks that were made or changed are looked for."""
GAP_S = 10.0
"""So long a number that was left out is waited for, before the list of spools is looked at."""
JSON = "application/json"

Source = tuple[Hook, Connection | None]
"""A hook and the system it follows; None while that is not connected."""
Receive = Callable[[Hook, Payload, str, str], Awaitable[Received]]


@dataclass(slots=True)
class Progress:
    """How far a source was followed: to `low` with nothing left out, and to some `above` it since `since_s`."""

    low: int
    above: set[int] = field(default_factory=set)
    since_s: float = 0.0
    look_again: bool = False
    """The newest was deleted, and its number is free again."""

    def settle(self, number: int, now_s: float) -> None:
        """Its label is stored, or there is to be none."""
        if number <= self.low:
            return
        self.since_s = self.since_s if self.above else now_s
        self.above.add(number)
        while self.low + 1 in self.above:
            self.low += 1
            self.above.remove(self.low)

    def look_at_s(self, gap_s: float) -> float | None:
        """When the list is to be looked at, of which a number is left out for so long; None while none is."""
        return 0.0 if self.look_again else self.since_s + gap_s if self.above else None


class Listener:
    """Follows every source that an enabled hook names. `step` for ever; `close` at the end."""

    def __init__(
        self,
        database: Database,
        connections: Connections,
        receive: Receive,
        clock: Clock,
        mine: Callable[[], bool],
        background: Background,
        *,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        """`receive` takes a hook, what came, its content type and the key it has; `mine` tells whether this node is the one."""
        self._database = database
        self._connections = connections
        self._receive = receive
        self._clock = clock
        self._mine = mine
        self._first_wait_s = first_wait_s
        self.gap_s = GAP_S
        self._background = background
        self._following: dict[str, Source] = {}

    async def close(self) -> None:
        """Follow nothing any more."""
        await self._only(())

    async def step(self) -> None:
        """Follow what is to be followed now, as it is set up now, and nothing else."""
        try:
            found = await self._database.read(store.every) if self._mine() else []
            hooks = [hook for hook in found if hook.preset == PRESET and hook.enabled]
            systems = {one.name: one for one in await self._connections.every()} if hooks else {}
        except DatabaseUnusable:
            return
        sources: list[Source] = [(hook, systems.get(_system(hook))) for hook in hooks]
        await self._only(sources)
        for hook, connection in sources:
            self._following[hook.name] = hook, connection
            self._background.attempt(_listening(hook.name), partial(self._follow, hook, connection), label=FOLLOWING, endless=True)

    async def _only(self, sources: Iterable[Source]) -> None:
        wanted = {hook.name: (hook, connection) for hook, connection in sources}
        for name in [name for name, source in self._following.items() if wanted.get(name) != source]:
            del self._following[name]
            await self._background.drop(_listening(name))

    async def _follow(self, hook: Hook, connection: Connection | None) -> None:
        from websockets.exceptions import WebSocketException

        if connection is None:
            log.warning("hook %s: not listening, for no system named %s is connected", hook.name, _system(hook))
            await asyncio.get_running_loop().create_future()  # until it is, or something else changes
            raise AssertionError("nobody ends that")
        wait_s = self._first_wait_s
        while True:
            try:
                pin = await self._connections.told(connection, lambda one: one.client.pin)
                async with opened(connection, "/api/v1/spool", self._connections.headers_of(connection), pin) as socket:
                    progress = await self._caught_up(hook, connection)
                    wait_s = self._first_wait_s
                    while True:
                        try:
                            async with asyncio.timeout_at(progress.look_at_s(self.gap_s)):
                                message = await socket.recv()
                        except TimeoutError:
                            progress = await self._caught_up(hook, connection, progress)
                        else:
                            await self._heard(hook, message, progress)
            except (OSError, WebSocketException, HubError) as error:
                why = error.detail if isinstance(error, HubError) else f"{type(error).__name__}: {str(error)[:200]}"
            log.warning("hook %s: not listening (%s); tried again in %g s", hook.name, why, wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def _caught_up(self, hook: Hook, connection: Connection, before: Progress | None = None) -> Progress:
        """Print what was added since this source was last followed; the first time only note how far it is."""

        async def ask(which: Parameters) -> list[Any]:
            answer = await self._connections.ask(connection, lambda one: one.client.get("/api/v1/spool", which))
            if not answer.ok or not isinstance(answer.value, list):
                raise IntegrationError(f"{connection.name} did not list its spools")
            return answer.value

        since = await self._database.read(store.followed, hook.name)
        if since is not None and before is not None and before.look_again:
            since = await self._from_its_end(hook, ask, since)
        found = await listed(ask, since)
        low = found.end
        if since is not None:
            low = since.number
            if found.end < low and any(number <= low for number in found.added):
                log.warning("hook %s: %s counts its spools anew", hook.name, connection.name)
                low = await self._database.write(store.rewind, hook.name, found.end, self._clock())
            await self._print_added(hook, found, before)
            low = max(found.end, low, *(before.above if before is not None else ()))
        await self._database.write(store.advance, hook.name, Followed(low, found.registered_at), self._clock())
        return Progress(low)

    async def _from_its_end(self, hook: Hook, ask: Ask, since: Followed) -> Followed:
        """How far it is followed, now that the newest may be gone."""
        end = (await listed(ask, None)).end
        return replace(since, number=await self._database.write(store.rewind, hook.name, end, self._clock()))

    async def _print_added(self, hook: Hook, found: Listed, before: Progress | None) -> None:
        if found.cut:
            told = f"more spools were added than are printed at once: only the latest {len(found.added)} are"
            log.warning("hook %s: %s", hook.name, told)
            await self._database.write(store.remark, hook.name, told, self._clock())
        for number in sorted(found.added):
            if before is None or number not in before.above:
                spool = json.loads(found.added.pop(number))
                await self._added(hook, number, {"type": "added", "resource": "spool", "payload": spool})

    async def _heard(self, hook: Hook, message: str | bytes, progress: Progress) -> None:
        """What one message tells; whatever else it may be is left aside."""
        try:
            event = json.loads(message)
        except (ValueError, RecursionError):
            log.warning("hook %s: a message that is no JSON was left aside", hook.name)
            return
        found = event.get("payload") if isinstance(event, dict) and event.get("resource") == "spool" else None
        number = number_of(found) if isinstance(found, dict) else None
        if found is None or number is None:
            return
        if event.get("type") == "added":
            await self._added(hook, number, event)
            progress.settle(number, asyncio.get_running_loop().time())
            await self._database.write(store.advance, hook.name, Followed(progress.low, registered_at(found)), self._clock())
        elif event.get("type") == "deleted" and number == progress.low:
            progress.look_again = True

    async def _added(self, hook: Hook, number: int, event: dict[str, Any]) -> None:
        key = f"spool {number} {str(event['payload'].get('registered', ''))[:40]}".strip()
        try:
            payload = parsed(JSON, json.dumps(event).encode())
            await self._receive(hook, payload, JSON, key)
        except IdempotencyKeyReused:
            pass  # another node was quicker, and the spool has changed since
        except DatabaseUnusable:
            raise
        except HubError as error:  # written down with the hook; the spools after it are not to wait for this one
            log.warning("hook %s: no label of spool %d: %s", hook.name, number, error.detail)


def _listening(hook_name: str) -> str:
    return f"listening to {hook_name}"


def _system(hook: Hook) -> str:
    return (hook.lookup or PRESET).partition("/")[0]
