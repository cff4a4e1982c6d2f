"""The QR code told from tables is the one that drawing at every level finds."""

from __future__ import annotations

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import BarcodeInvalid
from labelhub.labels import barcode
from labelhub.labels.barcode import qr

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
ADDRESSES = st.builds(
    lambda host, path, number: f"https://{host}.example.org/{path}/{number}",
    st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20),
    st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789", max_size=40),
    st.integers(0, 10**12),
)
PIECES = st.lists(
    st.text("0123456789", max_size=40) | st.text(ALPHANUMERIC, max_size=40) | st.text(st.characters(codec="utf-8"), max_size=20),
    max_size=8,
).map("".join)
PAYLOADS = (ADDRESSES | PIECES | st.text(st.characters(codec="utf-8"), max_size=300) | st.text(ALPHANUMERIC, max_size=900)).filter(bool)


def side(payload: str, level: str) -> int | None:
    encoding = {} if payload.isascii() else {"eci": "UTF-8"}
    try:
        drawn = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level=level, data_mask=0, **encoding)
    except ValueError:
        return None
    return barcode_side(drawn)


def barcode_side(drawn: zxingcpp.Barcode) -> int:
    shape = memoryview(drawn.to_image(scale=1, add_quiet_zones=False)).shape  # type: ignore[arg-type] # it is a buffer
    assert shape is not None
    return shape[0]


def by_drawing(payload: str, least: str) -> tuple[int | None, str]:
    """The side of the smallest symbol and the strongest level of that size, by drawing at every level."""
    smallest = side(payload, least)
    levels = [level for level in qr.LEVELS[qr.LEVELS.index(least) :] if side(payload, level) == smallest]
    return smallest, levels[-1]


def assert_as_drawn(payload: str, least: str) -> None:
    try:
        symbol = barcode.encode(payload, "qr", least)
    except BarcodeInvalid:
        assert side(payload, least) is None or len(payload) > 3000
        return
    assert (symbol.modules, symbol.level) == by_drawing(payload, least)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(PAYLOADS, st.sampled_from(qr.LEVELS))
def test_the_symbol_is_the_one_that_drawing_at_every_level_finds(payload: str, least: str) -> None:
    assert_as_drawn(payload, least)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None, derandomize=True)
@given(PAYLOADS, st.sampled_from(qr.LEVELS))
def test_twenty_thousand_symbols_are_those_that_drawing_at_every_level_finds(payload: str, least: str) -> None:
    assert_as_drawn(payload, least)


@pytest.mark.parametrize("level", qr.LEVELS)
def test_the_tables_agree_with_the_writer_at_every_version(level: str) -> None:
    for version, words in enumerate(map(int, qr.CODEWORDS[level].split()), 1):
        most = words - (2 if version < 10 else 3)
        assert side("a" * most, level) == 17 + 4 * version
        assert side("a" * (most + 1), level) != 17 + 4 * version


def test_most_addresses_are_told_without_drawing() -> None:
    told = [qr.told(f"https://inventory.example.org/{'x' * (number % 23)}/{number}") for number in range(400)]
    assert sum(one is None for one in told) < 20
