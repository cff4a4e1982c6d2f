"""Lines put together from kept glyphs are dot for dot those that Pillow and Raqm draw; what a font covers is read from its file."""

from __future__ import annotations

import random
import struct
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from labelhub.errors import FontInvalid
from labelhub.labels import fonts, strikes
from labelhub.labels.coverage import coverage
from labelhub.labels.faces import BOLD, REGULAR, Face
from labelhub.labels.strikes import Strike, script_of
from labelhub.raster import INK, PAPER

LATIN = "".join(chr(code) for code in range(0x20, 0x250) if chr(code).isprintable()) + "–—‘’“”„•…€№™←→≤≥✓"
ALPHABETS = (LATIN[:95], LATIN, "ffi fl fft Tf. AV To Ly", "ΑΒΓΔΩάέαβγδςω 12.,-", "АБВГДЁЖабвгдёжъ 12.,-„“")
SIZES = (11, 12, 13, 14, 15, 16, 17, 18, 20, 22, 24, 28, 31, 40, 57, 80)
WORDS = ("ThinkPad T14 Gen 3", "Büro Köln", "SN PF3ABCDE", "#42", "24.12.2026", "Schrauben M3 × 12", "AVATAR, To. Wo", "Ölpfiff")


def line_by_pillow(text: str, face: Face, size: int) -> tuple[tuple[int, ...], int, bytes]:
    """Box, advance in 64ths and dots as Pillow gives them."""
    spread = strikes.font(face, size)
    box = tuple(int(side) for side in spread.getbbox(text, mode="1", anchor="ls"))
    picture = Image.new("1", (box[2] - box[0] + 20, 4 * size), PAPER)
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "1"
    pen.text((10 - box[0], 2 * size), text, fill=INK, font=spread, anchor="ls")
    return box, round(spread.getlength(text, mode="1") * 64), picture.tobytes()


def line_by_strike(text: str, strike: Strike, size: int) -> tuple[tuple[int, ...], int, bytes] | None:
    script = script_of(text)
    line = strike.line(text, script) if script else None
    if line is None:
        return None
    picture = Image.new("1", (line.right - line.left + 20, 4 * size), PAPER)
    if line.right > line.left:
        picture.paste(INK, (10, 2 * size - strike.base + line.shift[1]), strike.picture(line))
    return line[:4], line.advance, picture.tobytes()


def differences(seed: int, count: int) -> tuple[list[tuple[str, bool, int]], int]:
    """Texts that differ, and how many were put together at all."""
    chance = random.Random(seed)
    wrong, together = [], 0
    for _ in range(count):
        text = "".join(chance.choice(chance.choice(ALPHABETS[:2])) for _ in range(chance.randrange(1, 12)))
        text = text if chance.random() < 0.6 else "".join(chance.choice(ALPHABETS[2 + seed % 3]) for _ in range(chance.randrange(1, 12)))
        size, bold = chance.choice(SIZES[seed % 4 :: 4]), chance.random() < 0.5
        face = BOLD if bold else REGULAR
        found = line_by_strike(text, strikes.strike(face, size), size)
        together += found is not None
        if found is not None and found != line_by_pillow(text, face, size):
            wrong.append((text, bold, size))
    return wrong, together


@pytest.mark.parametrize("seed", range(4))
def test_any_latin_greek_or_cyrillic_line_has_the_dots_of_pillow(seed: int) -> None:
    wrong, together = differences(seed, 250)
    assert wrong == []
    assert together > 200


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 120))
def test_very_many_lines_have_the_dots_of_pillow(seed: int) -> None:
    wrong, together = differences(seed, 5000)
    assert wrong == []
    assert together > 4000


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("text", WORDS)
def test_what_people_print_is_put_together_and_not_left_to_raqm(text: str, bold: bool) -> None:
    face = BOLD if bold else REGULAR
    for size in (14, 19, 26):
        found = line_by_strike(text, strikes.strike(face, size), size)
        assert found == line_by_pillow(text, face, size)


@given(st.text(st.characters(), max_size=20))
@settings(max_examples=100, deadline=None)
def test_only_lines_of_one_european_script_are_put_together(text: str) -> None:
    if script_of(text):
        assert all(ord(character) < 0x460 or character in LATIN + "‚−↑↓" for character in text)
        assert not any("\u0300" <= character <= "\u036f" for character in text)


@pytest.mark.parametrize("text", ["a\u0301", "a\u200db", "שלום", "Ωa", "я x", "東", "a\u202eb"])
def test_what_is_more_than_a_row_of_letters_is_left_to_raqm(text: str) -> None:
    assert script_of(text) is None


def test_a_line_is_the_same_before_and_after_its_glyphs_are_kept() -> None:
    strikes.strike.cache_clear()
    boxes = set()
    for _ in range(60):
        fonts.ink.cache_clear()
        boxes.add(fonts.ink("Größe AVA 24.12.", True, 23))
    assert len(boxes) == 1


def test_threads_that_share_a_strike_draw_the_same_line() -> None:
    strike = Strike(REGULAR, 21)
    alone = line_by_strike("Übergröße 42", Strike(REGULAR, 21), 21)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: line_by_strike("Übergröße 42", strike, 21), range(64))) == {alone}


def test_every_ascii_glyph_at_a_size_takes_less_than_200_kb() -> None:
    strikes.strike.cache_clear()
    tracemalloc.start()
    for size in (14, 24, 40):
        for start in range(0, 95, 8):
            strikes.strike(REGULAR, size).line(LATIN[start : start + 8], "o")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    strikes.strike.cache_clear()
    assert 0 < kept < 600_000


def test_a_font_covers_what_its_table_says() -> None:
    found = coverage(REGULAR.path)
    assert all(ord(character) in found for character in "AzÄößΩЖאبა→✓€")
    assert not any(ord(character) in found for character in "東ह한\ue000\U0010ffff")


@pytest.mark.parametrize("content", [b"", b"wOF2" + bytes(80), b"\0\1\0\0" + bytes(8), b"ttcf" + bytes(200), b"\xff" * 4000])
def test_what_is_no_font_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.ttf"
    path.write_bytes(content)
    with pytest.raises(FontInvalid, match=r"some\.ttf' is broken"):
        coverage(path)


def test_a_missing_font_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FontInvalid, match=r"none\.ttf' cannot be read"):
        coverage(tmp_path / "none.ttf")


@given(st.binary(max_size=120), st.integers(0, 300))
@settings(max_examples=80, deadline=None)
def test_a_table_of_nonsense_is_refused_or_covers_something(tmp_path_factory: pytest.TempPathFactory, nonsense: bytes, cut: int) -> None:
    path = tmp_path_factory.mktemp("fonts") / "some.ttf"
    head = struct.pack(">4sHHHH4sLLL", b"\0\1\0\0", 1, 0, 0, 0, b"cmap", 0, 28, 400)
    table = struct.pack(">HHHHL", 0, 1, 3, 10, 12) + struct.pack(">HHLLL", 12, 0, 0, 0, cut) + nonsense
    path.write_bytes(head + table)
    try:
        found = coverage(path)
    except FontInvalid:
        return
    assert all(start <= end <= 0x10FFFF for start, end in zip(found.starts, found.ends, strict=True))
