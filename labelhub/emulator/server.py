"""A virtual printer on the network: TCP 9100 in, SNMP out, both from one `Machine`.

TCP as label printers do it: one connection is read at a time, others wait unread; nothing is ever answered; reading stops
while two pages wait to be printed; once the whole job has been read (1A, and nothing behind it) the printer closes.
Unplugged, the printer forgets what it received, refuses TCP and leaves SNMP unanswered, and keeps both port numbers.
`faults` tells what else can be switched.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelhub.emulator.faults import Faults, SecondConnection
from labelhub.emulator.machine import KEPT_PAGES, Machine
from labelhub.emulator.printer import BUFFERED_PAGES, CHUNK_BYTES, CHUNKS_PER_S, Speed, VirtualPrinter
from labelhub.media import Media

if TYPE_CHECKING:
    from labelhub.emulator.agent import Agent

RECEIVE_BUFFER_BYTES = 16 * 1024
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
    first_byte_at_s: float | None = None
    last_byte_at_s: float | None = None
    """When the printer read them, which a full one does long after they were sent."""
    broken: bool = False
    """Reset by the sender or the printer, given up after silence, or cut when the printer lost its power."""


class Emulator(VirtualPrinter):
    """One virtual printer on the network. `start` opens its ports, `stop` closes them; a person's acts are methods in between."""

    def __init__(
        self,
        model: str,
        media: Media | None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        snmp_port: int = 0,
        serial: str = "A1B2C3D4E5F6",
        firmware: str = "1.00",
        community: str = "public",
        mm_per_s: Speed = None,
        refuse_while_busy: bool = False,
        faults: Faults | None = None,
        snmp: bool = True,
        keep_bytes: bool = False,
        kept_pages: int = KEPT_PAGES,
    ) -> None:
        """`mm_per_s` is the speed of the tape, None for no time at all; port 0 takes a free one; `snmp` is whether it has an agent.

        `refuse_while_busy` is that one of the `faults`. `keep_bytes` keeps what every connection received, for other decoders to read.
        """
        wrong = (faults or Faults()).changed({"refuse_while_busy": True} if refuse_while_busy else {})
        super().__init__(Machine(model, media, faults=wrong, kept_pages=kept_pages), mm_per_s)
        self.host, self.port, self.snmp_port = host, port, snmp_port
        self.serial, self.firmware = serial, firmware
        self.connections: deque[Connection] = deque(maxlen=KEPT_CONNECTIONS)
        self._community = community
        self._snmp = snmp
        self._keep_bytes = keep_bytes
        self._number_holder: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._taking = False
        self._reader: asyncio.Task[None] | None = None
        self._open: dict[socket.socket, Connection] = {}
        self._waking: asyncio.Task[None] | None = None
        self._agent: Agent | None = None
        self._agent_transport: asyncio.DatagramTransport | None = None
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
        await super().stop()
        if self._agent_transport is not None:
            self._agent_transport.close()
            self._agent_transport = self._agent = None
        if self._number_holder is not None:
            self._number_holder.close()
            self._number_holder = None

    async def _start_agent(self) -> None:
        from labelhub.emulator.agent import Agent, values_of

        loop = asyncio.get_running_loop()
        values = values_of(self.machine, self.serial, lambda: loop.time() - self._switched_on_at_s, self.firmware)
        agent = Agent(values, self._community, lambda: self.faults)
        udp = _bound(socket.SOCK_DGRAM, self.host, self.snmp_port)
        self.snmp_port = udp.getsockname()[1]
        self._agent = agent
        self._agent_transport, _ = await loop.create_datagram_endpoint(lambda: agent, sock=udp)

    def _connect(self) -> None:
        self._listen()
        self._switched_on_at_s = asyncio.get_running_loop().time()

    async def _disconnect(self) -> None:
        self._stop_listening()
        await super()._disconnect()
        self._reader = self._waking = None
        for connection in tuple(self._open):
            self._end(connection, broken=True)

    def _vanish(self) -> None:
        """Whoever is connected stays so, and is not read any more; others are taken by the system alone."""
        if self._reader is not None:
            self._reader.cancel()

    # Who may connect

    def _adjust(self) -> None:
        faults, busy = self.faults, self._reader is not None or self.machine.backlog > 0
        self.machine.said.clear()
        if self._agent is not None:
            self._agent.silent = not self.plugged
        if not self.plugged or (faults.refuse_while_busy and busy and not faults.half_open):
            self._stop_listening()
            return
        if self._listener is None:
            self._listen()
        free = self._reader is None or faults.second_connection is SecondConnection.RESET
        self._take_connections(free and not faults.half_open)

    def _listen(self) -> None:
        listener = _bound(socket.SOCK_STREAM, self.host, self.port)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        try:
            listener.listen(WAITING_CONNECTIONS)
        except OSError:
            listener.close()
            raise
        self._listener = listener

    def _stop_listening(self) -> None:
        self._take_connections(False)
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _take_connections(self, wanted: bool) -> None:
        """Whether connections are taken from the system, which lets them wait otherwise."""
        if self._listener is None or wanted == self._taking:
            return
        loop = asyncio.get_running_loop()
        if wanted:
            loop.add_reader(self._listener, self._take)
        else:
            loop.remove_reader(self._listener)
        self._taking = wanted

    def _take(self) -> None:
        if self._listener is None:
            return
        try:
            connection, peer = self._listener.accept()
        except (BlockingIOError, ConnectionError):  # gone again before it was taken
            return
        connection.setblocking(False)
        now = asyncio.get_running_loop().time()
        record = Connection(f"{peer[0]}:{peer[1]}", now, data=bytearray() if self._keep_bytes else None)
        self.connections.append(record)
        self._open[connection] = record
        if self.faults.asleep and self._waking is None:
            self._waking = self._begin(self._wake())
        if self._reader is not None:
            self._end(connection, broken=True)
            return
        self._reader = self._begin(self._read(connection, record))
        self._adjust()

    async def _wake(self) -> None:
        await self._at_most(self.faults.wake_s, lambda: not self.faults.asleep)
        self._waking = None
        await self.switch(asleep=False)

    def _end(self, connection: socket.socket, *, broken: bool) -> None:
        """Close a connection; broken: by a reset."""
        record = self._open.pop(connection)
        if broken:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        record.broken = record.broken or broken
        record.closed_at_s = asyncio.get_running_loop().time()

    # Reading

    async def _read(self, connection: socket.socket, record: Connection) -> None:
        """Read a connection to its end; when this is cancelled it stays open, for whoever cancels to end it."""
        try:
            whole = await self._read_job(connection, record)
            self._end(connection, broken=not whole)
        except OSError:  # reset by the sender, or silent for too long
            record.broken = True
            self._end(connection, broken=False)
        finally:
            self._reader = None
        self.machine.connection_closed()
        await self._settle()

    async def _read_job(self, connection: socket.socket, record: Connection) -> bool:
        """True at the end of the job or of the connection, False when the printer is to break it off."""
        loop = asyncio.get_running_loop()
        ended_before = self.machine.ended_jobs
        while True:
            await self._until(lambda: self.machine.backlog < BUFFERED_PAGES)
            if self._resets(record):
                return False
            rate = self.faults.read_bytes_per_s
            async with asyncio.timeout(IDLE_TIMEOUT_S):
                chunk = await loop.sock_recv(connection, _chunk_bytes(self.faults, record.size_bytes))
            if not chunk:
                return True
            record.last_byte_at_s = loop.time()
            record.first_byte_at_s = record.first_byte_at_s or record.last_byte_at_s
            record.size_bytes += len(chunk)
            if record.data is not None:
                record.data += chunk
            self.machine.receive(chunk)
            await self._answer(connection)
            await self._settle()
            if self._resets(record):
                return False
            if self.machine.ended_jobs > ended_before and self.machine.between_jobs and not _has_more(connection):
                return True
            if rate is not None:
                await self._rest(len(chunk), rate)

    def _resets(self, record: Connection) -> bool:
        """True where the connection is to be reset now, once; what came of an unfinished job is forgotten."""
        at_byte = self.faults.reset_at_byte
        if at_byte is None or record.size_bytes < at_byte:
            return False
        self.machine.set_faults(self.faults.changed({"reset_at_byte": None}))
        self.machine.forget_job()
        return True

    async def _answer(self, connection: socket.socket) -> None:
        """The answers to ESC i S, where it gives any; what a printer says by itself it says on USB only."""
        answers = [said.block for said in self.machine.said if said.answer]
        self.machine.said.clear()
        if answers and self.faults.answers_status:
            async with asyncio.timeout(IDLE_TIMEOUT_S):
                await asyncio.get_running_loop().sock_sendall(connection, b"".join(answers))


def _chunk_bytes(faults: Faults, read_bytes: int) -> int:
    """How much to read at once: no further than a reset, and no faster than slow."""
    most = CHUNK_BYTES
    if faults.read_bytes_per_s is not None:
        most = max(1, min(most, int(faults.read_bytes_per_s / CHUNKS_PER_S)))
    return most if faults.reset_at_byte is None else min(most, faults.reset_at_byte - read_bytes)


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
