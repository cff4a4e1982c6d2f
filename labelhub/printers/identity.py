"""Who a printer says it is: model, serial number and firmware, asked for once and not at every look."""

from __future__ import annotations

import re
from dataclasses import dataclass

from labelhub.drivers import mib
from labelhub.drivers.driver import Drivers
from labelhub.printers.printer import Address
from labelhub.printers.snmp import Snmp, Values

OIDS = (mib.HR_DEVICE_DESCR, mib.IEEE1284_ID, mib.PRT_SERIAL_NUMBER, mib.BROTHER_SERIAL, mib.SYS_DESCR)
MAX_CHARACTERS = 100
_FIRMWARE = re.compile(r"Firmware Ver\.?\s*([\w.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device tells of itself; "" for what it does not tell. `model` is None where no driver here knows it."""

    model: str | None
    described: str
    """Its own words for its model."""
    serial: str
    firmware: str


async def identify(snmp: Snmp, address: Address, drivers: Drivers, tries: int = 1) -> Identity:
    """Who answers there. PrinterUnreachable, ReplyInvalid."""
    return identity_of(await snmp.get(address, OIDS, tries), drivers)


def identity_of(values: Values, drivers: Drivers) -> Identity:
    """The identity that the answers tell; the printer's own number counts before the network card's."""
    described = text(values.get(mib.HR_DEVICE_DESCR))
    named = (described, text(values.get(mib.IEEE1284_ID)), text(values.get(mib.SYS_DESCR)))
    model = next((found for words in named if (found := drivers.recognise(words))), None)
    firmware = _FIRMWARE.search(text(values.get(mib.SYS_DESCR)))
    serial = text(values.get(mib.PRT_SERIAL_NUMBER)) or text(values.get(mib.BROTHER_SERIAL))
    return Identity(model, described or named[2], serial, firmware[1] if firmware else "")


def text(value: object) -> str:
    """An octet string as one line of printable text of bounded length; "" for anything else."""
    if not isinstance(value, bytes):
        return ""
    plain = value[: 4 * MAX_CHARACTERS].decode("utf-8", "replace")
    return "".join(character for character in plain if character.isprintable()).strip()[:MAX_CHARACTERS]
