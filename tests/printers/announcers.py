"""Announcers for the tests: what makes itself known by mDNS on the loopback, honest or not, to one listener alone."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from zeroconf._dns import DNSAddress, DNSPointer, DNSRecord, DNSService, DNSText
from zeroconf._protocol.outgoing import DNSOutgoing

from labelhub.printers.mdns import RASTER

GROUP, PORT = "224.0.0.251", 5353
TTL_S = 120
A, PTR, TXT, AAAA, SRV, INTERNET = 1, 12, 16, 28, 33, 1
AUTHORITATIVE_ANSWER = 0x8400
_numbers = itertools.count(1)


def street() -> str:
    """A /24 of the loopback that no other test uses, as `127.3.7`: houses in it are addresses of this machine."""
    return f"127.{1 + os.getpid() % 250}.{next(_numbers) % 256}"


@dataclass(frozen=True)
class Service:
    """One service as it is announced."""

    address: str
    name: str = "Printer"
    kind: str = RASTER
    port: int = 9100
    txt: dict[str, str] = field(default_factory=dict)
    server: str = "printer.local."
    text: bytes | None = None
    """The raw TXT record, in the place of `txt`."""

    def records(self) -> list[DNSRecord]:
        """Its PTR, SRV, TXT and address."""
        full = f"{self.name}.{self.kind}"
        entries = [f"{key}={value}".encode()[:255] for key, value in self.txt.items()]
        text = self.text if self.text is not None else b"".join(bytes([len(entry)]) + entry for entry in entries)
        family, kind = (socket.AF_INET6, AAAA) if ":" in self.address else (socket.AF_INET, A)
        return [
            pointer(self.kind, full),
            DNSService(full, SRV, INTERNET, TTL_S, 0, 0, self.port, self.server),
            DNSText(full, TXT, INTERNET, TTL_S, text or b"\0"),
            DNSAddress(self.server, kind, INTERNET, TTL_S, socket.inet_pton(family, self.address)),
        ]


def pointer(kind: str, name: str) -> DNSPointer:
    """That there is a service of this kind."""
    return DNSPointer(kind, PTR, INTERNET, TTL_S, name)


def packets(records: Iterable[DNSRecord]) -> list[bytes]:
    """The records as datagrams."""
    out = DNSOutgoing(AUTHORITATIVE_ANSWER)
    for record in records:
        out.add_answer_at_time(record, 0)
    return out.packets()


class _Answering(asyncio.DatagramProtocol):
    def __init__(self, listener: str, answers: list[bytes]) -> None:
        self._listener = listener
        self._answers = answers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr[0] == self._listener:
            for answer in self._answers:
                self._transport.sendto(answer, addr)


@asynccontextmanager
async def announced(listener: str, *services: Service, raw: Iterable[bytes] = ()) -> AsyncIterator[None]:
    """These services and bytes, told to whoever asks the loopback from this address; nobody else hears them."""
    answers = [*packets(record for service in services for record in service.records()), *raw]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.setblocking(False)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        udp.bind((GROUP, PORT))
        membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Answering(listener, answers), sock=udp)
        try:
            yield
        finally:
            transport.close()
