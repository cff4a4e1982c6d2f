"""A virtual printer on USB: a pseudo-terminal stands for the device file that the kernel makes of a printer, /dev/usb/lp0.

What is written to `path` is a job; nothing is read from it while two pages wait. Unlike on the network the printer talks:
blocks of 32 bytes in answer to ESC i S where the model knows it, and by itself, for each page:

    06    the phase is printing (01): a page begins
    01    the page is printed
    06    the phase is receiving (00) again
    02    an error began
    05    cover opened (01), closed (02); cooling began (03), ended (04)

Source: OFF-PT 5.5, the flow for USB. A pseudo-terminal holds a few kilobytes either way, as a USB printer does.
"""

from __future__ import annotations

import asyncio
import os
import tty
from pathlib import Path

from labelhub.drivers.brother.block import SIZE_BYTES
from labelhub.emulator.faults import Faults
from labelhub.emulator.machine import KEPT_PAGES, Machine
from labelhub.emulator.printer import BUFFERED_PAGES, CHUNK_BYTES, CHUNKS_PER_S, Speed, VirtualPrinter
from labelhub.media import Media

MAX_UNREAD_BYTES = 128 * SIZE_BYTES


class UsbEmulator(VirtualPrinter):
    """One virtual printer on USB. `start` makes the device file, `stop` takes it away; a person's acts are methods in between."""

    def __init__(
        self,
        model: str,
        media: Media | None,
        *,
        link: Path | None = None,
        mm_per_s: Speed = None,
        faults: Faults | None = None,
        kept_pages: int = KEPT_PAGES,
    ) -> None:
        """`link` is a name for the device file that stays the same when the printer is unplugged and plugged in again."""
        super().__init__(Machine(model, media, faults=faults, kept_pages=kept_pages), mm_per_s)
        self.size_bytes = 0
        """Bytes read in its life."""
        self._link = link
        self._ends: tuple[int, int] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._unread = bytearray()
        self._writing = False

    @property
    def path(self) -> Path:
        """The device file. RuntimeError while it is unplugged and has no name that stays."""
        if self._link is not None:
            return self._link
        if self._ends is None:
            raise RuntimeError("the virtual printer is not plugged in")
        return Path(os.ttyname(self._ends[1]))

    def _connect(self) -> None:
        printer, computer = os.openpty()
        self._ends = printer, computer  # the computer's end is held open too, or the printer's would be an error between two openers
        tty.setraw(computer)
        os.set_blocking(printer, False)
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(os.ttyname(computer))
        self._unread.clear()
        self._reader = self._begin(self._read(printer))

    async def _disconnect(self) -> None:
        await super()._disconnect()
        self._reader = None
        if self._ends is None:
            return
        self._write_later(self._ends[0], False)
        for end in self._ends:
            os.close(end)
        self._ends = None
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def _vanish(self) -> None:
        if self._reader is not None:
            self._reader.cancel()

    # Reading

    async def _read(self, printer: int) -> None:
        while True:
            await self._until(lambda: self.machine.backlog < BUFFERED_PAGES)
            rate = self.faults.read_bytes_per_s
            size_bytes = CHUNK_BYTES if rate is None else max(1, min(CHUNK_BYTES, int(rate / CHUNKS_PER_S)))
            await _readable(printer)
            try:
                chunk = os.read(printer, size_bytes)
            except BlockingIOError:
                continue
            self.size_bytes += len(chunk)
            self.machine.receive(chunk)
            await self._settle()
            if rate is not None:
                await self._rest(len(chunk), rate)

    # Talking

    def _adjust(self) -> None:
        for said in self.machine.said:
            heard = self.machine.model.status_request or not said.answer
            if heard and not self.faults.silent and len(self._unread) < MAX_UNREAD_BYTES:
                self._unread += said.block
        self.machine.said.clear()
        self._write()

    def _write(self) -> None:
        """Send what there is to say, as far as the computer takes it."""
        if self._ends is None:
            return
        try:
            while self._unread:
                del self._unread[: os.write(self._ends[0], self._unread)]
        except BlockingIOError:
            pass
        self._write_later(self._ends[0], bool(self._unread))

    def _write_later(self, printer: int, wanted: bool) -> None:
        if wanted == self._writing:
            return
        loop = asyncio.get_running_loop()
        if wanted:
            loop.add_writer(printer, self._write)
        else:
            loop.remove_writer(printer)
        self._writing = wanted


async def _readable(end: int) -> None:
    """Return once there is something to read."""
    loop = asyncio.get_running_loop()
    there: asyncio.Future[None] = loop.create_future()

    def arrived() -> None:
        if not there.done():
            there.set_result(None)

    loop.add_reader(end, arrived)
    try:
        await there
    finally:
        loop.remove_reader(end)
