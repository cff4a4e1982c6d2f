"""Any value in any built-in template on any media: a whole and legal label, or a typed error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import HubError
from labelhub.labels import barcode
from labelhub.labels.render import render
from labelhub.media import dots
from labelhub.raster import Canvas
from tests.labels.labels_at_hand import ANY_MEDIA, any_media_keys, canvas_for, roll, seeds
from tests.labels.test_render import assert_legal, assert_typed, assert_whole

WORDS = st.text(st.sampled_from("abcWil gÄß-_.,:/|{}%0123456789 \n€"), max_size=40)
SCRIPTS = st.text(st.sampled_from("ไทย์เาำๆ๑ ກ່າເ မြန်မာ။ ខ្មែរ\u17d2 東京。ラ한글 שלוםمكتب हिन्दीक्ष 📦🇩🇪\u200b\u200d Wg-1"), max_size=40)
VALUES = st.one_of(
    WORDS,
    SCRIPTS,
    WORDS.map(str.upper),
    st.integers(-10, 10**9),
    st.floats(-1e6, 1e6),
    st.lists(WORDS, max_size=5),
    st.sampled_from(["2026-12-24", "4006381333931", "6.5", "1.99", "https://example.org/a/1001", "x" * 150, None]),
)
NAMES = sorted({field.name for template in seeds().values() for field in template.fields})
CANVASES = {**ANY_MEDIA, "roll-62mm-red": replace(roll(), colors=("black", "red"))}
PLACES = [(key, media) for key in any_media_keys() for media in CANVASES]
DATA = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, VALUES))


def check(key: str, canvas: Canvas, data: dict[str, object]) -> None:
    template = seeds()[key]
    try:
        page = render(template, {**template.example, **data}, canvas)
        barcode.check(page)
    except HubError as error:
        assert_typed(error)
        return
    assert_whole(page)
    assert_legal(page, canvas)
    if canvas.length_dots is None:
        assert page.raster.height_dots <= max(dots(template.length.max_mm, canvas.dpi_along) + 1, canvas.min_length_dots)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES), DATA)
def test_any_value_on_any_media_is_a_legal_label_or_a_typed_error(place: tuple[str, str], data: dict[str, object]) -> None:
    check(place[0], CANVASES[place[1]], data)


@pytest.mark.soak
@pytest.mark.parametrize("key", sorted(seeds()))
@settings(max_examples=1500, deadline=None)
@given(media=st.sampled_from(sorted(CANVASES)), data=DATA)
def test_very_many_values_are_legal_labels_or_typed_errors(key: str, media: str, data: dict[str, object]) -> None:
    check(key, CANVASES[media] if seeds()[key].need is None else canvas_for(seeds()[key]), data)
