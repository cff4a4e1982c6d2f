from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.drivers.brother import PT, QL, BrotherDriver
from labelhub.drivers.brother.block import StatusBlock, read, write
from labelhub.drivers.brother.rows import MediaRow, ModelRow
from labelhub.drivers.brother.tables import MODELS
from labelhub.drivers.status import PrinterState, Reason, Report
from labelhub.errors import ReplyInvalid
from labelhub.media import Media, MediaKind
from tests.drivers.cases import driver_of

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
P750W = 0x68
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
        (QL, changed(QL_TWO_COLOR, at_8=0x01), Reason.MEDIA_EMPTY),
        (QL, changed(QL_TWO_COLOR, at_8=0x02), Reason.MEDIA_EMPTY),
        (QL, changed(QL_TWO_COLOR, at_8=0x04), Reason.CUTTER_JAM),
        (QL, changed(QL_TWO_COLOR, at_8=0x80), Reason.OTHER),
        (QL, changed(QL_TWO_COLOR, at_9=0x01), Reason.MEDIA_NEEDED),
        (QL, changed(QL_TWO_COLOR, at_9=0x02), Reason.BUSY),
        (QL, changed(QL_TWO_COLOR, at_9=0x04), Reason.OTHER),
        (QL, changed(QL_TWO_COLOR, at_9=0x10), Reason.COVER_OPEN),
        (PT, changed(PT_READY, at_9=0x02), Reason.BUSY),
        (PT, changed(PT_READY, at_9=0x04), Reason.OTHER),
        (PT, changed(PT_READY, at_9=0x08), Reason.BUSY),
        (PT, changed(PT_READY, at_9=0x40), Reason.OTHER),
        (PT, changed(PT_READY, at_9=0x80), Reason.OTHER),
        (PT, changed(PT_READY, at_7=0x10), Reason.MEDIA_EMPTY),
        (PT, changed(PT_READY, at_7=0x1D), Reason.OTHER),
        (PT, changed(PT_READY, at_7=0x1E), Reason.OTHER),
        (PT, changed(PT_READY, at_7=0x21), Reason.MEDIA_NEEDED),
        (PT, changed(PT_READY, at_22=0x03), Reason.COOLING),
        (PT, changed(PT_READY, at_4=P750W, at_9=0x20), Reason.COOLING),
        (PT, changed(PT_READY, at_4=P750W, at_8=0x40), Reason.OTHER),
        (PT, changed(PT_READY, at_4=P750W, at_9=0x02), Reason.OTHER),
    ],
)
def test_each_fault_stops_the_printer_for_its_reason(driver: BrotherDriver, raw: bytes, reason: Reason) -> None:
    report = driver.parse_status(raw)
    assert (report.state, report.reasons) == (PrinterState.STOPPED, (reason,))


def test_several_faults_are_told_at_once() -> None:
    report = PT.parse_status(changed(PT_READY, at_8=0x04, at_9=0x31))
    assert report.reasons == (Reason.CUTTER_JAM, Reason.MEDIA_NEEDED, Reason.COVER_OPEN, Reason.COOLING)


def test_what_the_p900_family_alone_tells_means_nothing_from_another_printer() -> None:
    assert PT.parse_status(changed(PT_READY, at_4=P750W, at_7=0x10)).reasons == ()


@pytest.mark.parametrize(("driver", "raw"), [(PT, changed(PT_READY, at_22=0x04)), (QL, changed(QL_TWO_COLOR, at_22=0x04))])
def test_a_head_that_has_cooled_stops_nothing(driver: BrotherDriver, raw: bytes) -> None:
    assert driver.parse_status(raw).state is PrinterState.IDLE


@pytest.mark.parametrize(
    ("driver", "raw"),
    [(PT, changed(PT_READY, at_18=0x04)), (QL, changed(QL_TWO_COLOR, at_18=0x04)), (QL, changed(QL_TWO_COLOR, at_8=0x20))],
)
def test_a_printer_that_says_it_was_turned_off_is_offline(driver: BrotherDriver, raw: bytes) -> None:
    assert driver.parse_status(raw).state is PrinterState.OFFLINE


@pytest.mark.parametrize("code", [0x04, 0x14, 0x15])
def test_fabric_flexible_id_and_satin_are_printed_as_plain_tape(code: int) -> None:
    assert PT.parse_status(changed(PT_READY, at_11=code)).media == Media(MediaKind.TAPE_NON_LAMINATED, 24)


def test_heat_shrink_tube_that_reports_itself_as_tape_is_tape_to_us() -> None:
    """As captured from a PT-P950NW with tube of 11.7 mm."""
    assert PT.parse_status(changed(PT_READY, at_10=12, at_11=0x03)).media == Media(MediaKind.TAPE_NON_LAMINATED, 12)


def sent_by(model: ModelRow, row: MediaRow) -> bytes:
    """The block of a model that has some media loaded."""
    return write(
        StatusBlock(
            series=model.series_code, model=model.model_code, width_mm=row.width_code, media_type=row.type_code, length_mm=row.length_code
        )
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_tells_every_media_it_takes(model: ModelRow) -> None:
    for row in model.media:
        report = driver_of(model).parse_status(sent_by(model, row), model.name)
        assert (report.state, report.media) == (PrinterState.IDLE, row.media)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_block_of_a_printer_with_another_head_or_language_names_both(model: ModelRow) -> None:
    for sender in MODELS:
        raw = sent_by(sender, sender.media[0])
        if (sender.language, sender.head_dots) == (model.language, model.head_dots):
            assert driver_of(model).parse_status(raw, model.name).media == sender.media[0].media
        else:
            with pytest.raises(ReplyInvalid) as told:
                driver_of(model).parse_status(raw, model.name)
            assert sender.name in str(told.value)
            assert model.name in str(told.value)


def test_a_block_of_a_model_nobody_knows_is_read_as_the_model_it_is_set_up_as() -> None:
    unknown = changed(PT_READY, at_4=0x7E, at_9=0x02)
    assert PT.parse_status(unknown, "PT-P900W").reasons == (Reason.BUSY,)
    assert PT.parse_status(unknown, "PT-P750W").reasons == (Reason.OTHER,)


BYTE = st.integers(0, 255)
BLOCKS = st.builds(
    StatusBlock,
    **{name: BYTE for name in StatusBlock.__slots__ if name not in ("phase_number", "settings")},
    phase_number=st.integers(0, 0xFFFF),
    settings=st.binary(min_size=4, max_size=4),
)


@given(BLOCKS)
def test_a_block_written_is_read_as_it_was(written: StatusBlock) -> None:
    assert read(write(written)) == written


@given(st.binary(min_size=29, max_size=29))
def test_a_block_read_is_written_as_it_was_but_for_bytes_without_a_name(rest: bytes) -> None:
    raw = bytearray(b"\x80\x20\x42" + rest)
    for nameless in (12, 13, 16, 23, 30, 31):
        raw[nameless] = 0
    assert write(read(bytes(raw))) == raw


@given(BLOCKS, st.sampled_from(MODELS))
def test_every_block_there_can_be_gives_a_report_or_names_another_printer(block: StatusBlock, model: ModelRow) -> None:
    with contextlib.suppress(ReplyInvalid):
        report = driver_of(model).parse_status(write(block), model.name)
        assert (report.state in (PrinterState.STOPPED, PrinterState.OFFLINE)) == bool(report.reasons)


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
