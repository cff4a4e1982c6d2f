"""The bytes of a USB printer: the port that a pipe writes and reads, and the kernel's device file as one."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from labelhub.errors import PrinterUnreachable
from labelhub.printers.transport import Holds, always

READ_BYTES = 4096
PAUSE_S = 0.01
"""How long to wait after a packet with nothing in it; some printers send one after the other while they have nothing to say."""


class Port(Protocol):
    """Bytes to and from a device. OSError when it is gone."""

    gone: bool
    """True once the device is known not to be there any more."""

    async def write(self, chunk: bytes, timeout_s: float, holds: Holds = ...) -> int:
        """How many bytes it took, one at least; `holds` is asked right before. TimeoutError when it took none in time."""
        ...

    async def read(self, timeout_s: float) -> bytes:
        """What it sent; empty when it sent nothing in time, and maybe before. What empty means only `gone` tells."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...


class DeviceFile:
    """A character device opened without waiting, such as /dev/usb/lp0."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.gone = False

    async def write(self, chunk: bytes, timeout_s: float, holds: Holds = always) -> int:
        """How many bytes it took. TimeoutError, OSError, what `holds` raises."""
        async with asyncio.timeout(timeout_s):
            while True:
                holds()
                try:
                    return os.write(self._fd, chunk)
                except BlockingIOError:
                    loop = asyncio.get_running_loop()
                    await self._ready(loop.add_writer, loop.remove_writer)

    async def read(self, timeout_s: float) -> bytes:
        """What it sent; b"" after `timeout_s`, or once it is gone."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    try:
                        data = os.read(self._fd, READ_BYTES)
                    except BlockingIOError:
                        data = None
                    if data == b"":  # no end: a packet may have nothing in it
                        self.gone = self.gone or self._hung_up()
                    if data or self.gone or not timeout_s:
                        return data or b""
                    if data is None:
                        await self._ready(loop.add_reader, loop.remove_reader)
                    else:
                        await asyncio.sleep(PAUSE_S)
        except TimeoutError:
            return b""
        except OSError:
            self.gone = True
            return b""

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self._fd, 0)
        return any(what & select.POLLHUP for _, what in poll.poll(0))

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], object]) -> None:
        ready = asyncio.Event()
        add(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            remove(self._fd)

    async def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def device_file(path: Path) -> DeviceFile:
    """The open device. PrinterUnreachable, with what to do."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise PrinterUnreachable(f"{path} cannot be opened: {_WHY.get(error.errno or 0, error.strerror)}") from error
    if not stat.S_ISCHR(os.fstat(fd).st_mode):
        os.close(fd)
        raise PrinterUnreachable(f"{path} is no device")
    return DeviceFile(fd)


_WHY = {
    errno.ENOENT: "no printer is plugged in there, or it is off",
    errno.ENXIO: "no printer is plugged in there, or it is off",
    errno.ENODEV: "no printer is plugged in there, or it is off",
    errno.EBUSY: "another program uses the printer",
    errno.EACCES: "the hub may not use it; let its user join the group lp",
}
