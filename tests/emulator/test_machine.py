from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.drivers.brother import PT, QL
from labelhub.drivers.brother.geometry import PLAIN
from labelhub.drivers.brother.received import Rule
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import EncodeOptions
from labelhub.drivers.status import PrinterState, Reason
from labelhub.emulator.machine import Cut, Machine, Page, State
from labelhub.errors import MediaUnsupported
from labelhub.media import Media
from labelhub.raster import Raster
from tests.drivers.pictures import page

P750W, QL820 = "PT-P750W", "QL-820NWB"
TAPE_12, TAPE_24 = media_from_word(P750W, "12mm"), media_from_word(P750W, "24mm")
ROLL_62, ROLL_RED, LABELS = (media_from_word(QL820, word) for word in ("62mm", "62mm-red", "29x90mm"))


def tape_job(*pages: Raster, media: Media = TAPE_12, options: EncodeOptions = PLAIN) -> bytes:
    return PT.encode(P750W, media, pages or (page(70, 100),), options).whole


def printed(machine: Machine, job: bytes) -> list[Page]:
    """What comes out of a job sent on one connection."""
    machine.receive(job)
    machine.connection_closed()
    pages: list[Page] = []
    while machine.start_page() is not None:
        finished = machine.finish_page()
        assert finished is not None
        pages.append(finished)
    return pages


def rules(machine: Machine) -> list[Rule]:
    return [violation.rule for violation in machine.violations]


def test_a_job_comes_out_dot_for_dot() -> None:
    machine, sent = Machine(P750W, TAPE_12), page(70, 200)
    (out,) = printed(machine, tape_job(sent))
    assert out.raster == sent
    assert out.length_mm == pytest.approx((200 + 28) * 25.4 / 180)
    assert (out.number, out.cut, out.last, out.media) == (1, Cut.FULL, True, TAPE_12)
    assert (machine.page_count, machine.state, machine.violation_count) == (1, State.IDLE, 0)


def test_a_roll_job_comes_out_dot_for_dot() -> None:
    machine, sent = Machine(QL820, LABELS), page(306, 991)
    (out,) = printed(machine, QL.encode(QL820, LABELS, [sent]).whole)
    assert (out.raster, machine.violation_count) == (sent, 0)


def test_a_two_color_job_comes_out_in_two_planes() -> None:
    machine = Machine(QL820, ROLL_RED)
    sent = Raster(696, 150, page(696, 150).black, bytes(reversed(page(696, 150).black)))
    (out,) = printed(machine, QL.encode(QL820, ROLL_RED, [sent]).whole)
    assert (out.raster, machine.violation_count) == (sent, 0)


@pytest.mark.parametrize(
    ("options", "cuts"),
    [
        (PLAIN, [Cut.FULL, Cut.FULL, Cut.FULL]),
        (EncodeOptions(half_cut=True), [Cut.HALF, Cut.HALF, Cut.FULL]),
        (EncodeOptions(auto_cut=False), [Cut.NONE, Cut.NONE, Cut.FULL]),
    ],
    ids=["each", "half", "strip"],
)
def test_pages_are_cut_as_the_options_say(options: EncodeOptions, cuts: list[Cut]) -> None:
    machine = Machine(P750W, TAPE_12)
    out = printed(machine, tape_job(*[page(70, 100)] * 3, options=options))
    assert [one.cut for one in out] == cuts
    assert [one.last for one in out] == [False, False, True]
    assert not machine.violations


def test_high_resolution_halves_the_length_of_as_many_rows() -> None:
    (out,) = printed(Machine(P750W, TAPE_12), tape_job(page(70, 400), options=EncodeOptions(high_resolution=True)))
    assert out.length_mm == pytest.approx((400 + 56) * 25.4 / 360)
    assert out.dpi_along == 360


def test_a_page_counts_when_it_is_printed_not_when_it_arrives() -> None:
    machine = Machine(P750W, TAPE_12, page_count=41)
    machine.receive(tape_job())
    assert (machine.page_count, machine.backlog) == (41, 1)
    machine.start_page()
    assert (machine.page_count, machine.state) == (41, State.PRINTING)
    machine.finish_page()
    assert (machine.page_count, machine.state) == (42, State.IDLE)


def test_a_job_that_arrives_in_part_is_being_received() -> None:
    machine = Machine(P750W, TAPE_12)
    machine.receive(tape_job()[:-5])
    assert machine.state is State.RECEIVING
    assert machine.start_page() is None


def test_other_media_than_the_job_claims_prints_nothing_until_it_is_changed() -> None:
    machine = Machine(P750W, TAPE_24)
    assert printed(machine, tape_job(*[page(70, 100)] * 3)) == []
    assert rules(machine) == [Rule.WRONG_MEDIA]
    report = PT.parse_status(machine.status_block())
    assert (report.state, report.reasons, report.media) == (PrinterState.STOPPED, (Reason.MEDIA_NEEDED,), TAPE_24)
    machine.load(TAPE_12)
    assert PT.parse_status(machine.status_block()).state is PrinterState.IDLE
    assert len(printed(machine, tape_job())) == 1


@pytest.mark.parametrize(
    ("loaded", "sent_for", "rows"),
    [(ROLL_62, LABELS, 991), (LABELS, ROLL_62, 991), (media_from_word(QL820, "29x42mm"), LABELS, 991), (ROLL_RED, ROLL_62, 200)],
    ids=["roll for labels", "labels for roll", "other length", "two colours"],
)
def test_a_roll_that_does_not_match_prints_nothing(loaded: Media, sent_for: Media, rows: int) -> None:
    machine = Machine(QL820, loaded)
    width = QL.geometry(QL820, sent_for).canvas.width_dots
    assert printed(machine, QL.encode(QL820, sent_for, [page(width, rows)]).whole) == []
    assert rules(machine) == [Rule.WRONG_MEDIA]
    assert QL.parse_status(machine.status_block()).reasons == (Reason.MEDIA_NEEDED,)


def test_a_page_sent_with_the_cover_open_comes_out_once_it_is_closed() -> None:
    machine = Machine(P750W, TAPE_12)
    machine.open_cover()
    assert printed(machine, tape_job()) == []
    assert PT.parse_status(machine.status_block()).reasons == (Reason.COVER_OPEN,)
    machine.close_cover()
    assert machine.start_page() is not None
    assert machine.finish_page() is not None
    assert machine.page_count == 1


def test_a_cover_opened_while_printing_makes_the_page_begin_again() -> None:
    machine = Machine(P750W, TAPE_12)
    machine.receive(tape_job())
    machine.start_page()
    machine.open_cover()
    assert machine.finish_page() is None
    machine.close_cover()
    machine.start_page()
    assert machine.finish_page() is not None
    assert machine.page_count == 1


def test_a_page_sent_without_media_waits_for_it_and_says_so() -> None:
    machine = Machine(P750W)
    assert printed(machine, tape_job()) == []
    assert machine.status_block()[8] == 0x01
    machine.load(TAPE_12)
    assert machine.start_page() is not None


def test_an_empty_printer_at_rest_reports_no_error_bit() -> None:
    machine = Machine(P750W)
    assert machine.status_block()[8:12] == bytes(4)
    assert PT.parse_status(machine.status_block()).reasons == (Reason.MEDIA_EMPTY,)


def test_the_status_of_a_two_color_roll_is_the_captured_one() -> None:
    machine = Machine(QL820, ROLL_RED)
    captured = bytes.fromhex("802042344130040000003E0A0000230000000000000000000081").ljust(32, b"\0")
    assert machine.status_block() == captured


@pytest.mark.parametrize("model", [P750W, QL820])
def test_every_media_loaded_is_read_back_from_the_status(model: str) -> None:
    driver = PT if model == P750W else QL
    for media in driver.media(model):
        assert driver.parse_status(Machine(model, media).status_block()).media == media


def test_media_of_another_make_does_not_go_in() -> None:
    with pytest.raises(MediaUnsupported):
        Machine(P750W, ROLL_62)


def test_the_status_says_that_it_prints() -> None:
    machine = Machine(P750W, TAPE_12)
    machine.receive(tape_job())
    machine.start_page()
    assert PT.parse_status(machine.status_block()).state is PrinterState.PRINTING
    assert (machine.panel.console_text, machine.panel.printer_status) == ("PRINTING", 4)


def test_a_job_that_ends_in_0c_keeps_its_last_page_inside() -> None:
    machine = Machine(P750W, TAPE_12)
    job = tape_job(*[page(70, 100)] * 2)
    assert len(printed(machine, job[:-1] + b"\x0c")) == 1
    assert rules(machine) == [Rule.JOB_NOT_ENDED]
    assert machine.backlog == 1
    assert len(printed(machine, tape_job())) == 1
    assert rules(machine) == [Rule.JOB_NOT_ENDED, Rule.PAGE_LOST]


def test_a_connection_that_breaks_off_is_told_and_the_next_job_is_whole() -> None:
    machine = Machine(P750W, TAPE_12)
    assert printed(machine, tape_job()[:-30]) == []
    assert rules(machine) == [Rule.JOB_INCOMPLETE]
    assert len(printed(machine, tape_job())) == 1


def test_a_wrong_line_count_is_a_violation() -> None:
    machine = Machine(P750W, TAPE_12)
    printed(machine, tape_job().replace(struct.pack("<I", 100), struct.pack("<I", 99), 1))
    assert rules(machine) == [Rule.LINE_COUNT]


def test_a_page_without_raster_mode_since_power_on_prints_nothing() -> None:
    machine = Machine(P750W, TAPE_12)
    job = tape_job().replace(b"\x1bia\x01", b"")
    assert printed(machine, job) == []
    assert rules(machine) == [Rule.NOT_IN_RASTER_MODE]
    printed(machine, tape_job())
    assert len(printed(machine, job)) == 1
    machine.switch_off()
    machine.switch_on()
    assert printed(machine, job) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"\x1bid\x0e\x00", b"\x1bid\x0d\x00", Rule.MARGIN),
        (b"\x1biz\x84\x00\x0c", b"\x1biz\x80\x00\x0c", None),
        (b"\x1biz", b"\x1biD\x01\x1biz", None),
    ],
)
def test_settings_out_of_range_are_told_and_others_are_not(old: bytes, new: bytes, rule: Rule | None) -> None:
    machine = Machine(P750W, TAPE_12)
    assert len(printed(machine, tape_job().replace(old, new))) == 1
    assert rules(machine) == ([rule] if rule else [])


def test_a_page_of_illegal_length_is_a_violation() -> None:
    machine = Machine(P750W, TAPE_12)
    head = tape_job()[: tape_job().index(b"M\x02") + 2].replace(struct.pack("<I", 100), struct.pack("<I", 2))
    printed(machine, head + b"ZZ\x1a")
    assert rules(machine) == [Rule.PAGE_LENGTH]


def test_ink_beside_the_media_is_a_violation_and_does_not_come_out() -> None:
    machine = Machine(P750W, TAPE_12)
    job = tape_job(Raster(70, 3, bytes(27)))
    (out,) = printed(machine, job.replace(b"ZZZ", b"ZZG\x04\x00\xff\xff\xf3\x00"))
    assert rules(machine) == [Rule.INK_BESIDE_MEDIA]
    assert not any(out.raster.black)


def test_without_power_it_forgets_what_it_received_and_keeps_its_counter() -> None:
    machine = Machine(P750W, TAPE_12)
    printed(machine, tape_job())
    machine.receive(tape_job())
    machine.switch_off()
    assert (machine.state, machine.stopped_by, machine.backlog, machine.lost_pages) == (State.OFF, ("off",), 0, 1)
    machine.switch_on()
    assert (machine.state, machine.page_count, machine.violation_count) == (State.IDLE, 1, 0)


def test_kept_pages_and_violations_are_bounded_and_counted() -> None:
    machine = Machine(P750W, TAPE_12)
    for _ in range(210):
        printed(machine, b"junk" + tape_job(Raster(70, 3, bytes(27))))
    assert (len(machine.pages), machine.page_count) == (200, 210)
    assert (len(machine.violations), machine.violation_count) == (200, 210)


def test_the_names_of_media_in_snmp() -> None:
    assert Machine(P750W, TAPE_12).panel.media_name == '12mm(0.47")'
    assert Machine(QL820, LABELS).panel.media_name == "29mm x 90mm"
    assert Machine(QL820).panel.media_name == ""


def test_error_bits_in_snmp() -> None:
    machine = Machine(P750W)
    machine.open_cover()
    assert machine.panel.detected_errors == b"\x48"
    assert machine.panel.console_text == "COVER OPEN"
    assert Machine(P750W, TAPE_12).panel.detected_errors == b"\x00"


@given(
    st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([tape_job(), tape_job()[:80], b"\x1a", b"\x0c", b"Z" * 30])), max_size=12)
)
@settings(max_examples=80)
def test_no_bytes_harm_it(chunks: list[bytes]) -> None:
    machine = Machine(P750W, TAPE_12)
    for chunk in chunks:
        printed(machine, chunk)
    assert len(machine.status_block()) == 32
    machine.switch_off()
    machine.switch_on()
    assert len(printed(machine, tape_job())) == 1
