from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import TemplateInvalid
from labelhub.labels import barcode
from labelhub.labels.render import render
from labelhub.labels.spoolman_syntax import template_of
from tests.labels.labels_at_hand import ANY_MEDIA, tape
from tests.labels.test_render import assert_whole

TEXT = """**{filament.vendor.name} - {filament.name}**
#{id} - {filament.material}
Spool Weight: {filament.spool_weight} g
{ET: {filament.settings_extruder_temp} °C}
{Lot Nr: {lot_nr}}
{{comment}}
{location}"""
SPOOL = {
    "id": 1,
    "filament": {
        "name": "Galaxy Black",
        "vendor": {"name": "Prusament"},
        "material": "PLA",
        "spool_weight": 201.0,
        "settings_extruder_temp": 215,
    },
    "comment": "geöffnet",
}


def test_a_text_of_spoolman_becomes_lines_beside_its_code() -> None:
    page = render(template_of(TEXT), SPOOL, tape(24))
    assert [line.text for line in page.texts] == [
        "Prusament - Galaxy Black", "#1 - PLA", "Spool Weight: 201 g", "ET: 215 °C", "geöffnet", "?",
    ]  # fmt: skip
    assert [line.bold for line in page.texts] == [True, False, False, False, False, False]
    assert [symbol.payload for symbol in page.barcodes] == ["WEB+SPOOLMAN:S-1"]
    barcode.check(page)


def test_a_block_comes_with_its_field() -> None:
    page = render(template_of(TEXT), {**SPOOL, "lot_nr": "L2025-07-14"}, ANY_MEDIA["roll-62mm"])
    assert "Lot Nr: L2025-07-14" in [line.text for line in page.texts]


@pytest.mark.parametrize("media", ANY_MEDIA)
def test_it_fits_any_media(media: str) -> None:
    page = render(template_of(TEXT), SPOOL, ANY_MEDIA[media])
    assert_whole(page)
    assert "Galaxy Black" in " ".join(line.text for line in page.texts)


@pytest.mark.parametrize(("text", "shown"), [("a { b } c", "a { b } c"), ("{}", "{}"), ("**b** and **c**", "b and c")])
def test_what_is_no_field_stands_as_it_is(text: str, shown: str) -> None:
    assert [line.text for line in render(template_of(text, qr_payload=""), {}, tape(24)).texts] == [shown]


@pytest.mark.parametrize("text", ["", "\n \n", "x\n" * 21, "x" * 4001, "{a.__class__}" * 90])
def test_a_text_that_makes_no_label_is_refused(text: str) -> None:
    with pytest.raises(TemplateInvalid):
        template_of(text)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("ab.{}*| \n:é"), max_size=60))
def test_any_text_is_a_template_or_is_refused(text: str) -> None:
    with suppress(TemplateInvalid):
        assert template_of(text).app == "spoolman"
