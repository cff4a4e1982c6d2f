"""Raster bytes over TCP 9100, as label printers really do it: they answer nothing, read only while their buffer has room, and
close the connection themselves once they have read the whole job. So: connect, write, read until they close, all bounded.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from labelhub.errors import OutcomeUnknown, PrinterUnreachable
from labelhub.names import Names
from labelhub.printers.transport import CLOSE_TIMEOUT_S, STALL_TIMEOUT_S, Holds, Receipt, always, in_slices

CONNECT_TIMEOUT_S = 5.0
CHUNK_BYTES = 4096
SEND_BUFFER_BYTES = 8192
MAX_REPLY_BYTES = 4096
MAX_ADDRESSES = 4
"""Of one name, so many are tried."""


class TcpPipe:
    """An open connection to a printer; nothing has been sent yet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        # For writing: a stream keeps what the system does not take, and sends it when it likes.
        self._socket: socket.socket = writer.get_extra_info("socket").dup()
        self.sent_bytes = 0

    async def write(
        self,
        data: bytes,
        *,
        stall_timeout_s: float = STALL_TIMEOUT_S,
        alive: Callable[[], None] = always,
        holds: Holds = always,
    ) -> None:
        """Return once all of it left. OutcomeUnknown when it did not, or what `holds` raises. `alive` is called now and then."""
        left = memoryview(data)
        while left:
            holds()
            try:
                sent = self._send(left[:CHUNK_BYTES])
                if not sent:
                    await in_slices(self._until_writable, stall_timeout_s, alive, holds)
            except TimeoutError as error:
                detail = f"the printer stopped reading after about {self.sent_bytes} bytes for {stall_timeout_s:g} s"
                raise OutcomeUnknown(detail) from error
            except OSError as error:
                raise OutcomeUnknown(f"the connection broke after about {self.sent_bytes} bytes: {error}") from error
            self.sent_bytes += sent
            left = left[sent:]
            alive()

    def _send(self, data: memoryview) -> int:
        """How much of it the system took, which may be nothing. Nothing else of it is kept, to leave later by itself."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0

    async def _until_writable(self, slice_s: float) -> None:
        loop, fileno = asyncio.get_running_loop(), self._socket.fileno()
        writable = asyncio.Event()
        loop.add_writer(fileno, writable.set)
        try:
            async with asyncio.timeout(slice_s):
                await writable.wait()
        finally:
            loop.remove_writer(fileno)

    async def finish(self, *, close_timeout_s: float = CLOSE_TIMEOUT_S, alive: Callable[[], None] = always) -> Receipt:
        """The receipt once the printer closed, or the time is up. OutcomeUnknown when it broke the connection."""
        return await self._read_until_closed(self.sent_bytes, close_timeout_s, alive)

    async def gone(self) -> bool:
        """True when the other end is closed or broken already: before the first byte that means it never took the job."""
        return self._writer.transport.is_closing() or self._reader.exception() is not None or await self.closed_by_printer()

    async def closed_by_printer(self) -> bool:
        """True once the printer has closed the connection properly, which it does when it has read the whole job."""
        try:
            return (await self._read_until_closed(0, 0, always)).closed_by_printer
        except OutcomeUnknown:
            return False

    async def _read_until_closed(self, size_bytes: int, timeout_s: float, alive: Callable[[], None]) -> Receipt:
        reply = b""

        async def read(slice_s: float) -> None:
            nonlocal reply
            async with asyncio.timeout(slice_s):
                while chunk := await self._reader.read(MAX_REPLY_BYTES):
                    reply = (reply + chunk)[:MAX_REPLY_BYTES]

        try:
            await in_slices(read, timeout_s, alive)
            return Receipt(size_bytes, True, reply)
        except TimeoutError:
            return Receipt(size_bytes, False, reply)
        except OSError as error:
            raise OutcomeUnknown(f"all {size_bytes} bytes were sent, but the printer broke the connection: {error}") from error

    def abort(self) -> None:
        """Reset the connection: what the printer has not taken from the network is dropped."""
        if self._writer.transport.is_closing():
            return
        connection = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        self._writer.transport.abort()

    async def close(self) -> None:
        """Let go of the connection."""
        self._socket.close()
        self._writer.close()
        try:
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()


async def connect(host: str, port: int, timeout_s: float = CONNECT_TIMEOUT_S, names: Names | None = None) -> TcpPipe:
    """An open pipe. PrinterUnreachable when the printer does not take the connection in time."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await _opened(await (names or Names()).addresses(host), port)
    except TimeoutError as error:
        raise PrinterUnreachable(f"{host}:{port} did not answer within {timeout_s:g} s") from error
    except (OSError, ValueError, OverflowError) as error:  # the last two: a host name no resolver takes, a port that is none
        raise PrinterUnreachable(f"{host}:{port} cannot be reached: {error}") from error
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Small buffers on this side, in the system as well: what the printer has not taken should hardly count as sent.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    return TcpPipe(reader, writer)


async def _opened(addresses: list[str], port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    *first, last = addresses[:MAX_ADDRESSES]
    for address in first:
        with suppress(OSError):
            return await asyncio.open_connection(address, port)
    return await asyncio.open_connection(last, port)
