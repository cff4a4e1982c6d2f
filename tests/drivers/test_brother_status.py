from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.drivers.brother import PT, QL, BrotherDriver
from labelhub.drivers.status import PrinterState, Reason, Report
from labelhub.errors import ReplyInvalid
from labelhub.media import Media, MediaKind

TAPE = MediaKind.TAPE_LAMINATED


def block(text: str) -> bytes:
    return bytes.fromhex(text).ljust(32, b"\0")


# Captured from a PT-P950NW and a QL-820NWB
PT_READY = block("80 20 42 30 70 30 04 00 00 00 18 01 00 00 00 00 00 00 00 00 00 00 00 00 01 08")
PT_PRINTING = block("80 20 42 30 70 30 04 00 00 00 18 01 00 00 00 00 00 00 00 01 00 00 00 00 01 08")
PT_EXHAUSTED = block("80 20 42 30 70 30 04 00 02 00 18 01 00 00 00 00 00 00 02 01 00 00 00 00 01 08")
PT_NO_CASSETTE = block("80 20 42 30 70 30 04")
PT_COVER_OPEN = block("80 20 42 30 70 30 04 00 00 10 00 00 00 00 00 00 00 00 02")
QL_TWO_COLOR = block("80 20 42 34 41 30 04 00 00 00 3E 0A 00 00 23 00 00 00 00 00 00 00 00 00 00 81")
QL_NO_ROLL = block("80 20 42 34 41 30 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01")
QL_COVER_OPEN = block("80 20 42 34 41 30 04 00 00 10 00 00 00 00 00 00 00 00 02 00 00 00 00 00 00 01")


@pytest.mark.parametrize(
    ("driver", "raw", "report"),
    [
        (PT, PT_READY, Report(PrinterState.IDLE, (), Media(TAPE, 24))),
        (PT, PT_PRINTING, Report(PrinterState.PRINTING, (), Media(TAPE, 24))),
        (PT, PT_EXHAUSTED, Report(PrinterState.STOPPED, (Reason.MEDIA_EMPTY,), Media(TAPE, 24))),
        (PT, PT_NO_CASSETTE, Report(PrinterState.STOPPED, (Reason.MEDIA_EMPTY,), None)),
        (PT, PT_COVER_OPEN, Report(PrinterState.STOPPED, (Reason.COVER_OPEN,), None)),
        (QL, QL_TWO_COLOR, Report(PrinterState.IDLE, (), Media(MediaKind.ROLL_CONTINUOUS, 62))),
        (QL, QL_NO_ROLL, Report(PrinterState.STOPPED, (Reason.MEDIA_EMPTY,), None)),
        (QL, QL_COVER_OPEN, Report(PrinterState.STOPPED, (Reason.COVER_OPEN,), None)),
    ],
    ids=["PT ready", "PT printing", "PT exhausted", "PT no cassette", "PT cover", "QL two colours", "QL no roll", "QL cover"],
)
def test_blocks_of_real_printers_are_read(driver: BrotherDriver, raw: bytes, report: Report) -> None:
    assert driver.parse_status(raw) == report


def changed(raw: bytes, **offsets: int) -> bytes:
    new = bytearray(raw)
    for name, value in offsets.items():
        new[int(name.removeprefix("at_"))] = value
    return bytes(new)


def test_colors_and_the_two_color_roll_are_named() -> None:
    media = PT.parse_status(PT_READY).media
    assert media is not None
    assert (media.media_color, media.text_color) == ("white", "black")
    roll = QL.parse_status(QL_TWO_COLOR).media
    assert roll is not None
    assert roll.two_color


def test_width_four_is_tape_of_three_and_a_half_mm() -> None:
    assert PT.parse_status(changed(PT_READY, at_10=4)).media == Media(TAPE, 3.5)


def test_heat_shrink_tube_is_named_by_the_width_on_its_cassette() -> None:
    assert PT.parse_status(changed(PT_READY, at_10=12, at_11=0x11)).media == Media(MediaKind.TAPE_HEAT_SHRINK, 11.7)


@pytest.mark.parametrize("code", [0x0B, 0x4B])
def test_both_codes_of_die_cut_labels_are_taken(code: int) -> None:
    raw = changed(QL_TWO_COLOR, at_10=29, at_11=code, at_17=90, at_25=1)
    assert QL.parse_status(raw).media == Media(MediaKind.ROLL_DIE_CUT, 29, 90)


def test_the_older_code_of_continuous_rolls_is_taken() -> None:
    assert QL.parse_status(changed(QL_TWO_COLOR, at_11=0x4A)).media == Media(MediaKind.ROLL_CONTINUOUS, 62)


@pytest.mark.parametrize(
    ("driver", "raw", "reason"),
    [
        (PT, changed(PT_READY, at_8=0x01), Reason.MEDIA_EMPTY),
        (PT, changed(PT_READY, at_8=0x04), Reason.CUTTER_JAM),
        (PT, changed(PT_READY, at_8=0x08), Reason.OTHER),
        (PT, changed(PT_READY, at_9=0x01), Reason.MEDIA_NEEDED),
        (PT, changed(PT_READY, at_9=0x20), Reason.COOLING),
        (PT, changed(PT_READY, at_18=0x02), Reason.OTHER),
        (PT, changed(PT_PRINTING, at_21=0x14), Reason.COVER_OPEN),
        (PT, changed(PT_READY, at_11=0xFF), Reason.MEDIA_NEEDED),
        (QL, changed(QL_TWO_COLOR, at_8=0x10), Reason.BUSY),
        (QL, changed(QL_TWO_COLOR, at_9=0x40), Reason.MEDIA_JAM),
        (QL, changed(QL_TWO_COLOR, at_9=0x80), Reason.OTHER),
        (QL, changed(QL_TWO_COLOR, at_22=0x03), Reason.COOLING),
    ],
)
def test_each_fault_stops_the_printer_for_its_reason(driver: BrotherDriver, raw: bytes, reason: Reason) -> None:
    report = driver.parse_status(raw)
    assert (report.state, report.reasons) == (PrinterState.STOPPED, (reason,))


def test_a_printer_that_says_it_was_turned_off_is_offline() -> None:
    assert PT.parse_status(changed(PT_READY, at_18=0x04)).state is PrinterState.OFFLINE


@pytest.mark.parametrize("raw", [b"", PT_READY[:31], PT_READY + b"\0", bytes(32), b"\x80 A" + bytes(29)])
def test_what_is_no_block_is_one_error(raw: bytes) -> None:
    with pytest.raises(ReplyInvalid, match="32 bytes"):
        PT.parse_status(raw)


@given(st.sampled_from([PT, QL]), st.binary(max_size=40), st.booleans())
@settings(max_examples=200)
def test_no_garbage_raises_anything_else(driver: BrotherDriver, raw: bytes, with_head: bool) -> None:
    if with_head:
        raw = (b"\x80 B" + raw).ljust(32, b"\0")[:32]
        assert isinstance(driver.parse_status(raw), Report)
    elif not raw.startswith(b"\x80 B"):
        with pytest.raises(ReplyInvalid):
            driver.parse_status(raw)
