"""A printer or a job needs somebody: who is told, how often, and what a print notices of it. On both databases."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from labelhub.jobs.job import JobState
from labelhub.notices.post import FIRST_WAIT_S
from labelhub.settings import Settings
from tests.flows.test_faults import spoil
from tests.house import Clock, House, declared, house, settings_for, virtual
from tests.notices.receivers import Received, Receiver, is_signed, receiver

SECRET = "a-secret-of-twenty-four-characters"
PUBLIC = "https://labels.example.org"


def targets(hook: Receiver, push: Receiver | None = None, **more: Any) -> list[dict[str, Any]]:
    found = [{"name": "hook", "kind": "webhook", "url": f"{hook.url}/in/t0ken", "secret": SECRET} | more]
    return found if push is None else [*found, {"name": "phone", "kind": "ntfy", "url": f"{push.url}/labels", "token": "tk_1"}]


def telling(folder: Path, emulators: dict[str, Any], notices: list[dict[str, Any]], **more: Any) -> Settings:
    quick = {"notice_offline_s": 3600, "notice_fault_s": 0, "notice_repeat_s": 0, "public_url": PUBLIC, "probe_interval_s": 0.2}
    return settings_for(folder, declared(emulators), notices=notices, **{**quick, **more})


@asynccontextmanager
async def told(folder: Path, notices: list[dict[str, Any]], clock: Clock | None = None, **more: Any) -> AsyncIterator[House]:
    async with virtual(pt="PT-P750W 12mm") as emulators, house(folder, telling(folder, emulators, notices, **more), clock=clock) as found:
        found.emulators = emulators
        await found.seen("pt")
        yield found


def of_type(kind: str, count: int = 1) -> Callable[[list[Received]], bool]:
    """True once so many webhooks of that type have come."""
    return lambda received: len([one for one in received if one.body.get("type") == kind]) >= count


async def outcome(house: House, target: str = "hook") -> dict[str, Any]:
    """What the API shows of a target."""
    return next(one for one in (await house.client.get("/api/notices")).json() if one["name"] == target)


async def test_a_fault_sends_one_signed_webhook_and_one_push_and_one_of_each_when_it_is_over(tmp_path: Path) -> None:
    async with receiver() as hook, receiver("200 OK") as push, told(tmp_path, targets(hook, push)) as house:
        await house.emulators["pt"].open_cover()
        await hook.until(of_type("printer.fault"))
        await push.until(bool)
        for _ in range(5):  # looked at again and again
            await house.seen("pt")
            await house.hub.post.step()
        await house.emulators["pt"].close_cover()
        await hook.until(of_type("printer.resolved"))
        await push.until(lambda received: len(received) >= 2)
        for target in ("hook", "phone"):  # what came of it is written down
            await until_shown(house, lambda shown: shown["waiting"] == 0, target)
    assert [one.body["type"] for one in hook.received] == ["printer.fault", "printer.resolved"]
    assert all(is_signed(one, SECRET) for one in hook.received)
    data = hook.received[0].body["data"]
    assert (data["title"], data["fault"], data["url"]) == ("pt has its cover open", "cover-open", f"{PUBLIC}/printers/pt")
    assert [one.body["title"] for one in push.received] == ["pt has its cover open", "pt is well again"]
    assert push.received[0].headers["authorization"] == "Bearer tk_1"


async def test_a_target_that_is_down_is_told_later_also_by_the_hub_after_a_restart_and_once(tmp_path: Path) -> None:
    clock = Clock()
    clock.forward(0)
    hook = Receiver()
    await hook.up()
    await hook.down()
    async with virtual(pt="PT-P750W 12mm") as emulators:
        settings = telling(tmp_path, emulators, targets(hook))
        async with house(tmp_path, settings, clock=clock) as first:
            await first.seen("pt")
            await emulators["pt"].open_cover()
            await first.seen("pt")
            await failed(first)
        await hook.up()
        clock.forward(FIRST_WAIT_S)
        async with house(tmp_path, settings, clock=clock) as second:
            await second.seen("pt")
            (one,) = await hook.until(bool)
            shown = await until_shown(second, lambda target: target["notices"][0]["state"] == "sent")
            clock.forward(3600)
            await second.hub.post.step()
    await hook.end()
    assert (one.body["data"]["fault"], len(hook.received)) == ("cover-open", 1)
    assert (shown["waiting"], shown["notices"][0]["attempts"], shown["host"]) == (0, 2, hook.url)
    assert "t0ken" not in str(shown)


async def failed(house: House) -> None:
    """Once an attempt has come to nothing."""
    await until_shown(house, lambda target: bool(target["notices"]) and target["notices"][0]["error"] is not None)


async def until_shown(house: House, there: Callable[[dict[str, Any]], bool], target: str = "hook") -> dict[str, Any]:
    async with asyncio.timeout(20):
        while not there(shown := await outcome(house, target)):
            await house.hub.post.step()
            await asyncio.sleep(0)
    return shown


async def test_a_target_that_says_nothing_keeps_no_print_and_no_other_target_waiting(tmp_path: Path) -> None:
    async with receiver("mute") as hook, receiver("200 OK") as push, told(tmp_path, targets(hook, push)) as house:
        await house.emulators["pt"].open_cover()
        await hook.until(bool)
        await push.until(bool)
        await house.emulators["pt"].close_cover()
        job = await house.until(await house.print(printer="pt"), JobState.COMPLETED)
        assert (await outcome(house))["notices"][-1]["state"] == "sending"
    assert job.labels_done == 1


async def test_a_failed_job_is_told_with_its_reason(tmp_path: Path) -> None:
    async with receiver() as hook, told(tmp_path, targets(hook), probe_interval_s=3600) as house:
        await house.client.post("/api/printers/pt/pause")
        job_id = await house.print(printer="pt")
        await house.hub.database.write(spoil, job_id)
        await house.client.post("/api/printers/pt/resume")
        await house.until(job_id, JobState.FAILED)
        (one,) = await hook.until(of_type("job.failed"))
    data = one.body["data"]
    assert (data["job"]["id"], data["job"]["reason"], data["severity"]) == (job_id, "field-missing", "critical")
    assert data["url"] == f"{PUBLIC}/jobs/{job_id}"


async def test_a_label_of_unknown_outcome_calls_for_a_person(tmp_path: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(200)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, no proper end
        writer.transport.abort()

    async with receiver() as hook, await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        printers = [{"name": "pt", "model": "PT-P750W", "host": "127.0.0.1", "port": port, "snmp": False}]
        settings = settings_for(tmp_path, printers, notices=targets(hook, types=["job.outcome_unknown"]))
        async with house(tmp_path, settings) as found:
            job = await found.until(await found.print(printer="pt", options={"copies": 5}), JobState.PAUSED)
            (one,) = await hook.until(bool)
    assert job.reason == "outcome-unknown"
    assert (one.body["type"], one.body["data"]["job"]["id"]) == ("job.outcome_unknown", str(job.id))
    assert "Nobody knows" in one.body["data"]["message"]


async def test_jobs_for_media_that_nobody_has_loaded_are_told_once(tmp_path: Path) -> None:
    async with receiver() as hook, told(tmp_path, targets(hook), probe_interval_s=3600) as house:
        for _ in range(3):
            job_id = await house.print("qr-only-24mm", {"qr_payload": "A-1"}, printer="pt", on_media_mismatch="queue")
        await house.until(job_id, JobState.QUEUED, reason="media-needed")
        (one,) = await hook.until(of_type("media.needed"))
        for _ in range(3):
            await house.hub.post.step()
    assert len(hook.received) == 1
    assert "24mm" in one.body["data"]["message"]
    assert one.body["data"]["fault"] == "media-wanted"


async def test_a_test_notice_is_sent_to_who_is_asked_for_and_its_outcome_told(tmp_path: Path) -> None:
    async with receiver() as hook, receiver("403 Forbidden") as push, told(tmp_path, targets(hook, push)) as house:
        both = (await house.client.post("/api/notices/test")).json()
        one = (await house.client.post("/api/notices/test", json={"target": "hook"})).json()
        none = await house.client.post("/api/notices/test", json={"target": "nobody"})
    assert both == [{"target": "hook", "sent": True, "error": None}, {"target": "phone", "sent": False, "error": "answered 403"}]
    assert one == both[:1]
    assert (none.status_code, none.json()["type"].rpartition("/")[2]) == (404, "notice-target-not-found")
    assert [received.body["type"] for received in hook.received] == ["test", "test"]
