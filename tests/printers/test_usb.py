"""USB printers found by their ids, through pyusb's own code over a bus with a virtual printer on it; and files that misbehave."""

from __future__ import annotations

import asyncio
import os
import termios
import threading
import tty
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from labelhub.drivers.brother import PT, QL
from labelhub.drivers.brother.block import StatusBlock, write
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.status import PrinterState, Report
from labelhub.emulator.machine import Machine
from labelhub.emulator.usb import UsbEmulator
from labelhub.errors import OutcomeUnknown, PrinterUnreachable, ReplyInvalid
from labelhub.printers.libusb import open_device
from labelhub.printers.printer import Address
from labelhub.printers.usb import UsbPipe, UsbPorts
from labelhub.printers.usbport import device_file
from tests.drivers.pictures import page
from tests.printers.pseudo_bus import STORAGE, PseudoBus

MODEL, TAPE = "PT-P900W", media_from_word("PT-P900W", "12mm")
IDS = 0x04F9, 0x2085
JOB = PT.encode(MODEL, TAPE, [page(150, 120)] * 2).whole
REQUEST = PT.status_request(MODEL)
IDLE = write(StatusBlock(series=0x30, model=0x6F, width_mm=12, media_type=0x01))


def bus() -> PseudoBus:
    return PseudoBus(Machine(MODEL, TAPE))


async def test_a_printer_found_by_its_ids_answers_prints_and_tells_each_page() -> None:
    there = bus()
    pipe = UsbPipe(await open_device(*IDS, "A1B2C3", there))
    report = await pipe.ask(REQUEST, PT, MODEL)
    assert report is not None
    assert (report.state, report.media) == (PrinterState.IDLE, TAPE)
    await pipe.write(JOB)
    receipt = await pipe.finish()
    assert receipt.size_bytes == len(JOB)
    assert (await pipe.listen(PT, MODEL)).page_count == 2
    assert [one.raster for one in there.machine.pages] == [page(150, 120)] * 2
    assert not there.machine.violations
    assert not there.kernel_driver
    await pipe.close()
    assert there.claimed == 0


async def test_of_two_alike_the_serial_number_decides_and_an_unknown_one_is_told() -> None:
    with pytest.raises(PrinterUnreachable, match="serial number ZZ is plugged in"):
        await open_device(*IDS, "ZZ", bus())
    await (await open_device(*IDS, None, bus())).close()


async def test_a_device_that_plays_a_disk_is_told_to_be_switched() -> None:
    with pytest.raises(PrinterUnreachable, match="Editor Lite"):
        await open_device(*IDS, None, PseudoBus(Machine(MODEL, TAPE), interface_class=STORAGE))


async def test_a_device_pulled_out_in_the_middle_leaves_the_outcome_unknown() -> None:
    there = bus()
    pipe = UsbPipe(await open_device(*IDS, None, there))
    there.unplugged = True
    with pytest.raises(OutcomeUnknown, match="broke after 0 bytes"):
        await pipe.write(JOB)
    with pytest.raises(PrinterUnreachable, match="unplugged"):
        await pipe.listen(PT, MODEL)
    assert await pipe.gone()
    await pipe.close()


async def test_a_device_that_takes_nothing_leaves_the_outcome_unknown_after_the_bound() -> None:
    there = bus()
    there.full = True
    pipe = UsbPipe(await open_device(*IDS, None, there))
    with pytest.raises(OutcomeUnknown, match="stopped reading"):
        await pipe.write(JOB, stall_timeout_s=0.01)
    with pytest.raises(PrinterUnreachable, match="took no status request"):
        await pipe.ask(REQUEST, PT, MODEL)
    await pipe.close()


async def test_an_empty_packet_of_a_device_found_by_its_ids_is_no_answer() -> None:
    there = bus()
    pipe = UsbPipe(await open_device(*IDS, None, there))
    there.empty_packets = 3
    report = await pipe.ask(REQUEST, PT, MODEL)
    assert report is not None
    assert report.media == TAPE
    await pipe.close()


async def test_closing_waits_for_a_write_that_was_cancelled_and_leaves_no_thread() -> None:
    there = bus()
    pipe = UsbPipe(await open_device(*IDS, None, there))
    there.begun.clear()
    there.let_go.clear()
    sending = asyncio.create_task(pipe.write(JOB))
    await asyncio.to_thread(there.begun.wait, 10)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    closing = asyncio.create_task(pipe.close())
    await asyncio.to_thread(lambda: None)
    assert there.claimed == 1
    assert not closing.done()
    there.let_go.set()
    await closing
    assert there.claimed == 0
    assert not device_threads()


async def test_an_opening_that_is_cancelled_gives_the_device_back() -> None:
    there = bus()
    there.let_go.clear()
    opening = asyncio.create_task(open_device(*IDS, None, there))
    await asyncio.to_thread(there.begun.wait, 10)
    opening.cancel()
    there.let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert there.claimed == 0
    assert not device_threads()


async def test_an_opening_that_fails_leaves_no_thread() -> None:
    with pytest.raises(PrinterUnreachable):
        await open_device(*IDS, "ZZ", bus())
    assert not device_threads()


async def test_a_look_that_ends_after_the_label_tells_what_was_heard() -> None:
    pipe = UsbPipe(await open_device(*IDS, None, bus()))
    await pipe.write(JOB)
    listening = asyncio.create_task(pipe.listen(PT, MODEL))
    await asyncio.sleep(0)  # its first read is on the way
    await pipe.close()
    assert (await listening).page_count == 2
    assert (await pipe.listen(PT, MODEL)).page_count == 2


def device_threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("usb")]


@contextmanager
def port(folder: Path) -> Iterator[tuple[UsbPipe, int]]:
    """A pipe to a device file, and the end of the printer."""
    printer, computer = os.openpty()
    tty.setraw(computer)
    (folder / "lp0").symlink_to(os.ttyname(computer))
    try:
        yield UsbPipe(device_file(folder / "lp0")), printer
    finally:
        for end in (printer, computer):
            os.close(end)


async def test_a_port_that_answers_nonsense_is_one_typed_error(tmp_path: Path) -> None:
    with port(tmp_path) as (pipe, printer):
        os.write(printer, b"left over")  # from before: it is not taken for the answer
        with pytest.raises(ReplyInvalid, match="begins with 80 20 42, not 32: 6e 6f 6e 73"):
            await _answered(pipe.ask(REQUEST, PT, MODEL, 0.1), printer, b"nonsense" * 8)
        await pipe.close()


async def test_half_an_answer_is_one_typed_error(tmp_path: Path) -> None:
    with port(tmp_path) as (pipe, printer):
        with pytest.raises(ReplyInvalid, match="no status"):
            await _answered(pipe.ask(REQUEST, PT, MODEL, 0.1), printer, IDLE[:20])
        await pipe.close()


async def test_an_answer_out_of_step_is_understood(tmp_path: Path) -> None:
    with port(tmp_path) as (pipe, printer):
        report = await _answered(pipe.ask(REQUEST, PT, MODEL), printer, b"left over" + IDLE)
        assert report is not None
        assert report.media == TAPE
        await pipe.close()


async def test_an_empty_packet_of_the_device_file_is_waited_over(tmp_path: Path) -> None:
    """A terminal that reads by lines gives an empty read for an end of file typed on a line of its own."""
    with port(tmp_path) as (pipe, printer):
        modes = termios.tcgetattr(printer)
        modes[3] = termios.ICANON
        modes[6] = [b"\0"] * len(modes[6])
        modes[6][termios.VEOF] = b"\xfe"
        termios.tcsetattr(printer, termios.TCSANOW, modes)
        loop = asyncio.get_running_loop()
        loop.call_later(0.05, os.write, printer, IDLE + b"\xfe")
        loop.add_reader(printer, lambda: (loop.remove_reader(printer), os.write(printer, b"\xfe")))
        report = await pipe.ask(REQUEST, PT, MODEL)
        assert report is not None
        assert report.media == TAPE
        assert not await pipe.gone()
        await pipe.close()


async def test_a_printer_pulled_out_while_it_is_asked_is_unplugged(tmp_path: Path) -> None:
    async with UsbEmulator(MODEL, TAPE, link=tmp_path / "lp0") as printer:
        await printer.switch(silent=True)
        looking = asyncio.create_task(UsbPorts(tmp_path).look(Address("usb://lp0"), PT, MODEL))
        await printer.wait_until(lambda _: printer.size_bytes >= len(REQUEST))
        await printer.unplug()
        with pytest.raises(PrinterUnreachable, match="unplugged"):
            await looking


async def _answered(asking: Coroutine[Any, Any, Report | None], printer: int, answer: bytes) -> Report | None:
    loop = asyncio.get_running_loop()

    def reply() -> None:
        if os.read(printer, 1000).endswith(REQUEST):
            loop.remove_reader(printer)
            os.write(printer, answer)

    loop.add_reader(printer, reply)
    return await asking


async def test_a_printer_of_another_model_is_told_by_name(tmp_path: Path) -> None:
    async with UsbEmulator(MODEL, TAPE, link=tmp_path / "lp0"):
        with pytest.raises(ReplyInvalid, match=r"says it is a PT-P900W.*, and is set up here as a QL-820NWB"):
            await UsbPorts(tmp_path, 0.1).look(Address("usb://lp0"), QL, "QL-820NWB")


async def test_a_look_that_waits_for_another_does_not_wait_for_the_label_after_it(tmp_path: Path) -> None:
    ports, address = UsbPorts(tmp_path, 0.1), Address("usb://lp0")
    async with UsbEmulator(MODEL, TAPE, link=tmp_path / "lp0") as printer, asyncio.timeout(30):
        await printer.switch(silent=True)
        first = asyncio.create_task(ports.look(address, PT, MODEL))
        await printer.wait_until(lambda _: printer.size_bytes >= len(REQUEST))  # it has the device
        label = ports.pipe_to(address)
        opening = asyncio.create_task(label.__aenter__())
        await asyncio.sleep(0)
        second = asyncio.create_task(ports.look(address, PT, MODEL))
        await opening
        assert (await first).blind
        assert (await second).state is PrinterState.UNKNOWN
        await label.__aexit__(None, None, None)


async def test_a_look_that_is_cancelled_while_it_waits_leaves_the_turn_to_others(tmp_path: Path) -> None:
    ports, address = UsbPorts(tmp_path, 0.1), Address("usb://lp0")
    async with UsbEmulator(MODEL, TAPE, link=tmp_path / "lp0"), asyncio.timeout(30):
        looks = [asyncio.create_task(ports.look(address, PT, MODEL)) for _ in range(3)]
        await asyncio.sleep(0)
        looks[1].cancel()
        done = await asyncio.gather(*looks, return_exceptions=True)
        assert [type(one) for one in done] == [Report, asyncio.CancelledError, Report]
        async with ports.pipe_to(address) as pipe:
            assert not await pipe.gone()


async def test_two_looks_at_once_use_the_device_one_after_the_other(tmp_path: Path) -> None:
    ports, address = UsbPorts(tmp_path), Address("usb://lp0")
    async with UsbEmulator(MODEL, TAPE, link=tmp_path / "lp0"):
        reports = await asyncio.gather(*(ports.look(address, PT, MODEL) for _ in range(5)))
    assert {report.media for report in reports} == {TAPE}


async def test_a_device_that_never_stops_talking_is_one_typed_error_in_time(tmp_path: Path) -> None:
    printer, computer = os.openpty()
    tty.setraw(computer)
    os.set_blocking(printer, False)
    (tmp_path / "lp0").symlink_to(os.ttyname(computer))
    loop = asyncio.get_running_loop()

    def babble() -> None:
        with suppress(BlockingIOError):
            os.write(printer, b"blah" * 512)

    loop.add_writer(printer, babble)
    try:
        async with asyncio.timeout(30):
            with pytest.raises(ReplyInvalid):
                await UsbPorts(tmp_path, 0.2).look(Address("usb://lp0"), PT, MODEL)
    finally:
        loop.remove_writer(printer)
        for end in (printer, computer):
            os.close(end)
