"""Listen: Spoolman tells over a WebSocket what happens in it; each spool that is added gets its label, where a hook asks for that.

How far it was followed is kept in the database. What was added while nobody listened is printed when somebody does again; what
was there before the first time is not. One node listens for all; a spool that two of them see prints once all the same.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from labelhub.db.engine import Database
from labelhub.errors import DatabaseUnusable, HubError, IdempotencyKeyReused, IntegrationError
from labelhub.hooks import store
from labelhub.hooks.hook import Hook
from labelhub.hooks.payload import Payload, parsed
from labelhub.hooks.receive import Received
from labelhub.integrations.addresses import Pin
from labelhub.integrations.connection import Connection
from labelhub.integrations.integration import Integration
from labelhub.printers.probe import Clock

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

log = logging.getLogger(__name__)

PRESET = "spoolman"
MAX_BYTES = 1024 * 1024
OPEN_S = 5.0
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
LOOK_S = 2.0
"""So often hooks that were made or changed are looked for."""
CAUGHT_UP = 200
"""Of spools added while nobody listened, so many are printed, the latest; who adds thousands at once wants no thousand labels."""
JSON = "application/json"

Receive = Callable[[Hook, Payload, str, str], Awaitable[Received]]
Ask = Callable[[Connection, Callable[[Integration], Awaitable[Any]]], Awaitable[Any]]


class Listener:
    """Follows every source that an enabled hook names. `step` for ever; `close` at the end."""

    def __init__(
        self,
        database: Database,
        connected: Callable[[str], Awaitable[Connection]],
        ask: Ask,
        headers: Callable[[Connection], dict[str, str]],
        receive: Receive,
        clock: Clock,
        mine: Callable[[], bool],
        *,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        """`receive` takes a hook, what came, its content type and the key it has; `mine` tells whether this node is the one."""
        self._database = database
        self._connected = connected
        self._ask = ask
        self._headers = headers
        self._receive = receive
        self._clock = clock
        self._mine = mine
        self._first_wait_s = first_wait_s
        self._following: dict[str, tuple[Hook, asyncio.Task[None]]] = {}

    async def close(self) -> None:
        """Follow nothing any more."""
        await self._only(())

    async def step(self) -> None:
        """Follow what is to be followed now, and nothing else."""
        try:
            found = await self._database.read(store.every) if self._mine() else []
        except DatabaseUnusable:
            return
        hooks = [hook for hook in found if hook.preset == PRESET and hook.enabled]
        await self._only(hooks)
        for hook in hooks:
            if hook.name not in self._following:
                self._following[hook.name] = hook, asyncio.create_task(self._follow(hook), name=f"listening to {hook.name}")

    async def _only(self, hooks: Iterable[Hook]) -> None:
        wanted = {hook.name: hook for hook in hooks}
        gone = [name for name, (hook, task) in self._following.items() if wanted.get(name) != hook or task.done()]
        tasks = [self._following.pop(name)[1] for name in gone]
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("listening ended badly", exc_info=ended)

    async def _follow(self, hook: Hook) -> None:
        from websockets.exceptions import WebSocketException

        wait_s = self._first_wait_s
        while True:
            try:
                connection = await self._connected(hook.lookup or PRESET)
                async with Opened(connection, self._headers(connection)) as socket:
                    await self._catch_up(hook, connection)
                    wait_s = self._first_wait_s
                    async for message in socket:
                        await self._heard(hook, message)
                why = "it closed the connection"
            except (OSError, TimeoutError, WebSocketException, HubError) as error:
                why = error.detail if isinstance(error, HubError) else f"{type(error).__name__}: {str(error)[:200]}"
            log.warning("hook %s: not listening (%s); tried again in %g s", hook.name, why, wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def _catch_up(self, hook: Hook, connection: Connection) -> None:
        """Print what was added since this source was last followed; the first time only note how far it is."""
        newest = await self._ask(connection, lambda one: one.client.get("/api/v1/spool", {"sort": "id:desc", "limit": CAUGHT_UP}))
        rows = newest.value if newest.ok else None
        if not isinstance(rows, list):
            raise IntegrationError(f"{connection.name} did not list its spools")
        spools = {number: row for row in rows if isinstance(row, dict) and (number := _number(row)) is not None}
        position = await self._database.read(store.position, hook.name)
        if position is None:
            await self._database.write(store.advance, hook.name, max(spools, default=0), self._clock())
            return
        for number in sorted(spools):
            if number > position:
                await self._added(hook, number, {"type": "added", "resource": "spool", "payload": spools[number]})

    async def _heard(self, hook: Hook, message: str | bytes) -> None:
        """What one message tells; whatever else it may be is left aside."""
        try:
            event = json.loads(message)
        except (ValueError, RecursionError):
            log.warning("hook %s: a message that is no JSON was left aside", hook.name)
            return
        found = event.get("payload") if isinstance(event, dict) and event.get("type") == "added" else None
        number = _number(found) if isinstance(found, dict) and event.get("resource") == "spool" else None
        if number is not None and number > (await self._database.read(store.position, hook.name) or 0):
            await self._added(hook, number, event)

    async def _added(self, hook: Hook, number: int, event: dict[str, Any]) -> None:
        try:
            payload = parsed(JSON, json.dumps(event).encode())
            await self._receive(hook, payload, JSON, f"spool {number}")
        except IdempotencyKeyReused:
            pass  # another node was quicker, and the spool has changed since
        except DatabaseUnusable:
            raise
        except HubError as error:  # written down with the hook; the spools after it are not to wait for this one
            log.warning("hook %s: no label of spool %d: %s", hook.name, number, error.detail)
        await self._database.write(store.advance, hook.name, number, self._clock())


def _number(spool: dict[str, Any]) -> int | None:
    number = spool.get("id")
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**53 else None


class Opened:
    """The WebSocket of a connected system, at an address that was checked; no redirect is followed."""

    def __init__(self, connection: Connection, headers: dict[str, str]) -> None:
        self._connection = connection
        self._headers = headers
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> AsyncIterator[str | bytes]:
        from websockets.asyncio.client import connect

        class Connect(connect):
            def process_redirect(self, exc: Exception) -> Exception | str:
                return exc

        parts = urlsplit(self._connection.url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        address = (await Pin(parts.hostname or "", port).addresses())[0]
        more: dict[str, Any] = {"ssl": _tls(self._connection.verify_tls), "server_hostname": parts.hostname} if secure else {}
        url = f"{'wss' if secure else 'ws'}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}/api/v1/spool"
        self._socket = await Connect(
            url, host=address, port=port, additional_headers=self._headers, open_timeout=OPEN_S, close_timeout=1, max_size=MAX_BYTES,
            proxy=None, compression=None, **more,
        )  # fmt: skip
        return aiter(self._socket)

    async def __aexit__(self, *_: object) -> None:
        if self._socket is not None:
            with suppress(OSError, TimeoutError):
                await self._socket.close()


def _tls(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
