"""Where lines end in scripts that write no blanks between words."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import LabelTooLong
from labelhub.labels import breaks, textfit
from labelhub.labels.clusters import clusters
from tests.labels.labels_at_hand import drawn, tape
from tests.labels.test_render import assert_whole

NOTHING = "\u200b"
THAI = "น้ำปลาแท้ควรบริโภคก่อนวันหมดอายุ"
LAO = "ເຂົ້າໜຽວແລະໄກ່"
BURMESE = "မြန်မာစာအုပ်"
KHMER = "ប្រទេសកម្ពុជា"


def pieces(text: str) -> str:
    return "|".join(word for word, _ in breaks.words(text))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Kiste 42", "Kiste|42"),
        ("ThinkPad-Dock X-1", "ThinkPad-|Dock|X-1"),
        ("東京、大阪", "東|京、|大|阪"),
        (THAI, "น้ำปลา|แท้|ควร|บริโภค|ก่อน|วัน|หมด|อายุ"),
        ("กล่อง ๑๒๓ เก่าๆ", "กล่อง|๑๒๓|เก่าๆ"),
        ("กาแฟABC", "กาแฟABC"),
        (LAO, "ເຂົ້າ|ໜຽວ|ແລະ|ໄກ່"),
        (BURMESE, "မြန်မာ|စာအုပ်"),
        ("အင်္ဂလိပ်စာ။", "အင်္ဂလိပ်|စာ။"),
        (KHMER, "ប្រទេស|កម្ពុជា"),
        (f"ភាសា{NOTHING}ខ្មែរ ល្អៗ។", "ភាសា|ខ្មែរ|ល្អៗ។"),
        (f"Super{NOTHING}long", "Super|long"),
        (f"{NOTHING} a{NOTHING} ", "a"),
        ("", ""),
    ],
)
def test_a_line_may_end_between_words(text: str, parts: str) -> None:
    assert pieces(text) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("เก่ง", "เก่|ง"),
        ("น้ำ", "น้ำ"),
        ("ក្រុង", "ក្រុ|ង"),
        ("क्षि", "क्षि"),
        ("ลาว a็", "ลา|ว| |a็"),
        ("မြန်မာ", "မြန်|မာ"),
        ("👩‍💻🇩🇪🇫🇷", "👩‍💻|🇩🇪|🇫🇷"),
        ("e\u0301x", "e\u0301|x"),
        ("ab\u200cc", "a|b\u200c|c"),
    ],
)
def test_what_stands_in_one_place_is_one_character(text: str, parts: str) -> None:
    assert "|".join(clusters(text)) == parts


@given(st.text(st.sampled_from(f"กเแะำ็ๆ๑ ກເະ ກ໌ ကျ်္မ။ ក្ែ क्ष A1-{NOTHING}🇩🇪\u200d。"), max_size=30))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_line_ends_inside_a_character_and_nothing_is_lost(text: str) -> None:
    found = breaks.words(text)
    assert "".join(word + blank for word, blank in found) == text.lstrip(breaks.BLANKS)
    assert all(word for word, _ in found)
    whole = text.lstrip(breaks.BLANKS)
    inside = set(range(len(whole) + 1)) - set(accumulate(map(len, clusters(whole)), initial=0))
    blank_after_a_mark = {at for at in inside if whole[at] in breaks.BLANKS}
    assert not breaks.ends(whole) & (inside - blank_after_a_mark)


@pytest.mark.parametrize("text", [THAI, LAO * 3, BURMESE * 3, KHMER * 4, f"{KHMER}{NOTHING}" * 4])
def test_a_long_text_without_blanks_is_wrapped_and_no_letter_torn(text: str) -> None:
    page = drawn('  text: {value: "{t}", size_mm: {min: 2.5, max: 4}, lines: 4}\n', {"t": text}, tape(24), "length: {exact_mm: 20}")
    assert_whole(page)
    lines = [line.text for line in page.texts]
    assert len(lines) > 1
    assert "".join(lines).replace(NOTHING, "") == text.replace(NOTHING, "")
    assert set(accumulate(map(len, lines))) <= set(accumulate(map(len, clusters("".join(lines)))))


def test_thai_is_set_larger_on_two_lines_than_it_could_be_broken_anywhere() -> None:
    room = textfit.Room(140, 80, 14, 40, 3, False)
    setting = textfit.fitted([THAI], room)
    assert setting is not None
    assert setting.size_dots > room.least_dots
    assert "|".join(setting.lines) in {"น้ำปลาแท้|ควรบริโภค|ก่อนวันหมดอายุ", "น้ำปลาแท้ควร|บริโภคก่อน|วันหมดอายุ"}


WHOLE = '  text: {value: "{t}", size_mm: {min: 2.5, max: 4}, lines: 4, words: whole, breaks: keep}\n'


@pytest.mark.parametrize("text", ["東京都千代田区丸の内", THAI, "Kiste\n\nfür Weihnachten", f"{NOTHING}Alles{NOTHING}Mögliche hier"])
def test_words_that_are_kept_whole_part_where_their_script_lets_them(text: str) -> None:
    assert len(drawn(WHOLE, {"t": text}, tape(24), "length: {exact_mm: 20}").texts) > 1


def test_a_word_that_is_kept_whole_is_refused_where_it_is_too_long() -> None:
    with pytest.raises(LabelTooLong):
        drawn(WHOLE, {"t": "Donaudampfschifffahrtsgesellschaft"}, tape(24), "length: {exact_mm: 20}")
