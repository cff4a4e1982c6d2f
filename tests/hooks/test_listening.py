"""Spoolman on a real socket: each spool that is added prints once, whoever listens, and none that was there before."""

from __future__ import annotations

import asyncio
from pathlib import Path

import zxingcpp

from labelhub.emulator.server import Emulator
from labelhub.hooks import store
from tests.hooks.spoolman_at_hand import MESSAGES, SPOOL, followed, listening, spoolman
from tests.house import WAIT_S, declared, dots_of, house, settings_for, virtual


def codes(emulator: Emulator) -> list[str]:
    return [zxingcpp.read_barcodes(dots_of(page).convert("L"))[0].text for page in emulator.machine.pages]


async def test_a_spool_that_is_added_prints_and_those_that_were_there_do_not(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators, spoolman(1, 2) as system, listening(tmp_path, emulators, system) as found:
        await followed(found, 2)
        for noise in (
            "",
            "no JSON",
            "[1]",
            '{"type": "added"}',
            '{"status": "healthy"}',
            '{"type":"added","resource":"spool","payload":{"id":"9"}}',
        ):
            await system.tell(noise)
        for message in (MESSAGES[3], MESSAGES[5], {"type": "added", "resource": "filament", "payload": {"id": 9}}):
            await system.tell(message)
        await system.add(3)
        await followed(found, 3)
        await emulators["pt"].wait_for_pages(1)
        assert codes(emulators["pt"]) == ["WEB+SPOOLMAN:S-3"]
        assert len((await found.client.get("/api/jobs")).json()) == 1


async def test_what_was_added_while_nobody_listened_prints_afterwards_and_once_also_where_numbers_begin_anew(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators, spoolman(1) as system:
        async with listening(tmp_path, emulators, system) as before:
            await followed(before, 1)
            await system.add(2)
            await followed(before, 2)
            await system.restart()
            system.spools.append(SPOOL | {"id": 3})
            await followed(before, 3)
            await emulators["pt"].wait_for_pages(2)
        system.spools += [SPOOL | {"id": 4}, SPOOL | {"id": 5}]
        async with listening(tmp_path, emulators, system) as after:
            await followed(after, 5)
            await emulators["pt"].wait_for_pages(4)
            assert codes(emulators["pt"]) == [f"WEB+SPOOLMAN:S-{number}" for number in (2, 3, 4, 5)]
        system.spools = [SPOOL | {"id": number, "registered": f"2026-11-23T08:00:0{number}Z"} for number in (1, 2)]  # it was set up anew
        async with listening(tmp_path, emulators, system) as anew:
            await followed(anew, 2)
            await system.add(3, registered="2026-11-23T09:00:00Z")
            await emulators["pt"].wait_for_pages(7)
        assert codes(emulators["pt"])[4:] == [f"WEB+SPOOLMAN:S-{number}" for number in (1, 2, 3)]
        assert emulators["pt"].machine.page_count == 7


async def test_a_spool_that_is_told_after_the_next_prints_all_the_same(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators, spoolman(1) as system, listening(tmp_path, emulators, system) as found:
        await followed(found, 1)
        system.spools += [SPOOL | {"id": number} for number in (2, 3)]
        await system.told(3)
        await emulators["pt"].wait_for_pages(1)
        assert await found.hub.database.read(store.position, "spools") == 1
        await system.told(2)
        await followed(found, 3)
        await system.add(5)
        await emulators["pt"].wait_for_pages(3)
        system.spools.append(SPOOL | {"id": 4})  # stored when nobody can be told of it
        await system.restart()
        await followed(found, 5)
        found.hub.listener.gap_s = 0.05
        system.spools.append(SPOOL | {"id": 6})  # and one that is never told
        await system.add(8)
        await followed(found, 8)
        await system.add(7)  # told when nobody waits for it any more
        await emulators["pt"].wait_for_pages(7)
        assert codes(emulators["pt"]) == [f"WEB+SPOOLMAN:S-{number}" for number in (3, 2, 5, 4, 8, 6, 7)]


async def test_a_spool_that_has_the_number_of_one_that_was_deleted_prints_as_well(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators, spoolman(1) as system:
        async with listening(tmp_path, emulators, system) as before:
            await followed(before, 1)
            await system.add(2)
            await followed(before, 2)
            await system.delete(2)
            await followed(before, 1)
            await system.add(2, registered="2026-11-22T22:30:00Z")
            await system.told(2)
            await followed(before, 2)
            await system.delete(2)
            await followed(before, 1)
            await emulators["pt"].wait_for_pages(2)
        system.spools += [SPOOL | {"id": 2, "registered": "2026-11-22T22:40:00Z"}, SPOOL | {"id": 3, "archived": True}]
        async with listening(tmp_path, emulators, system) as after:
            await followed(after, 3)
            await emulators["pt"].wait_for_pages(3)
            assert len((await after.client.get("/api/jobs")).json()) == 3


async def test_nobody_listens_but_to_what_a_hook_follows_as_it_is_set_up_by_then(tmp_path: Path) -> None:
    async with (
        virtual(pt="PT-P750W 12mm") as emulators,
        spoolman(1) as system,
        spoolman(4) as other,
        house(tmp_path, settings_for(tmp_path, declared(emulators))) as found,
    ):
        await found.client.post("/api/integrations", json={"kind": "spoolman", "url": system.url})
        await found.hub.listener.step()
        assert system.asked == []
        await found.client.post("/api/hooks", json={"name": "spools", "preset": "spoolman"})
        await found.hub.listener.step()
        await followed(found, 1)
        (connection,) = system.sockets
        await found.client.patch("/api/integrations/spoolman", json={"url": other.url})  # it has moved
        await found.hub.listener.step()
        await followed(found, 4)
        (moved,) = other.sockets
        await found.client.patch("/api/hooks/spools", json={"enabled": False})
        await found.hub.listener.step()
        async with asyncio.timeout(WAIT_S):
            await connection.wait_closed()
            await moved.wait_closed()


async def test_a_redirect_of_the_socket_is_not_followed(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators, spoolman(1) as system, spoolman(1) as elsewhere:
        system.redirect = f"ws://127.0.0.1:{elsewhere.port}/api/v1/spool"
        async with listening(tmp_path, emulators, system), asyncio.timeout(WAIT_S):
            while len(system.asked) < 2:
                system.seen.clear()
                await system.seen.wait()
        assert elsewhere.asked == []
