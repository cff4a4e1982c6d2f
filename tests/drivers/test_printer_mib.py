"""A printer's state from the standard MIBs alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelhub.drivers import mib, printer_mib
from labelhub.drivers.brother import PT, QL
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import Drivers
from labelhub.drivers.status import PrinterState, Reason, Report

TAPE = media_from_word("PT-P750W", "12mm")
IDLE = Report(PrinterState.IDLE, (), TAPE)
STATUS, ERRORS, NAME = mib.HR_PRINTER_STATUS, mib.HR_PRINTER_DETECTED_ERROR_STATE, mib.PRT_INPUT_MEDIA_NAME
COUNT, CONSOLE = mib.PRT_MARKER_LIFE_COUNT, mib.PRT_CONSOLE_TEXT


@pytest.mark.parametrize(
    ("values", "state", "reasons"),
    [
        ({STATUS: 3, ERRORS: b"\x00"}, PrinterState.IDLE, ()),
        ({STATUS: 4}, PrinterState.PRINTING, ()),
        ({STATUS: 5}, PrinterState.PRINTING, ()),
        ({STATUS: 1}, PrinterState.UNKNOWN, ()),
        ({STATUS: 3, CONSOLE: b"PRINTING"}, PrinterState.PRINTING, ()),
        ({STATUS: 1, ERRORS: b"\x08"}, PrinterState.STOPPED, (Reason.COVER_OPEN,)),
        ({STATUS: 1, ERRORS: b"\x40\x00"}, PrinterState.STOPPED, (Reason.MEDIA_EMPTY,)),
        ({STATUS: 1, ERRORS: b"\x00\x04"}, PrinterState.STOPPED, (Reason.MEDIA_EMPTY,)),
        ({STATUS: 1, ERRORS: b"\x00\x80"}, PrinterState.STOPPED, (Reason.MEDIA_NEEDED,)),
        ({STATUS: 1, ERRORS: b"\x05"}, PrinterState.STOPPED, (Reason.MEDIA_JAM, Reason.OTHER)),
        ({ERRORS: b"\x02"}, PrinterState.OFFLINE, (Reason.OFFLINE,)),
        ({STATUS: 3, ERRORS: b"\x80\x10"}, PrinterState.IDLE, ()),  # low paper and a nearly full tray stop nothing
        ({STATUS: 1, CONSOLE: b"ERROR"}, PrinterState.STOPPED, (Reason.OTHER,)),
        ({STATUS: 1, ERRORS: b"\x00", CONSOLE: b"Error 12"}, PrinterState.STOPPED, (Reason.OTHER,)),
        ({STATUS: 1, ERRORS: b"\x08", CONSOLE: b"ERROR"}, PrinterState.STOPPED, (Reason.COVER_OPEN,)),
        ({STATUS: 1, NAME: b"", CONSOLE: b"ERROR"}, PrinterState.STOPPED, (Reason.MEDIA_EMPTY,)),
        ({STATUS: 1, CONSOLE: b"NO ERROR"}, PrinterState.UNKNOWN, ()),
        ({STATUS: 3, NAME: b""}, PrinterState.STOPPED, (Reason.MEDIA_EMPTY,)),
        ({STATUS: 3, CONSOLE: b"Cooling down"}, PrinterState.STOPPED, (Reason.COOLING,)),
        ({STATUS: 3, CONSOLE: b"COVER OPEN"}, PrinterState.STOPPED, (Reason.COVER_OPEN,)),
    ],
)
def test_status_and_error_bits_are_read(values: dict[str, Any], state: PrinterState, reasons: tuple[Reason, ...]) -> None:
    report = printer_mib.report_of(values, TAPE)
    assert report is not None
    assert (report.state, report.reasons, report.media) == (state, reasons, TAPE)


def test_answers_that_hold_neither_are_no_status() -> None:
    assert printer_mib.report_of({NAME: b"12mm", COUNT: 3}, None) is None
    assert printer_mib.report_of({STATUS: b"3", ERRORS: 3}, None) is None


def test_the_display_tells_what_a_status_block_does_not() -> None:
    assert printer_mib.with_console(IDLE, {CONSOLE: b"READY", COUNT: 9}) == Report(PrinterState.IDLE, (), TAPE, 9)
    assert printer_mib.with_console(IDLE, {CONSOLE: b"RECEIVING"}).state is PrinterState.PRINTING
    assert printer_mib.with_console(IDLE, {CONSOLE: b"COOLING"}) == Report(PrinterState.STOPPED, (Reason.COOLING,), TAPE)
    stopped = Report(PrinterState.STOPPED, (Reason.COVER_OPEN,))
    assert printer_mib.with_console(stopped, {CONSOLE: b"BUSY"}) == stopped


_ODD = st.one_of(st.none(), st.integers(), st.binary(max_size=100), st.just("text"), st.floats())


@given(st.dictionaries(st.sampled_from([STATUS, ERRORS, NAME, COUNT, CONSOLE]), _ODD))
def test_no_odd_answer_raises_anything(values: dict[str, Any]) -> None:
    assert isinstance(printer_mib.report_of(values, None), Report | None)
    assert isinstance(printer_mib.with_console(IDLE, values), Report)


@pytest.mark.parametrize(
    ("model", "name", "media"),
    [
        ("PT-P750W", '12mm(0.47")', "12mm"),
        ("PT-P900W", '36mm(1.42")', "36mm"),
        ("QL-820NWB", "62mm x 100mm", "62x100mm"),
        ("QL-820NWB", "62mm", "62mm"),
        ("QL-1110NWB", "102mm x 152mm", "102x152mm"),
    ],
)
def test_the_name_of_the_media_is_read_as_far_as_it_tells(model: str, name: str, media: str) -> None:
    driver = PT if model.startswith("PT") else QL
    found = driver.media_named(model, name)
    assert found == media_from_word(model, media)
    assert found is not None
    assert (found.media_color, found.two_color) == ("", False)


@pytest.mark.parametrize("name", ["", "A4", "12", "7mm", "12mm x 12mm", "mm" * 500, "12mm\x00x"])
def test_a_name_that_tells_nothing_is_no_media(name: str) -> None:
    assert PT.media_named("PT-P750W", name) is None


@pytest.mark.parametrize(
    ("words", "model"),
    [
        ("Brother PT-P750W", "PT-P750W"),
        ("Brother QL-820NWBc", "QL-820NWB"),
        ("MFG:Brother;CMD:PJL;MDL:QL-710W;CLS:PRINTER;URF:V1.3,W8", "QL-710W"),
        ("Brother PT-P900Wc", "PT-P900W"),
        ("brother ql-1110nwb", "QL-1110NWB"),
        ("Brother HL-2030", None),
        ("", None),
    ],
)
def test_a_device_is_recognised_by_its_own_description(words: str, model: str | None) -> None:
    assert Drivers.of((PT, QL)).recognise(words) == model
