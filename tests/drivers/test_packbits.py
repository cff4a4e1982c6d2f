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


@given(st.lists(st.sampled_from([1, 2, 3]), min_size=32, max_size=1600), st.sampled_from([16, 70, 90]))
def test_a_line_is_never_longer_than_its_bytes_unless_it_is_one_run(noise: list[int], line_bytes: int) -> None:
    lines = [bytes(noise[at : at + line_bytes]) for at in range(0, len(noise) - line_bytes + 1, line_bytes)]
    page = pack(b"".join(lines), line_bytes)
    for line, packed in zip(lines, page, strict=True):
        assert len(packed) <= line_bytes or packed == bytes((line_bytes - 1,)) + line
    assert page[-1:] == pack(b"".join(lines[-1:]), line_bytes), "whatever lies before it"


def test_of_the_widest_head_a_line_that_would_grow_is_two_runs() -> None:
    mixed = bytes((*range(127), 7, 7, *range(130, 162), 0))
    assert pack(bytes(range(162)) + mixed, 162) == [
        b"\x7f" + bytes(range(128)) + b"\x21" + bytes(range(128, 162)),
        b"\x7f" + mixed[:128] + b"\x21" + mixed[128:],
    ]


def test_a_line_that_grows_by_one_byte_in_two_runs_is_one_run() -> None:
    line = bytes((1, 1, *range(2, 16)))
    assert len(line) == 16
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
