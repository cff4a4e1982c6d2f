"""The device file of a virtual USB printer, opened and used as the kernel's is."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from labelhub.drivers.brother import QL
from labelhub.drivers.brother import block as raw
from labelhub.drivers.brother.block import StatusBlock
from labelhub.drivers.status import Reason
from labelhub.emulator.faults import Faults
from labelhub.emulator.machine import State
from labelhub.emulator.usb import UsbEmulator
from tests.drivers.pictures import busy_page
from tests.emulator.jobs import ROLL, TAPE, driver_of, job, media_of, sheet, strip

P700, P950, QL700 = "PT-P700", "PT-P950NW", "QL-700"
SHORT_S = 0.05
PAGE = [(raw.TYPE_PHASE, raw.PRINTING), (raw.TYPE_PRINTED, raw.PRINTING), (raw.TYPE_PHASE, raw.RECEIVING)]
"""What a printer says of one page."""


class Device:
    """The computer's side: writes and reads without blocking the loop, as the hub has to."""

    def __init__(self, path: Path) -> None:
        self._end = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def close(self) -> None:
        os.close(self._end)

    async def write(self, data: bytes) -> None:
        while data:
            with contextlib.suppress(BlockingIOError):
                data = data[os.write(self._end, data) :]
            if data:
                await self._ready(reading=False)

    async def read(self, size_bytes: int = 32) -> bytes:
        found = b""
        async with asyncio.timeout(30):
            while len(found) < size_bytes:
                try:
                    found += os.read(self._end, size_bytes - len(found))
                except BlockingIOError:
                    await self._ready(reading=True)
        return found

    async def said(self, count: int) -> list[tuple[int, int]]:
        """Type and phase of so many blocks."""
        blocks = [raw.read(await self.read()) for _ in range(count)]
        return [(block.status_type, block.phase) for block in blocks]

    async def block(self) -> StatusBlock:
        return raw.read(await self.read())

    async def is_quiet(self) -> bool:
        """True when nothing comes for a short while."""
        try:
            await asyncio.wait_for(self._ready(reading=True), SHORT_S)
        except TimeoutError:
            return True
        return False

    async def _ready(self, *, reading: bool) -> None:
        loop = asyncio.get_running_loop()
        event = asyncio.Event()
        add, remove = (loop.add_reader, loop.remove_reader) if reading else (loop.add_writer, loop.remove_writer)
        add(self._end, event.set)
        try:
            async with asyncio.timeout(30):
                await event.wait()
        finally:
            remove(self._end)


@asynccontextmanager
async def opened(emulator: UsbEmulator) -> AsyncIterator[Device]:
    """A running printer and its device file."""
    async with emulator:
        device = Device(emulator.path)
        try:
            yield device
        finally:
            device.close()


@pytest.mark.parametrize("model", [P700, P950, QL700])
async def test_a_job_comes_out_dot_for_dot_and_each_page_is_told(model: str) -> None:
    emulator = UsbEmulator(model, media_of(model))
    async with opened(emulator) as device:
        data = strip(model, 2)
        await device.write(data)
        pages = await emulator.wait_for_pages(2)
        assert [one.raster for one in pages] == [sheet(model)] * 2
        assert await device.said(6) == PAGE * 2
        assert await device.is_quiet()
        assert (emulator.size_bytes, list(emulator.machine.violations)) == (len(data), [])


async def test_a_status_request_is_answered_where_the_model_knows_it() -> None:
    for model, knows in ((P700, True), (QL700, True), ("PT-P750W", False)):
        emulator = UsbEmulator(model, media_of(model))
        async with opened(emulator) as device:
            await device.write(b"\x1b@\x1biS")
            await emulator.wait_until(lambda _, usb=emulator: usb.size_bytes == 5)  # type: ignore[misc]
            if knows:
                assert driver_of(model).parse_status(await device.read(), model).media == media_of(model)
            assert await device.is_quiet()


async def test_a_status_request_is_not_answered_while_it_prints() -> None:
    emulator = UsbEmulator(P700, TAPE, mm_per_s=1)
    async with opened(emulator) as device:
        await device.write(job(P700))
        assert await device.said(1) == PAGE[:1]
        await device.write(b"\x1biS")
        await emulator.wait_until(lambda _: emulator.size_bytes == len(job(P700)) + 3)
        await emulator.set_speed(None)
        assert await device.said(2) == PAGE[1:]
        assert await device.is_quiet()


async def test_notifications_are_off_after_esc_i_and_on_again_after_the_power_was_off(tmp_path: Path) -> None:
    emulator = UsbEmulator(P700, TAPE, link=tmp_path / "lp0")
    async with opened(emulator) as device:
        await device.write(b"\x1bi!\x01" + job(P700))
        await emulator.wait_for_pages(1)
        await emulator.open_cover()
        assert await device.is_quiet()
        await device.write(b"\x1biS")
        assert (await device.block()).error_2 == raw.COVER_OPEN, "asked it answers"
        await emulator.close_cover()
        await device.write(b"\x1bi!\x00" + job(P700))
        assert await device.said(3) == PAGE
        await device.write(b"\x1bi!\x01" + job(P700))
        await emulator.wait_for_pages(3)
        await emulator.unplug()
        await emulator.plug()
    async with opened(emulator) as device:
        await device.write(job(P700))
        assert await device.said(3) == PAGE


async def test_a_cover_is_notified_and_an_error_only_where_pages_wait() -> None:
    emulator = UsbEmulator(P700, TAPE, mm_per_s=1)
    async with opened(emulator) as device:
        await emulator.open_cover()
        opened_block = await device.block()
        assert (opened_block.status_type, opened_block.notification, opened_block.error_2) == (0x05, 0x01, 0x10)
        await emulator.close_cover()
        assert (await device.block()).notification == 0x02
        await device.write(job(P700))
        assert await device.said(1) == PAGE[:1]
        await emulator.open_cover()
        assert (await device.block()).notification == 0x01
        error = await device.block()
        assert (error.status_type, error.error_2, error.width_mm) == (0x02, 0x10, 0)
        await emulator.set_speed(None)
        await emulator.close_cover()
        assert (await device.block()).notification == 0x02
        assert await device.said(3) == PAGE
        assert emulator.machine.page_count == 1


async def test_media_that_ends_is_an_error_and_new_media_prints_the_page_again() -> None:
    emulator = UsbEmulator(QL700, ROLL, faults=Faults(media_left_mm=10))
    async with opened(emulator) as device:
        await device.write(job(QL700))
        assert await device.said(1) == PAGE[:1]
        error = await device.block()
        assert (error.status_type, error.error_1, error.phase, error.width_mm) == (0x02, 0x02, 0x01, 62)
        await emulator.load(ROLL)
        assert await device.said(3) == PAGE


async def test_a_jammed_cutter_is_an_error_after_the_page() -> None:
    emulator = UsbEmulator(P700, TAPE, faults=Faults(cutter_jam=True))
    async with opened(emulator) as device:
        await device.write(strip(P700, 2))
        assert await device.said(2) == PAGE[:2]
        error = await device.block()
        assert (error.status_type, error.error_1) == (0x02, 0x04)
        await emulator.clear_jam()
        assert await device.said(3) == PAGE
        assert emulator.machine.page_count == 2


async def test_other_media_than_the_job_is_for_is_an_error() -> None:
    emulator = UsbEmulator(QL700, ROLL)
    async with opened(emulator) as device:
        narrow = QL.media(QL700)[1]
        await device.write(job(QL700, sheet(QL700, 400, narrow), media=narrow))
        error = QL.parse_status(await device.read(), QL700)
        assert error.reasons == (Reason.MEDIA_NEEDED,)
        assert emulator.machine.page_count == 0


@pytest.mark.parametrize(("model", "blocks"), [(P950, [(5, 3), (5, 4)]), (QL700, [(5, 3), (5, 4)]), (P700, [(2, 0)])])
async def test_heat_is_notified_or_an_error_and_the_page_comes_out_cooled(model: str, blocks: list[tuple[int, int]]) -> None:
    emulator = UsbEmulator(model, media_of(model))
    async with opened(emulator) as device:
        await emulator.switch(cooling=True)
        await device.write(job(model))
        await emulator.wait_until(lambda machine: machine.state is State.ERROR and machine.backlog == 1 and machine.ended_jobs == 1)
        await emulator.switch(cooling=False)
        await emulator.wait_for_pages(1)
        seen = [await device.block() for _ in range(len(blocks) + 3)]
        told = [(block.status_type, block.notification) for block in seen]
        assert told[: len(blocks)] == blocks
        assert [(block.status_type, block.phase) for block in seen[len(blocks) :]] == PAGE


async def test_silent_it_prints_and_says_nothing_asked_or_not() -> None:
    emulator = UsbEmulator(P700, TAPE, faults=Faults(silent=True))
    async with opened(emulator) as device:
        await device.write(b"\x1biS" + job(P700))
        await emulator.wait_for_pages(1)
        assert await device.is_quiet()
        await emulator.switch(silent=False)
        await device.write(b"\x1biS")
        assert (await device.block()).status_type == raw.TYPE_REPLY


async def test_it_stops_reading_while_two_pages_wait() -> None:
    emulator = UsbEmulator(P700, TAPE)
    async with opened(emulator) as device:
        await emulator.open_cover()
        data = driver_of(P700).encode(P700, TAPE, [busy_page(70, 7000)] * 12).whole
        writing = asyncio.create_task(device.write(data))
        await emulator.wait_until(lambda machine: machine.backlog >= 2)
        assert emulator.size_bytes < len(data) / 2
        assert not writing.done()
        await emulator.close_cover()
        await writing
        await emulator.wait_for_pages(12)
        assert emulator.size_bytes == len(data)
        assert not emulator.machine.violations


async def test_half_open_it_reads_nothing_and_comes_back_with_nothing(tmp_path: Path) -> None:
    emulator = UsbEmulator(P700, TAPE, link=tmp_path / "lp0")
    async with opened(emulator) as device:
        await emulator.switch(half_open=True)
        await device.write(b"\x1biS" + job(P700))
        assert await device.is_quiet()
        assert emulator.size_bytes == 0
        await emulator.switch(half_open=False)
        with pytest.raises(OSError, match="Input/output error"):
            await device.write(b"\x1biS")
        again = Device(emulator.path)
        await again.write(job(P700))
        assert await again.said(3) == PAGE
        again.close()
        assert emulator.machine.page_count == 1


async def test_unplugged_its_file_is_gone_and_the_name_that_stays_is_there_again_with_it(tmp_path: Path) -> None:
    emulator = UsbEmulator(P700, TAPE, link=tmp_path / "lp0")
    async with emulator:
        device = Device(emulator.path)
        await emulator.unplug()
        assert (emulator.path.exists(), emulator.plugged, emulator.machine.state) == (False, False, State.OFF)
        with pytest.raises(OSError, match="Input/output error"):
            await device.write(b"\0")
        device.close()
        await emulator.plug()
        device = Device(emulator.path)
        await device.write(job(P700))
        assert await device.said(3) == PAGE
        device.close()
    assert not (tmp_path / "lp0").is_symlink()


async def test_without_a_name_that_stays_there_is_no_path_while_it_is_unplugged() -> None:
    emulator = UsbEmulator(P700, TAPE)
    with pytest.raises(RuntimeError, match="not plugged in"):
        _ = emulator.path
    async with emulator:
        assert emulator.path.is_char_device()


async def test_a_computer_that_never_reads_does_not_stop_it() -> None:
    emulator = UsbEmulator(P700, TAPE)
    async with opened(emulator) as device:
        for _ in range(30):
            await device.write(strip(P700, 20, 60))
        await emulator.wait_for_pages(600, timeout_s=20)
        assert await device.said(3) == PAGE
        assert emulator.machine.page_count == 600


async def test_it_reads_slowly_when_told_to() -> None:
    emulator = UsbEmulator(P700, TAPE, faults=Faults(read_bytes_per_s=100))
    async with opened(emulator) as device:
        begun = asyncio.get_running_loop().time()
        await device.write(job(P700))
        await emulator.wait_until(lambda _: emulator.size_bytes > 0)
        assert emulator.size_bytes <= 5 + 100 * (asyncio.get_running_loop().time() - begun)
        await emulator.switch(read_bytes_per_s=None)
        await emulator.wait_for_pages(1)


async def test_jobs_of_one_opening_after_another_are_read() -> None:
    emulator = UsbEmulator(P700, TAPE)
    async with emulator:
        for count in (1, 2, 3):
            device = Device(emulator.path)
            await device.write(job(P700))
            await emulator.wait_for_pages(count)
            assert await device.said(3) == PAGE
            device.close()
        assert not emulator.machine.violations
