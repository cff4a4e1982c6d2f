"""Deliveries of other systems, as they were recorded: stored first, answered at once, the right label later, and once."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from labelhub.jobs.job import ITEM_PENDING, JobState
from tests.flows.nodes_at_hand import of_printers, started
from tests.hooks.deliveries import ASSET, TOKEN, job_of, named, send, snipeit
from tests.hooks.spoolman_at_hand import spoolman
from tests.house import WAIT_S, Clock, declared, house, house_with, settings_for, virtual
from tests.integrations.stand_in import Asked, Reply, stand_in


async def test_a_thing_is_fetched_after_the_answer_and_its_job_waits_for_it(tmp_path: Path) -> None:
    asked, free = asyncio.Event(), asyncio.Event()

    async def slowly(_: Asked) -> Reply:
        asked.set()
        await free.wait()
        return Reply(ASSET)

    async with house_with(tmp_path, pt="PT-P750W 12mm") as found, snipeit(found, {"/api/v1/hardware/42": slowly}):
        told = await send(found, named("snipeit/checkout_webhook_slack"))
        async with asyncio.timeout(WAIT_S):
            await asked.wait()
        waiting = await found.until(told["job_id"], JobState.QUEUED)
        assert (waiting.reason, waiting.printer_id) == (ITEM_PENDING, None)
        assert (await found.client.get(f"/api/jobs/{waiting.id}/labels/1.png")).status_code == 404
        assert (await found.client.get("/")).status_code == 200
        other = await found.until(await found.print())  # nobody else waits for it
        assert other.state == "completed"
        await found.seen("pt")
        assert (await found.until(told["job_id"], JobState.QUEUED)).reason == ITEM_PENDING
        free.set()
        done = await found.until(told["job_id"])
        assert done.state == "completed", done.detail
        data = (await found.client.get(f"/api/jobs/{done.id}")).json()["payload"]["labels"][0]["data"]
        assert (data["primary_id"], data["secondary"]) == ("MS-00042", ["Ada Lovelace", "E-Labor"])
        assert data["serial"] == "SN1"


async def test_a_system_that_is_down_is_asked_again_and_its_jobs_outlive_a_restart(tmp_path: Path) -> None:
    replies: dict[str, Any] = {"*": Reply(status=503)}
    async with virtual(pt="PT-P750W 12mm") as emulators, stand_in(replies) as system:
        settings = settings_for(tmp_path, declared(emulators), integrations=[{"kind": "snipeit", "url": system.url}])
        async with house(tmp_path, settings) as before:
            await before.seen("pt")
            told = await send(before, named("snipeit/checkout_webhook_slack"))
            held = await before.hub.database.until(lambda job: job.detail is not None, job_of, told["job_id"])
            assert (held.state, held.reason) == ("queued", ITEM_PENDING)
            refused = await before.client.patch(f"/api/jobs/{held.id}", json={"printer": "pt"})
            assert refused.status_code == 409
            await before.client.post(f"/api/jobs/{held.id}/pause")
            resumed = (await before.client.post(f"/api/jobs/{held.id}/resume")).json()
            assert (resumed["state"], resumed["reason"]) == ("queued", ITEM_PENDING)
        replies["*"] = Reply(ASSET)
        async with house(tmp_path, settings) as after:
            await after.seen("pt")
            assert (await after.until(told["job_id"])).state == "completed"
        assert emulators["pt"].machine.page_count == 1


async def test_a_thing_that_is_not_there_fails_its_job_which_can_be_retried_once_it_is(tmp_path: Path) -> None:
    replies: dict[str, Any] = {"*": Reply({"status": "error", "messages": "Asset does not exist.", "payload": None})}
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found, snipeit(found, replies):
        told = await send(found, named("snipeit/checkout_webhook_slack"))
        failed = await found.until(told["job_id"])
        assert (failed.state, failed.reason) == ("failed", "item-not-found")
        replies["*"] = Reply(ASSET)
        retried = (await found.client.post(f"/api/jobs/{failed.id}/retry")).json()["job_id"]
        assert (await found.until(retried)).state == "completed"
        assert found.emulators["pt"].machine.page_count == 1


async def test_the_same_delivery_within_the_window_prints_once_and_after_it_again(tmp_path: Path) -> None:
    clock = Clock()
    async with virtual(pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        async with house(tmp_path, settings, clock=clock) as found:
            await found.seen("pt")
            netbox, grocy = named("netbox/webhook_default_body"), named("grocy/product_printlabel")
            first, again = await asyncio.gather(send(found, netbox), send(found, netbox))
            assert first["job_id"] == again["job_id"]
            assert sorted([first["duplicate"], again["duplicate"]]) == [False, True]
            clock.forward(11)
            later = await send(found, netbox)
            assert later["job_id"] != first["job_id"]
            wanted_twice = [(await send(found, grocy))["job_id"] for _ in range(2)]
            assert len(set(wanted_twice)) == 2
            key = {"idempotency-key": "one"}
            keyed = [await found.client.post(grocy.url, content=grocy.body, headers=grocy.headers | key) for _ in range(2)]
            assert keyed[0].json()["job_id"] == keyed[1].json()["job_id"]
            other = await found.client.post(
                netbox.url.replace("netbox", "grocy"), content=b'{"product": "x"}', headers=grocy.headers | key
            )
            assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (422, "idempotency-key-reused")
            for job_id in (first["job_id"], later["job_id"], *wanted_twice, keyed[0].json()["job_id"]):
                assert (await found.until(job_id)).state == "completed"
            assert emulators["pt"].machine.page_count == 5
            outcomes = [one["outcome"] for one in (await found.client.get("/api/hooks/netbox")).json()["deliveries"]]
            assert outcomes == ["accepted", "duplicate", "accepted"]


async def test_a_picture_goes_with_its_last_job_and_a_reprint_shows_it(tmp_path: Path) -> None:
    clock = Clock()
    async with (
        virtual(pt="PT-P750W 24mm") as emulators,
        house(tmp_path, settings_for(tmp_path, declared(emulators)), clock=clock) as found,
    ):
        await found.seen("pt")
        first = (await send(found, named("homebox/print_command_wget")))["job_id"]
        job = await found.until(first)
        assert job.state == "completed"
        clock.forward(20 * 86400)
        again = (await found.client.post(f"/api/jobs/{first}/retry")).json()["job_id"]
        assert (await found.until(again)).state == "completed"
        one, other = await emulators["pt"].wait_for_pages(2)
        assert one.raster.picture().tobytes() == other.raster.picture().tobytes()
        clock.forward(15 * 86400)
        await found.hub.node.forget(30)
        assert (await found.client.get(f"/api/jobs/{first}")).status_code == 404
        assert (await found.client.get(f"/api/jobs/{again}/labels/1.png")).status_code == 200
        assert await found.hub.database.read(_pictures) == 1
        clock.forward(30 * 86400)
        await found.hub.node.forget(30)
        assert await found.hub.database.read(_pictures) == 0


async def test_the_same_delivery_many_times_at_once_is_one(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        answers = await asyncio.gather(*(send(found, named("netbox/webhook_default_body")) for _ in range(8)))
        assert len({answer["job_id"] for answer in answers}) == 1
        assert [answer["duplicate"] for answer in answers].count(False) == 1


def _pictures(conn: Any) -> int:
    import sqlalchemy as sa

    from labelhub.db.schema import image_contents

    return int(conn.execute(sa.select(sa.func.count()).select_from(image_contents)).scalar_one())


@pytest.mark.long
@pytest.mark.sqlite_file  # it takes its database itself
async def test_what_comes_to_two_nodes_makes_one_job_and_none_is_lost_with_the_node_that_is_killed(
    tmp_path_factory: pytest.TempPathFactory, shared_url: str
) -> None:
    folder = tmp_path_factory.mktemp("nodes")
    named_so = {"netbox": "netbox", "spools": "spoolman"}
    hooks = [{"name": name, "preset": preset, "printer": "pt", "token": TOKEN} for name, preset in named_so.items()]
    async with virtual(pt="PT-P750W 12mm") as emulators, spoolman(1) as system, AsyncExitStack() as stack:
        variables = of_printers(folder, shared_url, emulators) | {
            "hooks": json.dumps(hooks), "integrations": json.dumps([{"kind": "spoolman", "url": system.url}]),
        }  # fmt: skip
        nodes = await asyncio.gather(*(started(stack, folder, variables) for _ in range(2)))
        clients = [await stack.enter_async_context(httpx.AsyncClient(base_url=one.address, trust_env=False)) for one in nodes]
        body = json.loads(named("netbox/webhook_default_body").body)
        for number in range(3):
            body["data"]["id"] = number
            answers = [
                one.json() for one in await asyncio.gather(*(to.post(f"/api/webhook/netbox/{TOKEN}", json=body) for to in clients))
            ]
            assert len({answer["job_id"] for answer in answers}) == 1
            assert sorted(answer["duplicate"] for answer in answers) == [False, True]
        await system.connected(1)
        await _kept(shared_url, 1)
        first = _pid_of_housekeeping(shared_url)
        killed, left = sorted(nodes, key=lambda one: one.pid != first)
        killed.stop()
        await system.add(2)
        await system.connected(2)
        await system.add(3)
        killed.go_on()  # both have been told of it now
        await _kept(shared_url, 3)
        await system.add(4)
        await killed.kill()
        await system.add(5)
        await _kept(shared_url, 5)
        async with asyncio.timeout(WAIT_S):
            while len(system.sockets) > 1:
                await next(iter(system.sockets)).wait_closed()
        client = clients[nodes.index(left)]
        jobs = [(await client.get(f"/api/jobs/{job['id']}")).json() for job in (await client.get("/api/jobs")).json()]
        codes = [job["payload"]["labels"][0]["data"]["qr_payload"] for job in jobs]
        assert sorted(code for code in codes if code.startswith("WEB")) == [f"WEB+SPOOLMAN:S-{number}" for number in (2, 3, 4, 5)]
        assert len(codes) == 7


def _pid_of_housekeeping(url: str) -> int:
    with closing(psycopg.connect(url, autocommit=True)) as conn:
        found = conn.execute("SELECT owner FROM leases WHERE name = 'housekeeping'").fetchone()
    assert found is not None
    return int(found[0].split("-")[-2])


async def _kept(url: str, number: int) -> None:
    """Returns once Spoolman was followed so far; processes of their own tell of nothing, so looks are all there is."""
    with closing(psycopg.connect(url, autocommit=True)) as conn:
        async with asyncio.timeout(WAIT_S):
            while True:
                if conn.execute("SELECT 1 FROM hook_positions WHERE position = %s", (number,)).fetchone() is not None:
                    return
                await asyncio.sleep(0.05)


async def test_what_was_cancelled_is_printed_when_it_is_sent_again(tmp_path: Path) -> None:
    delivery = named("netbox/webhook_default_body")
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        await found.hub.fleet.pause(found.hub.printer("pt"), True)
        first = await send(found, delivery)
        assert (await send(found, delivery))["job_id"] == first["job_id"]
        await found.client.post(f"/api/jobs/{first['job_id']}/cancel")
        again = await send(found, delivery)
        assert (again["job_id"] != first["job_id"], again["duplicate"]) == (True, False)
