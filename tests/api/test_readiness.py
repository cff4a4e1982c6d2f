"""Liveness and readiness: each check can fail, and what fails decides what the answer is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from labelhub.db.schema import metadata, printers, templates
from labelhub.hub import PROBE_ROUND, Hub
from tests.databases import Server
from tests.house import WAIT_S, Clock, House, declared, house, house_with, settings_for, virtual

CHECKS = {"database", "alembic", "template_seed", "printer_runtime", "printer_db_sync", "snmp_discovery", "print_queue", "sse_bus"}


async def readiness(house: House) -> tuple[int, dict[str, Any]]:
    answer = await house.client.get("/readiness")
    body: dict[str, Any] = answer.json()
    return answer.status_code, body


async def pulse(hub: Hub) -> None:
    await hub.feel_pulse()


async def test_a_hub_with_its_printers_in_reach_is_ready(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        status, body = await readiness(house)
        alive = (await house.client.get("/healthz")).json()
    assert (status, body["status"], set(body["checks"])) == (200, "ready", CHECKS)
    assert all(check["status"] in ("ok", "skipped") for check in body["checks"].values())
    assert (alive["status"], set(alive)) == ("ok", {"status", "version", "revision", "build_date", "repository"})


async def test_without_printers_their_checks_are_skipped_and_the_hub_is_ready(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        status, body = await readiness(found)
    skipped = {name for name, check in body["checks"].items() if check["status"] == "skipped"}
    assert (status, body["status"]) == (200, "ready")
    assert {"printer_runtime", "printer_db_sync", "snmp_discovery"} <= skipped


async def test_a_lost_printer_is_stale_and_then_failed_by_the_rules_of_time(tmp_path: Path) -> None:
    clock = Clock()
    async with (
        virtual(pt="PT-P750W 12mm") as emulators,
        house(tmp_path, settings_for(tmp_path, declared(emulators)), clock=clock) as found,
    ):
        clock.forward(0)
        await found.seen("pt")
        await emulators["pt"].unplug()
        await found.seen("pt")  # an answer that was on its way has arrived by the end of this
        for seconds, check, overall in ((89, "ok", "ready"), (2, "stale", "ready"), (508, "stale", "ready"), (2, "fail", "degraded")):
            clock.forward(seconds)
            await found.seen("pt")  # a failed look must not count as contact
            status, body = await readiness(found)
            assert (status, body["checks"]["snmp_discovery"]["status"], body["status"]) == (200, check, overall), seconds
        await emulators["pt"].plug()
        await found.seen("pt")
        assert (await readiness(found))[1]["status"] == "ready"


async def test_a_printer_never_seen_fails_its_check(tmp_path: Path) -> None:
    away = {"name": "Away", "model": "QL-820NWB", "host": "127.0.0.1", "port": 2, "snmp_port": 3}
    async with house(tmp_path, settings_for(tmp_path, [away])) as found:
        status, body = await readiness(found)
    assert (status, body["status"], body["checks"]["snmp_discovery"]["status"]) == (200, "degraded", "fail")


async def test_a_dead_worker_fails_the_queue_check_until_it_is_started_again(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "worker pt"]
        task.cancel()
        await asyncio.wait([task])
        status, body = await readiness(house)
        assert (status, body["status"], body["checks"]["print_queue"]["status"]) == (200, "degraded", "fail")
        assert (await house.until(await house.print())).state == "completed"  # it was started again
        assert (await readiness(house))[1]["checks"]["print_queue"]["status"] == "ok"


async def test_a_database_that_is_gone_is_not_ready_and_still_alive(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.hub.database.write(lambda conn: metadata.drop_all(conn))
        await pulse(house.hub)
        status, body = await readiness(house)
        assert (status, body["status"], body["checks"]["database"]["status"]) == (503, "not-ready", "fail")
        assert (await house.client.get("/healthz")).status_code == 200
        assert (await house.client.get("/api/printers")).status_code == 503


@pytest.mark.parametrize("url_of", ["sqlite", "postgresql"])
async def test_a_database_that_is_really_away_is_not_ready_and_a_server_that_is_back_is(
    tmp_path: Path, url_of: str, request: pytest.FixtureRequest
) -> None:
    file, aside = tmp_path / "labelhub.db", tmp_path / "aside.db"
    more: dict[str, Any] = {}
    server: Server | None = None
    if url_of == "postgresql":
        server = request.getfixturevalue("own_postgres")
        server.run("CREATE DATABASE hub")
        more = {"database_url": server.url("hub")}
    async with house(tmp_path, settings_for(tmp_path, **more)) as found:
        assert (await readiness(found))[1]["status"] == "ready"
        await asyncio.to_thread(server.stop) if server else file.rename(aside)
        await pulse(found.hub)
        status, body = await readiness(found)
        assert (status, body["status"], set(body["checks"]), body["checks"]["database"]["status"]) == (503, "not-ready", CHECKS, "fail")
        assert (await found.client.get("/healthz")).status_code == 200
        if server:  # a file that was taken away is for a person, who starts the hub again
            await asyncio.to_thread(server.start)
            await pulse(found.hub)
            assert (await readiness(found))[1]["status"] == "ready"


async def test_events_that_nobody_reads_any_more_degrade_until_somebody_does(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        assert (await readiness(found))[1]["checks"]["sse_bus"]["status"] == "ok"
        (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "events"]
        await asyncio.wait([task], timeout=0.01)  # it has begun
        task.cancel()
        await asyncio.wait([task])
        status, body = await readiness(found)
        assert (status, body["status"], body["checks"]["sse_bus"]["status"]) == (200, "degraded", "fail")


async def test_a_dead_round_of_looks_degrades_until_it_is_begun_again_and_looks_at_printers(tmp_path: Path) -> None:
    async with (
        virtual(pt="PT-P750W 12mm") as emulators,
        house(tmp_path, settings_for(tmp_path, declared(emulators), probe_interval_s=1)) as found,
    ):
        await found.seen("pt")
        lookout = found.hub.lookout
        minds = lookout.minds

        def broken(printer_id: UUID) -> bool:
            raise ValueError("a fault nobody foresaw")

        for ends in ("cancelled", "failed"):
            if ends == "failed":
                lookout.minds = broken
            else:
                (task,) = [task for task in asyncio.all_tasks() if task.get_name() == PROBE_ROUND]
                task.cancel()
            await until(lambda: PROBE_ROUND in found.hub.background.down)
            status, body = await readiness(found)
            lookout.minds = minds
            assert (status, body["status"], body["checks"]["snmp_discovery"]["status"]) == (200, "degraded", "fail"), ends
            assert "begun again" in body["checks"]["snmp_discovery"]["detail"]
            await until(lambda: not found.hub.background.down)
            assert (await readiness(found))[1]["checks"]["snmp_discovery"]["status"] == "ok"
        await emulators["pt"].unplug()
        await until(lambda: found.hub.board.of(found.hub.printer("pt").id).online is False)  # a round saw it


async def test_whatever_goes_on_for_ever_is_shown_and_degrades_while_it_fails_but_is_never_not_ready(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        _, body = await readiness(found)
        loops = {"pulse", "leases", PROBE_ROUND, "routing", "events", "keepalive", "things of jobs", "notices", "listening to sources"}
        loops |= {"retention"} | ({"listening", "hearing", "sharing"} if found.hub.database.shared else set())
        assert body["background"] == {name: {"status": "ok", "detail": "goes on", "metric": 0} for name in loops}
        background = found.hub.background
        tasks = {task.get_name(): task for task in asyncio.all_tasks()}
        for name in ("retention", "notices"):
            background.courses[name].in_a_row = 5  # so that it is not begun again while we look
            tasks[name].cancel()
            await asyncio.wait([tasks[name]])
        background.attempt("listening to garage", broken, label="following sources")  # what users name is not told to everybody
        await background.attempted("following sources")
        status, body = await readiness(found)
        metrics = (await found.client.get("/metrics")).text
    down = {name for name, one in body["background"].items() if one["status"] == "fail"}
    assert (status, body["status"], down) == (200, "degraded", {"retention", "notices", "following sources"})
    assert body["background"]["retention"] == {"status": "fail", "detail": "failed 6 in a row; begun again after a pause", "metric": 6}
    assert all(check["status"] in ("ok", "skipped") for check in body["checks"].values())
    for name in loops | down:
        assert f'labelhub_background_up{{loop="{name}"}} {float(name not in down)}' in metrics
        assert (f'labelhub_background_faults_total{{loop="{name}"}} 1.0' in metrics) == (name in down)


async def broken() -> None:
    raise ValueError("http://secret@192.0.2.7/")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.01)


async def test_a_drifted_revision_is_not_ready(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.hub.database.write(lambda conn: conn.execute(sa.text("UPDATE alembic_version SET version_num = '0001'")))
        await pulse(house.hub)
        status, body = await readiness(house)
    assert (status, body["checks"]["alembic"]["status"]) == (503, "fail")


async def test_no_templates_is_not_ready(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.hub.database.write(lambda conn: conn.execute(sa.delete(templates)))
        await pulse(house.hub)
        status, body = await readiness(house)
    assert (status, body["checks"]["template_seed"]["status"]) == (503, "fail")


async def test_a_running_printer_without_its_row_degrades(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.hub.database.write(lambda conn: conn.execute(sa.delete(printers)))
        await pulse(house.hub)
        status, body = await readiness(house)
    assert (status, body["status"], body["checks"]["printer_db_sync"]["status"]) == (200, "degraded", "fail")


async def test_readiness_names_no_address(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.emulators["pt"].unplug()
        await house.seen("pt")
        text = (await house.client.get("/readiness")).text
        port = str(house.emulators["pt"].port)
    assert "127.0.0.1" not in text
    assert port not in text
