from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelhub.drivers.brother.packbits import pack, unpack


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(1, 70)), max_size=12))
def test_what_is_packed_unpacks_to_itself(runs: list[tuple[int, int]]) -> None:
    line = b"".join(bytes((value,)) * count for value, count in runs)[:162]
    assert [unpack(packed, len(line)) for packed in pack(line * 3, len(line) or 1)] == ([line] * 3 if line else [])


@given(st.integers(1, 162), st.binary(min_size=400, max_size=800))
def test_each_line_of_a_page_is_packed_alone_and_never_outgrows_its_plain_form(line_bytes: int, noise: bytes) -> None:
    lines = [noise[at : at + line_bytes] for at in range(0, len(noise) - line_bytes, line_bytes)]
    packed = pack(b"".join(lines), line_bytes)
    assert [unpack(one, line_bytes) for one in packed] == lines
    assert max(map(len, packed)) <= line_bytes + -(-line_bytes // 128)


def test_a_line_that_would_grow_is_one_run_of_plain_bytes() -> None:
    line = bytes(range(16))
    assert pack(line, 16) == [b"\x0f" + line]


def test_runs_are_packed_as_the_manual_shows() -> None:
    assert pack(b"\x00" * 5 + b"\x22\x23\x24" + b"\xff" * 8, 16) == [bytes.fromhex("fc00 02222324 f9ff")]


def test_a_short_line_is_filled_with_zeros() -> None:
    assert unpack(b"\xff\xaa", 4) == b"\xaa\xaa\x00\x00"


def test_header_128_means_nothing() -> None:
    assert unpack(b"\x80\x00\x11", 1) == b"\x11"


@pytest.mark.parametrize("packed", [b"\x05\x01", b"\xf0", b"\x81\x01"], ids=["plain run cut off", "run without its byte", "too long"])
def test_a_broken_line_is_none(packed: bytes) -> None:
    assert unpack(packed, 16) is None
