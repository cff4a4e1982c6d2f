"""A Spoolman on a real socket: its list of spools, and its WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from labelhub.emulator.server import Emulator
from labelhub.hooks import store
from tests.house import WAIT_S, House, declared, house, settings_for
from tests.integrations.stand_in import sample

MESSAGES = sample("spoolman/websocket_events_spool")["messages"]
SPOOL = MESSAGES[0]["payload"]


@dataclass(slots=True)
class Spoolman:
    """Its list of spools, and its WebSocket."""

    spools: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0
    sockets: set[ServerConnection] = field(default_factory=set)
    redirect: str = ""
    asked: list[str] = field(default_factory=list)
    seen: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(self, connection: ServerConnection, request: Request) -> Response | None:
        self.asked.append(request.path)
        self.seen.set()
        if "Upgrade" in request.headers:
            if not self.redirect:
                return None
            answer = connection.respond(HTTPStatus.FOUND, "")
            answer.headers["Location"] = self.redirect
            return answer
        query = parse_qs(urlsplit(request.path).query)
        assert (query["sort"], query["allow_archived"]) == (["id:desc"], ["true"])
        rows = sorted(self.spools, key=lambda spool: -int(spool["id"]))
        begin, most = int(query["offset"][0]), int(query["limit"][0])
        rows = rows[begin : begin + most]
        answer = connection.respond(HTTPStatus.OK, json.dumps(rows))
        del answer.headers["Content-Type"]
        answer.headers["Content-Type"] = "application/json"
        return answer

    async def socket(self, connection: ServerConnection) -> None:
        self.sockets.add(connection)
        self.seen.set()
        try:
            await connection.wait_closed()
        finally:
            self.sockets.discard(connection)

    async def add(self, number: int, **more: Any) -> None:
        self.spools.append(SPOOL | {"id": number} | more)
        await self.told(number)

    async def told(self, number: int, happened: str = "added") -> None:
        """Tell what happened to the last spool with a number."""
        spool = next(one for one in reversed(self.spools) if one["id"] == number)
        await self.tell({"type": happened, "resource": "spool", "payload": spool})

    async def delete(self, number: int) -> None:
        spool = next(one for one in self.spools if one["id"] == number)
        self.spools.remove(spool)
        await self.tell({"type": "deleted", "resource": "spool", "payload": spool})

    async def connected(self, sockets: int) -> None:
        """Returns once so many are connected."""
        async with asyncio.timeout(WAIT_S):
            while len(self.sockets) < sockets:
                self.seen.clear()
                await self.seen.wait()

    async def restart(self) -> None:
        """Nobody is connected any more."""
        for connection in list(self.sockets):
            await connection.close()

    async def tell(self, message: object) -> None:
        for connection in list(self.sockets):
            await connection.send(message if isinstance(message, str) else json.dumps(message))


@asynccontextmanager
async def spoolman(*numbers: int) -> AsyncIterator[Spoolman]:
    found = Spoolman([SPOOL | {"id": number} for number in numbers])
    async with serve(found.socket, "127.0.0.1", 0, process_request=found.request) as server:
        found.port = next(iter(server.sockets)).getsockname()[1]
        yield found


@asynccontextmanager
async def listening(folder: Path, emulators: dict[str, Emulator], system: Spoolman, **hook: Any) -> AsyncIterator[House]:
    """A hub that is connected with it and has a hook for it."""
    hooks = [{"name": "spools", "preset": "spoolman", "printer": "pt", **hook}]
    connected = [{"kind": "spoolman", "url": system.url}]
    async with house(folder, settings_for(folder, declared(emulators), hooks=hooks, integrations=connected)) as found:
        await found.seen("pt")
        yield found


async def followed(found: House, number: int) -> None:
    """Returns once the source was followed so far."""
    async with asyncio.timeout(WAIT_S):
        await found.hub.database.until(lambda position: position == number, store.position, "spools")
