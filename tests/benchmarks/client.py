"""Clients that cost next to nothing: what is measured is the hub, not who asks it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit


class Clients:
    """So many connections that are kept, each for one request at a time."""

    def __init__(self, host: str | None, port: int | None, connections: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
        self._host, self._port = host, port
        self._connections = connections
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        for connection in connections:
            self._free.put_nowait(connection)

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Status and body of the answer."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        reader, writer = await self._free.get()
        if reader.at_eof():  # it was quiet for longer than the hub keeps a connection
            reader, writer = await asyncio.open_connection(self._host, self._port)
            self._connections.append((reader, writer))
        writer.write(head.encode() + content)
        found = (await reader.readuntil(b"\r\n\r\n")).lower()
        (size,) = (int(line.split(b":")[1]) for line in found.split(b"\r\n") if line.startswith(b"content-length:"))
        answer = await reader.readexactly(size)
        self._free.put_nowait((reader, writer))
        return int(found[9:12]), answer


@asynccontextmanager
async def clients(address: str, count: int) -> AsyncIterator[Clients]:
    """Clients of the hub at a URL."""
    place = urlsplit(address)
    connections = [await asyncio.open_connection(place.hostname, place.port) for _ in range(count)]
    yield Clients(place.hostname, place.port, connections)
    for _, writer in connections:
        writer.close()
        with suppress(ConnectionError):  # the hub may have ended first
            await writer.wait_closed()
