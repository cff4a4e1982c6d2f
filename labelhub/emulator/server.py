"""A virtual printer on the network: TCP 9100 in, SNMP out, both from one `Machine`.

TCP as label printers do it: one connection is read at a time, others wait unread; nothing is ever answered; reading stops
while two pages wait to be printed; once the whole job has been read (1A, and nothing behind it) the printer closes.
With `refuse_while_busy` connections are refused from the first one on until everything received is printed.
Unplugged, the printer forgets what it received, refuses TCP and leaves SNMP unanswered, and keeps both port numbers.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelhub.emulator.machine import KEPT_PAGES, Machine, Page
from labelhub.media import Media

if TYPE_CHECKING:
    from labelhub.emulator.agent import Agent

CHUNK_BYTES = 4096
RECEIVE_BUFFER_BYTES = 16 * 1024
BUFFERED_PAGES = 2
IDLE_TIMEOUT_S = 60.0
"""How long a connection may say nothing before the printer gives it up."""
KEPT_CONNECTIONS = 200
WAITING_CONNECTIONS = 16


@dataclass(slots=True)
class Connection:
    """One connection as the printer saw it; times are the event loop's clock in seconds."""

    peer: str
    opened_at_s: float
    closed_at_s: float | None = None
    size_bytes: int = 0
    data: bytearray | None = None
    """What was received, where the printer was told to keep it."""
    broken: bool = False
    """Reset by the sender, given up after silence, or cut when the printer lost its power."""


class Emulator:
    """One virtual printer. `start` opens its ports, `stop` closes them; a person's acts are methods in between."""

    def __init__(
        self,
        model: str,
        media: Media | None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        snmp_port: int = 0,
        serial: str = "A1B2C3D4E5F6",
        community: str = "public",
        mm_per_s: float | None = None,
        refuse_while_busy: bool = False,
        snmp: bool = True,
        keep_bytes: bool = False,
        kept_pages: int = KEPT_PAGES,
    ) -> None:
        """`mm_per_s` is the speed of the tape, None for no time at all; port 0 takes a free one.

        `keep_bytes` keeps what every connection received, for other decoders to read.
        """
        self.machine = Machine(model, media, kept_pages=kept_pages)
        self.host, self.port, self.snmp_port = host, port, snmp_port
        self.serial = serial
        self.connections: deque[Connection] = deque(maxlen=KEPT_CONNECTIONS)
        self._community = community
        self._mm_per_s = mm_per_s
        self._refuse_while_busy = refuse_while_busy
        self._snmp = snmp
        self._keep_bytes = keep_bytes
        self._news = asyncio.Condition()
        self._number_holder: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._agent: Agent | None = None
        self._agent_transport: asyncio.DatagramTransport | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._switched_on_at_s = 0.0

    # Opening and closing

    async def start(self) -> None:
        """Open both ports; `port` and `snmp_port` are known afterwards. OSError when one is taken."""
        self._number_holder = _bound(socket.SOCK_STREAM, self.host, self.port)
        self.port = self._number_holder.getsockname()[1]
        try:
            if self._snmp:
                await self._start_agent()
            await self.plug()
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close everything."""
        await self._disconnect()
        if self._agent_transport is not None:
            self._agent_transport.close()
            self._agent_transport = self._agent = None
        if self._number_holder is not None:
            self._number_holder.close()
            self._number_holder = None

    async def __aenter__(self) -> Emulator:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    async def _start_agent(self) -> None:
        from labelhub.emulator.agent import Agent, values_of

        loop = asyncio.get_running_loop()
        agent = Agent(values_of(self.machine, self.serial, lambda: loop.time() - self._switched_on_at_s), self._community)
        udp = _bound(socket.SOCK_DGRAM, self.host, self.snmp_port)
        self.snmp_port = udp.getsockname()[1]
        self._agent = agent
        self._agent_transport, _ = await loop.create_datagram_endpoint(lambda: agent, sock=udp)

    # What a person does to it

    @property
    def plugged(self) -> bool:
        """True while it has power."""
        return bool(self._tasks)

    async def plug(self) -> None:
        """Give it power: it listens again on the same ports."""
        if self.plugged:
            return
        self._listen()
        self._switched_on_at_s = asyncio.get_running_loop().time()
        self.machine.switch_on()
        if self._agent is not None:
            self._agent.silent = False
        self._tasks = [asyncio.create_task(self._serve())]
        if self._mm_per_s is not None:
            self._tasks.append(asyncio.create_task(self._print(self._mm_per_s)))
        await self._settle()

    async def unplug(self) -> None:
        """Take its power: connections break, what it received and did not print is lost, the port numbers stay its own."""
        if self._agent is not None:
            self._agent.silent = True
        self.machine.switch_off()
        await self._disconnect()
        await self._settle()

    async def open_cover(self) -> None:
        """Printing stops until it is closed."""
        self.machine.open_cover()
        await self._settle()

    async def close_cover(self) -> None:
        """Printing goes on."""
        self.machine.close_cover()
        await self._settle()

    async def load(self, media: Media) -> None:
        """Put media in. MediaUnsupported when it does not fit."""
        self.machine.load(media)
        await self._settle()

    async def remove_media(self) -> None:
        """Take the media out."""
        self.machine.remove_media()
        await self._settle()

    # What can be waited for

    async def wait_until(self, holds: Callable[[Machine], bool], timeout_s: float = 5.0) -> None:
        """Return as soon as something holds of the machine. TimeoutError when it does not in time."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: holds(self.machine))

    async def wait_for_pages(self, count: int, timeout_s: float = 5.0) -> tuple[Page, ...]:
        """The pages kept, once the life counter reached `count`. TimeoutError when it does not in time."""
        await self.wait_until(lambda machine: machine.page_count >= count, timeout_s)
        return tuple(self.machine.pages)

    # Inside

    def _listen(self) -> socket.socket:
        listener = _bound(socket.SOCK_STREAM, self.host, self.port)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        listener.listen(WAITING_CONNECTIONS)
        self._listener = listener
        return listener

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _disconnect(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._stop_listening()

    async def _settle(self) -> None:
        """After every change: print what can be printed at once, and wake whoever waits."""
        if self._mm_per_s is None:
            while self.machine.start_page() is not None:
                self.machine.finish_page()
        async with self._news:
            self._news.notify_all()

    async def _print(self, mm_per_s: float) -> None:
        length_mm = 0.0

        def started() -> bool:
            nonlocal length_mm
            length_mm = self.machine.start_page() or 0.0
            return length_mm > 0

        while True:
            async with self._news:
                await self._news.wait_for(started)
            # An open cover or lost media stops the page; it is begun anew as soon as it can be, not when its time is up.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(length_mm / mm_per_s), self._news:
                    await self._news.wait_for(lambda: not self.machine.printing)
            self.machine.finish_page()
            await self._settle()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(ConnectionError):  # gone again before it was taken
                connection, peer = await loop.sock_accept(self._listener or self._listen())
                await self._take(connection, f"{peer[0]}:{peer[1]}")

    async def _take(self, connection: socket.socket, peer: str) -> None:
        record = Connection(peer, asyncio.get_running_loop().time(), data=bytearray() if self._keep_bytes else None)
        self.connections.append(record)
        if self._refuse_while_busy:
            self._stop_listening()
        try:
            await self._read_job(connection, record)
        except OSError:  # a reset, or the time-out
            record.broken = True
        except asyncio.CancelledError:
            record.broken = True
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise
        finally:
            connection.close()
            record.closed_at_s = asyncio.get_running_loop().time()
            self.machine.connection_closed()
        await self._settle()
        if self._refuse_while_busy:
            async with self._news:
                await self._news.wait_for(lambda: not self.machine.backlog)

    async def _read_job(self, connection: socket.socket, record: Connection) -> None:
        loop = asyncio.get_running_loop()
        ended_before = self.machine.ended_jobs
        while True:
            async with self._news:
                await self._news.wait_for(lambda: self.machine.backlog < BUFFERED_PAGES)
            async with asyncio.timeout(IDLE_TIMEOUT_S):
                chunk = await loop.sock_recv(connection, CHUNK_BYTES)
            if not chunk:
                return
            record.size_bytes += len(chunk)
            if record.data is not None:
                record.data += chunk
            self.machine.receive(chunk)
            await self._settle()
            job_ended = self.machine.ended_jobs > ended_before and self.machine.between_jobs
            if job_ended and not _has_more(connection):
                return


def _bound(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    """A bound socket. On TCP a second one may be bound to the same number while only one listens: it keeps the number."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    try:
        bound.setblocking(False)
        if kind is socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _has_more(connection: socket.socket) -> bool:
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
