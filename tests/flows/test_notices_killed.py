"""A hub killed while it tells of a fault: the next one tells it, under the same id, and of nothing twice."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from labelhub.notices.store import CLAIM_LIVES
from tests.flows.nodes_at_hand import of_printers, started
from tests.flows.test_notices import SECRET, of_type, targets
from tests.house import WAIT_S, Clock, House, declared, house, settings_for, virtual
from tests.notices.receivers import Receiver, is_signed, receiver

pytestmark = pytest.mark.sqlite_file
TELLING = {"notice_offline_s": "3600", "notice_fault_s": "0", "notice_repeat_s": "0", "probe_interval_s": "0.2"}
LIVES = 25


def later() -> Clock:
    """A clock that is past everything that was put off, and stands still but for who moves it."""
    return Clock(datetime.now(UTC) + CLAIM_LIVES + timedelta(seconds=1))


def variables_of(folder: Path, printers: Any, notices: list[dict[str, Any]]) -> dict[str, str]:
    return of_printers(folder, settings_for(folder).database, printers) | TELLING | {"notices": json.dumps(notices)}


async def all_told(found: House, clock: Clock) -> None:
    """Once nothing waits for any target; time goes on meanwhile."""
    async with asyncio.timeout(WAIT_S):
        while any(target["waiting"] for target in (await found.client.get("/api/notices")).json()):
            clock.forward(60)
            await found.hub.post.step()
            await found.hub.post.idle()


async def test_a_notice_of_a_hub_that_was_killed_arrives_under_the_same_id_and_once(tmp_path: Path) -> None:
    async with receiver("503 Service Unavailable", "204 No Content") as hook, receiver("mute", "200 OK") as push:
        notices = targets(hook, push)
        async with virtual(pt="PT-P750W 12mm") as printers, AsyncExitStack() as stack:
            hub = await started(stack, tmp_path, variables_of(tmp_path, printers, notices))
            await printers["pt"].open_cover()
            await hook.until(of_type("printer.fault"))
            await push.until(bool)
            async with httpx.AsyncClient(base_url=hub.address, trust_env=False) as client, asyncio.timeout(WAIT_S):
                while (shown := (await client.get("/api/notices")).json())[0]["notices"][0]["error"] is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)  # it happens in another process
            assert [target["notices"][0]["state"] for target in shown] == ["waiting", "sending"]  # between two attempts, and within one
            await hub.kill()
            clock = later()
            async with house(tmp_path, settings_for(tmp_path, declared(printers), notices=notices), clock=clock) as found:
                await all_told(found, clock)
                clock.forward(3600)
                await found.hub.post.step()
                await found.hub.post.idle()
    first, second = [one for one in hook.received if one.body["type"] == "printer.fault"]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.content == second.content
    assert is_signed(second, SECRET)
    assert [one.body["sequence_id"] for one in push.received[:2]] == [push.received[0].body["sequence_id"]] * 2
    assert len({one.body["sequence_id"] for one in push.received}) == len(push.received) - 1


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
async def test_hubs_killed_at_random_moments_lose_no_notice_and_make_no_second_of_one(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with receiver() as hook, receiver() as push, virtual(pt="PT-P750W 12mm") as printers:
        notices = targets(hook, push)
        for _ in range(LIVES):
            await one_life(tmp_path, chance, printers, notices, (hook, push))
        hook.answers, push.answers = ["204 No Content"], ["200 OK"]
        clock = later()
        async with house(tmp_path, settings_for(tmp_path, declared(printers), notices=notices), clock=clock) as found:
            await all_told(found, clock)
            kept = {target.name: sent for target, _, sent in await found.hub.post.shown(10_000)}
    assert len(kept["hook"]) > LIVES / 5
    for sent, arrived in (
        (kept["hook"], [(one.headers["webhook-id"].removeprefix("msg_"), one.content) for one in hook.received]),
        (kept["phone"], [(one.body["sequence_id"], one.content) for one in push.received]),
    ):
        assert {one.state for one in sent} == {"sent"}
        assert {one.id.hex for one in sent} == {number for number, _ in arrived}
        assert len({content for _, content in arrived}) == len(sent)  # the same id tells the same
    of_faults = [(one.body["type"], one.body["timestamp"]) for one in hook.received]
    assert len(set(of_faults)) == len(kept["hook"])


async def one_life(folder: Path, chance: random.Random, printers: Any, notices: list[dict[str, Any]], told: tuple[Receiver, ...]) -> None:
    """A hub whose printer is opened and closed while its targets answer as they like, until it is killed."""
    async with AsyncExitStack() as stack:
        hub = await started(stack, folder, variables_of(folder, printers, notices))
        for _ in range(chance.randint(1, 4)):
            for one in told:
                one.answers = [chance.choice(("204 No Content", "204 No Content", "503 Service Unavailable", "", "mute"))]
            await (printers["pt"].open_cover() if chance.random() < 0.6 else printers["pt"].close_cover())
            await asyncio.sleep(chance.uniform(0, 0.6))  # the moment is the point
        await hub.kill()
