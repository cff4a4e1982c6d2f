"""Another system on a real socket: answers with recorded samples, or with whatever else a test makes it say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


@cache
def sample(name: str) -> Any:
    """A recorded sample: `snipeit/hardware_bytag`."""
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back; a `raw` one is sent as it is."""

    value: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    raw: bytes | None = None

    def whole(self) -> bytes:
        if self.raw is not None:
            return self.raw
        body = json.dumps(self.value).encode() if self.body is None else self.body
        headers = {"content-type": "application/json", "content-length": str(len(body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


Answering = Callable[[Asked], Reply | Awaitable[Reply]]


def recorded(name: str) -> Reply:
    """The answer of a sample."""
    found = sample(name)["response"]
    return Reply(found["json"], found["status"], {key: value for key, value in found.get("headers", {}).items() if key != "content-type"})


@dataclass(slots=True)
class StandIn:
    """A system that answers each path (with its query, or without) as it is told; anything else is 404 with a web page."""

    replies: dict[str, Reply | Answering]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        found = self.replies.get(asked.target, self.replies.get(asked.path, self.replies.get("*")))
        if found is None:
            return Reply(status=404, body=b"<html>nothing here</html>", headers={"content-type": "text/html"})
        if isinstance(found, Reply):
            return found
        reply = found(asked)
        return reply if isinstance(reply, Reply) else await reply


@asynccontextmanager
async def stand_in(replies: dict[str, Reply | Answering]) -> AsyncIterator[StandIn]:
    """The system, listening on this machine."""
    found = StandIn(replies)
    open_ones: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ones.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, target, _ = first.split(" ")
                reply = await found.answer(Asked(method, target, headers, body))
                writer.write(reply.whole())
                await writer.drain()
                if reply.raw is not None:
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client is gone, or the test is over
        finally:
            open_ones.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for task in list(open_ones):
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)
