"""Who a printer says it is: model, serial number and firmware, asked for once and not at every look."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from uuid import UUID

from labelhub.drivers import mib
from labelhub.drivers.driver import Drivers
from labelhub.errors import PrinterError
from labelhub.printers.printer import Address, Printer
from labelhub.printers.snmp import TRIES, Snmp, Values

log = logging.getLogger(__name__)

OIDS = (mib.HR_DEVICE_DESCR, mib.IEEE1284_ID, mib.PRT_SERIAL_NUMBER, mib.BROTHER_SERIAL, mib.SYS_DESCR)
MAX_CHARACTERS = 100
IN_FLIGHT = 16
"""Printers asked at once: at a start with hundreds of them all come online together."""
_FIRMWARE = re.compile(r"Firmware Ver\.?\s*([\w.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device tells of itself; "" for what it does not tell. `model` is None where no driver here knows it."""

    model: str | None
    described: str
    """Its own words for its model."""
    serial: str
    firmware: str


class Identities:
    """What the printers set up here told in this run. Each is asked once for as long as it stays where it is and online."""

    def __init__(self, snmp: Snmp, drivers: Drivers) -> None:
        self._snmp = snmp
        self._drivers = drivers
        self._in_flight = asyncio.Semaphore(IN_FLIGHT)
        self._asked: dict[UUID, Address] = {}
        self._told: dict[UUID, Identity] = {}

    def of(self, printer: Printer) -> Identity | None:
        """What it told at the address it has now; None when it was not asked there, or did not answer."""
        return self._told.get(printer.id) if self._asked.get(printer.id) == printer.address else None

    def wants(self, printer: Printer) -> bool:
        """True for a printer that can be asked and has not been."""
        address = printer.address
        return address.scheme != "usb" and address.snmp and self._asked.get(printer.id) != address

    async def learn(self, printer: Printer) -> Identity | None:
        """Who it is; None when it was asked already or does not say. After silence it may be asked again. Never raises."""
        if not self.wants(printer):
            return None
        self._asked[printer.id] = printer.address
        self._told.pop(printer.id, None)
        try:
            async with self._in_flight:
                identity = await identify(self._snmp, printer.address, self._drivers, TRIES)
        except PrinterError as error:
            log.debug("who %s is: %s", printer.slug, error.detail)
            identity = None
        if self._asked.get(printer.id) != printer.address:  # forgotten or moved meanwhile
            return None
        if identity is None:
            self.forget(printer.id)
        else:
            self._told[printer.id] = identity
        return identity

    def forget(self, printer_id: UUID) -> None:
        """Ask it again when it is next seen: it is gone, and what comes back at its address may be another one."""
        self._asked.pop(printer_id, None)
        self._told.pop(printer_id, None)


async def identify(snmp: Snmp, address: Address, drivers: Drivers, tries: int = 1) -> Identity:
    """Who answers there. PrinterUnreachable, ReplyInvalid."""
    return identity_of(await snmp.get(address, OIDS, tries), drivers)


def identity_of(values: Values, drivers: Drivers) -> Identity:
    """The identity that the answers tell; the printer's own number counts before the network card's."""
    described = text(values.get(mib.HR_DEVICE_DESCR))
    named = (described, text(values.get(mib.IEEE1284_ID)), text(values.get(mib.SYS_DESCR)))
    model = next((found for words in named if (found := drivers.recognise(words))), None)
    firmware = _FIRMWARE.search(text(values.get(mib.SYS_DESCR)))
    serial = _serial(values.get(mib.PRT_SERIAL_NUMBER)) or _serial(values.get(mib.BROTHER_SERIAL))
    return Identity(model, described or named[2], serial, firmware[1] if firmware else "")


def text(value: object) -> str:
    """An octet string as one line of printable text of bounded length; "" for anything else."""
    if not isinstance(value, bytes):
        return ""
    plain = value[: 4 * MAX_CHARACTERS].decode("utf-8", "replace")
    return "".join(character for character in plain if character.isprintable()).strip()[:MAX_CHARACTERS]


def _serial(value: object) -> str:
    """A serial number; "" for what stands in the place of one that was never written, as in 000000000."""
    number = text(value)
    return number if len(set(number)) > 1 else ""
