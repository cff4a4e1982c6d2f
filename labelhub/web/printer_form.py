"""The form of a printer: what a person typed, and what is wrong with it, field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from labelhub.printers.printer import USB_HOST, Address, Printer

MAX_NAME, MAX_HOST, MAX_COMMUNITY = 100, 253, 255
HOST = re.compile(rf"[A-Za-z0-9._:%-]{{1,{MAX_HOST}}}|{USB_HOST}")
RASTER_PORT, SNMP_PORT, COMMUNITY = "9100", "161", "public"


@dataclass(frozen=True, slots=True)
class PrinterForm:
    """What stands in the fields. `wrong` names the text of `printer_wrong.<...>` for each field that cannot be taken.

    The community is never shown again: an empty one means the one that is stored.
    """

    name: str = ""
    model: str = ""
    host: str = ""
    port: str = RASTER_PORT
    snmp: bool = True
    snmp_port: str = SNMP_PORT
    snmp_community: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, printer: Printer) -> Self:
        """The form of a printer as it is."""
        address = printer.address
        return cls(printer.name, printer.model, address.host, str(address.port), address.snmp, str(address.snmp_port))

    @classmethod
    def read(cls, given: Mapping[str, Any], models: list[str]) -> Self:
        """The form as it was sent. `models` are those that can be driven."""
        text = {name: str(given.get(name, "")).strip() for name in ("name", "model", "host", "port", "snmp_port", "snmp_community")}
        read = {**text, "port": text["port"] or RASTER_PORT, "snmp_port": text["snmp_port"] or SNMP_PORT}
        return cls(**read, snmp=bool(given.get("snmp")), wrong=_wrong(read, models))

    def address(self, known: Address | None = None) -> Address:
        """Where it listens, of a form with nothing wrong in it; the community that is known stays where none was typed."""
        community = self.snmp_community or (known.snmp_community if known else COMMUNITY)
        return Address(self.host, int(self.port), self.snmp, int(self.snmp_port), community)

    def connection(self) -> dict[str, Any]:
        """What changes of a connection."""
        changes = {"host": self.host, "port": int(self.port), "snmp": self.snmp, "snmp_port": int(self.snmp_port)}
        return changes | ({"snmp_community": self.snmp_community} if self.snmp_community else {})


def _wrong(text: Mapping[str, str], models: list[str]) -> dict[str, str]:
    found = {}
    if not 1 <= len(text["name"]) <= MAX_NAME or not text["name"].isprintable():
        found["name"] = "name"
    if text["model"] not in models:
        found["model"] = "model"
    if not HOST.fullmatch(text["host"]):
        found["host"] = "host"
    for name in ("port", "snmp_port"):
        digits = text[name]
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 5 and 1 <= int(digits) <= 65535):
            found[name] = "port"
    if len(text["snmp_community"]) > MAX_COMMUNITY:
        found["snmp_community"] = "community"
    return found
