"""A printer in a process of its own, so that its work is none of the hub's.

Called as `python -m tests.benchmarks.sink SNMP SPEED MODEL MEDIA WHEN`.

Prints its ports as a JSON line, then for each line on stdin how many pages came out, how much media moved, and when.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from functools import partial

from labelhub.drivers.brother.tables import model_row
from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.machine import Machine
from labelhub.emulator.printer import speed_from_word
from labelhub.emulator.server import Emulator

FOR_EVER_S = 1e6


async def main(snmp: str, speed: str, model: str, media: str, when: str) -> None:
    if when == "last":  # a printer has a processor of its own: where answers of the hub are timed, it takes what is left of this one
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    mm_per_s = speed_from_word(model_row(model), speed)
    emulator = Emulator(model, media_from_word(model, media), snmp=snmp == "snmp", mm_per_s=mm_per_s, kept_pages=10)
    async with emulator:
        times: list[float] = []
        counting = asyncio.create_task(note_times(emulator, times))
        print(json.dumps([emulator.port, emulator.snmp_port or 161]), flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            told = {"pages": emulator.machine.page_count, "moved_mm": emulator.machine.tape_used_mm, "times": times[:1] + times[-1:]}
            print(json.dumps(told), flush=True)
            times.clear()
        counting.cancel()


async def note_times(emulator: Emulator, times: list[float]) -> None:
    """When the first page since the last question began, and when each was out."""
    while True:
        before = emulator.machine.page_count
        await emulator.wait_until(partial(printing_after, pages=before), FOR_EVER_S)
        if not times:
            times.append(time.monotonic())
        await emulator.wait_until(partial(printed_more, than=before), FOR_EVER_S)
        times.append(time.monotonic())


def printing_after(machine: Machine, pages: int) -> bool:
    return machine.printing or machine.page_count > pages


def printed_more(machine: Machine, than: int) -> bool:
    return machine.page_count > than


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
