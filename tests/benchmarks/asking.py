"""How long it takes to be answered, beside the floor on this machine. `python -m tests.benchmarks.asking URL` asks a hub until its stdin
ends, in a process of its own so that nothing else keeps it, and prints the milliseconds of both.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.benchmarks.client import clients


async def took_ms(call: Callable[[], Awaitable[Any]]) -> float:
    await asyncio.sleep(0.001)
    begun = time.perf_counter()
    await call()
    return (time.perf_counter() - begun) * 1000


@asynccontextmanager
async def echo() -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """The floor on this machine: what asks a process for a line that only gives lines back."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", ECHO, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", int(await process.stdout.readline()))

    async def call() -> None:
        writer.write(b"\n")
        await reader.readline()

    try:
        yield call
    finally:
        writer.close()
        process.kill()
        await process.wait()


ECHO = """
import asyncio
async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line)
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def quantiles(found_ms: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    in_order = sorted(found_ms)
    return in_order[len(in_order) // 2], in_order[len(in_order) * 99 // 100]


@asynccontextmanager
async def asking(address: str) -> AsyncIterator[list[tuple[float, float]]]:
    """Milliseconds of `GET /healthz` and of an echo, one after the other, of the time inside; there at its end."""
    words = [sys.executable, "-m", "tests.benchmarks.asking", address]
    process = await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**26)
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdout.readline()
    found: list[tuple[float, float]] = []
    try:
        yield found
    finally:
        process.stdin.close()
        found += [(of_hub, of_echo) for of_hub, of_echo in json.loads(await process.stdout.readline())]
        await process.wait()


async def main(address: str) -> None:
    async with clients(address, 1) as hub, echo() as echoed:
        print(flush=True)
        ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        found = []
        while not ended.done():
            found.append((await took_ms(lambda: hub.ask("GET", "/healthz")), await took_ms(echoed)))
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
