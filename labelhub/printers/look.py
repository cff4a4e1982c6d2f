"""One look at one printer: over the network by SNMP, its own status block first; where that is silent, by its open port."""

from __future__ import annotations

from dataclasses import replace

from labelhub.drivers import mib, printer_mib
from labelhub.drivers.driver import Driver
from labelhub.drivers.status import PrinterState, Report
from labelhub.errors import PrinterUnreachable, ReplyInvalid
from labelhub.names import Names
from labelhub.printers.printer import Address
from labelhub.printers.snmp import Snmp, Values
from labelhub.printers.tcp import connect
from labelhub.printers.usb import UsbPorts

CONNECT_TIMEOUT_S = 3.0
TICKS_A_SECOND = 100
OIDS = (mib.BROTHER_STATUS, mib.PRT_MARKER_LIFE_COUNT, mib.PRT_CONSOLE_TEXT, mib.SYS_UP_TIME)


async def look(address: Address, driver: Driver, model: str, snmp: Snmp, usb: UsbPorts) -> Report:
    """What the printer says of itself now. PrinterUnreachable when it is not there, ReplyInvalid when it talks nonsense."""
    if address.scheme == "usb":
        return await usb.look(address, driver, model)
    if not address.snmp:
        await _knock(address, snmp.names)
        return Report(PrinterState.UNKNOWN)
    try:
        values = await snmp.get(address, OIDS)
    except PrinterUnreachable as silence:
        if not isinstance(silence.__cause__, TimeoutError | ConnectionRefusedError):
            raise  # there is no such host
        return await _reached(address, silence, snmp.names)
    block = values.get(mib.BROTHER_STATUS)
    if isinstance(block, bytes):
        return replace(printer_mib.with_console(driver.parse_status(block, model), values), uptime_s=_uptime_s(values))
    return await _by_standard(address, driver, model, snmp)


async def _by_standard(address: Address, driver: Driver, model: str, snmp: Snmp) -> Report:
    values = await snmp.get(address, (*printer_mib.OIDS, mib.SYS_UP_TIME))
    name = values.get(mib.PRT_INPUT_MEDIA_NAME)
    media = driver.media_named(model, name.decode("utf-8", "replace")) if isinstance(name, bytes) else None
    report = printer_mib.report_of(values, media)
    if report is None:
        raise ReplyInvalid(f"{address.host} answers SNMP but gives no printer status: is it the printer its settings name?")
    return replace(report, uptime_s=_uptime_s(values))


def _uptime_s(values: Values) -> float | None:
    ticks = values.get(mib.SYS_UP_TIME)
    return ticks / TICKS_A_SECOND if isinstance(ticks, int) else None


async def _reached(address: Address, silence: PrinterUnreachable, names: Names) -> Report:
    """A report that says no more than that the printer is there. The connection also wakes one that sleeps."""
    try:
        await _knock(address, names)
    except PrinterUnreachable:
        raise silence from None
    why = f"{address.host} takes connections but gives no SNMP answer on port {address.snmp_port}: switch SNMP on in it, "
    return Report(PrinterState.UNKNOWN, blind=why + "correct the community set here, or set snmp to false")


async def _knock(address: Address, names: Names) -> None:
    pipe = await connect(address.host, address.port, CONNECT_TIMEOUT_S, names)
    await pipe.close()
