"""A street of virtual printers on addresses of the loopback, to be found there."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from labelhub.drivers.brother import PT, QL
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import Drivers
from labelhub.emulator.agent import Agent
from labelhub.emulator.server import Emulator
from labelhub.printers.discovery import Discovery, Found, Search
from labelhub.printers.mdns import Announced, browse
from labelhub.printers.printer import Address, Printer
from tests.printers.announcers import Service, announced, street
from tests.printers.printers_at_hand import printer

DRIVERS = Drivers.of([PT, QL])
TAPE = media_from_word("PT-P750W", "12mm")
QUICK_S = 0.1
LISTEN_S = 0.4


class Street:
    """Addresses of the loopback where the virtual printers of one test live, all with one SNMP port."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.prefix = street()
        self.ear = f"{self.prefix}.254"
        self.snmp_port = 0
        self._stack = stack

    def at(self, number: int) -> str:
        return f"{self.prefix}.{number}"

    @property
    def subnet(self) -> str:
        return f"{self.prefix}.0/29"

    async def printer(self, number: int, serial: str, model: str = "PT-P750W", media: str = "12mm", **more: Any) -> Emulator:
        """A virtual printer at that number."""
        made = Emulator(model, media_from_word(model, media), host=self.at(number), snmp_port=self.snmp_port, serial=serial, **more)
        emulator = await self._stack.enter_async_context(made)
        self.snmp_port = self.snmp_port or emulator.snmp_port
        return emulator

    async def agent(self, number: int, answering: Agent) -> None:
        """Something else that answers SNMP."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: answering, local_addr=(self.at(number), self.snmp_port))
        self.snmp_port = self.snmp_port or transport.get_extra_info("sockname")[1]
        self._stack.callback(transport.close)

    async def announce(self, *services: Service, raw: tuple[bytes, ...] = ()) -> None:
        await self._stack.enter_async_context(announced(self.ear, *services, raw=raw))

    def discovery(self, *here: Printer) -> Discovery:
        return Discovery(DRIVERS, lambda: here, QUICK_S, [self.ear])

    async def swept(self, *here: Printer) -> list[Found]:
        return await self.discovery(*here).find(Search(mdns=False, subnet=self.subnet, snmp_port=self.snmp_port))

    async def heard(self, *here: Printer, subnet: str | None = None) -> list[Found]:
        found = await self.discovery(*here).find(Search(seconds=LISTEN_S, subnet=subnet, snmp_port=self.snmp_port or 1))
        return [one for one in found if one.host.startswith(self.prefix) or one.slug]

    async def told(self) -> list[Announced]:
        """What announces itself in this street; the whole loopback hears some of the others."""
        return [one for one in await browse(LISTEN_S, [self.ear]) if one.hosts[0].startswith(self.prefix)]


def set_up(emulator: Emulator, number: int = 1, **changes: Any) -> Printer:
    """The printer as it is set up here."""
    address = Address(emulator.host, emulator.port, True, emulator.snmp_port)
    return printer(number, **{"address": address, "serial": emulator.serial} | changes)
