"""Texts in every script: each glyph from a font that has it, in the order a person reads, and none left out in silence."""

from __future__ import annotations

import random
import time
from contextlib import suppress

import pytest
from PIL import Image, ImageChops

from labelhub.errors import GlyphMissing, LabelTooLong
from labelhub.labels import bidi, fonts, strikes, textfit
from labelhub.labels.faces import BUILTIN, named
from labelhub.labels.runs import runs
from labelhub.raster import PAPER
from tests.labels.labels_at_hand import drawn, roll, tape
from tests.labels.test_render import assert_whole

SCRIPTS = {
    "Japanese": "日本語ラベル 東京",
    "Chinese": "打印机标签 印表機標籤",
    "Korean": "한국어 라벨",
    "Hindi": "हिन्दी कार्यालय",
    "Thai": "ภาษาไทย สำนักงาน",
    "Bengali": "বাংলা অফিস",
    "Gujarati": "ગુજરાતી",
    "Punjabi": "ਪੰਜਾਬੀ",
    "Tamil": "தமிழ்",
    "Telugu": "తెలుగు",
    "Kannada": "ಕನ್ನಡ",
    "Malayalam": "മലയാളം",
    "Sinhala": "සිංහල",
    "Khmer": "ខ្មែរ",
    "Burmese": "မြန်မာ",
    "Amharic": "አማርኛ",
    "Hebrew": "שלום עולם",
    "Arabic": "مكتب غرفة",
    "Georgian": "ქართული",
    "Armenian": "Հայերեն",
    "Lao": "ລາວ",
    "Greek": "Ελληνικά",
    "Russian": "Привет",
    "signs": "→ ✓ € ° Ω № ⌀ ± ⏻ ⏚ ㎡ ℃",
    "emoji": "📦 🔋 ⚡️ 👩‍💻 🇩🇪",
}
LAYOUT = '  text: {value: "{t}", size_mm: {min: 2, max: 6}, lines: 3}\n'


def order(text: str) -> str:
    """The characters from left to right, by their levels."""
    return "".join(text[place] for place in bidi.visual_order(bidi.levels(text)))


@pytest.mark.parametrize("language", sorted(SCRIPTS))
def test_a_text_of_any_script_is_a_whole_label(language: str) -> None:
    page = drawn(LAYOUT, {"t": SCRIPTS[language]}, tape(24))
    assert_whole(page)
    assert page.texts[0].width > 0
    assert all(run.face.covers(run.text) for run in runs(SCRIPTS[language], False, BUILTIN))


@pytest.mark.parametrize(("character", "name"), [("\U00012430", "U+12430"), ("\ue000", "U+E000"), ("\U0010ffff", "U+10FFFF")])
def test_a_character_that_no_font_has_is_named_and_not_drawn_as_a_box(character: str, name: str) -> None:
    with pytest.raises(GlyphMissing, match=rf"no font has a glyph for {name.replace('+', '[+]')} \(") as refusal:
        drawn(LAYOUT, {"t": f"A {character}"}, tape(24))
    assert (refusal.value.status, refusal.value.extra["character"]) == (422, name)


def test_the_character_that_is_missing_is_told_by_its_name() -> None:
    with pytest.raises(GlyphMissing, match="EGYPTIAN HIEROGLYPH A001"):
        fonts.ink("\U00013000", False, 20)


@pytest.mark.parametrize(
    ("text", "visual"),
    [
        ("abc", "abc"),
        ("אבג", "גבא"),
        ("abc אבג def", "abc גבא def"),
        ("אבג abc דהו", "והד abc גבא"),
        ("אבג 12.5 דהו", "והד 12.5 גבא"),
        ("אבג 12, 13", "13 ,12 גבא"),
        ("abc אבג 12 def", "abc 12 גבא def"),
        ("abc אבג (12) def", "abc )12( גבא def"),
        ("12€ אבג", "גבא 12€"),
        ("אבג!", "!גבא"),
        ("abc אבג!", "abc גבא!"),
        ("مكتب 12", "12 بتكم"),
        ("אבג\u200e!", "!\u200eגבא"),
    ],
)
def test_a_line_of_several_fonts_is_ordered_as_it_is_read(text: str, visual: str) -> None:
    assert order(text) == visual


@pytest.mark.parametrize("seed", range(6))
def test_levels_agree_with_the_order_in_which_raqm_sets_a_line(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        text = "".join(chance.choice("אבגד abcd 1 2 .,-+!()") for _ in range(chance.randrange(1, 14))).strip()
        face = BUILTIN.regular[0]
        spread = strikes.font(face, 40)
        whole = spread.getmask(text, mode="1", anchor="ls", features=["-kern", "-liga"])
        assert line_of(visual_glyphs(text)) == bytes(whole), text


def visual_glyphs(text: str) -> str:
    """The text as it reads from left to right, its brackets mirrored where it runs to the left, with no direction of its own."""
    levels = bidi.levels(text)
    mirrored = [character.translate({40: 41, 41: 40}) if level % 2 else character for character, level in zip(text, levels, strict=True)]
    return "".join(mirrored[place] for place in bidi.visual_order(levels))


def line_of(text: str) -> bytes:
    return bytes(
        strikes.font(BUILTIN.regular[0], 40).getmask("\u202d" + text + "\u202c", mode="1", anchor="ls", features=["-kern", "-liga"])
    )


def test_pieces_of_a_line_stand_side_by_side_without_a_gap_or_an_overlap() -> None:
    text, size = "שלום 📦 עולם 東京 42", 24
    assert len(runs(text, False, BUILTIN)) > 3
    ink = fonts.ink(text, False, size)
    picture = Image.new("1", (ink.width, ink.height), PAPER)
    fonts.draw(picture, (-ink.left, -ink.top), text, False, size)
    pieces = [fonts.ink(run.text, False, size) for run in runs(text, False, BUILTIN)]
    assert ImageChops.invert(picture).histogram()[-1] == sum(dots_of(run.text) for run in runs(text, False, BUILTIN))
    assert max(piece.bottom for piece in pieces) == ink.bottom
    assert abs(fonts.advance(text, False, size) - ink.width) <= 3


def dots_of(text: str) -> int:
    ink = fonts.ink(text, False, 24)
    picture = Image.new("1", (ink.width, ink.height), PAPER)
    fonts.draw(picture, (-ink.left, -ink.top), text, False, 24)
    return ImageChops.invert(picture).histogram()[-1]


def ink_of(text: str, bold: bool, size: int) -> tuple[int, Image.Image]:
    """How many dots of a text are dark, and the text in the box that it is said to take, with some paper around."""
    ink = fonts.ink(text, bold, size)
    picture = Image.new("1", (ink.width + 20, ink.height + 20), PAPER)
    fonts.draw(picture, (10 - ink.left, 10 - ink.top), text, bold, size)
    dark = ImageChops.invert(picture)
    assert dark.getbbox() is not None
    left, top, right, bottom = dark.getbbox() or (0, 0, 0, 0)
    assert 10 <= left < right <= 10 + ink.width
    assert 10 <= top < bottom <= 10 + ink.height
    return dark.histogram()[-1], picture


@pytest.mark.parametrize("language", sorted(SCRIPTS.keys() - {"signs", "emoji"}))
def test_bold_is_bolder_in_every_script_where_its_strokes_stay_apart(language: str) -> None:
    text = SCRIPTS[language]
    for size in (22, 40):
        assert ink_of(text, True, size)[0] > 1.15 * ink_of(text, False, size)[0]
    if not BUILTIN.regular[0].covers(text):
        assert ink_of(text, True, 21)[1].tobytes() == ink_of(text, False, 21)[1].tobytes()
    page = drawn(LAYOUT.replace("lines: 3", "lines: 3, bold: true"), {"t": text}, roll())
    assert_whole(page)


def test_the_bold_of_a_family_that_is_named_comes_from_it() -> None:
    for family in ("Noto Sans Thai", "Noto Sans JP", "Noto Sans SC"):
        found = named(BUILTIN, family)
        assert (found.regular[0].style, found.bold[0].style, found.bold[0].is_bold) == ("", "Bold", True)
        assert found.bold[0].family == found.regular[0].family == family


def test_kana_ask_for_japanese_shapes_and_hangul_for_korean_ones() -> None:
    names = {text: {run.face.family for run in runs(text, False, BUILTIN)} for text in ("直ラベル", "直", "라벨")}
    assert names == {"直ラベル": {"Noto Sans JP"}, "直": {"Noto Sans SC"}, "라벨": {"Noto Sans KR"}}


def test_a_heart_is_a_sign_until_it_asks_for_its_picture() -> None:
    assert runs("❤", False, BUILTIN)[0].face is BUILTIN.regular[0]
    assert runs("❤\ufe0f", False, BUILTIN)[0].face is BUILTIN.emoji


def test_dense_scripts_are_never_set_as_small_as_latin() -> None:
    assert fonts.smallest_dots("A-1001", False) == 11
    assert fonts.smallest_dots("東京 A-1001", False) == 14
    with_kanji = drawn('  text: {value: "{t}", size_mm: {min: 0.5, max: 1.6}}\n', {"t": "東京"}, tape(24))
    assert with_kanji.texts[0].size_dots == 14


def test_ideographs_wrap_anywhere_but_before_a_full_stop() -> None:
    room = textfit.Room(100, 200, 20, 20, 9, False)
    setting = textfit.fitted(["東京都千代田区。丸の内一丁目ラベル"], room)
    assert setting is not None
    assert len(setting.lines) > 2
    assert not any(line[0] in "。ー、」" for line in setting.lines)


def test_lines_of_tall_scripts_do_not_touch() -> None:
    page = drawn('  text: {value: "{t}", size_mm: {min: 3, max: 3}, lines: 4, breaks: keep}\n', {"t": "ที่นี่\nÅÇ\n東京\nမြို့"}, roll())
    assert len(page.texts) == 4
    assert_whole(page)


def test_an_ideograph_is_as_wide_as_it_is_taken_to_be() -> None:
    for text in ("東", "国", "龥", "한", "힣라"):
        for run in runs(text, False, BUILTIN):
            assert strikes.font(run.face, 23).getlength(text, mode="1") == pytest.approx(fonts.advance(text, False, 23), abs=0.05)


@pytest.mark.parametrize("start", ["\u4e00", "\uac00", "\u0905"])
def test_a_text_of_2000_distinct_or_dense_letters_takes_no_long_time(start: str) -> None:
    span = 2000 if start > "\u1000" else 50
    text = "".join(chr(ord(start) + place % span) for place in range(1990))
    begun = time.thread_time()
    with suppress(LabelTooLong):
        assert_whole(drawn('  text: {value: "{t}", size_mm: {min: 1, max: 6}, lines: 40, overflow: ellipsis}\n', {"t": text}, roll()))
    assert time.thread_time() - begun < 2
