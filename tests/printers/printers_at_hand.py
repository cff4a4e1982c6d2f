"""Printers and peers for the tests of this room."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from labelhub.drivers.driver import Driver
from labelhub.drivers.status import Report
from labelhub.printers.look import look as look_with
from labelhub.printers.printer import Address, Printer
from labelhub.printers.snmp import TIMEOUT_S, Snmp
from labelhub.printers.usb import UsbPorts

HOST = "127.0.0.1"
THEN = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
LATER = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)


def printer(number: int = 1, **changes: Any) -> Printer:
    """A printer as the API would add it."""
    address = Address("192.0.2.1", 9100 + number)
    made = Printer(
        UUID(int=number),
        f"printer-{number}",
        f"Printer {number}",
        "PT-P750W",
        "brother-pt",
        "tcp",
        address,
        True,
        False,
        False,
        THEN,
        THEN,
    )
    return replace(made, **changes)


@asynccontextmanager
async def peer(behave: Callable[[socket.socket], Awaitable[None]], *, buffer_bytes: int = 4096) -> AsyncIterator[int]:
    """The port of a printer that treats its one connection so, and keeps it open until the end unless it closed it itself."""
    loop = asyncio.get_running_loop()
    with socket.socket() as listener:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        listener.bind((HOST, 0))
        listener.listen(1)

        async def serve() -> None:
            connection, _ = await loop.sock_accept(listener)
            with connection:
                await behave(connection)
                if connection.fileno() >= 0:
                    await asyncio.Event().wait()

        serving = asyncio.create_task(serve())
        try:
            yield listener.getsockname()[1]
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def read(connection: socket.socket, size_bytes: int) -> bytes:
    """So many bytes, or fewer when the other side closed."""
    data = b""
    while len(data) < size_bytes and (chunk := await asyncio.get_running_loop().sock_recv(connection, size_bytes - len(data))):
        data += chunk
    return data


def reset(connection: socket.socket) -> None:
    """Break the connection as a printer that lost its power does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class _Answering(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], Iterable[bytes]]) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for reply in self._answer(data):
            self._transport.sendto(reply, addr)


@asynccontextmanager
async def agent(answer: Callable[[bytes], Iterable[bytes]]) -> AsyncIterator[int]:
    """The UDP port of something that answers each datagram so."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Answering(answer), local_addr=(HOST, 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


async def look(address: Address, driver: Driver, timeout_s: float = TIMEOUT_S, model: str = "PT-P750W") -> Report:
    """One look by somebody who has never looked before."""
    return await look_with(address, driver, model, Snmp(timeout_s), UsbPorts())


def dead_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        port: int = holder.getsockname()[1]
        return port
