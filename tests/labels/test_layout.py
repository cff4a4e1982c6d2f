from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import LabelTooLong
from labelhub.labels.layout import divided
from labelhub.media import dots
from labelhub.raster import Canvas
from tests.labels.labels_at_hand import drawn, roll, tape

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


@pytest.mark.parametrize(
    ("align", "text", "place"), [("start", "H", 0), ("center", "H", 1), ("end", "H", 2), ("start", "12 ס", 2), ("end", "س", 0)]
)
def test_lines_of_a_column_stand_where_their_text_says(align: str, text: str, place: int) -> None:
    items = (
        '      - text: {value: "{a}", size_mm: {min: 2, max: 3}}\n'
        f'      - text: {{value: "{{b}}", size_mm: {{min: 2, max: 3}}, align: {align}}}\n'
    )
    wide, narrow = drawn(f"  column:\n    items:\n{items}", {"a": "Wide enough", "b": text}, tape(24)).texts
    room = wide.width - narrow.width
    assert narrow.x - wide.x == pytest.approx(room * place / 2, abs=1)


def test_lines_and_labels_that_are_read_from_the_right_stand_there() -> None:
    items = ['text: {value: "{a}", size_mm: {min: 2, max: 3}, lines: 3}', 'text: {value: "{b}", size_mm: {min: 2, max: 3}}']
    layout = "  column:\n    items:\n" + "".join(f"      - {item}\n" for item in items)
    fields = {"a": "מחשב נייד למשרד הראשי בקומה השלישית", "b": "רחוב"}
    for align, blank in (("start", False), ("end", True)):
        lines = drawn(layout, fields, tape(24), f"align: {align}\nlength: {{exact_mm: 60}}").texts
        assert len({line.x + line.width for line in lines}) == 1
        assert (lines[0].x + lines[0].width < 400) == blank


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


def gaps_of(layout: str, canvas: Canvas, head: str = "") -> tuple[int, int, int]:
    """Dots between the two texts of a page, and their sizes."""
    above, below = drawn(layout, {"a": "HHH", "b": "HH"}, canvas, head).texts
    return below.y - above.y - above.height, above.size_dots, below.size_dots


def test_texts_of_a_column_are_as_far_apart_as_lines_where_there_is_room() -> None:
    sized = '{{value: "{{{}}}", size_mm: {{min: 2, max: {}}}}}'
    layout = f"  column:\n    gap_mm: 0.5\n    items:\n      - text: {sized.format('a', 6)}\n      - text: {sized.format('b', 4)}\n"
    gap, large, small = gaps_of(layout, roll(), "orientation: across")
    assert (large, small) == (dots(6, 300), dots(4, 300))
    assert gap == round(0.45 * small)
    gap, large, small = gaps_of(layout, tape(9))
    assert dots(0.5, 180) <= gap < round(0.45 * small)
    gap, _, _ = gaps_of(layout.replace("gap_mm: 0.5", "gap_mm: 5"), roll(), "orientation: across")
    assert gap == dots(5, 300)


EITHER = """
  either:
    items:
      - row: {gap_mm: 1, items: [{barcode: {value: "{c}"}}, {text: {value: "{t}", size_mm: {min: 3, max: 5}}}]}
      - row: {gap_mm: 1, items: [{barcode: {value: "{c}"}}, {text: {value: "{t}", size_mm: {min: 2, max: 5}}}]}
      - text: {value: "{t}", size_mm: {min: 1.6, max: 5}}
"""


@pytest.mark.parametrize(
    ("words", "codes", "smallest_mm", "longest_mm"),
    [(1, 1, 3, 40), (8, 1, 3, 90), (11, 1, 2, 90), (16, 0, 1.6, 90)],
)
def test_a_label_becomes_longer_before_a_plainer_drawing_is_taken(words: int, codes: int, smallest_mm: float, longest_mm: float) -> None:
    page = drawn(EITHER, {"c": "A-1001", "t": " ".join(["Worte"] * words)}, tape(12), "length: {prefer_mm: 40, max_mm: 90}")
    assert len(page.barcodes) == codes
    assert page.texts[0].size_dots >= dots(smallest_mm, 180)
    assert page.length_mm <= longest_mm + 0.1
    assert (page.length_mm > 40) == (longest_mm > 40)


def test_what_has_a_share_of_0_takes_its_room_before_the_others() -> None:
    texts = '  row:\n    items:\n      - text: {{value: "{{a}}", size_mm: {{min: 2, max: 6}}{}}}\n      - text: {{value: "{{b}}", {}}}\n'
    sized = "size_mm: {min: 2, max: 6}, share: 9"
    first, second = drawn(texts.format(", share: 0", sized), {"a": "Gleich", "b": "Worte " * 6}, tape(12), "length: {exact_mm: 60}").texts
    fair, _ = drawn(texts.format("", sized), {"a": "Gleich", "b": "Worte " * 6}, tape(12), "length: {exact_mm: 60}").texts
    assert first.size_dots == dots(6, 180) > second.size_dots
    assert first.size_dots > fair.size_dots
