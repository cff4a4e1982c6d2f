"""Discovery through the API, and what the hub learns of its printers by itself."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.server import Emulator
from labelhub.printers import store
from tests.house import House, declared, house, house_with, settings_for, virtual
from tests.printers.announcers import Service, announced, street

LISTEN_S = "0.5"


def emulator(host: str, serial: str, snmp_port: int = 0, port: int = 0) -> Emulator:
    return Emulator("PT-P750W", media_from_word("PT-P750W", "12mm"), host=host, port=port, snmp_port=snmp_port, serial=serial)


async def find(house: House, **query: Any) -> Any:
    answer = await house.client.get("/api/discovery", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def until_serial(house: House, slug: str, serial: str) -> None:
    """Wait until the database holds it, and see that the running hub says the same."""
    await house.hub.database.until(lambda printer: printer.serial == serial, store.get, slug)
    async with asyncio.timeout(30):
        while (await house.client.get(f"/api/printers/{slug}")).json()["serial"] != serial:
            pass


async def add(house: House, one: Emulator) -> dict[str, Any]:
    connection = {"host": one.host, "port": one.port, "snmp_port": one.snmp_port}
    answer = await house.client.post("/api/printers", json={"name": "Workshop", "model": "PT-P750W", "connection": connection})
    assert answer.status_code == 201, answer.text
    printer: dict[str, Any] = answer.json()
    return printer


# Who a printer is


async def test_the_hub_learns_by_itself_who_its_printers_are_and_keeps_it(tmp_path: Path) -> None:
    async with virtual({"serial": "P0000000A1", "firmware": "1.23"}, pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        async with house(tmp_path, settings) as found:
            await found.seen("pt")
            await until_serial(found, "pt", "P0000000A1")
            printer = (await found.client.get("/api/printers/pt")).json()
            assert (printer["serial"], printer["firmware"]) == ("P0000000A1", "1.23")
        await emulators["pt"].unplug()
        async with house(tmp_path, settings) as again:
            (printer,) = (await again.client.get("/api/printers")).json()
            assert (printer["serial"], printer["firmware"]) == ("P0000000A1", None)


async def test_an_exchanged_printer_is_told_in_the_log_and_its_number_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = f"{street()}.1"
    async with emulator(place, "P0000000A1") as old, house(tmp_path) as found:
        await add(found, old)
        await until_serial(found, "workshop", "P0000000A1")
        port, snmp_port = old.port, old.snmp_port
        await old.stop()
        await found.seen("workshop")
        with caplog.at_level(logging.WARNING):
            async with emulator(place, "P0000000B2", snmp_port, port):
                await found.seen("workshop")
                await until_serial(found, "workshop", "P0000000B2")
    assert [record.message for record in caplog.records if "P0000000B2" in record.message] == [
        "printer workshop has another serial number, P0000000B2 and no longer P0000000A1: it was exchanged"
    ]


# Found


async def test_printers_of_a_subnet_are_told_with_the_one_that_is_set_up(tmp_path: Path) -> None:
    lane = street()
    async with emulator(f"{lane}.1", "P0000000A1") as one, emulator(f"{lane}.2", "P0000000B2", one.snmp_port), house(tmp_path) as found:
        printer = await add(found, one)
        await until_serial(found, "workshop", "P0000000A1")
        first, second = await find(found, mdns=False, subnet=f"{lane}.0/29", snmp_port=one.snmp_port)
        assert first == {
            "model": "PT-P750W", "described": "Brother PT-P750W", "serial": "P0000000A1", "firmware": "1.00", "host": f"{lane}.1",
            "port": one.port, "snmp_port": one.snmp_port, "sources": ["snmp"], "printer_id": printer["id"], "slug": "workshop",
            "moved_from": None, "media": {
                "kind": "tape-laminated", "width_mm": 12, "length_mm": None, "media_color": "white", "text_color": "black",
                "two_color": False,
            },
        }  # fmt: skip
        assert (second["serial"], second["port"], second["printer_id"], second["slug"]) == ("P0000000B2", 9100, None, None)


async def test_printers_that_make_themselves_known_are_told(tmp_path: Path) -> None:
    lane = street()
    settings = settings_for(tmp_path, mdns_interfaces=[f"{lane}.254"])
    laser = Service(f"{lane}.2", "Laser", "_ipp._tcp.local.", 631, {"ty": "Some Laser"}, "laser.local.")
    async with emulator(f"{lane}.1", "P0000000A1") as one, house(tmp_path, settings) as found, AsyncExitStack() as stack:
        await stack.enter_async_context(announced(f"{lane}.254", Service(one.host, port=one.port, txt={"ty": "x"}), laser))
        there: list[Any] = []
        while len(there) < 2:  # a machine with much else to do may be late for one look
            listed = await find(found, seconds=LISTEN_S, snmp_port=one.snmp_port)
            there = [each for each in listed if each["host"].startswith(lane)]
    own, other = there
    assert (own["model"], own["serial"], own["port"], own["sources"]) == ("PT-P750W", "P0000000A1", one.port, ["mdns"])
    assert (other["model"], other["described"], other["serial"], other["firmware"]) == (None, "Some Laser", None, None)


async def test_a_printer_that_moved_is_known_again_and_followed_in_one_call(tmp_path: Path) -> None:
    lane = street()
    async with emulator(f"{lane}.1", "P0000000A1") as old, house(tmp_path) as found:
        printer = await add(found, old)
        await until_serial(found, "workshop", "P0000000A1")
        await old.stop()
        await found.seen("workshop")
        job_id = await found.print(printer="workshop")
        async with emulator(f"{lane}.2", "P0000000A1", old.snmp_port, old.port) as new:
            query = {"mdns": False, "subnet": f"{lane}.0/29", "snmp_port": new.snmp_port}
            (moved,) = await find(found, **query)
            assert (moved["printer_id"], moved["slug"], moved["moved_from"]) == (printer["id"], "workshop", f"{lane}.1:{old.port}")
            connection = {name: moved[name] for name in ("host", "port", "snmp_port")}
            answer = await found.client.patch(f"/api/printers/{printer['id']}", json={"connection": connection})
            assert (answer.status_code, answer.json()["id"]) == (200, printer["id"])
            assert (await found.until(job_id)).state == "completed"
            assert [each["moved_from"] for each in await find(found, **query)] == [None]


# Asked wrongly, or by the wrong one


WRONG = [
    ({"subnet": "10.0.0.0/8"}, "query.subnet"), ({"subnet": "everywhere"}, "query.subnet"), ({"subnet": "x" * 200}, "query.subnet"),
    ({"seconds": "0.1"}, "query.seconds"), ({"seconds": "11"}, "query.seconds"), ({"seconds": "nan"}, "query.seconds"),
    ({"snmp_port": "0"}, "query.snmp_port"), ({"snmp_port": "65536"}, "query.snmp_port"), ({"mdns": "perhaps"}, "query.mdns"),
    ({"mdns": "false"}, "query.subnet"),
]  # fmt: skip


async def test_a_wrong_question_is_refused_by_name(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        for query, parameter in WRONG:
            answer = await found.client.get("/api/discovery", params=query)
            assert answer.status_code == 422, query
            assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


async def test_two_at_once_are_one_answer_and_one_conflict(tmp_path: Path) -> None:
    async with house(tmp_path, settings_for(tmp_path, mdns_interfaces=[f"{street()}.254"])) as found:
        answers = await asyncio.gather(*(found.client.get("/api/discovery", params={"seconds": LISTEN_S}) for _ in range(2)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert (refused.json()["type"].rpartition("/")[2], refused.headers["retry-after"]) == ("discovery-running", "5")
        assert (await found.client.get("/api/discovery", params={"seconds": "0.2"})).status_code == 200


async def test_where_mdns_cannot_be_the_subnet_is_told_all_the_same(tmp_path: Path) -> None:
    lane = street()
    settings = settings_for(tmp_path, mdns_interfaces=["192.0.2.77"])
    async with emulator(f"{lane}.1", "P0000000A1") as one, house(tmp_path, settings) as found:
        listed = await find(found, subnet=f"{lane}.1", snmp_port=one.snmp_port)
    assert [each["serial"] for each in listed] == ["P0000000A1"]


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
async def test_a_page_of_another_site_cannot_make_the_hub_send_to_the_network(tmp_path: Path, headers: dict[str, str]) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        asked = {"mdns": "false", "subnet": "127.0.0.1"}
        refused = await found.client.get("/api/discovery", params=asked, headers=headers)
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "origin-not-allowed")
        assert (await found.client.get("/api/discovery", params=asked, headers={"sec-fetch-site": "same-origin"})).status_code == 200


async def test_every_answer_it_can_give_is_described(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        operation = (await found.client.get("/openapi.json")).json()["paths"]["/api/discovery"]["get"]
    slugs = {
        slug
        for answer in operation["responses"].values()
        for slug in answer["content"].get("application/problem+json", {}).get("examples", {})
    }
    assert {"origin-not-allowed", "discovery-running", "validation-failed", "not-authenticated"} <= slugs
    assert [parameter["name"] for parameter in operation["parameters"]] == ["subnet", "snmp_port", "seconds", "mdns"]
