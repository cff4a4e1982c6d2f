from __future__ import annotations

import re

import pytest
from PIL import Image

from labelhub.drivers.brother import PT, QL, BrotherDriver
from labelhub.drivers.brother.rows import Language
from labelhub.drivers.brother.tables import MODELS, SOURCES
from labelhub.drivers.driver import Driver, EncodeOptions, part_of
from labelhub.emulator.machine import Machine
from labelhub.errors import LabelTooLong, MediaUnsupported, ValidationFailed
from labelhub.media import Media, MediaKind, MediaNeed, MediaSet
from labelhub.raster import Raster
from tests.drivers.pictures import asymmetric, page

P750W, QL820 = "PT-P750W", "QL-820NWB"
TAPE_12 = Media(MediaKind.TAPE_LAMINATED, 12)
TAPE_3_5 = Media(MediaKind.TAPE_LAMINATED, 3.5)
ROLL_62 = Media(MediaKind.ROLL_CONTINUOUS, 62)
ROLL_RED = Media(MediaKind.ROLL_CONTINUOUS, 62, two_color=True)
LABEL_29X90 = Media(MediaKind.ROLL_DIE_CUT, 29, 90)


def lines_of(job: bytes, head_bytes: int) -> list[bytes]:
    """Unpacked lines of a job of one page, read by rules of their own."""
    data = job[job.index(b"M\x02") + 2 :]
    lines: list[bytes] = []
    at = 0
    while data[at] != 0x1A:
        if data[at] == ord("Z"):
            lines.append(bytes(head_bytes))
            at += 1
            continue
        size = data[at + 1] if data[at] == ord("G") else data[at + 2]
        packed, at = data[at + 3 : at + 3 + size], at + 3 + size
        line, read = b"", 0
        while read < len(packed):
            header = packed[read]
            if header < 128:
                line += packed[read + 1 : read + 2 + header]
                read += 2 + header
            else:
                line += packed[read + 1 : read + 2] * (257 - header)
                read += 2
        lines.append(line)
    return lines


def pins(line: bytes) -> set[int]:
    return {pin for pin in range(len(line) * 8) if line[pin // 8] & 0x80 >> pin % 8}


def inked(picture: Image.Image) -> set[tuple[int, int]]:
    return {(x, y) for x in range(picture.width) for y in range(picture.height) if picture.getpixel((x, y)) == 0}


def test_both_drivers_are_drivers() -> None:
    drivers: tuple[Driver, ...] = (PT, QL)
    assert [driver.name for driver in drivers] == ["brother-pt", "brother-ql"]
    narrow, wide = MediaNeed("tape", 12), MediaNeed("roll", 62)
    for need in (narrow, MediaSet.of([narrow, wide])):
        assert part_of(need, PT, "pt-p750w") == narrow
    assert part_of(narrow, QL, QL820) is None


def test_a_tape_line_is_a_picture_column_with_its_top_pixel_at_the_first_pin_of_the_tape() -> None:
    reading = asymmetric(100, 70)
    lines = lines_of(PT.encode(P750W, TAPE_12, [Raster.from_picture(reading, turned=True)]).whole, 16)
    assert {(x, pin - 29) for x, line in enumerate(lines) for pin in pins(line)} == inked(reading)


def test_a_roll_line_is_a_picture_row_mirrored_from_the_first_pin_of_the_roll() -> None:
    picture = asymmetric(306, 991)
    lines = lines_of(QL.encode(QL820, LABEL_29X90, [Raster.from_picture(picture)]).whole, 90)
    assert {(305 - (pin - 6), y) for y, line in enumerate(lines) for pin in pins(line)} == inked(picture)


def test_bits_that_pad_a_row_are_no_dots() -> None:
    clean, dirty = Raster(70, 40, b"\x80" + bytes(359)), Raster(70, 40, b"\x80" + bytes(7) + b"\x03" + bytes(351))
    assert PT.encode(P750W, TAPE_12, [dirty]).whole == PT.encode(P750W, TAPE_12, [clean]).whole


def test_a_tape_job_is_framed_byte_for_byte() -> None:
    job = PT.encode(P750W, TAPE_12, [page(70, 40)]).whole
    head = bytes(100) + bytes.fromhex("1b40 1b6961 01 1b697a 84000c00 28000000 00 00 1b694d40 1b694101 1b694b08 1b6964 0e00 4d02")
    assert job.startswith(head)
    assert job.endswith(b"\x1a")


def test_a_roll_job_is_framed_byte_for_byte() -> None:
    job = QL.encode(QL820, ROLL_62, [page(696, 200)]).whole
    head = bytes(400) + bytes.fromhex("1b40 1b6961 01 1b697a c60a3e00 c8000000 00 00 1b694d40 1b694101 1b694b08 1b6964 2300 4d02")
    assert job.startswith(head)


def test_a_die_cut_job_claims_its_length_and_has_no_margin() -> None:
    job = QL.encode(QL820, LABEL_29X90, [page(306, 991)]).whole
    assert bytes.fromhex("1b697a ce0b1d5a df030000 0000") in job
    assert bytes.fromhex("1b6964 0000") in job


def test_tape_of_three_and_a_half_mm_is_four_on_the_wire() -> None:
    assert bytes.fromhex("1b697a 84000400") in PT.encode(P750W, TAPE_3_5, [page(24, 40)]).whole


def test_pages_are_numbered_and_only_the_last_ends_the_job() -> None:
    job = PT.encode(P750W, TAPE_12, [Raster(70, 10, bytes(90))] * 3).whole
    assert job.count(bytes.fromhex("1b697a84000c000a0000000000")) == 1
    assert job.count(bytes.fromhex("1b697a84000c000a0000000100")) == 2
    assert job.endswith(b"Z" * 10 + b"\x1a")
    assert job.count(b"Z" * 10 + b"\x0c") == 2


@pytest.mark.parametrize("model", [P750W, "PT-P900W"])
def test_a_job_may_be_ended_after_any_page_and_is_a_right_one(model: str) -> None:
    encoded = PT.encode(model, TAPE_12, [page(PT.geometry(model, TAPE_12).canvas.width_dots, 40)] * 4)
    assert encoded.says_last == (model != P750W)
    for pages in range(1, 5):
        machine = Machine(model, TAPE_12)
        machine.receive(encoded.up_to(pages))
        while machine.start_page() is not None:
            machine.finish_page()
        machine.connection_closed()
        assert (machine.page_count, machine.ended_jobs, list(machine.violations)) == (pages, 1, [])
    assert encoded.up_to(4) == encoded.whole


def test_only_the_pages_of_a_p900_that_are_not_the_last_have_another_form_for_that() -> None:
    forms = [one.body_if_last is not None for one in PT.encode("PT-P900W", TAPE_12, [page(150, 120)] * 3).pages]
    assert forms == [True, True, False]
    assert not PT.encode("PT-P900W", TAPE_12, [page(150, 120)]).says_last
    assert not QL.encode(QL820, ROLL_62, [page(696, 150)] * 3).says_last


@pytest.mark.parametrize(
    ("options", "cutting"),
    [
        (EncodeOptions(), "1b694d40 1b694101 1b694b08"),
        (EncodeOptions(auto_cut=False), "1b694d00 1b694b08"),
        (EncodeOptions(half_cut=True), "1b694d00 1b694b0c"),
        (EncodeOptions(high_resolution=True), "1b694d40 1b694101 1b694b48 1b69641c00"),
    ],
    ids=["cut", "strip", "half cut", "fine"],
)
def test_options_become_cuts_and_resolution(options: EncodeOptions, cutting: str) -> None:
    assert bytes.fromhex(cutting) in PT.encode(P750W, TAPE_12, [page(70, 40)], options).whole


def test_a_roll_printer_has_no_half_cutter() -> None:
    assert (
        QL.encode(QL820, ROLL_62, [page(696, 200)], EncodeOptions(half_cut=True)).whole
        == QL.encode(QL820, ROLL_62, [page(696, 200)]).whole
    )


def test_a_two_color_roll_gets_black_and_red_lines_and_says_so() -> None:
    black, red = page(696, 150), asymmetric(696, 150).transpose(Image.Transpose.ROTATE_180)
    job = QL.encode(QL820, ROLL_RED, [Raster(696, 150, black.black, red.tobytes("raw", "1;I"))]).whole
    assert bytes.fromhex("1b697a 860a3e00 96000000 0000") in job
    assert bytes.fromhex("1b694b09") in job
    assert b"Z" not in job[job.index(b"M\x02") + 2 :][:3]
    assert (job.count(b"w\x01"), job.count(b"w\x02")) >= (150, 150)


@pytest.mark.parametrize("driver", [PT, QL], ids=["PT", "QL"])
def test_every_media_lies_within_its_head_and_prints_a_page_of_least_and_most_length(driver: BrotherDriver) -> None:
    for model in driver.models:
        for media in driver.media(model.name):
            for fine in (False, True):
                options = EncodeOptions(high_resolution=fine)
                geometry = driver.geometry(model.name, media, options)
                canvas = geometry.canvas
                assert geometry.right_dots + geometry.printable_dots <= geometry.head_dots
                assert 0 < canvas.min_length_dots <= canvas.max_length_dots
                assert driver.encode(model.name, media, [page(canvas.width_dots, canvas.min_length_dots)], options).whole


def test_lengths_are_rows_without_the_margins_the_manual_counts() -> None:
    canvas = PT.geometry(P750W, TAPE_12).canvas
    assert (canvas.min_length_dots + 28, canvas.max_length_dots + 28) == (31, 7086)
    fine = PT.geometry(P750W, TAPE_12, EncodeOptions(high_resolution=True)).canvas
    assert (fine.max_length_dots + 56, fine.dpi_across, fine.dpi_along) == (14172, 180, 360)
    assert QL.geometry(QL820, LABEL_29X90).canvas.length_dots == 991
    assert QL.geometry(QL820, ROLL_62).canvas.length_dots is None


def test_a_page_too_long_is_refused_in_millimetres() -> None:
    with pytest.raises(LabelTooLong, match=r"1000\.1 mm.*996\.0 mm"):
        PT.encode(P750W, TAPE_12, [Raster(70, 7087, bytes(9 * 7087))])


@pytest.mark.parametrize(
    "broken",
    [Raster(71, 40, bytes(9 * 40)), Raster(70, 2, bytes(9 * 2)), Raster(70, 40, bytes(360), bytes(360))],
    ids=["wide", "short", "red"],
)
def test_a_page_that_does_not_fit_is_a_fault_of_the_program(broken: Raster) -> None:
    with pytest.raises(ValueError, match=r"here|red"):
        PT.encode(P750W, TAPE_12, [broken])


def test_a_job_without_pages_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="at least one page"):
        PT.encode(P750W, TAPE_12, [])


def test_media_of_another_kind_is_not_supported() -> None:
    with pytest.raises(MediaUnsupported, match="62mm"):
        PT.geometry(P750W, ROLL_62)


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(ValidationFailed, match=r"PT-E550W, .*QL-1115NWB"):
        PT.media("PT-0000")


def test_every_row_of_hardware_names_its_source() -> None:
    assert all(row.source and all(media.source for media in row.media) for row in MODELS)
    assert {row.language for row in MODELS} == set(Language)


def test_every_source_that_a_row_names_is_explained() -> None:
    named = {source for row in MODELS for source in (row.source, *(media.source for media in row.media))}
    words = {word for source in named for word in re.findall(r"[A-Z][A-Z0-9-]+", source)}
    assert words == set(SOURCES)
