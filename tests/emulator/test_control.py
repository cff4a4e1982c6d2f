from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from PIL import Image

from labelhub.drivers.brother import PT, QL, BrotherDriver
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import EncodeOptions
from labelhub.emulator.control import reading, switching
from labelhub.emulator.server import Emulator
from labelhub.errors import NotFound, ValidationFailed
from labelhub.raster import Raster
from tests.drivers.pictures import asymmetric


@pytest.fixture
async def emulators() -> AsyncIterator[dict[str, Emulator]]:
    tape = Emulator("PT-P750W", media_from_word("PT-P750W", "12mm"), snmp=False)
    roll = Emulator("QL-820NWB", media_from_word("QL-820NWB", "62mm"), snmp=False)
    async with tape, roll:
        yield {"tape": tape, "roll": roll}


@pytest.fixture
async def client(emulators: dict[str, Emulator]) -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    app.include_router(reading(emulators), prefix="/virtual")
    app.include_router(switching(emulators), prefix="/virtual")
    async with AsyncClient(transport=ASGITransport(app), base_url="http://hub/virtual") as running:
        yield running


async def send(emulator: Emulator, driver: BrotherDriver, page: Raster) -> None:
    assert emulator.machine.media is not None
    _, writer = await asyncio.open_connection(emulator.host, emulator.port)
    writer.write(driver.encode(emulator.machine.model.name, emulator.machine.media, [page], EncodeOptions()))
    await emulator.wait_for_pages(1)
    writer.close()


@pytest.mark.parametrize(("name", "driver", "size"), [("tape", PT, (100, 70)), ("roll", QL, (696, 200))], ids=["tape", "roll"])
async def test_the_png_of_a_page_has_the_dots_of_the_picture_that_was_printed(
    client: AsyncClient, emulators: dict[str, Emulator], name: str, driver: BrotherDriver, size: tuple[int, int]
) -> None:
    picture = asymmetric(*size)
    await send(emulators[name], driver, Raster.from_picture(picture, turned=name == "tape"))
    (listed,) = (await client.get(f"/printers/{name}/pages")).json()
    assert (listed["number"], listed["cut"], listed["png"]) == (1, "full", "pages/1.png")
    answer = await client.get(f"/printers/{name}/{listed['png']}")
    assert answer.headers["content-type"] == "image/png"
    shown = Image.open(BytesIO(answer.content))
    assert (shown.mode, shown.size, shown.tobytes()) == ("1", picture.size, picture.tobytes())


async def test_printers_are_listed_with_their_state(client: AsyncClient) -> None:
    tape, roll = (await client.get("/printers")).json()
    assert (tape["name"], tape["model"], tape["state"], tape["media"]["name"], tape["plugged"]) == (
        "tape",
        "PT-P750W",
        "idle",
        "12mm",
        True,
    )
    assert (roll["name"], roll["page_count"], roll["stopped_by"], roll["violations"]) == ("roll", 0, [], [])
    assert (await client.get("/printers/roll")).json() == roll


async def test_a_person_can_do_everything_to_a_printer(client: AsyncClient) -> None:
    async def after(act: str) -> tuple[str, list[str]]:
        answer = (await client.post(f"/printers/tape/{act}")).json()
        return answer["state"], answer["stopped_by"]

    assert await after("cover/open") == ("error", ["cover-open"])
    assert await after("cover/close") == ("idle", [])
    assert await after("media/remove") == ("error", ["media-empty"])
    assert await after("media/load?media=24mm") == ("idle", [])
    assert (await client.get("/printers/tape")).json()["media"]["width_mm"] == 24
    assert await after("unplug") == ("off", ["off"])
    assert await after("plug") == ("idle", [])


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/printers/x"), ("GET", "/printers/x/pages"), ("GET", "/printers/tape/pages/7.png"), ("POST", "/printers/x/unplug")],
)
async def test_an_unknown_name_or_page_is_not_found(client: AsyncClient, method: str, path: str) -> None:
    with pytest.raises(NotFound):
        await client.request(method, path)


async def test_unknown_media_is_not_valid_and_changes_nothing(client: AsyncClient) -> None:
    with pytest.raises(ValidationFailed, match=r"It takes") as caught:
        await client.post("/printers/tape/media/load?media=62mm")
    assert caught.value.extra["errors"][0]["pointer"] == "#/media"
    assert (await client.get("/printers/tape")).json()["media"]["name"] == "12mm"


async def test_looking_and_switching_can_have_different_rights(emulators: dict[str, Emulator]) -> None:
    app = FastAPI()
    app.include_router(reading(emulators))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://hub") as client:
        assert (await client.get("/printers")).status_code == 200
        assert (await client.post("/printers/tape/unplug")).status_code == 404
