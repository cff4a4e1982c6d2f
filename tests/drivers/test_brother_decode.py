from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.drivers.brother import PT, QL
from labelhub.drivers.brother.decode import Decoder, crop, decode_pages
from labelhub.drivers.brother.received import Event, Initialised, ModeChosen, NotificationsSet, PageEnd, Rule, StatusAsked, Violation
from labelhub.drivers.driver import EncodeOptions
from labelhub.errors import ReplyInvalid
from labelhub.media import Media, MediaKind
from labelhub.raster import Raster
from tests.drivers.pictures import asymmetric, page

P750W, QL820 = "PT-P750W", "QL-820NWB"
TAPE_12 = Media(MediaKind.TAPE_LAMINATED, 12)
ROLL_62 = Media(MediaKind.ROLL_CONTINUOUS, 62)
ROLL_RED = Media(MediaKind.ROLL_CONTINUOUS, 62, two_color=True)
RASTER = b"\x1bia\x01"
ONE_LINE = RASTER + bytes.fromhex("1b697a 84000c00 01000000 00 00 4d02")


def rules(events: list[Event]) -> list[Rule]:
    return [event.rule for event in events if isinstance(event, Violation)]


def pages(events: list[Event]) -> list[PageEnd]:
    return [event for event in events if isinstance(event, PageEnd)]


def test_a_job_comes_back_as_the_pages_it_was_made_of() -> None:
    sent = [page(70, 50), page(70, 90)]
    got = decode_pages(P750W, PT.encode(P750W, TAPE_12, sent, EncodeOptions(half_cut=True)).whole)
    assert [crop(end.raster, 29, 70) for end in got] == sent
    assert [end.last for end in got] == [False, True]
    assert got[0].settings.half_cut
    assert got[0].settings.cut_at_end
    assert not got[0].settings.auto_cut
    assert got[0].information is not None
    assert (got[0].information.width_code, got[0].information.kind_code, got[0].information.recover) == (12, None, True)


def test_a_two_color_job_comes_back_with_both_planes() -> None:
    red = asymmetric(696, 150).rotate(180).tobytes("raw", "1;I")
    sent = Raster(696, 150, page(696, 150).black, red)
    (got,) = decode_pages(QL820, QL.encode(QL820, ROLL_RED, [sent]).whole)
    assert crop(got.raster, 12, 696) == sent
    assert got.settings.two_color


@given(st.lists(st.integers(1, 700), min_size=1, max_size=40))
@settings(max_examples=40)
def test_the_size_of_the_chunks_changes_nothing(sizes: list[int]) -> None:
    job = PT.encode(P750W, TAPE_12, [page(70, 120)]).whole
    whole = Decoder(P750W).feed(job)
    decoder, events, at = Decoder(P750W), [], 0
    for size in sizes:
        events += decoder.feed(job[at : at + size])
        at += size
    events += decoder.feed(job[at:])
    assert events == whole
    assert not decoder.unfinished


def test_every_byte_alone_gives_the_same_page() -> None:
    job = QL.encode(QL820, ROLL_62, [page(696, 150)]).whole
    decoder = Decoder(QL820)
    events = [event for at in range(len(job)) for event in decoder.feed(job[at : at + 1])]
    assert events == Decoder(QL820).feed(job)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"hello", Rule.JUNK),
        (b"\x1bX", Rule.UNKNOWN_COMMAND),
        (b"\x1bi\x99", Rule.UNKNOWN_COMMAND),
        (b"\x1biU\x99", Rule.UNKNOWN_COMMAND),
        (b"g\x00\x01\x00", Rule.WRONG_LINE_COMMAND),
        (b"w\x01\x01\x00", Rule.WRONG_LINE_COMMAND),
        (b"Z", Rule.BLANK_LINE_UNCOMPRESSED),
        (b"G\xff\xff", Rule.LINE_TOO_LONG),
        (b"G\x11\x00" + bytes(17), Rule.LINE_UNREADABLE),
        (b"M\x02G\x01\x00\x05", Rule.LINE_UNREADABLE),
        (b"M\x02Z\x1a", Rule.NO_PRINT_INFORMATION),
        (ONE_LINE + b"ZZ\x1a", Rule.LINE_COUNT),
        (ONE_LINE + b"\x1a", Rule.NO_LINES),
        (b"M\x02" + b"Z" * 14117, Rule.TOO_MANY_LINES),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_wrong_is_named_and_never_raises(data: bytes, rule: Rule) -> None:
    assert rule in rules(Decoder(P750W).feed(data))


def test_two_color_lines_do_not_mix_with_plain_ones() -> None:
    assert rules(Decoder(QL820).feed(b"M\x02Zw\x01\x02\xa7\x00")) == [Rule.MIXED_LINES]
    assert rules(Decoder(QL820).feed(b"M\x02w\x02\x02\xa7\x00")) == [Rule.MIXED_LINES]
    assert rules(Decoder(QL820).feed(b"M\x02w\x07\x02\xa7\x00")) == [Rule.WRONG_LINE_COMMAND]


def test_a_page_of_wrong_lines_is_one_fault() -> None:
    assert rules(Decoder(P750W).feed(b"g\x00\x01\x00" * 500)) == [Rule.WRONG_LINE_COMMAND]


def test_junk_in_a_row_is_one_fault() -> None:
    assert rules(Decoder(P750W).feed(b"hello printer")) == [Rule.JUNK]


def test_a_line_that_claims_64_kilobytes_is_skipped_not_kept() -> None:
    decoder = Decoder(P750W)
    decoder.feed(b"G\xff\xff" + b"Z" * 1000)
    inside = [decoder.unfinished]
    assert rules(decoder.feed(b"Z" * (0xFFFF - 1000))) == []
    inside.append(decoder.unfinished)
    assert inside == [True, False]
    assert pages(decoder.feed(ONE_LINE + b"Z\x1a"))


def test_commands_of_brothers_own_drivers_are_passed_over() -> None:
    data = b"\x1biUJ" + bytes(14) + b"\x1biUw\x01" + bytes(127) + b"\x1biD\x03\x1biXG\x1bikc\x01\x00\x1biUA\x00\x05"
    assert Decoder(P750W).feed(data) == []


def test_a_status_request_a_mode_and_the_switch_of_notifications_are_told() -> None:
    data = b"\x1biS\x1bia\x03\x1bi!\x01\x1bi!\x00"
    assert Decoder(P750W).feed(data) == [StatusAsked(), ModeChosen(3), NotificationsSet(False), NotificationsSet(True)]


def test_zeros_complete_a_half_sent_command_and_esc_at_forgets_the_page() -> None:
    decoder = Decoder(P750W)
    job = PT.encode(P750W, TAPE_12, [page(70, 50)]).whole
    decoder.feed(job[:-20])
    events = decoder.feed(job)
    assert any(isinstance(event, Initialised) and event.lost_lines for event in events)
    assert pages(events) == pages(Decoder(P750W).feed(job))


def test_decoding_a_broken_job_at_once_is_one_error() -> None:
    job = PT.encode(P750W, TAPE_12, [page(70, 50)]).whole
    for broken in (b"junk", job[:-1], job[:-1] + b"Z\x1a"):
        with pytest.raises(ReplyInvalid):
            decode_pages(P750W, broken)


_BITS_OF_JOBS = st.sampled_from([b"\x1b", b"i", b"z", b"G", b"g", b"w", b"M\x02", b"Z", b"\x0c", b"\x1a", b"\x1b@", ONE_LINE, bytes(20)])


@given(st.sampled_from([P750W, QL820]), st.lists(st.one_of(st.binary(max_size=40), _BITS_OF_JOBS), max_size=30))
@settings(max_examples=200)
def test_no_garbage_raises_anything(model: str, chunks: list[bytes]) -> None:
    decoder = Decoder(model)
    for chunk in chunks:
        for event in decoder.feed(chunk):
            assert isinstance(event, Event)


@given(st.data())
@settings(max_examples=60)
def test_a_damaged_job_raises_nothing_but_reply_invalid(data: st.DataObject) -> None:
    job = bytearray(PT.encode(P750W, TAPE_12, [page(70, 20)]).whole)
    for _ in range(data.draw(st.integers(1, 4))):
        job[data.draw(st.integers(0, len(job) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ReplyInvalid):
        decode_pages(P750W, bytes(job))
