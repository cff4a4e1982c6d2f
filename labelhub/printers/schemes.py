"""Which transport an address takes: `usb://...` this machine's USB, everything else the network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from labelhub.names import Names
from labelhub.printers.printer import Address
from labelhub.printers.tcp import connect
from labelhub.printers.transport import Pipe
from labelhub.printers.usb import UsbPorts


class Transports:
    """Every way to a printer."""

    def __init__(self, usb: UsbPorts, names: Names | None = None) -> None:
        self.usb = usb
        self._names = names or Names()

    @asynccontextmanager
    async def pipe_to(self, address: Address) -> AsyncIterator[Pipe]:
        """An open pipe, closed at the end. PrinterUnreachable."""
        if address.scheme == "usb":
            async with self.usb.pipe_to(address) as pipe:
                yield pipe
            return
        connection = await connect(address.host, address.port, names=self._names)
        try:
            yield connection
        finally:
            await connection.close()
