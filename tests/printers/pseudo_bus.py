"""A USB bus for pyusb with one virtual printer on it: a backend as libusb is one, below everything that pyusb itself does."""

from __future__ import annotations

import struct
import threading
from types import SimpleNamespace
from typing import Any

import usb.backend  # type: ignore[import-untyped]
import usb.core  # type: ignore[import-untyped]

from labelhub.emulator.machine import Machine

OUT, IN = 0x02, 0x81
PRINTER, STORAGE = 0x07, 0x08
_DEVICE = (
    "bLength bDescriptorType bcdUSB bDeviceClass bDeviceSubClass bDeviceProtocol bMaxPacketSize0 idVendor idProduct bcdDevice "
    "iManufacturer iProduct iSerialNumber bNumConfigurations address bus port_number port_numbers speed"
)
_CONFIGURATION = "bLength bDescriptorType wTotalLength bNumInterfaces bConfigurationValue iConfiguration bmAttributes bMaxPower"
_INTERFACE = (
    "bLength bDescriptorType bInterfaceNumber bAlternateSetting bNumEndpoints bInterfaceClass bInterfaceSubClass bInterfaceProtocol "
    "iInterface"
)
_ENDPOINT = "bLength bDescriptorType bEndpointAddress bmAttributes wMaxPacketSize bInterval bRefresh bSynchAddress"


def _descriptor(names: str, *values: Any) -> SimpleNamespace:
    return SimpleNamespace(**dict(zip(names.split(), values, strict=True)), extra_descriptors=[])


class PseudoBus(usb.backend.IBackend):  # type: ignore[misc]
    """The bus. `unplugged` makes every transfer fail as libusb says it, `full` makes the printer take nothing; `empty_packets` are
    read before what it has to say. While `let_go` is not set, a claim or a write that has `begun` does not end.
    """

    def __init__(self, machine: Machine, serial: str = "A1B2C3", interface_class: int = PRINTER) -> None:
        super().__init__()
        self.machine = machine
        self.serial = serial
        self.unplugged = False
        self.full = False
        self.empty_packets = 0
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.let_go.set()
        self.kernel_driver = True
        self.claimed = 0
        self._class = interface_class
        self._told = bytearray()

    def enumerate_devices(self) -> Any:
        return iter(() if self.unplugged else ("the printer",))

    def get_device_descriptor(self, dev: Any) -> Any:
        product = self.machine.model.usb_id
        return _descriptor(_DEVICE, 18, 1, 0x200, 0, 0, 0, 64, 0x04F9, product, 0x100, 0, 0, 3, 1, 5, 1, 1, (1,), 3)

    def get_configuration_descriptor(self, dev: Any, config: int) -> Any:
        return _descriptor(_CONFIGURATION, 9, 2, 32, 1, 1, 0, 0x80, 50)

    def get_interface_descriptor(self, dev: Any, intf: int, alt: int, config: int) -> Any:
        if intf or alt:
            raise IndexError
        return _descriptor(_INTERFACE, 9, 4, 0, 0, 2, self._class, 1, 2, 0)

    def get_endpoint_descriptor(self, dev: Any, ep: int, intf: int, alt: int, config: int) -> Any:
        return _descriptor(_ENDPOINT, 7, 5, (OUT, IN)[ep], 2, 64, 0, 0, 0)

    def open_device(self, dev: Any) -> Any:
        return dev

    def close_device(self, dev_handle: Any) -> None:
        pass

    def get_configuration(self, dev_handle: Any) -> int:
        return 1

    def set_configuration(self, dev_handle: Any, config_value: int) -> None:
        pass

    def claim_interface(self, dev_handle: Any, intf: int) -> None:
        self._hold()
        self.claimed += 1

    def release_interface(self, dev_handle: Any, intf: int) -> None:
        self.claimed -= 1

    def is_kernel_driver_active(self, dev_handle: Any, intf: int) -> bool:
        return self.kernel_driver

    def detach_kernel_driver(self, dev_handle: Any, intf: int) -> None:
        self.kernel_driver = False

    def bulk_write(self, dev_handle: Any, ep: int, intf: int, data: Any, timeout: int) -> int:
        self._check()
        self._hold()
        if not self.claimed:
            raise usb.core.USBError("Resource busy", -6, 16)
        if self.full:
            raise usb.core.USBTimeoutError("Operation timed out", -7, 110)
        self.machine.receive(data.tobytes())
        while self.machine.start_page() is not None:
            self.machine.finish_page()
        for said in self.machine.said:
            self._told += said.block
        self.machine.said.clear()
        return len(data)

    def bulk_read(self, dev_handle: Any, ep: int, intf: int, buff: Any, timeout: int) -> int:
        self._check()
        if self.empty_packets:
            self.empty_packets -= 1
            return 0
        if not self._told:
            raise usb.core.USBTimeoutError("Operation timed out", -7, 110)
        part = bytes(self._told[: len(buff)])
        del self._told[: len(part)]
        for at, byte in enumerate(part):
            buff[at] = byte
        return len(part)

    def ctrl_transfer(self, dev_handle: Any, request_type: int, request: int, value: int, index: int, data: Any, timeout: int) -> int:
        """Only strings are asked for: which languages there are, and the serial number."""
        text = struct.pack("<H", 0x0409) if value & 0xFF == 0 else self.serial.encode("utf-16-le")
        answer = bytes((len(text) + 2, 3)) + text
        for at, byte in enumerate(answer[: len(data)]):
            data[at] = byte
        return min(len(answer), len(data))

    def _hold(self) -> None:
        self.begun.set()
        self.let_go.wait(10)

    def _check(self) -> None:
        if self.unplugged:
            raise usb.core.USBError("No such device (it may have been disconnected)", -4, 19)
