from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from labelhub.http.callers import SCOPE_KEY, Caller, Host, address_of
from labelhub.http.limits import BODIES_BYTES, BODY_LIMIT_BYTES, CALLER_BYTES, DRAIN_BYTES, FREE_BYTES, MIB, BodyLimit
from tests.house import WAIT_S
from tests.http.rooms import client, small_hub
from tests.http.test_problems import problem_of

JSON = {"content-type": "application/json"}


async def parts(size_bytes: int) -> AsyncIterator[bytes]:
    for _ in range(size_bytes // 65536):
        yield b" " * 65536


async def test_a_body_at_the_limit_gets_through() -> None:
    app = small_hub()
    async with client(app) as http:
        answer = await http.post("/api/print", content=b'{"copies": 3}'.ljust(BODY_LIMIT_BYTES), headers=JSON)
    assert answer.json() == {"copies": 3}


async def test_a_body_one_byte_larger_is_refused() -> None:
    app = small_hub()
    async with client(app) as http:
        answer = await http.post("/api/print", content=b'{"copies": 3}'.ljust(BODY_LIMIT_BYTES + 1), headers=JSON)
    assert problem_of(answer, 413, "body-too-large")["limit_bytes"] == BODY_LIMIT_BYTES
    assert answer.headers["connection"] == "close"
    assert app.state.printed == []


async def test_a_chunked_body_is_counted_as_it_comes() -> None:
    async with client(small_hub()) as http:
        answer = await http.post("/api/print", content=parts(2 * BODY_LIMIT_BYTES), headers={**JSON, "transfer-encoding": "chunked"})
    problem_of(answer, 413, "body-too-large")


async def test_a_path_may_have_a_larger_limit() -> None:
    async with client(small_hub()) as http:
        assert (await http.post("/images", content=b"{}".ljust(2 * BODY_LIMIT_BYTES), headers=JSON)).status_code == 200


class Slow:
    """The door before an app that takes its time with every body."""

    def __init__(self) -> None:
        self.door = BodyLimit(self.work, {"/images": 10 * MIB})
        self.hub = small_hub()
        self.statuses: list[int] = []
        self.working = 0
        self.moved, self.done = asyncio.Event(), asyncio.Event()

    async def until(self, working: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while self.working < working:
                self.moved.clear()
                await self.moved.wait()

    async def work(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.working += 1
        self.moved.set()
        await self.done.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(self, size_bytes: int, come_from: str) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b" " * size_bytes, "more_body": False}

        async def send(message: Message) -> None:
            self.statuses += [message["status"]] if message["type"] == "http.response.start" else []

        scope = {"type": "http", "path": "/images", "headers": [(b"transfer-encoding", b"chunked")], "app": self.hub}
        await self.door(scope | {SCOPE_KEY: Caller(address_of(come_from), False, "http", Host("hub", None))}, receive, send)


async def test_bodies_that_are_held_at_the_same_time_are_bounded_together_and_for_each_sender() -> None:
    slow, size_bytes = Slow(), 4 * MIB + FREE_BYTES
    of_one, of_all = CALLER_BYTES // (4 * MIB), BODIES_BYTES // (4 * MIB)
    async with asyncio.TaskGroup() as tasks:
        for come_from in ["192.0.2.7"] * (of_one + 1) + [f"192.0.2.{number}" for number in range(100, 101 + of_all - of_one)]:
            tasks.create_task(slow.send(size_bytes, come_from))
        await slow.until(of_all)
        await slow.send(size_bytes, "192.0.2.200")
        assert slow.statuses == [429, 429, 429], "one of the sender with too many, and all once too many are held"
        tasks.create_task(slow.send(FREE_BYTES, "192.0.2.7"))
        await slow.until(of_all + 1)
        slow.done.set()
    assert slow.statuses == [429] * 3 + [200] * (of_all + 1)
    await slow.send(size_bytes, "192.0.2.7")
    assert slow.statuses[-1] == 200, "all was given back"


@pytest.mark.parametrize("length", ["-1", "1e3", "many", "9" * 40])
async def test_a_length_that_is_no_number_is_a_bad_request(length: str) -> None:
    async with client(small_hub()) as http:
        problem_of(await http.post("/api/print", content=b"{}", headers={**JSON, "content-length": length}), 400, "bad-request")


@pytest.fixture(scope="module", params=["httptools", "h11"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A real server on loopback, with either of uvicorn's parsers."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(small_hub(), http=request.param, proxy_headers=False, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


def exchange(port: int, *parts: bytes) -> bytes:
    """What the server answers to bytes as they are, read to the end of the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def head(*lines: str) -> bytes:
    return "\r\n".join(["POST /api/print HTTP/1.1", "Content-Type: application/json", *lines, "", ""]).encode()


def test_a_client_that_sends_2_mib_before_it_reads_sees_the_413(port: int) -> None:
    answer = exchange(port, head(f"Host: 127.0.0.1:{port}", f"Content-Length: {2 << 20}"), b" " * (2 << 20))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"/problems/body-too-large" in answer


def test_a_chunked_2_mib_body_is_drained_too(port: int) -> None:
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    answer = exchange(port, head(f"Host: 127.0.0.1:{port}", "Transfer-Encoding: chunked"), chunk * 32 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_client_that_waits_for_100_continue_is_told_at_once(port: int) -> None:
    answer = exchange(port, head(f"Host: 127.0.0.1:{port}", f"Content-Length: {8 << 20}", "Expect: 100-continue"))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_what_is_drained_is_bounded(port: int) -> None:
    size_bytes = 8 * DRAIN_BYTES
    sent_bytes = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head(f"Host: 127.0.0.1:{port}", f"Content-Length: {size_bytes}"))
        try:
            while sent_bytes < size_bytes:
                connection.sendall(b" " * 65536)
                sent_bytes += 65536
        except OSError:
            pass
    assert sent_bytes < 2 * DRAIN_BYTES


def test_two_host_headers_are_refused(port: int) -> None:
    answer = exchange(port, head(f"Host: 127.0.0.1:{port}", "Host: evil.example", "Connection: close").replace(b"POST", b"GET"))
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_no_host_header_is_refused(port: int) -> None:
    assert exchange(port, b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_websocket_finds_nothing_here(port: int) -> None:
    lines = [f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade, close", "Sec-WebSocket-Version: 13"]
    answer = exchange(port, head(*lines, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==").replace(b"POST", b"GET"))
    assert answer.split()[1] in (b"403", b"404", b"405")
