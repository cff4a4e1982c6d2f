"""Starting and stopping: in order, quickly, and refusing with a reason."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import time
from pathlib import Path

import pytest

from labelhub.errors import DatabaseUnusable, StartRefused
from labelhub.hub import Hub
from tests.house import settings_for

NAMES = [f"silent-{number}" for number in range(20)]


async def test_printers_that_say_nothing_do_not_slow_the_start(tmp_path: Path) -> None:
    silent = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in NAMES]
    try:
        for one in silent:
            one.bind(("127.0.0.1", 0))
        printers = [
            {"name": name, "model": "PT-P750W", "host": "127.0.0.1", "port": number + 1, "snmp_port": one.getsockname()[1]}
            for number, (name, one) in enumerate(zip(NAMES, silent, strict=True))
        ]
        begun = time.perf_counter()
        async with Hub(settings_for(tmp_path, printers, probe_timeout_s=30)) as hub:
            elapsed_s = time.perf_counter() - begun
            assert [printer.slug for printer in hub.printers] == sorted(NAMES)
            assert hub.crew.driven == {printer.id for printer in hub.printers}
    finally:
        for one in silent:
            one.close()
    assert elapsed_s < 20


async def test_a_drifted_database_stops_the_start_with_a_reason_and_is_let_go(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    async with Hub(settings):
        pass
    with sqlite3.connect(tmp_path / "labelhub.db") as conn:
        conn.execute("ALTER TABLE jobs DROP COLUMN evidence")
    conn.close()
    for _ in range(2):  # the second time proves that the first let go of the lock
        with pytest.raises(DatabaseUnusable, match=r"lacks jobs\.evidence"):
            await Hub(settings).open()


async def test_a_newer_database_stops_the_start(tmp_path: Path) -> None:
    async with Hub(settings_for(tmp_path)):
        pass
    with sqlite3.connect(tmp_path / "labelhub.db") as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    conn.close()
    with pytest.raises(DatabaseUnusable, match="newer version"):
        await Hub(settings_for(tmp_path)).open()


async def test_two_hubs_on_one_database_are_refused(tmp_path: Path) -> None:
    async with Hub(settings_for(tmp_path)):
        with pytest.raises(StartRefused, match="another hub"):
            await Hub(settings_for(tmp_path)).open()


async def test_a_closed_hub_leaves_no_task_behind(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with Hub(settings_for(tmp_path)):
        assert len(asyncio.all_tasks()) > len(before)
    assert asyncio.all_tasks() == before
