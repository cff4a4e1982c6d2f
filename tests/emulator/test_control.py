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
    writer.write(driver.encode(emulator.machine.model.name, emulator.machine.media, [page], EncodeOptions()).whole)
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
    (told,) = caught.value.extra["errors"]
    assert (told["pointer"], told["parameter"]) == ("", "query.media")
    assert (await client.get("/printers/tape")).json()["media"]["name"] == "12mm"


async def test_faults_are_switched_by_name_and_shown(client: AsyncClient, emulators: dict[str, Emulator]) -> None:
    before = (await client.get("/printers/tape")).json()
    assert (before["faults"]["snmp"], before["faults"]["media_left_mm"], before["tape_used_mm"]) == ("answers", None, 0)
    answer = await client.patch("/printers/tape/faults", json={"media_left_mm": 30, "snmp": "silent", "second_connection": "reset"})
    assert answer.status_code == 200
    assert {name for name, value in answer.json()["faults"].items() if value != before["faults"][name]} == {
        "media_left_mm",
        "snmp",
        "second_connection",
    }
    await send_and_leave(emulators["tape"], PT)
    stopped = (await client.get("/printers/tape")).json()
    assert (stopped["stopped_by"], stopped["tape_used_mm"], stopped["backlog"]) == (["media-empty"], 30, 1)
    loaded = (await client.post("/printers/tape/media/load?media=12mm")).json()
    assert (loaded["page_count"], loaded["faults"]["media_left_mm"], loaded["faults"]["snmp"]) == (1, None, "silent")
    (listed,) = (await client.get("/printers/tape/pages")).json()
    assert listed["leader_mm"] == 24.5
    assert loaded["tape_used_mm"] == pytest.approx(30 + 24.5 + listed["length_mm"], abs=0.01)


async def send_and_leave(emulator: Emulator, driver: BrotherDriver) -> None:
    """A job that does not come out yet."""
    assert emulator.machine.media is not None
    _, writer = await asyncio.open_connection(emulator.host, emulator.port)
    writer.write(
        driver.encode(emulator.machine.model.name, emulator.machine.media, [Raster(70, 400, bytes(9 * 400))], EncodeOptions()).whole
    )
    await emulator.wait_until(lambda machine: machine.ended_jobs == 1)
    writer.close()


async def test_a_jam_is_cleared(client: AsyncClient, emulators: dict[str, Emulator]) -> None:
    await client.patch("/printers/tape/faults", json={"cutter_jam": True})
    await send_and_leave(emulators["tape"], PT)
    assert (await client.get("/printers/tape")).json()["stopped_by"] == ["cutter-jam"]
    cleared = (await client.post("/printers/tape/jam/clear")).json()
    assert (cleared["stopped_by"], cleared["faults"]["cutter_jam"]) == ([], False)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"on_fire": True}, "#/on_fire"),
        ({"self": 1}, "#/self"),
        ({"cooling": "yes"}, "#/cooling"),
        ({"wake_s": 1e300}, "#/wake_s"),
        ({"snmp": "loud"}, "#/snmp"),
        ({"reset_at_byte": 0}, "#/reset_at_byte"),
    ],
)
async def test_a_fault_that_is_none_is_named_and_changes_nothing(client: AsyncClient, body: dict[str, object], pointer: str) -> None:
    before = (await client.get("/printers/tape")).json()
    with pytest.raises(ValidationFailed) as caught:
        await client.patch("/printers/tape/faults", json={"cutter_jam": True} | body)
    assert caught.value.extra["errors"][0]["pointer"] == pointer
    assert (await client.get("/printers/tape")).json() == before


@pytest.mark.parametrize("content", ["[]", "7", "null", "{", ""])
async def test_a_body_that_is_no_object_is_refused(client: AsyncClient, content: str) -> None:
    answer = await client.patch("/printers/tape/faults", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422


async def test_the_speed_is_that_of_the_model_or_a_factor_of_it(client: AsyncClient) -> None:
    async def after(word: str) -> float | None:
        speed: float | None = (await client.post(f"/printers/roll/speed?speed={word}")).json()["mm_per_s"]
        return speed

    assert [await after(word) for word in ("real", "0.5", "none")] == [176, 88, None]
    for word in ("fast", "0", "-1", "nan", "inf", "1e9"):
        with pytest.raises(ValidationFailed, match="factor") as caught:
            await after(word)
        (told,) = caught.value.extra["errors"]
        assert (told["pointer"], told["parameter"]) == ("", "query.speed")


async def test_two_people_at_one_plug_do_not_break_it(client: AsyncClient, emulators: dict[str, Emulator]) -> None:
    acts = ["unplug", "plug", "unplug", "plug", "plug", "unplug", "unplug", "plug"]
    await asyncio.gather(*(client.post(f"/printers/tape/{act}") for act in acts))
    await client.post("/printers/tape/plug")
    await send(emulators["tape"], PT, Raster(70, 400, bytes(9 * 400)))
    assert emulators["tape"].machine.page_count == 1


async def test_looking_and_switching_can_have_different_rights(emulators: dict[str, Emulator]) -> None:
    app = FastAPI()
    app.include_router(reading(emulators))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://hub") as client:
        assert (await client.get("/printers")).status_code == 200
        assert (await client.post("/printers/tape/unplug")).status_code == 404
