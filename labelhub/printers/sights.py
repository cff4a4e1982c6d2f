"""Sights: a device as one way showed it, and which sights are one device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from labelhub.media import Media
from labelhub.printers.identity import Identity
from labelhub.printers.mdns import Announced
from labelhub.printers.printer import Address


@dataclass(frozen=True, slots=True)
class Sight:
    """A device as it made itself known, or as it answered in a subnet, and what it told when it was asked at `address`."""

    address: Address
    hosts: tuple[str, ...]
    source: str
    announced: Announced | None = None
    told: Identity | None = None
    media: Media | None = None

    @property
    def serial(self) -> str:
        """The serial number, "" when it told none."""
        return self.told.serial if self.told else ""

    @property
    def port(self) -> int | None:
        """The port for raster; None where nobody told one."""
        return self.announced.port if self.announced else None


def as_devices(sights: Iterable[Sight]) -> list[list[Sight]]:
    """The sights of each device together: those with one serial number, and one without it beside another at the same address."""
    devices: list[list[Sight]] = []
    known: dict[tuple[object, ...], list[Sight]] = {}
    for sight in sights:
        numbered = [("serial", sight.told.model, sight.serial)] if sight.told and sight.serial else []
        placed = [("at", host, sight.port) for host in sight.hosts]
        device = next((known[key] for key in numbered if key in known), None)
        if device is None:
            there = [known[key] for key in placed if key in known]
            device = next((one for one in there if not sight.serial or not any(other.serial for other in one)), None)
        if device is None:
            device = []
            devices.append(device)
        device.append(sight)
        for key in (*numbered, *placed, *(("at", host, None) for host in sight.hosts)):
            known.setdefault(key, device)
    return devices


def same_host(host: str, hosts: Iterable[str]) -> bool:
    """True when the host is one of these, however its address or name is spelt."""
    return _plain(host) in {_plain(one) for one in hosts}


def _plain(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower().rstrip(".")
