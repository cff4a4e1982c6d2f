"""Fonts of a hub's people: found, checked and left out where they are no good, and asked for glyphs in their turn."""

from __future__ import annotations

import os
import random
import struct
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from labelhub.errors import FontInvalid, GlyphMissing, TemplateInvalid
from labelhub.labels import fonts, own_fonts, textfit
from labelhub.labels.coverage import coverage
from labelhub.labels.faces import BUILTIN, Face, Faces, named
from labelhub.labels.own_fonts import MAX_FONT_BYTES, MAX_FONTS, faces_with, found, search
from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.labels.runs import runs
from labelhub.labels.template import parse
from labelhub.labels.texts import check_fonts
from labelhub.raster import PAPER
from tests.labels.fonts_at_hand import NEW_CHARACTER, THAI, put_fonts, renamed, with_characters, with_cmap
from tests.labels.labels_at_hand import tape

TEMPLATE = """\
schema_version: 1
key: own
name: Own
fields: [{{name: t, required: true}}]
layout: {{text: {{value: "{{t}}", size_mm: {{min: 2, max: 6}}, lines: 3{more}}}}}
"""


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put_fonts(tmp_path_factory.mktemp("hub") / "fonts")


@pytest.fixture(name="faces", scope="module")
def _faces(folder: Path) -> Faces:
    return faces_with(found(folder))


def label(text: str, faces: Faces = BUILTIN, more: str = "") -> Page:
    return render(parse(TEMPLATE.format(more=more)), {"t": text}, tape(24), faces=faces)


def families(text: str, faces: Faces, *, bold: bool = False) -> list[str]:
    return [run.face.family for run in runs(text, bold, faces)]


def test_fonts_are_found_by_their_own_names(folder: Path) -> None:
    searched = search(folder)
    assert searched.faults == ()
    assert [(font.path.name, font.family, font.style) for font in searched.fonts] == [
        ("own-Bold.ttf", "Eigene Sans", "Condensed Bold"),
        ("own.ttf", "Eigene Sans", "Condensed"),
        ("sign.TTF", "Unser Zeichen", "Regular"),
        ("tamil.ttf", "Unser Tamilisch", "Regular"),
    ]
    assert len({font.digest for font in searched.fonts}) == 4
    assert search(folder) == searched


def test_without_a_folder_there_are_the_built_in_fonts_and_nothing_to_tell(tmp_path: Path) -> None:
    assert search(tmp_path / "fonts") == own_fonts.Found()
    assert faces_with(()) is BUILTIN


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "fonts").write_text("no folder")
    assert len(search(tmp_path / "fonts").faults) == 1


def test_what_is_no_good_is_named_and_left_out_and_the_others_stay(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder, whole = tmp_path / "fonts", THAI.read_bytes()
    folder.mkdir()
    (tmp_path / "elsewhere.ttf").write_bytes(whole)
    (folder / "whole.ttf").write_bytes(whole)
    (folder / "same.ttf").symlink_to(folder / "whole.ttf")
    (folder / "readme.txt").write_text("no font")
    (folder / ".hidden.ttf").write_text("no font")
    (folder / "a-link.ttf").symlink_to(tmp_path / "elsewhere.ttf")
    (folder / "b-circle.ttf").symlink_to(folder / "b-circle.ttf")
    (folder / "c-dangling.otf").symlink_to(folder / "nothing.otf")
    (folder / "d-folder.ttf").mkdir()
    os.mkfifo(folder / "e-pipe.ttf")
    (folder / "f-empty.ttf").touch()
    (folder / "g-text.ttf").write_text("no font " * 100)
    (folder / "h-half.ttf").write_bytes(whole[: len(whole) // 2])
    (folder / "i-blank.ttf").write_bytes(with_characters(whole, (0x41, 0x41, 1)))
    (folder / "j-large.ttf").write_bytes(whole)
    os.truncate(folder / "j-large.ttf", MAX_FONT_BYTES + 1)
    (folder / "k-line\nbreak.ttf").write_text("no font")
    left = found(folder)
    assert [font.path.name for font in left] == ["whole.ttf", "whole.ttf"]
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 11
    told = [record.getMessage() for record in caplog.records]
    assert [line[line.index("'") + 1] for line in told] == list("abcdefghijk"), told
    assert not [line for line in told if "\n" in line or str(tmp_path) in line]


def test_more_fonts_than_are_used_are_told(tmp_path: Path) -> None:
    for number in range(MAX_FONTS + 2):
        (tmp_path / f"font{number:02}.ttf").symlink_to("font00.ttf") if number else (tmp_path / "font00.ttf").write_bytes(
            THAI.read_bytes()
        )
    searched = search(tmp_path)
    assert (len(searched.fonts), len(searched.faults)) == (MAX_FONTS, 1)
    assert f"'font{MAX_FONTS}.ttf'" in searched.faults[0]


def test_a_damaged_font_is_taken_or_left_but_stops_nothing(tmp_path: Path) -> None:
    chance, whole = random.Random(7), THAI.read_bytes()
    for number in range(MAX_FONTS):
        damaged = bytearray(whole)
        for _ in range(1 + number):
            damaged[chance.randrange(400 if number % 2 else len(whole))] = chance.randrange(256)
        (tmp_path / f"{number}.ttf").write_bytes(damaged)
    searched = search(tmp_path)
    assert len(searched.fonts) + len(searched.faults) == MAX_FONTS
    assert searched.faults


def test_segments_that_overlap_again_and_again_are_refused_soon(tmp_path: Path) -> None:
    many = 8000
    segments = [struct.pack(f">{many}H", *[value] * many) for value in (0xFFFE, 0, 0, 2)]
    told = struct.pack(">HHHHHH", 0, 0, 2 * many, 0, 0, 0) + segments[0] + b"\0\0" + b"".join(segments[1:]) + bytes(2 * 0x10000)
    (tmp_path / "overlap.ttf").write_bytes(with_cmap(THAI.read_bytes(), 4, told))
    begun = time.thread_time()
    with pytest.raises(FontInvalid):
        coverage(tmp_path / "overlap.ttf")
    assert time.thread_time() - begun < 2


def test_own_fonts_come_behind_the_first_font_and_before_the_others(faces: Faces) -> None:
    for bold in (False, True):
        assert runs("Regal 4", bold, faces)[0].face is BUILTIN.of(bold)[0]
        assert families("தமிழ்", faces, bold=bold) == ["Unser Tamilisch"]
        assert families("ภาษาไทย", faces, bold=bold) == ["Noto Sans Thai"]
    assert families("தமிழ்", BUILTIN) == ["Noto Sans Tamil"]


def test_own_fonts_come_before_those_of_emoji_and_kana_as_well(tmp_path: Path) -> None:
    for name, source, family, own in (
        ("emoji", "NotoEmoji-Regular.ttf", "Noto Emoji", "Unsr Emoji"),
        ("kana", "NotoSansJP-Regular.ttf", "Noto Sans JP", "Unser Kanaji"),
    ):
        (tmp_path / f"{name}.ttf").write_bytes(renamed(source, family, own))
    faces = faces_with(found(tmp_path))
    assert families("📦", faces) == ["Unsr Emoji"]
    assert families("ラベル", faces) == ["Unser Kanaji"]


def test_a_sign_that_only_an_own_font_has_is_printed(faces: Faces) -> None:
    with pytest.raises(GlyphMissing):
        label(f"Typ {NEW_CHARACTER}")
    page = label(f"Typ {NEW_CHARACTER}", faces)
    assert [line.text for line in page.texts] == [f"Typ {NEW_CHARACTER}"]
    dark = ImageChops.invert(page.raster.picture(turned=page.turned))
    assert dark.histogram()[-1] > ImageChops.invert(label("Typ", faces).raster.picture(turned=True)).histogram()[-1]


def test_a_label_of_built_in_fonts_is_the_same_with_and_without_own_ones(faces: Faces) -> None:
    for text in ("ThinkPad T14 Gen 3", "Büro 日本語ラベル 한국어 📦", "Ελληνικά שלום"):
        assert label(text, faces).raster == label(text).raster


@pytest.mark.parametrize(("more", "file"), [("", "own.ttf"), (", bold: true", "own-Bold.ttf")])
@pytest.mark.parametrize("name", ["Eigene Sans", "eigene-sans", "Eigene Sans Condensed"])
def test_a_text_is_set_in_the_font_it_names(faces: Faces, more: str, file: str, name: str) -> None:
    if name.endswith("Condensed"):
        file = "own.ttf"  # the name of one file, whatever the weight
    (line,) = label("Regal 4", faces, f"{more}, font: {name}").texts
    assert runs(line.text, line.bold, line.faces)[0].face.path.name == file


def test_a_named_font_is_asked_before_all_others_and_lacks_nothing(faces: Faces) -> None:
    emoji = named(faces, "Noto Emoji")
    assert families("4 📦", emoji) == ["Noto Emoji"]
    assert families("Regal தமிழ்", emoji) == ["DejaVu Sans Condensed", "Unser Tamilisch"]
    japanese = named(faces, "NotoSansJP")
    assert families("直 Regal", japanese) == ["Noto Sans JP"]
    assert families("ภาษา", japanese, bold=True) == ["Noto Sans Thai"]
    assert fonts.smallest_dots("Regal", False, japanese) == 14
    assert fonts.smallest_dots("Regal", False, emoji) == BUILTIN.regular[0].smallest_dots


def test_a_family_without_a_bold_file_is_set_in_the_one_it_has(faces: Faces) -> None:
    tamil = named(faces, "Unser Tamilisch")
    assert tamil.bold[0] is tamil.regular[0]


def test_a_font_that_is_not_there_is_refused_with_those_that_are(faces: Faces) -> None:
    template = parse(TEMPLATE.format(more=", font: Comic Neue"))
    for refuse in (lambda: check_fonts(template.layout, faces), lambda: label("x", faces, ", font: Comic Neue")):
        with pytest.raises(TemplateInvalid, match=r"'Comic Neue'.*Eigene Sans.*DejaVu Sans Condensed.*Noto Sans JP.*fonts"):
            refuse()
    check_fonts(parse(TEMPLATE.format(more=", font: Eigene Sans")).layout, faces)
    with pytest.raises(TemplateInvalid):
        parse(TEMPLATE.format(more=", font: 7"))


def test_lines_of_an_own_font_are_as_wide_as_its_own_glyphs(tmp_path: Path) -> None:
    thai = renamed("NotoSansThai-Regular.ttf", "Noto Sans Thai", "Halbe Zeichen ")
    (tmp_path / "half.ttf").write_bytes(with_characters(thai, (0x6771, 0x6771, 5)))
    faces = faces_with(found(tmp_path))
    assert fonts.advance("東", False, 40, BUILTIN) == 40
    assert fonts.advance("東", False, 40, faces) < 35
    room = textfit.Room(200, 400, 20, 20, 9, False, faces)
    setting = textfit.fitted(["東" * 30], room)
    assert setting is not None
    assert all(ink.width <= 200 for ink in setting.inks)
    assert len(setting.lines[0]) > 10


def test_a_font_file_that_has_gone_is_told_and_not_drawn_over(tmp_path: Path) -> None:
    folder = put_fonts(tmp_path / "fonts")
    faces = faces_with(found(folder))
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(FontInvalid, match=r"tamil\.ttf"):
        label("தமிழ்", faces)
    assert label("Regal 4", faces).texts


def test_what_is_measured_is_what_is_drawn(faces: Faces) -> None:
    for text in ("தமிழ் Regal", f"{NEW_CHARACTER}{NEW_CHARACTER}", "Regal 4"):
        for face in ("Eigene Sans", "Unser Tamilisch"):
            one = named(faces, face)
            ink = fonts.ink(text, False, 30, one)
            picture = Image.new("1", (ink.width + 40, ink.height + 40), PAPER)
            fonts.draw(picture, (20 - ink.left, 20 - ink.top), text, False, 30, one)
            box = ImageChops.invert(picture).getbbox()
            assert box is not None
            assert box[0] >= 20
            assert box[1] >= 20
            assert box[2] <= 20 + ink.width
            assert box[3] <= 20 + ink.height


def test_the_plainest_file_of_a_family_is_its_regular_one() -> None:
    styles = ("Italic", "Black", "Bold Italic", "Light", "Regular", "SemiBold", "Bold")
    family = tuple(Face(Path(style), 14, family="Many", style=style) for style in styles)
    many = named(replace(BUILTIN, regular=(BUILTIN.regular[0], *family), ahead=family), "many")
    assert (many.regular[0].style, many.bold[0].style) == ("Regular", "Bold")
    assert named(many, "Many Light").bold[0].style == "Light"
