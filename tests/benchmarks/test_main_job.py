"""What the main job costs, measured beside a floor in the same run; `make bench` prints one line each."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from labelhub.app import create_app
from labelhub.cli.serve import listen
from labelhub.drivers.brother import PT, QL
from labelhub.drivers.driver import EncodeOptions
from labelhub.errors import HubError
from labelhub.hub import Hub
from labelhub.jobs.printing import Setting
from labelhub.jobs.sketch import lay_out
from labelhub.labels.template import builtin
from labelhub.media import Media, MediaKind
from tests.benchmarks.told import ROUNDS, timed, told
from tests.house import ASSET, declared, settings_for, virtual

pytestmark = pytest.mark.bench


async def timed_calls(call: Callable[[], Awaitable[httpx.Response]], status: int, rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of each call, one after another."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        answer = await call()
        times.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == status, answer.text
    return times


async def test_submit_and_status_over_a_real_socket_beside_healthz(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators), listen="127.0.0.1:0")
        async with Hub(settings) as hub:
            listener = listen(settings)
            server = uvicorn.Server(uvicorn.Config(create_app(hub), log_config=None, access_log=False, lifespan="off"))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            port = listener.getsockname()[1]
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                await client.get("/healthz")
                floor = await timed_calls(lambda: client.get("/healthz"), 200)
                body: dict[str, Any] = {"template": "snipeit-12mm", "data": ASSET, "printer": "pt"}
                on = await timed_calls(lambda: client.post("/api/print", json=body), 202, 50)
                told("POST /api/print, QR and 3 lines, printer on", on, "GET /healthz", floor)
                await emulators["pt"].unplug()
                off = await timed_calls(lambda: client.post("/api/print", json=body), 202, 50)
                told("POST /api/print, the same, printer off", off, "GET /healthz", floor)
                told(
                    "GET status, printer off",
                    await timed_calls(lambda: client.get("/api/printers/pt/status"), 200),
                    "GET /healthz",
                    floor,
                )
                told("GET /readiness, printer off", await timed_calls(lambda: client.get("/readiness"), 200), "GET /healthz", floor)
            server.should_exit = True
            await serving
            listener.close()
    assert statistics.quantiles(off, n=20)[-1] < 50


def test_lay_out_and_read_back() -> None:
    templates = {template.key: template for template in builtin()}
    tape, roll = Media(MediaKind.TAPE_LAMINATED, 24), Media(MediaKind.ROLL_CONTINUOUS, 62)
    numbers = iter(range(10_000))

    def asset() -> object:
        data = ASSET | {"primary_id": f"A-{next(numbers)}", "qr_payload": f"https://snipe.example/hardware/{next(numbers)}"}
        return lay_out(Setting(templates["snipeit-24mm"], "", PT, "PT-P750W", tape, EncodeOptions()).sketch, data)

    def address() -> object:
        data = {"name": f"Änne Groß {next(numbers)}", "lines": ["Straße des 17. Juni 135", "10623 Berlin"]}
        return lay_out(Setting(templates["address-62mm"], "", QL, "QL-820NWB", roll, EncodeOptions()).sketch, data)

    assert not isinstance(asset(), HubError)
    assert not isinstance(address(), HubError)
    told("lay out and read back: QR and 3 lines, 24 mm tape", timed(asset))
    told("lay out: address, 62 mm roll", timed(address))


async def test_labels_a_second_into_a_fast_printer(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators, Hub(settings_for(tmp_path, declared(emulators))) as hub:
        transport = httpx.ASGITransport(create_app(hub))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            body = {"template": "snipeit-12mm", "data": ASSET, "printer": "pt"}
            begun = time.perf_counter()
            answers = await asyncio.gather(*(client.post("/api/print", json=body) for _ in range(100)))
            assert {answer.status_code for answer in answers} == {202}
            await emulators["pt"].wait_for_pages(100, 60)
            elapsed_s = time.perf_counter() - begun
    sys.__stdout__.write(f"\n| 100 jobs submitted at once, one printer | {100 / elapsed_s:.0f} jobs a second | | | | |\n")  # type: ignore[union-attr]
