"""Who makes itself known as a printer by mDNS (RFC 6762, RFC 6763; TXT keys: Bonjour Printing Specification 1.2.1).

    _pdl-datastream._tcp    raster bytes, the port that labels are sent to
    _printer._tcp           LPD
    _ipp._tcp, _ipps._tcp   IPP
    TXT: ty               the model in words
         product          the same in parentheses
         usb_MFG, usb_MDL maker and model

Anything on the network can say anything here: what is kept is bounded, printable, and an address that can be sent to.
Importing zeroconf takes a while: it is done in a thread, when somebody first listens.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from labelhub.printers.identity import text

if TYPE_CHECKING:
    from zeroconf import Zeroconf
    from zeroconf.asyncio import AsyncServiceInfo

RASTER = "_pdl-datastream._tcp.local."
SERVICES = (RASTER, "_printer._tcp.local.", "_ipp._tcp.local.", "_ipps._tcp.local.")
RASTER_PORT = 9100
MAX_SERVICES = 500
MAX_ADDRESSES = 8
MAX_PORTS = 4
"""Of one device."""
KEYS = ("ty", "product", "usb_mdl", "usb_mfg")


@dataclass(frozen=True, slots=True)
class Announced:
    """One device as it made itself known."""

    hosts: tuple[str, ...]
    """Its addresses, IPv4 first, and at the end the name it gave itself, such as `BRW0080772C5AB4.local`."""
    port: int
    described: str
    """Its words for its model."""
    words: tuple[str, ...]
    """Everything it says that may name its model."""


@dataclass(frozen=True, slots=True)
class _Service:
    kind: str
    name: str
    server: str
    addresses: tuple[str, ...]
    port: int
    said: dict[str, str]


async def browse(seconds: float, interfaces: Sequence[str] = ()) -> list[Announced]:
    """The devices heard within so long, on all interfaces unless addresses of some are given. OSError where that cannot be."""
    for address in interfaces:
        _refuse_foreign(address)
    zeroconf = await asyncio.to_thread(import_module, "zeroconf")
    own = await asyncio.to_thread(import_module, "zeroconf.asyncio")
    try:
        mdns = own.AsyncZeroconf(interfaces=list(interfaces) or zeroconf.InterfaceChoice.All)
    except RuntimeError as error:  # there is no interface at all
        raise OSError(str(error)) from error
    try:
        ears = _Ears(mdns.zeroconf, seconds)
        # Asked so that everybody hears the answers: another mDNS program of this machine would get those to us alone.
        asked_as = zeroconf.DNSQuestionType.QM
        async with own.AsyncServiceBrowser(mdns.zeroconf, list(SERVICES), handlers=[ears.heard], question_type=asked_as):
            await asyncio.sleep(seconds)
        return _devices(await ears.services())
    finally:
        await mdns.async_close()


def _refuse_foreign(address: str) -> None:
    """OSError when this machine does not have the address: zeroconf leaves its sockets open over one."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind((address, 0))


class _Ears:
    """Asks each service that is heard of for its address, port and text."""

    def __init__(self, zeroconf: Zeroconf, seconds: float) -> None:
        self._zeroconf = zeroconf
        self._until = asyncio.get_running_loop().time() + seconds
        self._asking: dict[tuple[str, str], tuple[AsyncServiceInfo, asyncio.Task[bool]]] = {}

    def heard(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: Any) -> None:
        """Called by zeroconf for each service that comes, changes or goes."""
        from zeroconf import DNSQuestionType, Error
        from zeroconf.asyncio import AsyncServiceInfo

        key = service_type, name.lower()
        if key in self._asking or len(self._asking) >= MAX_SERVICES:
            return
        try:
            service = AsyncServiceInfo(service_type, name)
        except Error:  # a name that is none of this kind of service
            return
        left_ms = max(1.0, (self._until - asyncio.get_running_loop().time()) * 1000)
        asking = asyncio.create_task(service.async_request(zeroconf, left_ms, DNSQuestionType.QM))
        self._asking[key] = service, asking

    async def services(self) -> list[_Service]:
        """Those that told an address, in the order in which they were first heard of."""
        for _, asking in self._asking.values():
            asking.cancel()
        await asyncio.gather(*(asking for _, asking in self._asking.values()), return_exceptions=True)
        return [heard for service, _ in self._asking.values() if (heard := _heard(service)).addresses]


def _heard(service: AsyncServiceInfo) -> _Service:
    said = {text(key).lower(): text(value) for key, value in service.properties.items()}
    return _Service(
        service.type,
        text(service.get_name().encode()),
        text((service.server or "").rstrip(".").encode()),
        _reachable(service.parsed_scoped_addresses()),
        service.port or 0,
        {key: said[key] for key in KEYS if said.get(key)},
    )


def _reachable(addresses: Iterable[str]) -> tuple[str, ...]:
    """Those that a printer can have, IPv4 first and those of one link last."""
    found: list[IPv4Address | IPv6Address] = []
    for word in list(addresses)[: 4 * MAX_ADDRESSES]:
        try:
            address = ip_address(word)
        except ValueError:
            continue
        if not (address.is_unspecified or address.is_multicast or address.is_reserved or address in found):
            found.append(address)
    found.sort(key=lambda address: (address.version, address.is_link_local))
    return tuple(str(address) for address in found[:MAX_ADDRESSES])


def _devices(services: Iterable[_Service]) -> list[Announced]:
    """What belongs to one device as one, or as one for each port it takes raster at."""
    by_server: dict[str, list[_Service]] = {}
    for service in services:
        by_server.setdefault(service.server.lower() or service.addresses[0], []).append(service)
    return [device for group in by_server.values() for device in _of_one_server(group)]


def _of_one_server(group: list[_Service]) -> Iterable[Announced]:
    addresses = tuple(dict.fromkeys(address for service in group for address in service.addresses))[:MAX_ADDRESSES]
    hosts = (*addresses, group[0].server) if group[0].server else addresses
    ports = sorted({service.port for service in group if service.kind == RASTER and service.port}) or [RASTER_PORT]
    for port in ports[:MAX_PORTS]:
        telling = [service for service in group if service.kind != RASTER or service.port in (0, port)]
        said = {key: value for service in reversed(telling) for key, value in service.said.items()}
        maker_and_model = f"{said.get('usb_mfg', '')} {said.get('usb_mdl', '')}".strip()
        described = said.get("ty") or said.get("product", "").strip("()") or maker_and_model or telling[0].name
        yield Announced(hosts, port, described, (*said.values(), *dict.fromkeys(service.name for service in telling)))
