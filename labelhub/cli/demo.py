"""The demo: two virtual printers on real sockets, and a first label; and one virtual printer alone."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AsyncExitStack, suppress
from typing import Self

from labelhub.declared import DeclaredPrinter
from labelhub.drivers.brother.tables import model_row
from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.announce import Announcement
from labelhub.emulator.printer import speed_from_word
from labelhub.emulator.server import Emulator
from labelhub.errors import StartRefused
from labelhub.hub import Hub
from labelhub.jobs import store
from labelhub.jobs.job import OPEN, LabelOrder
from labelhub.jobs.submit import Wish
from labelhub.settings import Settings

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
Ports = tuple[tuple[int, int], tuple[int, int]]
"""Raster and SNMP port of each virtual printer."""
PORTS: Ports = ((19100, 19161), (19101, 19162))
"""Fixed, so that the printers keep their ids from one start to the next."""
FIRST_LABEL = {
    "primary_id": "A-1001",
    "title": "ThinkPad T14 Gen 3",
    "secondary": ["Office Berlin", "SN PF3XK9T2"],
    "qr_payload": "https://snipe.example/hardware/1001",
}
FIRST_LABEL_WAIT_S = 30


class Demo:
    """A PT-P750W with 12 mm tape and a QL-820NWB with a 62 mm roll, at the speed of real ones."""

    def __init__(self, ports: Ports = PORTS) -> None:
        """`ports` are free ones for 0."""
        tape, roll = media_from_word("PT-P750W", "12mm"), media_from_word("QL-820NWB", "62mm")
        (tape_port, tape_snmp_port), (roll_port, roll_snmp_port) = ports
        self.emulators = {
            "pt-p750w": Emulator(
                "PT-P750W", tape, host=HOST, port=tape_port, snmp_port=tape_snmp_port, serial="VIRTUAL00001", mm_per_s="real"
            ),
            "ql-820nwb": Emulator(
                "QL-820NWB", roll, host=HOST, port=roll_port, snmp_port=roll_snmp_port, serial="VIRTUAL00002", mm_per_s="real"
            ),
        }
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for name, emulator in self.emulators.items():
            try:
                await emulator.start()
            except OSError as error:
                await self._stack.aclose()
                raise StartRefused(
                    f"the virtual printer {name} cannot listen on {HOST}:{emulator.port} ({error}); is another demo running?"
                ) from error
            self._stack.push_async_callback(emulator.stop)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def declare(self, settings: Settings) -> Settings:
        """The settings with the virtual printers declared as well."""
        virtual = tuple(
            DeclaredPrinter(
                name=f"Virtual {one.machine.model.name}", model=one.machine.model.name, host=HOST, port=one.port, snmp_port=one.snmp_port
            )
            for one in self.emulators.values()
        )
        return settings.model_copy(update={"printers": settings.printers + virtual})

    async def first_label(self, hub: Hub, address: str) -> None:
        """Print one label and say where to see it."""
        job = await hub.submit(Wish("snipeit-12mm", (LabelOrder(FIRST_LABEL),), hold_mismatch=True, submitted_by="demo"))
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LABEL_WAIT_S):
                job = await hub.database.until(lambda job: job.state not in OPEN, store.get, job.id)
        log.info("first label: %s (%s)", job.state, job.evidence or job.reason)
        log.info("see it at %s/ and, as the virtual printers printed it, at %s/virtual", address, address)


async def run_virtual_printer(
    model: str, media: str, host: str, port: int, snmp_port: int, *, speed: str = "none", announce: bool = False
) -> None:
    """One virtual printer until a signal. StartRefused, MediaUnsupported, ValidationFailed."""
    loaded = None if media == "none" else media_from_word(model, media)
    mm_per_s = speed_from_word(model_row(model), speed)
    emulator = Emulator(model, loaded, host=host, port=port, snmp_port=snmp_port, mm_per_s=mm_per_s)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(emulator)
        except OSError as error:
            raise StartRefused(f"cannot listen on {host}: {error}") from error
        if announce:
            try:
                await stack.enter_async_context(Announcement(emulator))
            except OSError as error:
                raise StartRefused(f"cannot be announced by mDNS: {error}") from error
        told = f"raster on {host}:{emulator.port}, SNMP on {host}:{emulator.snmp_port}{', announced' if announce else ''}"
        print(f"{emulator.machine.model.name} holds {media}; {told}; Ctrl-C ends it", flush=True)  # noqa: T201
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await ended.wait()
