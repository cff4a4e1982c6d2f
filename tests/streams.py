"""Live events for tests: a hub that really listens, and clients that read its stream from a socket as it comes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from labelhub.cli.serve import Server, address_of, listen
from labelhub.cli.wire import BoundedHttp
from labelhub.hub import Hub
from tests.house import WAIT_S, settings_for


@dataclass(frozen=True, slots=True)
class Told:
    """One frame: `data` is its JSON."""

    id: int
    event: str
    data: dict[str, Any]


@dataclass(slots=True)
class Listener:
    """One who reads a stream; what it has read is in `frames`, comments apart."""

    status: int
    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    frames: list[Told] = field(default_factory=list)
    comments: int = 0
    rest: bytes = b""

    @classmethod
    async def open(cls, address: str, query: str = "", headers: dict[str, str] | None = None, limit: int = 2**16) -> Self:
        """The answer has begun."""
        place = urlsplit(address)
        reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=limit)
        return await cls.on(reader, writer, query, headers)

    @classmethod
    async def on(
        cls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, query: str = "", headers: dict[str, str] | None = None
    ) -> Self:
        """The same on a connection that is open."""
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        writer.write(f"GET /api/events{query} HTTP/1.1\r\nhost: localhost\r\n{more}\r\n".encode())
        async with asyncio.timeout(WAIT_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        found = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        return cls(int(head[0].split()[1]), found, reader, writer)

    async def chunk(self) -> bytes:
        """The next part of the body; empty at its end."""
        async with asyncio.timeout(WAIT_S):
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            return (await self.reader.readexactly(size + 2))[:-2]

    async def body(self) -> Any:
        """The JSON of an answer that is no stream."""
        return json.loads(await self.reader.readexactly(int(self.headers["content-length"])))

    async def read(self) -> bool:
        """Frames that come next; False at the end of the stream."""
        part = await self.chunk()
        *texts, self.rest = (self.rest + part).split(b"\n\n")
        for text in texts:
            if text.startswith(b":"):
                self.comments += 1
            else:
                lines = dict(line.split(": ", 1) for line in text.decode().split("\n"))
                self.frames.append(Told(int(lines["id"]), lines["event"], json.loads(lines["data"])))
        return bool(part)

    async def until(self, event: str, **data: Any) -> Told:
        """The first frame of a type with these values in it, in all that has been and will be read."""
        seen = 0
        async with asyncio.timeout(WAIT_S):
            while True:
                for frame in self.frames[seen:]:
                    if frame.event == event and data.items() <= frame.data.items():
                        return frame
                seen = len(self.frames)
                assert await self.read(), f"the stream ended: {self.frames[-3:]}"

    async def end(self) -> list[Told]:
        """All frames, once the hub has ended the stream."""
        async with asyncio.timeout(WAIT_S):
            while await self.read():
                pass
        return self.frames

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


@asynccontextmanager
async def serving(hub: Hub, app: FastAPI) -> AsyncIterator[tuple[str, Server]]:
    """The address of a hub that listens as `labelhub serve` does, and what serves it."""
    with listen(settings_for(hub.settings.data_dir, listen="127.0.0.1:0")) as listener:
        config = uvicorn.Config(app, http=BoundedHttp, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=2)
        server = Server(config, hub.stream.close)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield address_of(listener), server
        finally:
            server.should_exit = True
            await running
