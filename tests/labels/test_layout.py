from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import LabelTooLong
from labelhub.labels.layout import divided
from tests.labels.labels_at_hand import drawn, tape

SIZES = "size_mm: {min: 1, max: 20}"
TWO = f'    - text: {{value: "{{a}}", {SIZES}, share: 3}}\n    - text: {{value: "{{b}}", {SIZES}, share: 1}}\n'


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 500),
    st.lists(st.tuples(st.floats(0.1, 10), st.integers(0, 50), st.integers(0, 200)), min_size=1, max_size=6),
)
def test_room_is_divided_wholly_between_least_and_most(room: int, items: list[tuple[float, int, int]]) -> None:
    shares = {place: share for place, (share, _, _) in enumerate(items)}
    least = {place: low for place, (_, low, _) in enumerate(items)}
    most = {place: low + more for place, (_, low, more) in enumerate(items)}
    parts = divided(room, shares, least, most)
    assert all(least[place] <= parts[place] <= most[place] for place in shares)
    if sum(least.values()) <= room <= sum(most.values()):
        assert room - len(items) * 2 <= sum(parts.values()) <= room


def test_shares_divide_the_height_of_a_column() -> None:
    page = drawn(f"  column:\n    gap_mm: 0.5\n    items:\n{TWO}".replace("    - ", "      - "), {"a": "H", "b": "H"}, tape(24))
    large, small = page.texts
    assert large.height > 2 * small.height
    assert small.y - (large.y + large.height) >= 4


def test_a_row_puts_its_elements_side_by_side_with_its_gap() -> None:
    page = drawn(f"  row:\n    gap_mm: 2\n    items:\n{TWO}".replace("    - ", "      - "), {"a": "Hi", "b": "Ho"}, tape(12))
    first, second = page.texts
    assert second.x - (first.x + first.width) == 14


def test_a_spacer_takes_its_room() -> None:
    items = f'      - text: {{value: "{{a}}", {SIZES}}}\n      - spacer: {{size_mm: 10}}\n      - text: {{value: "{{a}}", {SIZES}}}\n'
    first, second = drawn(f"  row:\n    items:\n{items}", {"a": "H"}, tape()).texts
    assert second.x - (first.x + first.width) == 71


@pytest.mark.parametrize(("align", "place"), [("start", 0), ("center", 1), ("end", 2)])
def test_lines_of_a_column_stand_where_their_text_says(align: str, place: int) -> None:
    items = (
        '      - text: {value: "{a}", size_mm: {min: 2, max: 3}}\n'
        f'      - text: {{value: "{{b}}", size_mm: {{min: 2, max: 3}}, align: {align}}}\n'
    )
    wide, narrow = drawn(f"  column:\n    items:\n{items}", {"a": "Wide enough", "b": "H"}, tape(24)).texts
    room = wide.width - narrow.width
    assert narrow.x - wide.x == pytest.approx(room * place / 2, abs=1)


def test_elements_that_cannot_stand_together_are_refused() -> None:
    items = '      - text: {value: "{a}", size_mm: {min: 4, max: 6}}\n' * 3
    with pytest.raises(LabelTooLong):
        drawn(f"  column:\n    items:\n{items}", {"a": "H"}, tape(6))


def test_a_shared_barcode_leaves_room_for_the_line_below() -> None:
    items = '      - barcode: {value: "{a}", share: 5}\n      - text: {value: "{a}", size_mm: {min: 2, max: 3}, share: 1}\n'
    page = drawn(
        f"  column:\n    align: center\n    items:\n{items}", {"a": "A-1001"}, tape(24), head="media: {family: tape, width_mm: 24}"
    )
    symbol, line = page.barcodes[0], page.texts[0]
    assert line.y - (symbol.y + symbol.height) >= 4 * symbol.module_dots
    assert symbol.module_dots == 4


def test_a_layout_with_nothing_to_show_is_a_blank_label() -> None:
    page = drawn(f'  column:\n    items:\n      - text: {{value: "{{a}}", {SIZES}}}\n', {"a": ""}, tape())
    assert (page.texts, page.barcodes, page.raster.height_dots) == ((), (), 31)
