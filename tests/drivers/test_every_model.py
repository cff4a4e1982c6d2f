"""Every model on every media: our bytes come back as the dots that were sent, and hold no command the model does not know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from brother_ql.reader import chunker  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from labelhub.drivers.brother import PT, QL
from labelhub.drivers.brother.decode import crop, decode_pages
from labelhub.drivers.brother.received import PageEnd
from labelhub.drivers.brother.rows import Language, ModelRow
from labelhub.drivers.brother.tables import MODELS, model_row
from labelhub.drivers.driver import EncodeOptions
from labelhub.errors import LabelTooLong
from labelhub.media import Media, MediaKind, dots
from labelhub.raster import Raster
from tests.drivers.cases import Case, cases, driver_of

pytestmark = pytest.mark.usefixtures("quick_reader")
ALL = [case for model in MODELS for case in cases(model)]
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
ROLL_RED = Media(MediaKind.ROLL_CONTINUOUS, 62, two_color=True)
EVERY_WISH = EncodeOptions(half_cut=True, high_resolution=True, mirror=True, chain=True, cut_each=5, margin_mm=10)


def commands(job: bytes) -> list[bytes]:
    """The job taken apart by somebody else's reader, which refuses bytes that begin no command."""
    return [command for command in chunker(job, raise_exception=True) if command != b"\0"]


def named(job: bytes, lead: bytes) -> list[bytes]:
    """The operands of each command that begins so."""
    return [command[len(lead) :] for command in commands(job) if command.startswith(lead)]


def blank(case: Case, rows: int | None = None) -> Raster:
    canvas = case.geometry.canvas
    page = Raster(canvas.width_dots, 0, b"")
    rows = canvas.min_length_dots if rows is None else rows
    return replace(page, height_dots=rows, black=bytes(page.stride_bytes * rows))


def plain(model: ModelRow) -> Case:
    """The first continuous media of a model."""
    return next(case for case in cases(model) if case.row.length_dots is None)


def decoded(case: Case, pages: Sequence[Raster], options: EncodeOptions) -> tuple[PageEnd, ...]:
    return decode_pages(case.model.name, case.driver.encode(case.model.name, case.media, pages, options).whole)


def test_there_are_cases_for_all_models_and_media() -> None:
    assert {(case.model.name, case.media) for case in ALL} == {(model.name, row.media) for model in MODELS for row in model.media}
    assert sum(case.two_color for case in ALL) == 6  # three models, at two resolutions


@each_model
def test_our_decoder_sees_the_dots_that_were_sent(model: ModelRow) -> None:
    for case in cases(model):
        sent = case.page()
        (got,) = decode_pages(model.name, case.job(sent))
        assert crop(got.raster, case.row.right_dots, case.row.printable_dots) == sent, case
        assert got.settings.two_color == case.two_color, case
        assert got.settings.high_resolution == case.options.high_resolution, case
        assert got.information is not None
        assert (got.information.width_code, got.information.lines) == (case.row.width_code, sent.height_dots), case


def unknown_to(model: ModelRow) -> Iterator[bytes]:
    known = {
        b"\x1bia": model.mode_switch,
        b"\x1biM": model.cutter,
        b"\x1biA": model.max_cut_each > 1,
        b"\x1biK": model.expanded_mode,
        b"M": model.compression,
        b"Z": model.compression,
        b"w": model.two_color,
        b"G": model.language is Language.PT,
        b"g": model.language is Language.QL,
    }
    yield from (lead for lead, is_known in known.items() if not is_known)


@each_model
def test_no_job_holds_a_command_that_the_model_does_not_know(model: ModelRow) -> None:
    leads = list(unknown_to(model))
    assert leads
    for case in [*cases(model), replace(plain(model), options=EVERY_WISH)]:
        if case.is_told_elsewhere:
            continue
        found = [command[:3] for command in commands(case.job(case.page())) for lead in leads if command.startswith(lead)]
        assert found == [], case


ZEROS = {
    100: {"PT-E550W", "PT-H500", "PT-E500", "PT-P700", "PT-P710BT", "PT-P750W"},
    350: {"QL-1050", "QL-1100", "QL-1110NWB", "QL-1115NWB"},
    400: {"QL-800", "QL-810W", "QL-820NWB"},
}


@each_model
def test_a_job_begins_with_as_many_zeros_as_the_reference_of_its_model_asks_for(model: ModelRow) -> None:
    job = plain(model).job(blank(plain(model)))
    asked = next((count for count, names in ZEROS.items() if model.name in names), 200)
    assert len(job) - len(job.lstrip(b"\0")) == asked


@each_model
def test_a_model_that_reads_packed_lines_gets_a_z_for_each_blank_line(model: ModelRow) -> None:
    case = plain(model)
    rows = case.geometry.canvas.min_length_dots
    assert len(named(case.job(blank(case)), b"Z")) == (rows if model.compression else 0)


@each_model
def test_a_wish_that_the_model_cannot_meet_is_left_out(model: ModelRow) -> None:
    case = replace(plain(model), options=EVERY_WISH)
    (got,) = decoded(case, [blank(case)], EVERY_WISH)
    assert got.settings.high_resolution == model.high_resolution
    assert got.settings.half_cut == model.half_cutter
    assert got.settings.auto_cut == (model.cutter and not model.half_cutter)
    assert not got.settings.cut_at_end


@each_model
def test_mirrored_is_the_page_with_left_and_right_changed(model: ModelRow) -> None:
    case = plain(model)
    assert replace(case, options=EncodeOptions(mirror=True)).job(case.page()) == case.job(case.page().mirrored())


@given(st.sampled_from(MODELS), st.floats(0, 1000), st.booleans())
def test_a_margin_is_kept_between_the_least_and_the_most_and_the_page_within_its_length(
    model: ModelRow, margin_mm: float, fine: bool
) -> None:
    case = replace(plain(model), options=EncodeOptions(margin_mm=margin_mm, high_resolution=fine))
    factor = 2 if fine and model.high_resolution else 1
    (got,) = decoded(case, [blank(case)], case.options)
    margin_dots = got.settings.margin_dots // factor
    assert margin_dots == max(model.margin_dots, min(dots(margin_mm, model.dpi), model.max_margin_dots))
    longest = replace(case, options=EncodeOptions(high_resolution=fine)).geometry.canvas.max_length_dots + 2 * factor * model.margin_dots
    assert case.geometry.canvas.max_length_dots + 2 * factor * margin_dots == longest


def test_a_die_cut_label_has_no_margin_whatever_is_asked_for() -> None:
    for case in ALL:
        if case.row.length_dots is not None and not case.options.high_resolution:
            (got,) = decoded(case, [blank(case)], EncodeOptions(margin_mm=20))
            assert got.settings.margin_dots == 0, case


@given(st.sampled_from(MODELS), st.integers(-5, 400))
def test_labels_between_cuts_are_kept_to_what_the_command_can_say(model: ModelRow, cut_each: int) -> None:
    case = replace(plain(model), options=EncodeOptions(cut_each=cut_each))
    asked = named(case.job(blank(case)), b"\x1biA")
    assert asked == ([bytes((max(1, min(cut_each, model.max_cut_each)),))] if model.max_cut_each > 1 else [])


@each_model
def test_a_chained_job_ends_without_a_cut_and_all_others_with_one(model: ModelRow) -> None:
    case = plain(model)
    for options in (EncodeOptions(), EncodeOptions(auto_cut=False), EncodeOptions(half_cut=True)):
        for chain in (False, True):
            (got,) = decoded(case, [blank(case)], replace(options, chain=chain))
            assert got.settings.cut_at_end == (model.expanded_mode and not chain)


@each_model
@pytest.mark.parametrize("count", [1, 2, 5])
def test_only_the_last_page_ends_the_job_and_pages_are_numbered(model: ModelRow, count: int) -> None:
    case = plain(model)
    ends = [command for command in commands(case.job(*[blank(case)] * count)) if command in (b"\x0c", b"\x1a")]
    assert ends == [b"\x0c"] * (count - 1) + [b"\x1a"]
    pages = decoded(case, [blank(case)] * count, EncodeOptions())
    assert [page.last for page in pages] == [False] * (count - 1) + [True]
    numbers = [page.information.page_number for page in pages if page.information]
    expected = [min(number, 1) for number in range(count)]
    assert numbers == ([*expected[:-1], 2] if model.head_dots == 560 else expected)


@each_model
def test_a_page_too_long_or_too_short_is_refused_on_each_media_and_the_limits_are_not(model: ModelRow) -> None:
    for case in cases(model):
        canvas = case.geometry.canvas
        if canvas.length_dots is None and case.media.width_mm < 13:  # pages of a metre: the narrow ones tell as much
            assert case.job(blank(case, canvas.max_length_dots))
        assert case.job(blank(case))
        with pytest.raises(LabelTooLong, match="mm"):
            case.job(blank(case, canvas.max_length_dots + 1))
        with pytest.raises(ValueError, match="at least"):
            case.job(blank(case, canvas.min_length_dots - 1))


LENGTHS_MM = {
    "PT-P750W": (4.4, 1000), "PT-P900W": (4, 2000), "QL-500": (25, 1000), "QL-560": (25, 1000), "QL-570": (12.7, 1000),
    "QL-820NWB": (12.7, 1000), "QL-1060N": (25, 3000), "QL-1110NWB": (25.5, 3000),
}  # fmt: skip


@pytest.mark.parametrize("name", LENGTHS_MM)
def test_the_longest_and_shortest_label_of_each_family_are_the_makers(name: str) -> None:
    case = plain(model_row(name))
    canvas, margin = case.geometry.canvas, case.geometry.margin_dots
    counted = margin if case.model.language is Language.PT else 0  # PT counts the margins; QL rows keep to both readings
    shortest, longest = LENGTHS_MM[name]
    assert (canvas.min_length_dots + 2 * counted) * 25.4 / case.model.dpi == pytest.approx(shortest, abs=0.06)
    assert (canvas.max_length_dots + 2 * margin) * 25.4 / case.model.dpi == pytest.approx(longest, abs=0.2)


def test_heat_shrink_tube_is_half_a_metre_at_most() -> None:
    tubes = [case for case in ALL if case.media.kind is MediaKind.TAPE_HEAT_SHRINK]
    assert tubes
    for case in tubes:
        canvas, fine = case.geometry.canvas, 2 if case.options.high_resolution else 1
        assert (canvas.max_length_dots + 2 * case.geometry.margin_dots * fine) * 25.4 / canvas.dpi_along == pytest.approx(500, abs=0.1)


@pytest.mark.parametrize("name", ["QL-800", "QL-810W", "QL-820NWB"])
def test_on_a_two_color_roll_even_a_black_page_is_a_two_color_job(name: str) -> None:
    model = model_row(name)
    case = next(case for case in cases(model) if case.two_color)
    job = case.job(blank(case))
    (expanded,) = named(job, b"\x1biK")
    assert expanded[0] & 0x01
    lines = [command[:2] for command in commands(job) if command[:1] == b"w"]
    assert lines == [b"w\x01", b"w\x02"] * case.geometry.canvas.min_length_dots
    assert named(job, b"g") == named(job, b"Z") == []


def test_a_model_of_one_color_prints_black_on_the_two_color_roll() -> None:
    model = model_row("QL-720NW")
    page = Raster(696, 150, bytes(87 * 150))
    job = QL.encode(model.name, ROLL_RED, [page]).whole
    assert named(job, b"w") == []
    assert named(job, b"\x1biK") == [b"\x08"]


def test_the_page_of_another_language_is_not_for_this_driver() -> None:
    assert {model.driver for model in PT.models} == {"brother-pt"}
    assert [driver_of(model).name for model in MODELS] == ["brother-pt"] * 10 + ["brother-ql"] * 18
