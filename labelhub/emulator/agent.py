"""The SNMP side of a virtual printer: GET, GETNEXT and GETBULK in v1 and v2c, answered from the machine's own state.

Built on pysnmp's message classes and pyasn1's codec. Importing them takes a tenth of a second: import this module only
where an agent is about to run. Garbage and a wrong community are met with silence, as printers do.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any, cast

from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
from pyasn1.error import PyAsn1Error  # type: ignore[import-untyped]
from pysnmp.error import PySnmpError  # type: ignore[import-untyped]
from pysnmp.proto import api  # type: ignore[import-untyped]
from pysnmp.proto.api import v1, v2c  # type: ignore[import-untyped]

from labelhub.drivers import mib
from labelhub.emulator.faults import Faults, Snmp
from labelhub.emulator.machine import Machine

MAX_REQUEST_BYTES = 4096
MAX_VARIABLES = 128
RAW_STATUS = tuple(map(int, mib.BROTHER_STATUS.split(".")))
GARBAGE = (b"\x30\x84\xff\xff\xff\xff", b"printer", b"\0", b"\xff" * 1400, bytes(64))
NO_SUCH_NAME, NOT_WRITABLE = 2, 17

Oid = tuple[int, ...]
Value = Any
"""A pysnmp value object; pysnmp has no types."""
Values = Mapping[Oid, Callable[[], Value]]


def values_of(machine: Machine, serial: str, uptime_s: Callable[[], float], firmware: str = "1.00") -> Values:
    """What the agent answers, by number; each value is read from the machine when it is asked for."""
    maker = f"Brother {machine.model.name}"
    identity = f"MFG:Brother;CMD:PJL;MDL:{machine.model.name};CLS:PRINTER;DES:{maker};"
    text, number = v2c.OctetString, v2c.Integer32
    answers: dict[str, Callable[[], Value]] = {
        mib.SYS_DESCR: lambda: text(f"{maker}, Firmware Ver.{firmware}  ,virtual printer"),
        mib.SYS_OBJECT_ID: lambda: v2c.ObjectIdentifier(mib.BROTHER_SYSTEM),
        mib.SYS_UP_TIME: lambda: v2c.TimeTicks(int(uptime_s() * 100) % 2**32),
        mib.SYS_NAME: lambda: text(f"BRW{serial}"),
        mib.HR_DEVICE_DESCR: lambda: text(maker),
        mib.HR_PRINTER_STATUS: lambda: number(machine.panel.printer_status),
        mib.HR_PRINTER_DETECTED_ERROR_STATE: lambda: text(machine.panel.detected_errors),
        mib.PRT_SERIAL_NUMBER: lambda: text(serial),
        mib.PRT_INPUT_MEDIA_NAME: lambda: text(machine.panel.media_name),
        mib.PRT_MARKER_LIFE_COUNT: lambda: v2c.Counter32(machine.page_count % 2**32),
        mib.PRT_CONSOLE_TEXT: lambda: text(machine.panel.console_text),
        mib.HP_STATUS_TEXT: lambda: text(machine.panel.console_text),
        mib.BROTHER_SERIAL: lambda: text(serial),
        mib.IEEE1284_ID: lambda: text(identity),
        mib.BROTHER_STATUS: lambda: text(machine.status_block()),
    }
    return {tuple(map(int, oid.split("."))): answer for oid, answer in answers.items()}


class Agent(asyncio.DatagramProtocol):
    """A responder on one UDP socket. `silent` makes it answer nothing, like a printer that is off; `faults` are asked each time."""

    def __init__(self, values: Values, community: str, faults: Callable[[], Faults] = Faults) -> None:
        self._values = values
        self._order = sorted(values)
        self._community = community.encode()
        self._faults = faults
        self._transport: asyncio.DatagramTransport | None = None
        self.silent = False
        self.asked = 0
        """Datagrams that came."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # not a subclass in every event loop

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by the event loop for each request."""
        self.asked += 1
        faults = self._faults()
        lost = faults.snmp_drop_each is not None and self.asked % faults.snmp_drop_each == 0
        if lost or self.silent or faults.asleep or faults.half_open or faults.snmp is Snmp.SILENT:
            return
        reply = GARBAGE[self.asked % len(GARBAGE)] if faults.snmp is Snmp.GARBAGE else self.answer(data)
        if reply is not None and faults.snmp_delay_s:
            asyncio.get_running_loop().call_later(faults.snmp_delay_s, self._send, reply, addr)
        elif reply is not None:
            self._send(reply, addr)

    def _send(self, reply: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing() and not self.silent:
            self._transport.sendto(reply, addr)

    def error_received(self, exc: Exception) -> None:
        """A reply nobody took: the asker's loss."""

    def answer(self, request: bytes) -> bytes | None:
        """The reply to one datagram, None for silence."""
        module, message = _decoded(request)
        if message is None or bytes(module.apiMessage.get_community(message)) != self._community:
            return None
        if module is v2c and self._faults().snmp is Snmp.V1_ONLY:
            return None
        try:
            reply = module.apiMessage.get_response(message)
            if not self._fill(module, module.apiMessage.get_pdu(message), module.apiMessage.get_pdu(reply)):
                return None
            return bytes(encoder.encode(reply))
        except (PyAsn1Error, PySnmpError):
            return None

    def _fill(self, module: Any, pdu: Any, reply: Any) -> bool:
        """Write the answer to a request into its reply; False for a request that gets none."""
        asked: list[Oid] = [tuple(oid) for oid, _ in module.apiPDU.get_varbinds(pdu)]
        if len(asked) > MAX_VARIABLES:
            return False
        if pdu.isSameTypeWith(module.GetRequestPDU()):
            found = [(oid, self._get(oid)) for oid in asked]
        elif pdu.isSameTypeWith(module.GetNextRequestPDU()):
            found = [self._next(oid) for oid in asked]
        elif module is v2c and pdu.isSameTypeWith(v2c.GetBulkRequestPDU()):
            bulk = v2c.apiBulkPDU
            found = self._bulk(asked, int(bulk.get_non_repeaters(pdu)), int(bulk.get_max_repetitions(pdu)))
        elif pdu.isSameTypeWith(module.SetRequestPDU()):
            self._fail(module, pdu, reply, NO_SUCH_NAME if module is v1 else NOT_WRITABLE, 1)
            return True
        else:
            return False
        missing = [number for number, (_, value) in enumerate(found, 1) if _is_missing(value)]
        if module is v1 and missing:
            self._fail(module, pdu, reply, NO_SUCH_NAME, missing[0])
        else:
            module.apiPDU.set_varbinds(reply, found)
        return True

    @staticmethod
    def _fail(module: Any, pdu: Any, reply: Any, error: int, number: int) -> None:
        module.apiPDU.set_error_status(reply, error)
        module.apiPDU.set_error_index(reply, number)
        module.apiPDU.set_varbinds(reply, [(oid, None) for oid, _ in module.apiPDU.get_varbinds(pdu)])

    def _get(self, oid: Oid) -> Value:
        answer = self._values.get(oid)
        return answer() if answer and not self._lacks(oid) else v2c.NoSuchObject("")

    def _lacks(self, oid: Oid) -> bool:
        return oid == RAW_STATUS and self._faults().snmp is Snmp.NO_RAW

    def _next(self, oid: Oid) -> tuple[Oid, Value]:
        at = bisect_right(self._order, oid)
        if at < len(self._order) and self._lacks(self._order[at]):
            at += 1
        if at == len(self._order):
            return oid, v2c.EndOfMibView("")
        return self._order[at], self._values[self._order[at]]()

    def _bulk(self, asked: list[Oid], non_repeaters: int, max_repetitions: int) -> list[tuple[Oid, Value]]:
        once = max(0, min(non_repeaters, len(asked)))
        found = [self._next(oid) for oid in asked[:once]]
        row = asked[once:]
        while row and max_repetitions > 0 and len(found) + len(row) <= MAX_VARIABLES:
            max_repetitions -= 1
            answers = [self._next(oid) for oid in row]
            found += answers
            if row == [oid for oid, _ in answers]:
                break
            row = [oid for oid, _ in answers]
        return found


def _decoded(request: bytes) -> tuple[Any, Any]:
    """The module of the request's version and its message; the message is None for garbage."""
    if len(request) > MAX_REQUEST_BYTES:
        return v2c, None
    try:
        module = {api.SNMP_VERSION_1: v1, api.SNMP_VERSION_2C: v2c}.get(int(api.decodeMessageVersion(request)))
        return (module, decoder.decode(request, asn1Spec=module.Message())[0]) if module else (v2c, None)
    except (PyAsn1Error, PySnmpError, TypeError, ValueError, OverflowError):  # pyasn1 meets some broken bytes with the last three
        return v2c, None


def _is_missing(value: Value) -> bool:
    return bool(value.isSameTypeWith(v2c.NoSuchObject()) or value.isSameTypeWith(v2c.EndOfMibView()))
