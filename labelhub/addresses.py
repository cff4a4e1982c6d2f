"""Addresses: which ones a configured name may lead to, so that no name can be turned against what is near the hub.

Private addresses and this machine's own are where connected systems and targets of notices live, and are taken. Never taken are those
that cloud machines ask for their own secrets, and those that are no single machine's. A name whose address comes nearer while the hub
runs, as from the internet to the home network, is refused: that is how DNS rebinding goes.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from ipaddress import IPv4Address, ip_network
from typing import Any

from labelhub.errors import IntegrationError
from labelhub.names import Address, Aside, literal

_LOOKING_UP = Aside(4, "look-up")
"""Of its own: a look-up that nobody answers holds its thread for half a minute, and jobs and printers are not to wait for that."""
MAX_ADDRESSES = 4
"""Of one name, so many are tried."""

Resolve = Callable[[str, int], Awaitable[list[str]]]

METADATA = (
    ip_network("169.254.0.0/16"),
    ip_network("fe80::/10"),
    ip_network("fd00:ec2::/32"),
    ip_network("fd20:ce::/32"),
    ip_network("fd00:c1::/32"),
    ip_network("fd00:42::/32"),
    ip_network("100.100.100.200/32"),
    ip_network("192.0.0.192/32"),
    ip_network("168.63.129.16/32"),
)
"""Link-local networks, and where Amazon, Google, Oracle, Scaleway, Alibaba and Azure answer their machines."""

_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_6TO4, _ISATAP = ip_network("2002::/16"), 0x00005EFE


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as this machine's resolver gives them. OSError."""
    call: Callable[[], list[Any]] = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.wrap_future(_LOOKING_UP.submit(call))
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def nearness(address: Address) -> int:
    """0: anywhere; 1: a private network; 2: this machine."""
    address = _meant(address)
    return 2 if address.is_loopback else 1 if not address.is_global else 0


def is_taken(address: Address) -> bool:
    """False for addresses that no configured system can be at."""
    address = _meant(address)
    if any(address in network for network in METADATA if network.version == address.version):
        return False
    return not (address.is_multicast or address.is_unspecified or address.is_link_local or _is_broadcast(address))


def _is_broadcast(address: Address) -> bool:
    return address == IPv4Address("255.255.255.255") or (isinstance(address, IPv4Address) and address in ip_network("0.0.0.0/8"))


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one only wraps."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    number, low = int(address), int(address) & 0xFFFFFFFF
    if any(address in network for network in _NAT64) or (number >> 32 == 0 and number > 1) or number >> 32 & 0xFDFFFFFF == _ISATAP:
        return IPv4Address(low)
    if address in _6TO4:
        return IPv4Address(number >> 80 & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address


class Pin:
    """The addresses to connect to for one configured host, looked up and checked anew for each request."""

    def __init__(self, host: str, port: int, resolver: Resolve = resolve) -> None:
        self._host = host
        self._port = port
        self._resolve = resolver
        self._nearest = 2
        self._seen = False

    async def addresses(self) -> list[str]:
        """At least one address, the first to be tried first. IntegrationError when there is none that may be used."""
        own = literal(self._host)
        if own is not None:
            if not is_taken(own):
                raise IntegrationError(f"{self._host} is no address a system can be connected at; give its address on your network")
            return [self._host]
        found = [address for address in map(literal, await self._looked_up()) if address is not None]
        taken = [address for address in found if is_taken(address)]
        if not taken:
            raise IntegrationError(f"the name {self._host} leads to an address that is not asked for things; correct its DNS entry")
        near = max(map(nearness, taken))
        if self._seen and near > self._nearest:
            raise IntegrationError(
                f"the name {self._host} led elsewhere before, and now to an address nearer to this hub, as in an attack; "
                "if that is right, restart the hub"
            )
        self._seen, self._nearest = True, near
        return [str(address) for address in taken]

    async def _looked_up(self) -> list[str]:
        try:
            return await self._resolve(self._host, self._port)
        except (OSError, UnicodeError) as error:
            raise IntegrationError(f"the name {self._host} is not known here; look at the URL and at the DNS") from error
