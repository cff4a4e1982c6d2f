"""Printers through the API: managed while the hub runs, told from the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.server import Emulator
from labelhub.jobs.job import JobState
from labelhub.printers.printer import NO_PROBE_YET
from tests.house import declared, house, house_with, settings_for, virtual

NAMESPACE = UUID("6f1b3c7e-9d6a-4f48-9a8c-d4e0e1c5a3b2")


def body_for(emulator: Emulator, **more: Any) -> dict[str, Any]:
    """A new printer as the API takes it."""
    connection = {"host": emulator.host, "port": emulator.port, "snmp_port": emulator.snmp_port, "snmp_community": "public"}
    return {"name": "Büro links", "model": "pt-p750w", "connection": connection} | more


async def test_a_printer_added_while_running_is_probed_at_once_and_prints_without_a_restart(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators, house(tmp_path) as found:
        answer = await found.client.post("/api/printers", json=body_for(emulators["pt"]))
        printer = answer.json()
        assert (answer.status_code, answer.headers["location"]) == (201, f"/api/printers/{printer['id']}")
        assert (printer["slug"], printer["model"], printer["driver"], printer["backend"]) == (
            "buro-links",
            "PT-P750W",
            "brother-pt",
            "tcp",
        )
        assert "snmp_community" not in printer["connection"]
        assert (await found.until(await found.print(printer="buro-links"))).state == "completed"
        assert (await found.client.get("/api/printers/buro-links")).json()["media"]["width_mm"] == 12
        assert (await found.client.get(printer_path := f"/api/printers/{printer['id']}/tape")).json()["printable_dots"] == 70, (
            printer_path
        )


async def test_names_addresses_and_models_are_checked(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm", other="PT-P750W 12mm") as emulators, house(tmp_path) as found:
        assert (await found.client.post("/api/printers", json=body_for(emulators["pt"]))).status_code == 201
        twice = await found.client.post("/api/printers", json=body_for(emulators["pt"]))
        assert (twice.status_code, twice.json()["type"].rpartition("/")[2]) == (409, "name-taken")
        assert (await found.client.post("/api/printers", json=body_for(emulators["other"], slug="buro-links"))).status_code == 409
        same_name = await found.client.post("/api/printers", json=body_for(emulators["other"]))
        assert same_name.json()["slug"] == "buro-links-2"
        unknown = await found.client.post("/api/printers", json=body_for(emulators["other"], model="LQ-500"))
        assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "#/model")
        for broken in ({"host": ""}, {"host": "a b"}, {"host": "x", "port": 0}, {"host": "x", "port": "9100"}, {"host": "x", "more": 1}):
            answer = await found.client.post("/api/printers", json=body_for(emulators["other"]) | {"connection": broken})
            assert answer.status_code == 422, broken


async def test_a_printer_that_moves_keeps_its_id_and_its_waiting_jobs(tmp_path: Path) -> None:
    async with virtual(old="PT-P750W 12mm", new="PT-P750W 12mm") as emulators, house(tmp_path) as found:
        printer = (await found.client.post("/api/printers", json=body_for(emulators["old"]))).json()
        await emulators["old"].unplug()
        job_id = await found.print(printer=printer["id"])
        moved = {"connection": {"port": emulators["new"].port, "snmp_port": emulators["new"].snmp_port}}
        changed = (await found.client.patch(f"/api/printers/{printer['id']}", json=moved)).json()
        assert (changed["id"], changed["connection"]["port"]) == (printer["id"], emulators["new"].port)
        assert (await found.until(job_id)).state == "completed"
        assert emulators["new"].machine.page_count == 1


@pytest.mark.long
async def test_a_label_in_hand_ends_at_the_old_address_when_its_printer_moves(tmp_path: Path) -> None:
    async with virtual({"mm_per_s": 25.0}, old="PT-P750W 12mm", new="PT-P750W 12mm") as emulators, house(tmp_path) as found:
        path = (await found.client.post("/api/printers", json=body_for(emulators["old"]))).headers["location"]
        first, second = [await found.print(printer="buro-links") for _ in range(2)]
        await emulators["old"].wait_until(lambda machine: machine.backlog == 1)
        moved = {"connection": {"port": emulators["new"].port, "snmp_port": emulators["new"].snmp_port}}
        assert (await found.client.patch(path, json=moved)).status_code == 200
        jobs = [await found.until(job_id) for job_id in (first, second)]
        assert [(job.state, job.evidence) for job in jobs] == [("completed", "page-counter")] * 2
        assert [emulators[name].machine.page_count for name in ("old", "new")] == [1, 1]


async def test_a_printer_jobs_wait_for_is_removed_only_by_force_which_cancels_them(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators, house(tmp_path) as found:
        path = (await found.client.post("/api/printers", json=body_for(emulators["pt"]))).headers["location"]
        await emulators["pt"].unplug()
        job_id = await found.print(printer="buro-links")
        refused = await found.client.delete(path)
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "printer-in-use")
        assert (await found.client.delete(f"{path}?force=true")).status_code == 204
        assert (await found.until(job_id)).state == "cancelled"
        assert (await found.client.get(path)).status_code == 404
        assert (await found.client.get(f"/api/jobs/{job_id}")).status_code == 200
        assert (await found.picture(f"/api/jobs/{job_id}/labels/1.png")).height == 70
        assert (await found.client.post(f"/api/jobs/{job_id}/retry")).json()["type"].endswith("/printer-not-found")


async def test_what_settings_declare_of_a_printer_is_changed_there(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        for refused in (
            await house.client.delete("/api/printers/pt?force=true"),
            await house.client.patch("/api/printers/pt", json={"connection": {"port": 1}}),
            await house.client.patch("/api/printers/pt", json={"model": "QL-820NWB"}),
            await house.client.patch("/api/printers/pt", json={"name": "Links"}),
        ):
            assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "conflict")
        assert not (await house.client.patch("/api/printers/pt", json={"enabled": False})).json()["enabled"]


async def test_jobs_of_a_disabled_printer_say_so_until_it_is_enabled(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.emulators["pt"].unplug()
        job_id = await house.print()
        await house.client.patch("/api/printers/pt", json={"enabled": False})
        await house.until(job_id, JobState.QUEUED, reason="printer-disabled")
        await house.emulators["pt"].plug()
        await house.client.patch("/api/printers/pt", json={"enabled": True})
        assert (await house.until(job_id)).state == "completed"


async def test_the_id_of_a_declared_printer_is_the_same_on_every_start(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm", ql="QL-820NWB 62mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        wanted = {uuid5(NAMESPACE, f"{one.machine.model.name.lower()}|{one.host}|{one.port}") for one in emulators.values()}
        for _ in range(2):
            async with house(tmp_path, settings) as found:
                assert {UUID(printer["id"]) for printer in (await found.client.get("/api/printers")).json()} == wanted


async def test_before_the_first_probe_the_status_says_so(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators, house(tmp_path) as found:
        path = (await found.client.post("/api/printers", json=body_for(emulators["pt"]))).headers["location"]
        await found.client.patch(path, json={"enabled": False, "connection": {"port": 2}})  # nobody looks at it now
        status = (await found.client.get(f"{path}/status")).json()
        assert (status["online"], status["note"], status["state"], status["captured_at"]) == (None, NO_PROBE_YET, "unknown", None)
        assert (await found.client.get(f"{path}/tape")).json()["type"].endswith("/no-media")


async def test_a_printer_that_went_away_keeps_its_media_and_says_since_when(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.seen("pt")
        seen = (await house.client.get("/api/printers/pt/status")).json()
        assert (seen["online"], seen["tape_loaded"], seen["error_state"], seen["last_error"], seen["note"]) == (
            True,
            "12mm",
            None,
            None,
            None,
        )
        await house.emulators["pt"].unplug()
        await house.seen("pt")
        gone = (await house.client.get("/api/printers/pt/status")).json()
    assert (gone["online"], gone["state"], gone["tape_loaded"]) == (False, "offline", "12mm")
    assert gone["last_error"]
    assert gone["last_seen_at"] == seen["last_seen_at"] < gone["captured_at"]
    assert gone["last_probe_age_s"] >= 0


async def test_faults_are_told_in_the_words_of_the_contract(tmp_path: Path) -> None:
    async with house_with(tmp_path, ql="QL-820NWB 29x90mm") as house:
        await house.seen("ql")
        tape = (await house.client.get("/api/printers/ql/tape")).json()
        assert (tape["name"], tape["kind"], tape["printable_dots"], tape["dpi"]) == ("29x90mm", "roll-die-cut", 306, 300)
        await house.emulators["ql"].open_cover()
        await house.seen("ql")
        status = (await house.client.get("/api/printers/ql/status")).json()
        assert ("cover-open" in status["reasons"], status["error_state"], status["state"]) == (
            True,
            ", ".join(status["reasons"]),
            "stopped",
        )


async def test_a_printer_of_an_unknown_model_shows_its_fault_and_stops_nothing(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        strange = {"name": "Strange", "model": "LQ-500", "host": "127.0.0.1", "port": 1}
        away = {"name": "Away", "model": "QL-820NWB", "host": "127.0.0.1", "port": 2, "snmp_port": 3}
        async with house(tmp_path, settings_for(tmp_path, [*declared(emulators), strange, away])) as found:
            for slug in ("strange", "away"):
                await found.seen(slug)
                status = (await found.client.get(f"/api/printers/{slug}/status")).json()
                assert (status["online"], bool(status["last_error"])) == (False, True)
            refused = await found.client.post("/api/print", json={"printer": "strange", "template": "text-62mm", "data": {"text": "x"}})
            assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "media-unsupported")
            assert (await found.until(await found.print(printer="pt"))).state == "completed"
            checks = (await found.client.get("/readiness")).json()["checks"]
            assert (checks["printer_runtime"]["status"], "strange" in checks["printer_runtime"]["detail"]) == ("fail", True)


async def test_media_changed_while_running_is_told_as_an_event(tmp_path: Path) -> None:
    from labelhub.events import tail

    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.seen("pt")
        await house.emulators["pt"].load(media_from_word("PT-P750W", "24mm"))
        await house.seen("pt")
        events = await house.hub.database.until(
            lambda events: any(event.type == "printer.tape_changed" for event in events), tail, 0
        )  # fmt: skip
    changed = next(event for event in events if event.type == "printer.tape_changed")
    assert (changed.data["from"], changed.data["to"]) == ("12mm", "24mm")
