"""The whole program for a browser: a hub with virtual printers and a connected system, served on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from labelhub.app import create_app
from labelhub.cli.serve import address_of, listen
from labelhub.cli.wire import BoundedHttp
from labelhub.emulator.faults import Faults
from labelhub.hub import Hub
from tests.browser.things_at_hand import Things
from tests.house import QUICK, Clock, House, begin_with_tables, declared, settings_for, virtual
from tests.integrations.stand_in import stand_in

NAMES = {"pt": "Workshop", "ql": "Front desk"}


@dataclass(frozen=True, slots=True)
class Demo:
    """A running program: its house, and where browsers find it."""

    house: House
    url: str

    async def heal(self) -> None:
        """Every printer is well again, and seen to be."""
        for slug, emulator in self.house.emulators.items():
            await emulator.set_faults(Faults())
            await emulator.close_cover()
            await emulator.plug()
            await self.house.client.post(f"/api/printers/{slug}/resume")
            await self.house.seen(slug)


class _Server(uvicorn.Server):
    """Signals are the test run's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured."""
        yield


@asynccontextmanager
async def demo(folder: Path, *, key: str | None = None) -> AsyncIterator[Demo]:
    """The program with a PT-P750W (12 mm tape), a QL-820NWB (62 mm roll) and a Snipe-IT."""
    async with AsyncExitStack() as stack:
        things = Things()
        system = await stack.enter_async_context(stand_in({"*": things}))
        things.url = system.url
        emulators = await stack.enter_async_context(virtual(pt="PT-P750W 12mm", ql="QL-820NWB 62mm"))
        printers = [one | {"name": NAMES[str(one["slug"])]} for one in declared(emulators)]
        connected = [{"kind": "snipeit", "url": system.url, "token": "t0p-secret"}]
        settings = settings_for(folder, printers, integrations=connected, listen="127.0.0.1:0", probe_interval_s=1, api_key=key)
        begin_with_tables(settings.database)
        hub = await stack.enter_async_context(Hub(settings, pace=QUICK, clock=Clock()))
        app = create_app(hub, emulators)
        listener = listen(settings)
        stack.callback(listener.close)
        config = uvicorn.Config(app, http=BoundedHttp, log_config=None, lifespan="off", server_header=False, timeout_graceful_shutdown=1)
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stack.push_async_callback(_ended, server, serving)
        url = address_of(listener)
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url))
        found = Demo(House(hub, app, client, emulators), url)
        for slug in emulators:
            await found.house.seen(slug)
        yield found


async def _ended(server: _Server, serving: asyncio.Task[None]) -> None:
    server.should_exit = True
    await serving
