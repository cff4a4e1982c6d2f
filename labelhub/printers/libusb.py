"""A USB printer through libusb, for machines without usblp or where a printer has to be told by its serial number.

pyusb blocks, so every call runs in a thread. It comes with the extra `labelhub[usb]` and needs the system's libusb-1.0.
"""

from __future__ import annotations

import asyncio
from typing import Any

from labelhub.errors import PrinterUnreachable
from labelhub.printers.usbport import READ_BYTES

PRINTER_CLASS = 0x07
MIN_TIMEOUT_MS = 1


class UsbDevice:
    """The claimed printer interface of a device: its two bulk endpoints."""

    def __init__(self, usb: Any, device: Any, interface: Any) -> None:
        self._usb = usb
        self._device = device
        self._interface = interface
        self._out = self._endpoint(usb.util.ENDPOINT_OUT)
        self._in = self._endpoint(usb.util.ENDPOINT_IN)
        self.gone = False

    def _endpoint(self, direction: int) -> Any:
        util = self._usb.util
        return util.find_descriptor(self._interface, custom_match=lambda one: util.endpoint_direction(one.bEndpointAddress) == direction)

    async def write(self, chunk: bytes, timeout_s: float) -> int:
        """How many bytes it took. TimeoutError, OSError."""
        return int(await asyncio.to_thread(self._call, self._out.write, chunk, timeout_s))

    async def read(self, timeout_s: float) -> bytes:
        """What it sent; b"" after `timeout_s`, or once it is gone."""
        if self._in is None:
            return b""
        try:
            return bytes(await asyncio.to_thread(self._call, self._in.read, READ_BYTES, timeout_s))
        except TimeoutError:
            return b""
        except OSError:
            self.gone = True
            return b""

    def _call(self, transfer: Any, what: object, timeout_s: float) -> Any:
        try:
            return transfer(what, max(MIN_TIMEOUT_MS, int(timeout_s * 1000)))
        except self._usb.core.USBTimeoutError as error:
            raise TimeoutError from error
        except self._usb.core.USBError as error:  # already an OSError, with the backend's words
            raise OSError(error.errno, str(error)) from error

    async def close(self) -> None:
        """Give the interface back."""
        await asyncio.to_thread(self._usb.util.dispose_resources, self._device)


async def open_device(vendor: int, product: int, serial: str | None, backend: Any = None) -> UsbDevice:
    """The printer with these ids, claimed. PrinterUnreachable, with what to do. `backend` is pyusb's, libusb unless given."""
    try:
        import usb.core  # type: ignore[import-untyped]
        import usb.util  # type: ignore[import-untyped]
    except ImportError as error:
        raise PrinterUnreachable("printers by USB ids need pyusb: install labelhub[usb], or use usb://lp0") from error
    name = f"{vendor:04x}:{product:04x}" + (f" with the serial number {serial}" if serial else "")
    try:
        return await asyncio.to_thread(_claim, usb, vendor, product, serial, backend, name)
    except usb.core.NoBackendError as error:
        raise PrinterUnreachable("libusb is not installed: apt-get install libusb-1.0-0, or use usb://lp0") from error
    except (usb.core.USBError, ValueError) as error:  # ValueError: how pyusb says that it may not read a device's strings
        raise PrinterUnreachable(f"the USB printer {name} cannot be used: {error}") from error


def _claim(usb: Any, vendor: int, product: int, serial: str | None, backend: Any, name: str) -> UsbDevice:
    found = usb.core.find(find_all=True, idVendor=vendor, idProduct=product, backend=backend)
    device = next((one for one in found if serial is None or one.serial_number == serial), None)
    if device is None:
        raise PrinterUnreachable(f"no USB printer {name} is plugged in, or it is off")
    interface = next((one for one in device.get_active_configuration() if one.bInterfaceClass == PRINTER_CLASS), None)
    if interface is None:
        raise PrinterUnreachable(f"the USB device {name} is in no mode to print; on a P-touch switch its Editor Lite light off")
    number = interface.bInterfaceNumber
    try:
        if device.is_kernel_driver_active(number):
            device.detach_kernel_driver(number)
    except NotImplementedError:  # no such thing as a kernel driver there
        pass
    usb.util.claim_interface(device, number)
    return UsbDevice(usb, device, interface)
