"""Printers on this machine's USB, each used by one at a time.

`usb://lp0` is the kernel's device file lp0 (usblp) in the folder of such files, `/dev/usb`; `usb://04f9:2062/SERIAL` is found by
its ids through libusb, where the extra `labelhub[usb]` is installed. A status is asked for with the driver's request, never while
a job is on its way; meanwhile the printer sends one unasked at each change, and one for each page that is out.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from labelhub.drivers.driver import Driver
from labelhub.drivers.status import PrinterState, Report
from labelhub.errors import OutcomeUnknown, PrinterUnreachable, ReplyInvalid
from labelhub.printers.printer import USB_HOST, Address
from labelhub.printers.transport import CLOSE_TIMEOUT_S, STALL_TIMEOUT_S, Holds, Receipt, always, in_slices
from labelhub.printers.usbport import PAUSE_S, Port, device_file

FOLDER = Path("/dev/usb")
STATUS_TIMEOUT_S = 2.0
STATUS_BYTES = 32
SILENT_S = 120.0
CHUNK_BYTES = 4096
KEPT_BYTES = 4096
READS_AT_ONCE = 8
"""A device that never stops talking is left after so many reads."""
QUIET_S = 0.05
"""What was said before may still be on its way out of the kernel when a device is opened."""
UNPLUGGED = "the USB printer was unplugged or switched off"


class UsbPipe:
    """An open USB printer; nothing has been sent yet."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._heard = b""
        self._last: Report | None = None
        self._refusal: ReplyInvalid | None = None
        self._pages_done = 0
        self._heard_at = 0.0
        self.sent_bytes = 0

    async def write(
        self,
        data: bytes,
        *,
        stall_timeout_s: float = STALL_TIMEOUT_S,
        alive: Callable[[], None] = always,
        holds: Holds = always,
    ) -> None:
        """Return once all of it was taken. OutcomeUnknown when it was not, or what `holds` raises. `alive` is called now and then."""
        left = data
        while left:
            writing = partial(self._port.write, left[:CHUNK_BYTES], holds=holds)
            try:
                taken = await in_slices(writing, stall_timeout_s, alive)
            except TimeoutError as error:
                detail = f"the printer stopped reading after {self.sent_bytes} bytes for {stall_timeout_s:g} s"
                raise OutcomeUnknown(detail) from error
            except OSError as error:
                raise OutcomeUnknown(f"the USB connection broke after {self.sent_bytes} bytes: {error}") from error
            self.sent_bytes += taken
            left = left[taken:]

    async def finish(self, *, close_timeout_s: float = CLOSE_TIMEOUT_S, alive: Callable[[], None] = always) -> Receipt:
        """The receipt; USB has no connection whose end could be waited for."""
        return Receipt(self.sent_bytes, False, b"")

    async def ask(self, request: bytes, driver: Driver, model: str, timeout_s: float = STATUS_TIMEOUT_S) -> Report | None:
        """The answer to a status request; None for silence. PrinterUnreachable, ReplyInvalid."""
        await self.forget()
        try:
            await self._port.write(request, timeout_s)
        except (TimeoutError, OSError) as error:
            raise PrinterUnreachable(f"the USB printer took no status request: {str(error) or 'it does not read'}") from error
        await self._answer(driver, model, timeout_s)
        if self._last is not None:
            return self._last
        if self._port.gone:
            raise PrinterUnreachable(UNPLUGGED)
        if self._refusal is not None:
            raise self._refusal
        if self._heard:
            raise ReplyInvalid(f"the USB printer answered {self._heard[:8].hex(' ')} and no more, which is no status")
        return None

    async def _answer(self, driver: Driver, model: str, timeout_s: float) -> None:
        now = asyncio.get_running_loop().time
        end = now() + timeout_s
        while self._last is None and not self._port.gone and (left_s := end - now()) > 0:
            if await self._hear(left_s):
                self._understand(driver, model)
            else:
                await asyncio.sleep(min(PAUSE_S, left_s))

    async def forget(self) -> None:
        """Leave aside what it said before: it is about another job."""
        for _ in range(READS_AT_ONCE):
            if not await self._hear(QUIET_S):
                break
            self._heard = b""
        self._refusal = None

    async def listen(self, driver: Driver, model: str) -> Report:
        """What it told unasked until now; `page_count` is how many pages it said are out since the pipe was opened.

        PrinterUnreachable once it is unplugged, or said that it works and then nothing more for longer than any page takes.
        """
        for _ in range(READS_AT_ONCE):
            if not await self._hear(0):
                break
            self._understand(driver, model)
        if self._port.gone:
            raise PrinterUnreachable(UNPLUGGED)
        silent_s = asyncio.get_running_loop().time() - self._heard_at
        if self._last is not None and self._last.state is PrinterState.PRINTING and silent_s > SILENT_S:
            raise PrinterUnreachable(f"the USB printer began to print and has said nothing for {silent_s:.0f} s")
        last = self._last or Report(PrinterState.UNKNOWN)
        return Report(last.state, last.reasons, last.media, self._pages_done)

    def _understand(self, driver: Driver, model: str) -> None:
        while len(self._heard) >= STATUS_BYTES:
            try:
                report = driver.parse_status(self._heard[:STATUS_BYTES], model)
            except ReplyInvalid as error:  # out of step: go on byte by byte; but it may be a whole one, of another model
                self._refusal = self._refusal or error
                self._heard = self._heard[1:]
                continue
            self._heard = self._heard[STATUS_BYTES:]
            self._pages_done += report.page_done
            self._last = report

    async def _hear(self, timeout_s: float) -> bool:
        heard = await self._port.read(timeout_s)
        self._heard = (self._heard + heard)[-KEPT_BYTES:]
        if heard:
            self._heard_at = asyncio.get_running_loop().time()
        return bool(heard)

    async def gone(self) -> bool:
        """True when the device is not there any more."""
        return self._port.gone

    async def closed_by_printer(self) -> bool:
        """True: whatever it has taken it has read, for there is no buffer of the network in between."""
        return True

    def abort(self) -> None:
        """Nothing: what it was given it has taken."""

    async def close(self) -> None:
        """Let go of the device."""
        await self._port.close()


class _Turn:
    """Whose turn it is at one printer: one print's or one look's. While a print has it, looks share its pipe."""

    def __init__(self) -> None:
        self._taken = False
        self._printing: UsbPipe | None = None
        self._changed = asyncio.Event()

    async def take(self) -> None:
        """Return once it is the caller's, who has to `end` it."""
        while self._taken:
            await self._changed.wait()
        self._taken = True

    async def take_or_share(self) -> UsbPipe | None:
        """The pipe of the print that has it; None when the turn is the caller's, who has to `end` it."""
        while self._taken and self._printing is None:
            await self._changed.wait()
        self._taken = True
        return self._printing

    def share(self, pipe: UsbPipe) -> None:
        """Let looks listen to this pipe."""
        self._change(True, pipe)

    def unshare(self) -> None:
        """The pipe is about to be closed."""
        self._change(True, None)

    def end(self) -> None:
        """Let the next have it."""
        self._change(False, None)

    def _change(self, taken: bool, printing: UsbPipe | None) -> None:
        self._taken, self._printing = taken, printing
        self._changed.set()
        self._changed = asyncio.Event()


class UsbPorts:
    """All USB printers of this machine: who prints on one holds it, and looks meanwhile listen to what it says."""

    def __init__(self, folder: Path = FOLDER, status_timeout_s: float = STATUS_TIMEOUT_S) -> None:
        self._folder = folder
        self._status_timeout_s = status_timeout_s
        self._mute: dict[str, str] = {}
        self._turns: dict[str, _Turn] = {}

    @asynccontextmanager
    async def pipe_to(self, address: Address) -> AsyncIterator[UsbPipe]:
        """An open pipe, closed at the end. PrinterUnreachable."""
        turn = self._turn(address)
        await turn.take()
        try:
            async with self._opened(address) as pipe:
                await pipe.forget()
                turn.share(pipe)
                try:
                    yield pipe
                finally:
                    turn.unshare()
        finally:
            turn.end()

    async def look(self, address: Address, driver: Driver, model: str) -> Report:
        """What the printer says now. PrinterUnreachable, ReplyInvalid."""
        turn = self._turn(address)
        printing = await turn.take_or_share()
        if printing is not None:
            report = await printing.listen(driver, model)
            silent = report.state is PrinterState.UNKNOWN and not report.page_count
            return replace(report, blind=self._mute.get(address.host)) if silent else report
        try:
            async with self._opened(address) as pipe:
                return await self._ask(pipe, address.host, driver, model)
        finally:
            turn.end()

    async def _ask(self, pipe: UsbPipe, host: str, driver: Driver, model: str) -> Report:
        request = driver.status_request(model)
        if not request:
            return Report(PrinterState.UNKNOWN)
        report = await pipe.ask(request, driver, model, self._status_timeout_s)
        if report is None:
            self._mute[host] = f"{host} is plugged in but answers no status request"
            return Report(PrinterState.UNKNOWN, blind=self._mute[host])
        self._mute.pop(host, None)
        return report

    def _turn(self, address: Address) -> _Turn:
        return self._turns.setdefault(address.host, _Turn())

    @asynccontextmanager
    async def _opened(self, address: Address) -> AsyncIterator[UsbPipe]:
        pipe = UsbPipe(await self._open(address))
        try:
            yield pipe
        finally:
            await pipe.close()

    async def _open(self, address: Address) -> Port:
        found = re.fullmatch(USB_HOST, address.host)
        if found is None:
            raise PrinterUnreachable(f"{address.host[:80]!r} is no USB address: write usb://lp0, or usb://04f9:2062/SERIAL")
        file, vendor, product, serial = found.groups()
        if file is not None:
            return device_file(self._folder / file)
        from labelhub.printers.libusb import open_device

        return await open_device(int(vendor, 16), int(product, 16), serial)
