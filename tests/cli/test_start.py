"""What a start does not load: each of these takes time and memory, and most hubs never need it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.house import seeded_file

LATER = {
    "PIL.Image", "zxingcpp", "labelhub.emulator.server", "labelhub.cli.demo", "sqlalchemy.dialects.postgresql",
    "alembic", "certifi", "httpx", "jinja2", "prometheus_client", "psycopg", "pypdfium2", "pysnmp", "rich", "usb", "zeroconf",
    "resvg_py", "mako", "multiprocessing.popen_spawn_posix",
}  # fmt: skip
OPEN = """
import asyncio, sys
from labelhub.cli import commands, serve
from labelhub.app import create_app
from labelhub.hub import Hub
from labelhub.settings import load

async def opened(folder):
    printers = [{"name": str(n), "model": "PT-P750W", "host": "127.0.0.1", "port": n, "snmp_port": n} for n in (1, 2)]
    async with Hub(load(data_dir=folder, printers=printers)) as hub:
        create_app(hub)
        print(*sys.modules)

asyncio.run(opened(sys.argv[1]))
"""


def test_a_hub_that_is_open_has_loaded_nothing_that_it_does_not_need_yet(tmp_path: Path) -> None:
    shutil.copyfile(seeded_file(), tmp_path / "labelhub.db")
    loaded = subprocess.run([sys.executable, "-c", OPEN, tmp_path], capture_output=True, text=True, check=True).stdout.split()
    assert {"labelhub.hub", "sqlalchemy", "labelhub.labels.render"} <= set(loaded)
    assert LATER & set(loaded) == set()
