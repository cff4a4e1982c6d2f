"""A virtual printer made known on the network by mDNS, as real ones do: a `_pdl-datastream._tcp` service at its raster port.

Source of the TXT keys: Bonjour Printing Specification 1.2.1, and what Brother's network printers send.
Importing zeroconf takes a while: it is done where something is announced.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from labelhub.emulator.server import Emulator

if TYPE_CHECKING:
    from zeroconf import ServiceInfo
    from zeroconf.asyncio import AsyncZeroconf

SERVICE = "_pdl-datastream._tcp.local."
ELSEWHERE = "192.0.2.1"
"""An address of no network here: the way to it is the way to others."""
LANGUAGE = "application/vnd.brother-hbp"
"""What Brother's printers call their own formats."""


class Announcement:
    """One virtual printer, known on the network while this is open. Start the printer first: its port is told."""

    def __init__(self, emulator: Emulator, *, interfaces: Sequence[str] | None = None, note: str = "") -> None:
        """`interfaces` are addresses of this machine, None for all; `note` is where the printer stands."""
        self._emulator = emulator
        self._interfaces = list(interfaces) if interfaces is not None else None
        self._note = note
        self._zeroconf: AsyncZeroconf | None = None
        self._service: ServiceInfo | None = None

    @property
    def name(self) -> str:
        """The name of the service, which holds the serial number; where another printer has it, it gets a number behind."""
        if self._service is not None:
            return self._service.name
        return f"Brother {self._emulator.machine.model.name} [{self._emulator.serial}].{SERVICE}"

    async def start(self) -> None:
        """Announce it, and return once it was. OSError where there is no interface, or its host has no address."""
        from zeroconf import InterfaceChoice
        from zeroconf.asyncio import AsyncZeroconf

        async with AsyncExitStack() as undo:
            try:
                self._zeroconf = AsyncZeroconf(interfaces=self._interfaces if self._interfaces is not None else InterfaceChoice.All)
            except RuntimeError as error:  # no interface at all, or not that one
                raise OSError(str(error)) from error
            undo.push_async_callback(self.stop)
            service = self._told(await self._addresses())
            await (await self._zeroconf.async_register_service(service, allow_name_change=True))
            self._service = service
            undo.pop_all()

    async def stop(self) -> None:
        """Take it back: whoever listens is told that it is gone."""
        if self._zeroconf is None:
            return
        if self._service is not None:
            await (await self._zeroconf.async_unregister_service(self._service))
        await self._zeroconf.async_close()
        self._zeroconf = self._service = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    def _told(self, addresses: list[str]) -> ServiceInfo:
        from zeroconf import ServiceInfo

        model = self._emulator.machine.model.name
        properties = {
            "txtvers": "1",
            "ty": f"Brother {model}",
            "product": f"(Brother {model})",
            "usb_MFG": "Brother",
            "usb_MDL": model,
            "pdl": LANGUAGE,
            "note": self._note,
        }
        return ServiceInfo(
            SERVICE,
            self.name,
            port=self._emulator.port,
            properties=properties,
            server=f"BRW{self._emulator.serial}.local.",
            parsed_addresses=addresses,
        )

    async def _addresses(self) -> list[str]:
        """Where it listens; everywhere is told as the address that this machine has towards others."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._emulator.host, self._emulator.port, type=socket.SOCK_STREAM)
        address = str(found[0][4][0])
        if not ipaddress.ip_address(address).is_unspecified:
            return [address]
        return self._interfaces if self._interfaces is not None else [_own_address()]


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((ELSEWHERE, 9))  # sends nothing: it only chooses a way
        except OSError:
            return "127.0.0.1"
        return str(asking.getsockname()[0])
