"""How long a hub takes from nothing to its first answer, and what it then holds in memory, beside the bare libraries."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.benchmarks.told import told
from tests.house import declared, seeded_file, virtual

pytestmark = pytest.mark.bench

ROUNDS = 9
BARE = "import fastapi, sqlalchemy, uvicorn"
RATIO, MORE_MS, MORE_MIB = 1.5, 300, 35
"""What a start may take beside the bare import: so many times as long and so much longer, and so much more memory."""
MIB = 1 << 20


def bare_ms() -> float:
    """The bare import, from starting Python to its end."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", BARE], check=True)
    return (time.perf_counter() - begun) * 1000


def bare_mib() -> float:
    """What Python holds after it."""
    code = f"import psutil; {BARE}; print(psutil.Process().memory_info().rss)"
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout) / MIB


def hub(folder: Path, variables: dict[str, str]) -> tuple[float, float, float]:
    """Milliseconds to the first answer of `/healthz` and to the first of a hub that is open, and MiB once its printers were seen."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    words = [sys.executable, "-m", "labelhub", "serve", "--listen", f"127.0.0.1:{port}", "--data-dir", str(folder)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("LABELHUB_")} | variables
    begun = time.perf_counter()
    with subprocess.Popen(words, env=env, stderr=subprocess.DEVNULL) as running:
        assert b" 200 " in asked(port, "/healthz")
        took_ms = (time.perf_counter() - begun) * 1000
        assert b" 200 " in asked(port, "/api/printers"), "the hub was not open after all the time that a request waits for it"
        open_ms = (time.perf_counter() - begun) * 1000
        while b'"captured_at":null' in (seen := asked(port, "/api/printers/one/status")) or b" 200 " not in seen:
            time.sleep(0.05)
        held_mib = psutil.Process(running.pid).memory_info().rss / MIB
        running.send_signal(signal.SIGTERM)
    return took_ms, open_ms, held_mib


def asked(port: int, path: str) -> bytes:
    """The whole answer, once somebody listens."""
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n".encode())
                return b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionRefusedError:
            time.sleep(0.002)


async def test_a_cold_start_beside_the_bare_libraries(tmp_path: Path) -> None:
    shutil.copyfile(seeded_file(), tmp_path / "labelhub.db")
    async with virtual(one="PT-P750W 12mm", two="QL-820NWB 62mm") as emulators:
        variables = {"LABELHUB_PRINTERS": json.dumps(declared(emulators))}
        await asyncio.to_thread(hub, tmp_path, variables)
        bare, ours, opened, held = [], [], [], []
        for _ in range(ROUNDS):
            bare.append(await asyncio.to_thread(bare_ms))
            took_ms, open_ms, held_mib = await asyncio.to_thread(hub, tmp_path, variables)
            ours.append(took_ms)
            opened.append(open_ms)
            held.append(held_mib)
        lean_mib = await asyncio.to_thread(bare_mib)
    told("cold start to the first 200 of /healthz", ours, "bare import", bare)
    told("cold start to the first answer of an open hub", opened, "bare import", bare)
    held_mib = statistics.median(held)
    line = f"| RSS with two printers | {held_mib:.1f} MiB | | bare import | {lean_mib:.1f} MiB | +{held_mib - lean_mib:.1f} MiB |"
    sys.__stdout__.write(f"{line}\n")  # type: ignore[union-attr]
    assert statistics.median(ours) <= RATIO * statistics.median(bare) + MORE_MS
    assert held_mib <= lean_mib + MORE_MIB
