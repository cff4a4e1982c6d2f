"""Hubs as processes of their own, to be killed, stopped and gone on with; and who of them drives what."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from typing import Self
from uuid import uuid4

import psycopg

from labelhub.emulator.server import Connection, Emulator
from tests.flows import quick_node
from tests.house import declared

ROOT = Path(__file__).parents[2]
SERVE = (sys.executable, "-m", "labelhub", "serve", "--listen", "127.0.0.1:0")
MOMENT_S = 0.05
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.flows.quick_node"])


class Program:
    """One hub: as users run it, or a quick one, which is there at once and has short leases and little patience."""

    def __init__(self, pid: int, log: Path, gone: Callable[[], Awaitable[object]]) -> None:
        self.pid = pid
        self.address = ""
        """Where it listens."""
        self._log = log
        self._gone = gone

    @classmethod
    async def start(cls, folder: Path, variables: dict[str, str], *, quick: bool) -> Self:
        """Started, and listening."""
        log = folder / f"hub-{uuid4().hex[:8]}.log"
        named = {f"LABELHUB_{name.upper()}": value for name, value in variables.items()}
        return await (cls._fork(log, named) if quick else cls._serve(log, named))

    @classmethod
    async def _fork(cls, log: Path, named: dict[str, str]) -> Self:
        told, tells = FORKS.Pipe(duplex=False)
        process = FORKS.Process(target=quick_node.run, args=(named, log, tells), daemon=True)
        await asyncio.to_thread(process.start)
        tells.close()
        assert process.pid is not None
        one = cls(process.pid, log, lambda: asyncio.to_thread(process.join))
        try:
            one.address = await asyncio.to_thread(told.recv)
        except EOFError:
            raise AssertionError(f"the hub ended before it listened:\n{one.log}") from None
        finally:
            told.close()
        return one

    @classmethod
    async def _serve(cls, log: Path, named: dict[str, str]) -> Self:
        process = await asyncio.create_subprocess_exec(*SERVE, env=os.environ | named, cwd=ROOT, stderr=asyncio.subprocess.PIPE)
        assert process.stderr is not None
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def read() -> None:
            assert process.stderr is not None
            with log.open("ab") as file:
                async for line in process.stderr:
                    file.write(line)
                    if (found := re.search(rb"listens on (\S+)", line)) and not told.done():
                        told.set_result(found[1].decode())
            if not told.done():
                told.set_exception(AssertionError(f"the hub ended before it listened:\n{one.log}"))

        reading = asyncio.create_task(read())
        one = cls(process.pid, log, lambda: asyncio.gather(process.wait(), reading))
        one.address = await told
        return one

    def stop(self) -> None:
        """Not one more step of it is taken when this returns."""
        os.kill(self.pid, signal.SIGSTOP)
        while not Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].startswith(" T"):
            pass

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def end(self) -> None:
        """As an operator does."""
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, how)
        await self._gone()

    @property
    def log(self) -> str:
        return self._log.read_text()

    def left_in_the_middle(self) -> set[str]:
        """The jobs that it found on their way."""
        return set(re.findall(r"job (\S+) was left in the middle", self.log))


async def started(stack: AsyncExitStack, folder: Path, variables: dict[str, str], *, quick: bool = True) -> Program:
    """A hub that listens; killed when the stack ends."""
    one = await Program.start(folder, variables, quick=quick)
    stack.push_async_callback(one.kill)
    return one


def of_printers(folder: Path, url: str, printers: dict[str, Emulator], **more: object) -> dict[str, str]:
    """The settings of a hub with these printers, for `Program`."""
    found = [one | more for one in declared(printers)]
    return {"printers": json.dumps(found), "database_url": url, "data_dir": str(folder), "probe_timeout_s": "0.3"}


def drivers_of(url: str) -> dict[str, int]:
    """By printer id, the process that holds its lease."""
    with closing(psycopg.connect(url, autocommit=True)) as conn:
        rows = conn.execute("SELECT name, owner FROM leases WHERE name <> 'housekeeping' AND until > clock_timestamp()").fetchall()
    return {name: int(owner.split("-")[-2]) for name, owner in rows}


def overlapping(printer: Emulator) -> list[tuple[Connection, Connection]]:
    """Connections that came while a label was read from another. Only a printer that resets such connections shows them.

    Of one that ends and one that comes in the same moment it may see the second first.
    """
    found = list(printer.connections)
    return [
        (one, other)
        for place, one in enumerate(found)
        for other in found[place + 1 :]
        if one.first_byte_at_s is not None and other.opened_at_s + MOMENT_S < (one.closed_at_s or float("inf"))
    ]
