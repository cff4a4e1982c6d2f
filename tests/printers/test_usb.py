"""USB printers found by their ids, through pyusb's own code over a bus with a virtual printer on it; and files that misbehave."""

from __future__ import annotations

import asyncio
import os
import tty
from pathlib import Path

import pytest

from labelhub.drivers.brother import PT
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.status import PrinterState
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
JOB = PT.encode(MODEL, TAPE, [page(150, 120)] * 2)
REQUEST = PT.status_request(MODEL)


def bus() -> PseudoBus:
    return PseudoBus(Machine(MODEL, TAPE))


async def test_a_printer_found_by_its_ids_answers_prints_and_tells_each_page() -> None:
    there = bus()
    pipe = UsbPipe(await open_device(*IDS, "A1B2C3", there))
    report = await pipe.ask(REQUEST, PT, MODEL)
    assert report is not None
    assert (report.state, report.media) == (PrinterState.IDLE, TAPE)
    receipt = await pipe.send(JOB)
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
    with pytest.raises(OutcomeUnknown, match="broke after 0 of"):
        await pipe.send(JOB)
    with pytest.raises(PrinterUnreachable, match="unplugged"):
        await pipe.listen(PT, MODEL)
    assert await pipe.gone()


async def test_a_device_that_takes_nothing_leaves_the_outcome_unknown_after_the_bound() -> None:
    there = bus()
    there.full = True
    with pytest.raises(OutcomeUnknown, match="stopped reading"):
        await UsbPipe(await open_device(*IDS, None, there)).send(JOB, stall_timeout_s=0.01)
    with pytest.raises(PrinterUnreachable, match="took no status request"):
        await UsbPipe(await open_device(*IDS, None, there)).ask(REQUEST, PT, MODEL)


async def test_a_port_that_answers_nonsense_is_one_typed_error(tmp_path: Path) -> None:
    printer, computer = os.openpty()
    tty.setraw(computer)
    (tmp_path / "lp0").symlink_to(os.ttyname(computer))
    pipe = UsbPipe(device_file(tmp_path / "lp0"))
    os.write(printer, b"left over")  # from before: it is not taken for the answer
    answer = pipe.ask(REQUEST, PT, MODEL, 0.1)
    with pytest.raises(ReplyInvalid, match="no status"):
        await _answered(answer, printer, b"nonsense" * 8)
    await pipe.close()
    for end in (printer, computer):
        os.close(end)


async def _answered(asking: object, printer: int, answer: bytes) -> object:
    loop = asyncio.get_running_loop()

    def reply() -> None:
        if os.read(printer, 100).endswith(REQUEST):
            loop.remove_reader(printer)
            os.write(printer, answer)

    loop.add_reader(printer, reply)
    return await asking  # type: ignore[misc]


async def test_two_looks_at_once_use_the_device_one_after_the_other(tmp_path: Path) -> None:
    ports, address = UsbPorts(tmp_path), Address("usb://lp0")
    async with UsbEmulator(MODEL, TAPE, link=tmp_path / "lp0"):
        reports = await asyncio.gather(*(ports.look(address, PT, MODEL) for _ in range(5)))
    assert {report.media for report in reports} == {TAPE}
