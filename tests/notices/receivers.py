"""Programs that receive notices: real HTTP servers on loopback, which can be down, slow, or answer as they like."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from labelhub.notices.sending import key_of

WAIT_S = 20.0


@dataclass(slots=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The content as JSON."""
        found: dict[str, Any] = json.loads(self.content)
        return found


@dataclass(slots=True)
class Receiver:
    """`answers` are given one after the other, the last for ever: what stands behind HTTP/1.1, or nothing to hang up.

    "mute" says nothing, "endless" never ends.
    """

    port: int = 0
    answers: list[str] = field(default_factory=lambda: ["204 No Content"])
    received: list[Received] = field(default_factory=list)
    server: asyncio.Server | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    serving: dict[asyncio.Task[Any], asyncio.StreamWriter] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def up(self) -> None:
        """Listen, on the port of before."""
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Take no connection any more."""
        if self.server is not None:
            self.server.close()
            self.server = None

    async def end(self) -> None:
        """Down, and no connection left."""
        await self.down()
        for writer in self.serving.values():
            writer.transport.abort()
        await asyncio.gather(*self.serving, return_exceptions=True)

    async def until(self, enough: Callable[[list[Received]], bool]) -> list[Received]:
        """What was received, once it is enough."""
        async with asyncio.timeout(WAIT_S):
            while not enough(self.received):
                self.changed.clear()
                await self.changed.wait()
        return self.received

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving[task] = writer
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            content = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(head[0].split(" ")[1], headers, content))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.changed.set()
            if answer == "endless":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 65536)
            if answer in ("mute", "endless"):
                await reader.read()  # until the other side has had enough
            elif answer:
                writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                writer.write_eof()
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()
            del self.serving[task]


@asynccontextmanager
async def receiver(*answers: str) -> AsyncIterator[Receiver]:
    """One that is up."""
    found = Receiver(answers=list(answers) or ["204 No Content"])
    await found.up()
    yield found
    await found.end()


def is_signed(one: Received, secret: str) -> bool:
    """Whether a webhook's signature is right, worked out as its receiver would."""
    said = f"{one.headers['webhook-id']}.{one.headers['webhook-timestamp']}.".encode() + one.content
    mac = base64.b64encode(hmac.digest(key_of(secret), said, "sha256")).decode()
    return one.headers["webhook-signature"] == f"v1,{mac}"
