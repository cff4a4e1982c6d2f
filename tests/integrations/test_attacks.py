"""Attacks on what the hub asks: addresses in disguise, names that move, certificates of others, and an environment that misleads."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request, Response

from labelhub import trust
from labelhub.addresses import Pin
from labelhub.errors import IntegrationError
from labelhub.integrations.client import Client
from labelhub.integrations.connection import Connection
from labelhub.integrations.socket import opened
from tests.integrations.stand_in import Reply, stand_in
from tests.integrations.test_client import named

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TLS = Path(__file__).parent.parent / "cli" / "tls"


@dataclass(slots=True)
class Served:
    """A system that answers `{}` and opens WebSockets, and what it was asked."""

    port: int
    asked: list[Request]
    redirect: str = ""


@asynccontextmanager
async def served(*, secure: bool = False) -> AsyncIterator[Served]:
    found = Served(0, [])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if secure else None
    if context is not None:
        context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        found.asked.append(request)
        if found.redirect:
            moved = connection.respond(HTTPStatus.TEMPORARY_REDIRECT, "")
            moved.headers["Location"] = found.redirect
            return moved
        return None if "Upgrade" in request.headers else connection.respond(HTTPStatus.OK, "{}")

    async with serve(ServerConnection.wait_closed, "127.0.0.1", 0, process_request=answer, ssl=context) as server:
        found.port = next(iter(server.sockets)).getsockname()[1]
        yield found


async def socket_opens(url: str, pin: Pin, *, verify_tls: bool = True, open_s: float = 20.0) -> bool:
    connection = Connection("spoolman", "spoolman", url, NOW, NOW, verify_tls=verify_tls)
    async with opened(connection, "/api/v1/spool", {"X-Key": "secret"}, pin, open_s):
        return True


@pytest.mark.parametrize(
    "host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "169.0xfea9fe", "0", "224.1", "2832.254.169.254"]
)
async def test_a_metadata_address_in_disguise_is_refused_by_what_it_leads_to(host: str) -> None:
    client = Client(f"http://{host}:1", {})
    with pytest.raises(IntegrationError, match=r"correct its DNS|not known here"):
        await client.get("/latest/meta-data")
    with pytest.raises(IntegrationError, match=r"correct its DNS|not known here"):
        await socket_opens(f"http://{host}:1", Pin(host, 1))
    await client.aclose()


async def test_nothing_that_the_environment_says_of_proxies_and_passwords_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    async with stand_in({"*": Reply({})}) as proxy, served() as system:
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        client = Client(f"http://127.0.0.1:{system.port}", {})
        assert (await client.get("/api")).ok
        assert await socket_opens(f"http://127.0.0.1:{system.port}", Pin("127.0.0.1", system.port))
        await client.aclose()
        assert proxy.asked == []
        assert len(system.asked) == 2
        assert all("Authorization" not in request.headers for request in system.asked)


async def test_a_socket_is_opened_at_the_next_address_and_at_none_that_came_nearer() -> None:
    async with served() as system:
        url = f"http://spool.lan:{system.port}"
        assert await socket_opens(url, Pin("spool.lan", system.port, named("127.0.0.2+127.0.0.1")))
        assert system.asked[0].headers["Host"] == f"spool.lan:{system.port}"
        moving = Pin("spool.lan", system.port, named("203.0.113.9", "127.0.0.1"))
        assert await moving.addresses() == ["203.0.113.9"]
        with pytest.raises(IntegrationError, match="nearer to this hub"):
            await socket_opens(url, moving)
        with pytest.raises(IntegrationError, match="correct its DNS"):
            await socket_opens(url, Pin("spool.lan", system.port, named("169.254.169.254")))
        assert len(system.asked) == 1


async def test_a_look_up_that_never_ends_is_given_up() -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    with pytest.raises(TimeoutError):
        await socket_opens("http://spool.lan", Pin("spool.lan", 80, never), open_s=0.05)
    client = Client("http://spool.lan", {}, resolver=never, timeout_s=0.05)
    with pytest.raises(IntegrationError, match="did not answer within"):
        await client.get("/")
    await client.aclose()


async def test_names_that_nobody_answers_for_hold_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()

    def stuck(*_: object, **__: object) -> list[object]:
        free.wait(30)
        raise OSError("nobody answers")

    monkeypatch.setattr(socket, "getaddrinfo", stuck)
    try:
        clients = [Client(f"http://stuck{number}.lan", {}, timeout_s=0.05) for number in range(40)]
        told = await asyncio.gather(*(client.get("/") for client in clients), return_exceptions=True)
        assert all(isinstance(one, IntegrationError) and one.late for one in told)
        async with asyncio.timeout(20):
            assert await asyncio.gather(*(asyncio.to_thread(pow, 2, 3) for _ in range(8))) == [8] * 8
    finally:
        free.set()


async def test_a_redirect_of_a_socket_is_followed_nowhere() -> None:
    async with served() as system, served() as elsewhere:
        own, other = (f"ws://127.0.0.1:{one.port}/again" for one in (system, elsewhere))
        for to in (own, other, "ws://169.254.169.254/", "//evil.example/"):
            system.redirect = to
            with pytest.raises(InvalidStatus):
                await socket_opens(f"http://127.0.0.1:{system.port}", Pin("127.0.0.1", system.port))
        assert (len(system.asked), elsewhere.asked) == (4, [])


async def test_a_certificate_is_believed_for_its_own_name_alone_and_unverified_for_any(monkeypatch: pytest.MonkeyPatch) -> None:
    trust.tls.cache_clear()
    async with served(secure=True) as system:
        own, other = f"https://127.0.0.1:{system.port}", f"https://spool.lan:{system.port}"
        to_it = named("127.0.0.1")

        async def both_refuse(url: str, host: str) -> None:
            client = Client(url, {}, resolver=to_it)
            with pytest.raises(IntegrationError, match=r"cannot be reached.*[Cc]ertificate"):
                await client.get("/")
            with pytest.raises(ssl.SSLCertVerificationError):
                await socket_opens(url, Pin(host, system.port, to_it))
            await client.aclose()

        async def both_take(url: str, host: str, *, verify_tls: bool = True) -> None:
            client = Client(url, {}, resolver=to_it, verify_tls=verify_tls)
            assert (await client.get("/")).ok
            assert await socket_opens(url, Pin(host, system.port, to_it), verify_tls=verify_tls)
            await client.aclose()

        await both_refuse(own, "127.0.0.1")
        await both_take(other, "spool.lan", verify_tls=False)
        monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))  # this machine trusts it
        trust.tls.cache_clear()
        await both_take(own, "127.0.0.1")
        await both_refuse(other, "spool.lan")
    trust.tls.cache_clear()
