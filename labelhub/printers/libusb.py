"""A USB printer through libusb, for machines without usblp or where a printer has to be told by its serial number.

pyusb blocks, so every call runs in the one thread of its device, one after the other: what closes the device comes after the last
transfer, though nobody waits for that any more. It comes with the extra `labelhub[usb]` and needs the system's libusb-1.0.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from labelhub.errors import PrinterUnreachable
from labelhub.printers.transport import Holds, always
from labelhub.printers.usbport import READ_BYTES

PRINTER_CLASS = 0x07
MIN_TIMEOUT_MS = 1
TRANSFER_S = 0.5
"""How long one transfer may take: so long a read waits for a write that does not get on, and closing for either."""


class UsbDevice:
    """The claimed printer interface of a device: its two bulk endpoints."""

    def __init__(self, usb: Any, thread: ThreadPoolExecutor, device: Any, interface: Any) -> None:
        self._usb = usb
        self._thread = thread
        self._device = device
        self._interface = interface
        self._out = self._endpoint(usb.util.ENDPOINT_OUT)
        self._in = self._endpoint(usb.util.ENDPOINT_IN)
        self.gone = False
        self._closed = False

    def _endpoint(self, direction: int) -> Any:
        util = self._usb.util
        return util.find_descriptor(self._interface, custom_match=lambda one: util.endpoint_direction(one.bEndpointAddress) == direction)

    async def write(self, chunk: bytes, timeout_s: float, holds: Holds = always) -> int:
        """How many bytes it took. TimeoutError, OSError, what `holds` raises."""
        left_s = timeout_s
        while True:
            holds()
            try:
                return int(await self._transfer(self._out.write, chunk, left_s))
            except TimeoutError:
                left_s -= TRANSFER_S
                if left_s <= 0:
                    raise

    async def read(self, timeout_s: float) -> bytes:
        """What it sent; b"" when it sent nothing during one transfer, or is gone or closed."""
        if self._in is None or self._closed:
            return b""
        try:
            return bytes(await self._transfer(self._in.read, READ_BYTES, timeout_s))
        except TimeoutError:
            return b""
        except OSError:
            self.gone = True
            return b""

    async def _transfer(self, transfer: Any, what: object, timeout_s: float) -> Any:
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._call, transfer, what, min(timeout_s, TRANSFER_S))
        return await running

    def _call(self, transfer: Any, what: object, timeout_s: float) -> Any:
        try:
            return transfer(what, max(MIN_TIMEOUT_MS, int(timeout_s * 1000)))
        except self._usb.core.USBTimeoutError as error:
            raise TimeoutError from error
        except self._usb.core.USBError as error:  # already an OSError, with the backend's words
            raise OSError(error.errno, str(error)) from error

    async def close(self) -> None:
        """Give the interface back, after the transfer that is on its way."""
        self._closed = True
        await _end(self._thread, self.dispose)

    def dispose(self) -> None:
        """Give the interface back now, in the device's own thread."""
        self._usb.util.dispose_resources(self._device)


async def open_device(vendor: int, product: int, serial: str | None, backend: Any = None) -> UsbDevice:
    """The printer with these ids, claimed. PrinterUnreachable, with what to do. `backend` is pyusb's, libusb unless given."""
    try:
        import usb.core  # type: ignore[import-untyped]
        import usb.util  # type: ignore[import-untyped]
    except ImportError as error:
        raise PrinterUnreachable("printers by USB ids need pyusb: install labelhub[usb], or use usb://lp0") from error
    name = f"{vendor:04x}:{product:04x}" + (f" with the serial number {serial}" if serial else "")
    thread = ThreadPoolExecutor(1, "usb")
    claiming = thread.submit(lambda: UsbDevice(usb, thread, *_claim(usb, vendor, product, serial, backend, name)))
    device = None
    try:
        device = await asyncio.wrap_future(claiming)
        return device
    except usb.core.NoBackendError as error:
        raise PrinterUnreachable("libusb is not installed: apt-get install libusb-1.0-0, or use usb://lp0") from error
    except (usb.core.USBError, ValueError) as error:  # ValueError: how pyusb says that it may not read a device's strings
        raise PrinterUnreachable(f"the USB printer {name} cannot be used: {error}") from error
    finally:
        if device is None:
            await _end(thread, lambda: _undo(claiming))


async def _end(thread: ThreadPoolExecutor, act: Callable[[], None]) -> None:
    """Do the last thing in the thread, which ends then, whether or not anybody waits so long."""
    done = thread.submit(act)
    thread.shutdown(wait=False)
    await asyncio.shield(asyncio.wrap_future(done))
    thread.shutdown()


def _undo(claiming: Future[UsbDevice]) -> None:
    if not claiming.cancelled() and claiming.exception() is None:
        claiming.result().dispose()


def _claim(usb: Any, vendor: int, product: int, serial: str | None, backend: Any, name: str) -> tuple[Any, Any]:
    """The device and its interface for printing."""
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
    return device, interface
