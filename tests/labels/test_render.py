from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from labelhub.errors import FieldMissing, HubError, LabelTooLong, StartRefused
from labelhub.labels import barcode, fonts, strikes
from labelhub.labels.images_element import PlacedPicture
from labelhub.labels.page import Page, Placed
from labelhub.labels.render import png, render
from labelhub.media import Media, MediaKind
from labelhub.raster import Canvas
from tests.labels.labels_at_hand import REALISTIC, canvas_for, drawn, printed, roll, seeds, tape

TEXT = '  text: {value: "{t}", size_mm: {min: 2, max: 6}}\n'
WIDE_ELLIPSIS = '  text: {value: "{t}", size_mm: {min: 2, max: 6}, overflow: ellipsis}\n'
LONG = "Lorem ipsum " * 33 + "dolo"
STRANGE = st.text(st.characters() | st.sampled_from("ÄÖÜäöüß ẨąȨ\u0301\u0323\u200d\n\t…ﷺ\U0001f600W.|"), max_size=40)


def picture_of(page: Page) -> Image.Image:
    return page.raster.picture(turned=page.turned)


def ink_box(picture: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.invert(picture.convert("L")).getbbox()


def assert_whole(page: Page) -> None:
    """All ink lies in the boxes of what was placed, all boxes on the page, and no two overlap."""
    picture = picture_of(replace(page, raster=replace(page.raster, black=page.raster.ink(), red=None))).convert("L")
    placed: list[Placed] = [*page.texts, *page.barcodes]
    across, down = (page.stretch, 1) if page.turned else (1, page.stretch)
    for one in [*placed, *page.rulers, *(other for other in page.others if isinstance(other, PlacedPicture))]:
        left, top, right, bottom = one.x * across, one.y * down, (one.x + one.width) * across, (one.y + one.height) * down
        assert 0 <= left < right <= picture.width
        assert 0 <= top < bottom <= picture.height
        picture.paste(255, (left, top, right, bottom))
    assert ink_box(picture) is None
    for place, one in enumerate(placed):
        for other in placed[place + 1 :]:
            apart = one.box[2] <= other.box[0] or other.box[2] <= one.box[0] or one.box[3] <= other.box[1] or other.box[3] <= one.box[1]
            assert apart, (one, other)


def assert_typed(error: HubError) -> None:
    """The label was refused for what is in it."""
    assert error.status == 422
    assert len(error.detail) < 700


def assert_legal(page: Page, canvas: Canvas) -> None:
    assert page.raster.width_dots == canvas.width_dots
    if canvas.length_dots is None:
        assert canvas.min_length_dots <= page.raster.height_dots <= canvas.max_length_dots
    else:
        assert page.raster.height_dots == canvas.length_dots


@pytest.mark.parametrize("key", sorted(seeds()))
def test_a_realistic_label_is_whole_legal_and_scans(key: str) -> None:
    page = printed(key)
    assert_whole(page)
    assert_legal(page, canvas_for(seeds()[key]))
    barcode.check(page)


@pytest.mark.parametrize("key", sorted(seeds()))
@settings(max_examples=12, deadline=None)
@given(
    data=st.fixed_dictionaries(dict.fromkeys(("title", "primary_id", "text", "name", "sender"), STRANGE)),
    lines=st.lists(STRANGE, max_size=4),
)
def test_any_text_gives_a_whole_label_or_a_typed_error(key: str, data: dict[str, str], lines: list[str]) -> None:
    template = seeds()[key]
    fields = {**data, "secondary": lines, "lines": lines, "qr_payload": data["title"]}
    try:
        page = render(template, fields, canvas_for(template))
    except HubError as error:
        assert_typed(error)
        return
    assert_whole(page)
    assert_legal(page, canvas_for(template))
    assert page.length_mm <= template.length.max_mm + 0.1
    barcode.check(page)


@pytest.mark.parametrize("key", [key for key in sorted(seeds()) if not key.startswith(("qr-only", "text", "printer", "any", "cable"))])
def test_a_title_of_400_characters_is_refused_with_the_longest_label_there_can_be(key: str) -> None:
    template = seeds()[key]
    with pytest.raises(LabelTooLong, match=r"Lorem ipsum.*does not fit.*at most 100 mm long") as refusal:
        render(template, {**REALISTIC[template.app], "title": LONG, "name": LONG}, canvas_for(template))
    assert refusal.value.extra["max_mm"] == pytest.approx(100, abs=0.1)


def test_a_text_of_400_characters_is_set_whole_on_a_wide_roll() -> None:
    page = printed("text-62mm", {"text": LONG})
    assert_whole(page)
    assert " ".join(line.text for line in page.texts) == LONG


def test_a_single_line_that_fits_no_label_is_refused_not_cut() -> None:
    with pytest.raises(LabelTooLong, match=r"the text 'x{39}…' \(400 characters\) does not fit"):
        drawn(TEXT, {"t": "x" * 400}, tape())


def test_a_text_that_may_be_cut_ends_in_an_ellipsis() -> None:
    page = drawn(WIDE_ELLIPSIS, {"t": "word " * 80}, tape())
    assert page.texts[0].text.startswith("word word")
    assert page.texts[0].text.endswith("…")
    assert_whole(page)


def test_a_short_text_is_never_cut_though_it_may_be() -> None:
    assert drawn(WIDE_ELLIPSIS, {"t": "word"}, tape()).texts[0].text == "word"


def test_a_long_text_shrinks_before_the_label_passes_its_preferred_length() -> None:
    head = "length: {prefer_mm: 30, max_mm: 100}"
    short, middle, long = (drawn(TEXT, {"t": "Wort " * count}, tape(), head=head) for count in (2, 5, 14))
    assert short.texts[0].size_dots > middle.texts[0].size_dots > long.texts[0].size_dots
    assert middle.length_mm <= 30 < long.length_mm < 70


def test_a_missing_required_field_is_named() -> None:
    with pytest.raises(FieldMissing, match="'primary_id'"):
        printed("snipeit-12mm", {"qr_payload": "x"})


def test_an_element_without_its_field_leaves_its_room_to_the_others() -> None:
    whole = printed("snipeit-24mm")
    alone = printed("snipeit-24mm", {"primary_id": "A-1001", "qr_payload": "https://snipe.example.org/hardware/1001"})
    assert len(alone.texts) == 1
    assert alone.texts[0].height >= whole.texts[0].height
    assert abs(2 * alone.texts[0].y + alone.texts[0].height - 128) <= 1


def test_umlauts_are_drawn_with_their_dots() -> None:
    plain, dotted = (drawn(TEXT, {"t": text}, tape()).texts[0] for text in ("o", "ö"))
    assert plain.size_dots == dotted.size_dots
    assert dotted.height > plain.height + 3


def test_line_breaks_in_a_single_line_become_blanks() -> None:
    assert drawn(TEXT, {"t": "a\r\nb\tc\x00d"}, tape()).texts[0].text == "a b c d"


def test_kept_line_breaks_stay_the_only_ones_where_they_can() -> None:
    text = "Schrauben M3 × 12\nGröße Übermaß\nRegal 4, Fach 7"
    assert [line.text for line in printed("text-62mm", {"text": text}).texts] == text.splitlines()


def test_a_long_word_breaks_at_a_hyphen_between_letters_and_never_in_a_number() -> None:
    page = printed("grocy-18mm", {"title": "Bio-Vollkorn-Haferflocken zart", "qr_payload": "grcy:p:13", "secondary": ["24-12-2026"]})
    assert [line.text for line in page.texts] == ["Bio-Vollkorn-", "Haferflocken zart", "24-12-2026"]


def test_a_word_wider_than_the_label_is_broken_only_at_its_smallest_size() -> None:
    page = printed("text-62mm", {"text": "x" * 120})
    assert "".join(line.text for line in page.texts) == "x" * 120
    assert {line.size_dots for line in page.texts} == {28}
    assert_whole(page)


def test_a_broken_word_keeps_its_marks_with_their_letters() -> None:
    letter = "g\u0323\u0301"
    page = printed("text-62mm", {"text": letter * 90})
    assert len(page.texts) > 1
    assert all(line.text == letter * (len(line.text) // 3) for line in page.texts)
    assert_whole(page)


def test_a_text_that_may_be_cut_fills_its_lines_first() -> None:
    layout = '  text: {value: "{t}", size_mm: {min: 2, max: 6}, overflow: ellipsis, lines: 3, breaks: keep}\n'
    page = drawn(layout, {"t": "First line\n" + "word " * 200}, tape(), head="length: {max_mm: 40}")
    assert len(page.texts) == 3
    assert page.texts[0].text == "First line"
    assert page.texts[2].text.endswith("…")
    assert_whole(page)


def test_a_text_without_any_ink_is_not_there() -> None:
    page = drawn(TEXT, {"t": "\u200b"}, tape())
    assert page.texts == ()
    assert page.raster.height_dots == 31


def test_a_short_label_is_padded_to_the_printers_minimum_with_its_content_centred() -> None:
    page = drawn(TEXT, {"t": "l"}, Canvas(70, None, 300, 7086, 180, 180))
    left, _, right, _ = page.texts[0].box
    assert picture_of(page).width == 300
    assert abs(left + right - 300) <= 1


def test_die_cut_media_gets_exactly_its_length_and_a_text_that_shrinks_into_it() -> None:
    template = seeds()["address-62mm"]
    for length_dots in (271, 1109):
        page = render(template, REALISTIC["generic"], roll(length_dots))
        assert page.raster.height_dots == length_dots
        assert_whole(page)


def test_what_does_not_fit_die_cut_media_is_refused() -> None:
    with pytest.raises(LabelTooLong):
        render(seeds()["address-62mm"], {"name": "N", "lines": ["x"] * 12}, roll(271))


def test_a_finer_feed_doubles_the_dots_and_keeps_the_millimetres() -> None:
    template = seeds()["snipeit-12mm"]
    plain = render(template, REALISTIC["snipeit"], tape())
    fine = render(template, REALISTIC["snipeit"], Canvas(70, None, 62, 14172, 180, 360))
    assert fine.raster.height_dots == 2 * plain.raster.height_dots
    assert fine.length_mm == pytest.approx(plain.length_mm)
    odd = render(template, REALISTIC["snipeit"], Canvas(70, 1001, 1001, 1001, 180, 360))
    assert odd.raster.height_dots == 1001


def test_tape_that_is_wider_than_the_head_lends_its_blank_edge_to_the_quiet_zone() -> None:
    layout = '  barcode: {value: "{code}"}\n'
    bare = drawn(layout, {"code": "x" * 60}, Canvas(70, None, 31, 7086, 180, 180), head="media: {family: tape, width_mm: 12}")
    assert bare.barcodes[0].height == 66
    template = seeds()["qr-only-12mm"]
    page = render(template, {"qr_payload": "x" * 60}, tape(), Media(MediaKind.TAPE_LAMINATED, 12))
    assert page.barcodes[0].height == 66


def test_text_runs_along_the_tape_and_across_the_roll() -> None:
    along, across = printed("grocy-12mm"), printed("text-62mm")
    assert along.turned
    assert not across.turned
    assert picture_of(along).size == (along.raster.height_dots, 70)
    assert picture_of(across).size == (696, across.raster.height_dots)


def test_the_preview_has_one_pixel_a_dot_in_reading_direction() -> None:
    page = printed("snipeit-12mm")
    picture = Image.open(io.BytesIO(png(page.raster, page.turned)))
    assert (picture.mode, picture.size) == ("1", (page.raster.height_dots, 70))
    assert ImageChops.difference(picture.convert("L"), picture_of(page).convert("L")).getbbox() is None


def test_threads_draw_the_same_dots() -> None:
    keys = sorted(seeds()) * 4
    alone = [printed(key).raster for key in keys]
    strikes.strike.cache_clear()
    fonts.ink.cache_clear()
    fonts.advance.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert [page.raster for page in pool.map(printed, keys)] == alone


def test_missing_fonts_are_named_at_the_start(tmp_path: Path) -> None:
    fonts.require()
    with pytest.raises(StartRefused, match=r"DejaVuSansCondensed\.ttf, DejaVuSansCondensed-Bold\.ttf"):
        fonts.require(tmp_path)


def test_a_machine_without_fribidi_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "libfribidi.so.0").write_bytes(b"")
    program = "from labelhub.labels import fonts; fonts.require()"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={"LD_LIBRARY_PATH": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )
    assert b"StartRefused: texts cannot be set: Pillow finds no FriBiDi. Install it with `apt-get install libfribidi0`." in ended.stderr
