"""What `labelhub serve` does around the hub, in this process: doors, ports, signals, the demo."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from labelhub.cli.demo import Demo, run_virtual_printer
from labelhub.cli.serve import address_of, listen, refuse_open_door, run, tls_of
from labelhub.errors import SettingsInvalid, StartRefused
from labelhub.settings import load
from tests.house import settings_for

KEY = "correct-horse-battery-staple"
FREE = ((0, 0), (0, 0))
TLS = Path(__file__).parent / "tls"
"""A certificate for 127.0.0.1 that vouches for itself, made for these tests and good for nothing else."""


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level, root.handlers
    yield
    root.setLevel(before[0])
    root.handlers = before[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port: int = holder.getsockname()[1]
        return port


@asynccontextmanager
async def served(folder: Path, shown: Demo | None = None, **more: Any) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.Task[None]]]:
    """A hub that serves, and a client of it; by HTTPS where there is a certificate among `more`, which the client trusts."""
    port = free_port()
    serving = asyncio.create_task(run(settings_for(folder, listen=f"127.0.0.1:{port}", **more), shown))
    trusted = ssl.create_default_context(cafile=str(more["tls_certificate"])) if "tls_certificate" in more else True
    url = f"{'http' if trusted is True else 'https'}://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=trusted) as client:
        try:
            async with asyncio.timeout(20):
                # It listens at once and is ready once the hub is open.
                while not serving.done() and (await answer_of(client)) in (None, 503):  # noqa: ASYNC110 - no event tells that a port is open
                    await asyncio.sleep(0.01)
            yield client, serving
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def answer_of(client: httpx.AsyncClient) -> int | None:
    try:
        return (await client.get("/readiness", timeout=20)).status_code
    except httpx.ConnectError:
        return None


async def end(serving: asyncio.Task[None], number: signal.Signals) -> None:
    """It ends after the signal, and waits for none of the connections that are open and kept for thirty seconds."""
    assert signal.getsignal(number) not in (signal.SIG_DFL, signal.default_int_handler)
    signal.raise_signal(number)
    async with asyncio.timeout(25):
        await serving


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    async with served(tmp_path) as (client, serving):
        assert (await client.get("/healthz")).status_code == 200
        await end(serving, number)
    assert not (tmp_path / "labelhub.db-wal").exists(), "the database was not closed"


async def test_the_demo_prints_a_first_label_and_shows_it(tmp_path: Path) -> None:
    shown = Demo(FREE)
    async with served(tmp_path, shown) as (client, serving):
        tape = shown.emulators["pt-p750w"]
        await tape.wait_for_pages(1, timeout_s=20)
        async with asyncio.timeout(20):
            while (jobs := await items(client))[0]["state"] != "completed":  # noqa: ASYNC110 - asked as a client asks
                await asyncio.sleep(0.05)
        printers = (await client.get("/api/printers")).json()
        page = await client.get("/virtual")
        await end(serving, signal.SIGTERM)
    assert (len(jobs), jobs[0]["evidence"], jobs[0]["submitted_by"]) == (1, "page-counter", "demo")
    assert sorted((printer["model"], printer["media"]["width_mm"]) for printer in printers) == [("PT-P750W", 12), ("QL-820NWB", 62)]
    assert page.status_code == 200
    assert not tape.machine.violations


async def items(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = (await client.get("/api/jobs")).json()
    found: list[dict[str, Any]] = answer["items"] if isinstance(answer, dict) else answer
    return found


async def test_a_second_demo_is_told_that_there_is_one(tmp_path: Path) -> None:
    async with Demo(FREE) as first:
        taken = first.emulators["ql-820nwb"]
        with pytest.raises(StartRefused, match=rf"ql-820nwb cannot listen .*{taken.port}.*another demo"):
            await run(settings_for(tmp_path, listen="127.0.0.1:0"), Demo(((0, 0), (taken.port, 0))))


async def test_a_hub_on_the_same_folder_is_refused_before_anything_is_served(tmp_path: Path) -> None:
    async with served(tmp_path):
        with pytest.raises(StartRefused, match="another hub"):
            await run(settings_for(tmp_path, listen="127.0.0.1:0"))


async def test_with_a_certificate_it_serves_https_and_nothing_else(tmp_path: Path) -> None:
    async with served(tmp_path, tls_certificate=TLS / "certificate.pem", tls_key=TLS / "key.pem") as (client, _):
        answer = await client.post("/look", data={"theme": "dark"}, headers={"origin": str(client.base_url)})
        assert (answer.status_code, "secure" in answer.headers["set-cookie"].lower()) == (303, True)
        async with httpx.AsyncClient(trust_env=False) as plain:
            with pytest.raises(httpx.TransportError):
                await plain.get(f"http://127.0.0.1:{client.base_url.port}/healthz")


@pytest.mark.parametrize(("certificate", "key"), [("none", "key"), ("key", "key"), ("certificate", "certificate")])
def test_a_certificate_that_cannot_be_used_is_told(tmp_path: Path, certificate: str, key: str) -> None:
    with pytest.raises(StartRefused, match="cannot serve HTTPS with"):
        tls_of(settings_for(tmp_path, tls_certificate=TLS / f"{certificate}.pem", tls_key=TLS / f"{key}.pem"))


async def test_a_virtual_printer_alone_runs_until_a_signal(capsys: pytest.CaptureFixture[str]) -> None:
    running = asyncio.create_task(run_virtual_printer("QL-820NWB", "none", "127.0.0.1", 0, 0))
    async with asyncio.timeout(30):
        while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and not running.done():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
    await end(running, signal.SIGTERM)
    assert capsys.readouterr().out.startswith("QL-820NWB holds none; raster on 127.0.0.1:")


@pytest.mark.parametrize("where", ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "labels.lan:80", "[::ffff:192.0.2.1]:80"])
def test_without_a_key_no_door_is_open_to_others(where: str) -> None:
    with pytest.raises(SettingsInvalid, match="openssl rand"):
        refuse_open_door(load(listen=where))
    refuse_open_door(load(listen=where, api_key=KEY))


@pytest.mark.parametrize("where", ["127.0.0.1:80", "127.8.8.8:80", "localhost:80", "[::1]:80"])
def test_on_this_machine_alone_no_key_is_needed(where: str) -> None:
    refuse_open_door(load(listen=where))


def test_a_port_in_use_is_told() -> None:
    with listen(load(listen="127.0.0.1:0")) as taken:
        where = address_of(taken).removeprefix("http://")
        with pytest.raises(StartRefused, match=f"cannot listen on {where}: another program listens there"):
            listen(load(listen=where))


@pytest.mark.parametrize("where", ["nowhere.invalid:0", "192.0.2.1:0", "a..b:0", "999.1.1.1:0"])
def test_an_address_that_is_not_this_machines_is_told(where: str) -> None:
    with pytest.raises(StartRefused, match=f"cannot listen on {where}: "):
        listen(load(listen=where))


@pytest.mark.parametrize(("where", "url"), [("127.0.0.1:0", "http://127.0.0.1:"), ("[::1]:0", "http://[::1]:")])
def test_the_address_is_shown_as_browsers_take_it(where: str, url: str) -> None:
    with listen(load(listen=where)) as listener:
        assert address_of(listener) == f"{url}{listener.getsockname()[1]}"
