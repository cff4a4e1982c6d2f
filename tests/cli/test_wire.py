"""How long an answer waits for a client that does not read it, and the server for a request that does not come."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from labelhub.cli.serve import Server
from labelhub.cli.wire import BoundedHttp

CHUNK = b"x" * 65536
LONG_S = 20


@dataclass(slots=True)
class Endless:
    """An answer without an end, until whoever asked is gone."""

    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.create_task(self.watch(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not self.gone.is_set():
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
            await asyncio.sleep(0)
        await watching

    async def watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone.set()


class Impatient(BoundedHttp):
    """Waits for nobody for long."""

    stall_s = 0.2


class Hasty(BoundedHttp):
    """Waits for no request for long."""

    head_s = body_s = 0.2


@asynccontextmanager
async def asked(http: type[BoundedHttp]) -> AsyncIterator[tuple[Endless, socket.socket, Server, asyncio.Task[None]]]:
    """A client that has asked for what has no end, and takes little of it at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        app = Endless()
        config = uvicorn.Config(app, http=http, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=30)
        server = Server(config, lambda: None)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, listener.getsockname())
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        await loop.sock_recv(client, 1)
        yield app, client, server, running
        client.close()
        server.should_exit = True
        app.gone.set()
        await running


async def test_who_takes_nothing_of_an_answer_is_cut_off() -> None:
    async with asked(Impatient) as (app, _, _, _), asyncio.timeout(LONG_S):
        await app.gone.wait()


async def test_who_reads_slowly_is_waited_for() -> None:
    async with asked(Impatient) as (app, client, _, _), asyncio.timeout(LONG_S):
        loop, begun = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        while loop.time() - begun < 3 * Impatient.stall_s:
            await loop.sock_recv(client, 65536)
        assert not app.gone.is_set()


async def test_who_reads_nothing_keeps_no_server_from_ending() -> None:
    async with asked(BoundedHttp) as (app, _, server, running), asyncio.timeout(LONG_S):
        (protocol,) = server.server_state.connections
        assert isinstance(protocol, BoundedHttp)
        while not protocol.flow.write_paused:  # noqa: ASYNC110 - until the system takes no more, of which no event tells
            await asyncio.sleep(0)
        server.should_exit = True
        await running
        assert app.gone.is_set()


WHOLE = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\r\nabc"


async def counted(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers how long the body was, once all of it is there."""
    size_bytes, more = 0, True
    while more:
        message = await receive()
        size_bytes += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
    await send({"type": "http.response.body", "body": str(size_bytes).encode()})


@pytest.mark.parametrize("begun", [b"", b"POST / HT", WHOLE[:-1], WHOLE + b"POST /", WHOLE + WHOLE[:-1]])
async def test_who_begins_a_request_and_never_ends_it_is_hung_up_on(begun: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(counted, http=Hasty, log_config=None, lifespan="off", access_log=False, timeout_keep_alive=1)
        server = Server(config, lambda: None)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        try:
            writer.write(begun)
            async with asyncio.timeout(LONG_S):
                answers = await reader.read()
            assert answers.count(b"HTTP/1.1 200 OK") == begun.count(b"abc")
        finally:
            writer.close()
            server.should_exit = True
            await running


async def test_an_answer_may_take_longer_than_a_request() -> None:
    async with asked(Hasty) as (app, client, _, _), asyncio.timeout(LONG_S):
        loop, begun = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        while loop.time() - begun < 4 * Hasty.head_s:
            assert await loop.sock_recv(client, 65536)
        assert not app.gone.is_set()
