"""Discovery: the label printers on the network, and which of them are set up here already, also where they have moved since.

Two ways lead to them: listening to who makes itself known by mDNS, and, where a person names a subnet, one SNMP datagram to each
of its addresses. Whoever was found is then asked who it is and what it holds. A device is told by its serial number, not by
its address.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from ipaddress import ip_network
from uuid import UUID

from labelhub.drivers import mib
from labelhub.drivers.driver import Drivers
from labelhub.errors import DiscoveryRunning, PrinterError, ReplyInvalid, ValidationFailed
from labelhub.media import Media
from labelhub.printers import identity
from labelhub.printers.identity import Identity, identify
from labelhub.printers.mdns import RASTER_PORT, Announced, browse
from labelhub.printers.printer import Address, Printer
from labelhub.printers.sights import Sight, as_devices, same_host
from labelhub.printers.snmp import Snmp

log = logging.getLogger(__name__)

MAX_ADDRESSES = 1024
MAX_COMMUNITIES = 4
"""That a subnet is asked with, beside `public`."""
KNOCK_TIMEOUT_S = 0.5
IN_FLIGHT = 64
MDNS, SNMP = "mdns", "snmp"
PUBLIC = "public"
OIDS = (*identity.OIDS, mib.BROTHER_STATUS, mib.PRT_INPUT_MEDIA_NAME)


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look: `seconds` of listening to mDNS unless that is off, and a subnet as `192.0.2.0/24` where one is to be swept."""

    mdns: bool = True
    seconds: float = 2.0
    subnet: str | None = None
    snmp_port: int = 161


@dataclass(frozen=True, slots=True)
class Found:
    """A printer on the network. `model` is None for one that nothing here drives; "" stands for what it does not tell."""

    model: str | None
    described: str
    serial: str
    firmware: str
    host: str
    port: int
    snmp_port: int
    media: Media | None
    sources: tuple[str, ...]
    """`mdns`, `snmp` or both."""
    printer_id: UUID | None
    """Of the printer set up here that it is."""
    slug: str | None
    moved_from: str | None
    """The host and port that printer is set up with, when it has left them."""


class Discovery:
    """Finds printers, once at a time."""

    def __init__(
        self, drivers: Drivers, printers: Callable[[], Iterable[Printer]], timeout_s: float, interfaces: Sequence[str] = ()
    ) -> None:
        """`printers` are those set up here, `timeout_s` is for an SNMP answer; listened is at `interfaces`, addresses of this machine."""
        self._drivers = drivers
        self._printers = printers
        self._timeout_s = timeout_s
        self._interfaces = interfaces
        self._running = False

    async def find(self, search: Search) -> list[Found]:
        """What there is, by host. DiscoveryRunning, ValidationFailed for a subnet that is none or too large, or for nowhere to look."""
        if search.subnet is None and not search.mdns:
            raise _refused("without mDNS there is nowhere to look: name a subnet")
        hosts = addresses_of(search.subnet) if search.subnet is not None else []
        if self._running:
            raise DiscoveryRunning("printers are being looked for already; ask again in a few seconds", retry_after_s=5)
        self._running = True
        try:
            return await self._find(search, hosts)
        finally:
            self._running = False

    async def _find(self, search: Search, hosts: list[str]) -> list[Found]:
        snmp = Snmp(self._timeout_s)
        here = sorted((one for one in self._printers() if one.address.scheme != "usb"), key=lambda one: not one.enabled)
        in_flight = asyncio.Semaphore(IN_FLIGHT)

        async def ask(sight: Sight) -> Sight:
            async with in_flight:
                return await self._asked(sight, snmp)

        heard, swept = await asyncio.gather(self._listen(search, here), sweep(hosts, search.snmp_port, communities_of(here)))
        sights = heard + [Sight(address, (address.host,), SNMP) for address in swept]
        devices = as_devices(await asyncio.gather(*map(ask, sights)))
        serials = {sight.serial for device in devices for sight in device}
        found = [await self._found(device, here, serials, snmp) for device in devices]
        return sorted((one for one in found if one.model or MDNS in one.sources), key=lambda one: (one.host, one.port))

    async def _listen(self, search: Search, here: Sequence[Printer]) -> list[Sight]:
        if not search.mdns:
            return []
        try:
            announced = await browse(search.seconds, self._interfaces)
        except OSError as error:
            log.warning("printers cannot be looked for by mDNS here: %s", error)
            return []
        return [Sight(_way_to(one, here, search.snmp_port), one.hosts, MDNS, one) for one in announced]

    async def _asked(self, sight: Sight, snmp: Snmp) -> Sight:
        """With what the device says of itself, if it says anything."""
        try:
            values = await snmp.get(sight.address, OIDS, tries=1)
        except PrinterError as error:
            log.debug("no identity: %s", error.detail)
            return sight
        told = identity.identity_of(values, self._drivers)
        return replace(sight, told=told, media=self._media(told.model, values))

    def _media(self, model: str | None, values: Mapping[str, object]) -> Media | None:
        known = self._drivers.find(model) if model else None
        if known is None or model is None:
            return None
        block, name = values.get(mib.BROTHER_STATUS), values.get(mib.PRT_INPUT_MEDIA_NAME)
        if isinstance(block, bytes):
            try:
                return known[0].parse_status(block, model).media
            except ReplyInvalid as error:
                log.debug("a status block that is none: %s", error.detail)
        return known[0].media_named(model, name.decode("utf-8", "replace")) if isinstance(name, bytes) else None

    async def _found(self, sights: list[Sight], here: Sequence[Printer], serials: Set[str], snmp: Snmp) -> Found:
        """What one device's sights come to."""
        best = next((one for one in sights if one.told), sights[0])
        told = best.told or Identity(None, "", "", "")
        announced = next((one.announced for one in sights if one.announced), None)
        hosts = tuple(dict.fromkeys(host for one in sights for host in one.hosts))
        port = announced.port if announced else None
        at = port or best.address
        printer = _set_up(told.serial, hosts, at, here, serials)
        at_home = printer is not None and _is_at(printer.address, hosts, at)
        moved = printer is not None and not at_home and not await self._answers(printer, told.serial, snmp)
        return Found(
            model=told.model or (self._model_of(announced) if announced else None),
            described=told.described or (announced.described if announced else ""),
            serial=told.serial,
            firmware=told.firmware,
            host=printer.address.host if printer and at_home else sights[0].address.host,
            port=port or (printer.address.port if printer else RASTER_PORT),
            snmp_port=best.address.snmp_port,
            media=next((one.media for one in sights if one.media), None),
            sources=tuple(sorted({one.source for one in sights})),
            printer_id=printer.id if printer else None,
            slug=printer.slug if printer else None,
            moved_from=place(printer.address.host, printer.address.port) if printer and moved else None,
        )

    def _model_of(self, announced: Announced) -> str | None:
        return next((model for words in announced.words if (model := self._drivers.recognise(words))), None)

    async def _answers(self, printer: Printer, serial: str, snmp: Snmp) -> bool:
        """True when the device with this serial number is still where the printer is set up: this is its second address, then."""
        if not printer.address.snmp:
            return False
        try:
            return (await identify(snmp, printer.address, self._drivers)).serial == serial
        except PrinterError:
            return False


def addresses_of(subnet: str) -> list[str]:
    """Every address of a subnet that a printer can have. ValidationFailed for one that is none, or has too many."""
    try:
        network = ip_network(subnet.strip(), strict=False)
    except ValueError as error:
        raise _refused(f"{subnet[:60]!r} is no subnet; write it like 192.0.2.0/24") from error
    if network.num_addresses > MAX_ADDRESSES:
        least = network.max_prefixlen - MAX_ADDRESSES.bit_length() + 1
        raise _refused(
            f"{network} has {network.num_addresses} addresses, and at most {MAX_ADDRESSES} are asked at once: "
            f"name a part of it with /{least} or more, one after the other"
        )
    if network.is_multicast or network.is_unspecified or (network.version == 4 and network.is_reserved):
        raise _refused(f"no printer has an address in {network}")
    return [str(address) for address in network.hosts()]


def communities_of(printers: Iterable[Printer]) -> tuple[str, ...]:
    """What a subnet is asked with: `public` first, then what the printers set up here were given."""
    own = dict.fromkeys(printer.address.snmp_community for printer in printers if printer.address.snmp)
    return PUBLIC, *[community for community in own if community != PUBLIC][:MAX_COMMUNITIES]


async def sweep(hosts: Iterable[str], snmp_port: int, communities: Sequence[str] = (PUBLIC,)) -> list[Address]:
    """Where something answers SNMP, with the community it answers to: one datagram for each, with little time to answer."""
    snmp = Snmp(KNOCK_TIMEOUT_S)
    in_flight = asyncio.Semaphore(IN_FLIGHT)

    async def knock(host: str) -> Address | None:
        async with in_flight:
            for community in communities:
                address = Address(host, RASTER_PORT, True, snmp_port, community)
                try:
                    await snmp.knock(address, mib.SYS_DESCR)
                except PrinterError:
                    continue
                return address
        return None

    return [address for address in await asyncio.gather(*map(knock, hosts)) if address is not None]


def place(host: str, port: int) -> str:
    """`192.0.2.7:9100`, `[fd00::7]:9100`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _way_to(announced: Announced, here: Iterable[Printer], snmp_port: int) -> Address:
    """Where to ask the device. As it was set up, if it was: a community of its own is told to nobody who only claims to be a printer."""
    for printer in here:
        if printer.address.snmp and printer.address.port == announced.port and same_host(printer.address.host, announced.hosts):
            return printer.address
    return Address(announced.hosts[0], announced.port, True, snmp_port, PUBLIC)


def _set_up(serial: str, hosts: Sequence[str], at: int | Address, here: Sequence[Printer], serials: Set[str]) -> Printer | None:
    """The printer here that a device is; `at` is its port for raster or, where that is not known, how it was asked.

    By its serial number or, for one that is at the address of a printer, by that: unless that printer's own number was seen elsewhere.
    """
    own = [printer for printer in here if serial and printer.serial == serial]
    there = [printer for printer in own or here if _is_at(printer.address, hosts, at)]
    if own:
        return (there or own)[0]
    return next((printer for printer in there if not serial or printer.serial not in serials), None)


def _is_at(address: Address, hosts: Sequence[str], at: int | Address) -> bool:
    same_port = address.port == at if isinstance(at, int) else address.snmp_port == at.snmp_port
    return same_port and same_host(address.host, hosts)


def _refused(detail: str) -> ValidationFailed:
    return ValidationFailed(detail, errors=[{"pointer": "", "parameter": "query.subnet", "detail": detail}])
