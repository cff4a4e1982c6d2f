"""A whole hub for tests: real database file, real sockets, virtual printers, and a client that speaks HTTP to the app."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from PIL import Image

from labelhub.app import create_app
from labelhub.db.migrate import migrate
from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.machine import Page
from labelhub.emulator.server import Emulator
from labelhub.hub import Hub
from labelhub.jobs import store
from labelhub.jobs.follow import Patience
from labelhub.jobs.job import OPEN, Job, JobState
from labelhub.jobs.worker import Pace
from labelhub.settings import Settings, load
from tests.databases import sow

QUICK = Pace(
    hold_s=0.05, wake_s=0.4, wake_look_s=0.05, patience=Patience(quiet_s=1.0, unread_s=2.0, fault_s=5.0, settle_s=0.1, page_s=5.0)
)
WAIT_S = 60.0
DATABASES: dict[Path, Callable[[Path], str]] = {}
"""By folder, what gives the URL of the database for a hub with its data there, where it is not a file in it; see `conftest.py`."""
ASSET = {
    "title": "ThinkPad T14 Gen 3",
    "primary_id": "A-1001",
    "qr_payload": "https://snipe.example/hardware/1001",
    "secondary": ["Büro 2"],
}


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is moved; without `now` it is the real one."""

    now: datetime | None = None

    def __call__(self) -> datetime:
        return self.now or datetime.now(UTC)

    def forward(self, seconds: float) -> None:
        self.now = self() + timedelta(seconds=seconds)


@dataclass(slots=True)
class House:
    """A running hub with its virtual printers by slug."""

    hub: Hub
    app: FastAPI
    client: httpx.AsyncClient
    emulators: dict[str, Emulator] = field(default_factory=dict)

    async def print(self, template: str = "snipeit-12mm", data: dict[str, Any] | None = None, **more: Any) -> str:
        """The id of an accepted job."""
        body = {"template": template} | ({} if "labels" in more else {"data": ASSET if data is None else data}) | more
        answer = await self.client.post("/api/print", json=body)
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["job_id"]
        return job_id

    async def until(self, job_id: str, *states: JobState, reason: str | None = None) -> Job:
        """The job once it is in one of these states (ended, when none is given) and says this reason."""

        def there(job: Job) -> bool:
            arrived = job.state in states if states else job.state not in OPEN
            return arrived and (reason is None or job.reason == reason)

        async with asyncio.timeout(WAIT_S):
            return await self.hub.database.until(there, store.get, UUID(job_id))

    async def seen(self, slug: str) -> None:
        """One look at a printer, now."""
        await self.hub.lookout.look_at(self.hub.printer(slug))

    async def picture(self, path: str) -> Image.Image:
        """A PNG the hub serves."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return Image.open(BytesIO(answer.content))


def declared(emulators: dict[str, Emulator]) -> list[dict[str, Any]]:
    """The virtual printers as settings declare printers."""
    return [
        {"name": slug, "slug": slug, "model": one.machine.model.name, "host": one.host, "port": one.port, "snmp_port": one.snmp_port}
        for slug, one in emulators.items()
    ]


def settings_for(folder: Path, printers: Iterable[dict[str, Any]] = (), **more: Any) -> Settings:
    """Settings with everything under one folder, but for a database that a test has elsewhere."""
    elsewhere = [url_for(folder) for place, url_for in DATABASES.items() if folder.is_relative_to(place)]
    given: dict[str, Any] = {"data_dir": folder, "printers": list(printers), "probe_timeout_s": 0.1, "mdns_interfaces": ["127.0.0.1"]}
    return load(**{**given, **({"database_url": elsewhere[0]} if elsewhere else {}), **more})


@asynccontextmanager
async def house(
    folder: Path, settings: Settings | None = None, *, pace: Pace = QUICK, clock: Clock | None = None
) -> AsyncIterator[House]:
    """A running hub without printers of its own; close and open it again over the same folder for a restart."""
    settings = settings or settings_for(folder)
    begin_with_tables(settings.database)
    hub = Hub(settings, pace=pace, clock=clock or Clock())
    async with hub:
        app = create_app(hub)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8090") as client:
            yield House(hub, app, client)


def begin_with_tables(database: str) -> None:
    """A new SQLite file is copied from one a hub was opened with: making that is tested elsewhere, and takes half of a hub's start."""
    file = Path(database.removeprefix("sqlite:///"))
    if database.startswith("sqlite:///") and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(seeded_file(), file)


@cache
def seeded_file() -> Path:
    """A migrated SQLite database with the built-in templates, made once."""
    file = migrated_file().with_name("seeded.db")
    shutil.copyfile(migrated_file(), file)
    sow(f"sqlite:///{file}")
    return file


@cache
def migrated_file() -> Path:
    """A SQLite database with the tables of this program and nothing in them, made once."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    migrate(f"sqlite:///{folder}/labelhub.db")
    return Path(folder) / "labelhub.db"


@asynccontextmanager
async def virtual(options: dict[str, Any] | None = None, **models: str) -> AsyncIterator[dict[str, Emulator]]:
    """Virtual printers by slug: `virtual(pt="PT-P750W 12mm", ql="QL-820NWB 62mm")`; `options` are every Emulator's."""
    async with AsyncExitStack() as stack:
        found = {}
        for slug, words in models.items():
            model, _, media = words.partition(" ")
            found[slug] = Emulator(model, media_from_word(model, media) if media else None, **(options or {}))
            await found[slug].start()
            stack.push_async_callback(found[slug].stop)
        yield found


@asynccontextmanager
async def house_with(folder: Path, options: dict[str, Any] | None = None, **models: str) -> AsyncIterator[House]:
    """A running hub that declares these virtual printers and has seen each once."""
    async with virtual(options, **models) as emulators, house(folder, settings_for(folder, declared(emulators))) as found:
        found.emulators = emulators
        for slug in emulators:
            await found.seen(slug)
        yield found


def dots_of(page: Page) -> Image.Image:
    """What a virtual printer printed, in reading direction."""
    return page.raster.picture(turned=page.media.kind.family == "tape")


def same_dots(one: Image.Image, other: Image.Image) -> bool:
    """True when two 1-bit pictures are equal dot for dot."""
    return one.size == other.size and one.convert("1").tobytes() == other.convert("1").tobytes()
