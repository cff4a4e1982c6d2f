from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import FieldMissing, TemplateInvalid
from labelhub.labels.template import parse
from labelhub.media import MediaNeed
from labelhub.raster import Canvas
from tests.labels.labels_at_hand import any_media_keys, roll, seeds, tape

PLAIN: dict[str, Any] = {
    "schema_version": 1,
    "key": "plain",
    "name": "Plain",
    "fields": [{"name": "title", "required": True}, {"name": "more", "list": True}],
    "layout": {"text": {"value": "{title}", "size_mm": {"min": 2, "max": 4}}},
}


def written(**changes: Any) -> str:
    return json.dumps({key: value for key, value in {**PLAIN, **changes}.items() if value is not None})


def test_the_built_in_templates_are_those_promised() -> None:
    tapes = {f"{app}-{width}mm" for app in ("snipeit", "grocy", "spoolman", "qr-only") for width in (12, 18, 24)}
    any_media = {f"any-{what}" for what in ("address", "asset", "list", "photo", "picture", "price", "qr", "text")} | {
        "cable-flag",
        "cable-wrap",
    }
    assert set(seeds()) == tapes | any_media | {"text-62mm", "qr-text-62mm", "address-62mm", "printer-test"}


def test_the_test_label_is_for_any_media() -> None:
    template = seeds()["printer-test"]
    assert (template.need, template.tape_width_mm, template.printer_model) == (None, None, None)
    assert [field.name for field in template.fields] == ["model", "media", "name", "qr_payload"]


@pytest.mark.parametrize("key", any_media_keys())
def test_a_built_in_template_for_any_media_tells_its_fields_with_examples(key: str) -> None:
    template = seeds()[key]
    assert (template.need, template.media, template.media_name) == (None, (), "any media")
    assert all(field.description and (field.example or field.name == "image") for field in template.fields)


@pytest.mark.parametrize("key", sorted(seeds().keys() - {"printer-test", *any_media_keys()}))
def test_a_built_in_template_says_what_it_is_for(key: str) -> None:
    template = seeds()[key]
    app, width = key.split("-", maxsplit=1)[0], key.rsplit("-", 1)[1]
    width_mm = int(width.removesuffix("mm"))
    assert template.tape_width_mm == width_mm
    assert template.need == MediaNeed("roll" if width_mm == 62 else "tape", width_mm)
    assert template.orientation == ("across" if width_mm == 62 else "along")
    assert template.app == (app if app in ("snipeit", "grocy", "spoolman") else "generic")
    assert template.length.max_mm <= 150
    assert all(field.description for field in template.fields)


def test_examples_show_a_template_and_a_required_field_without_one_shows_its_name() -> None:
    fields = [{"name": "title", "required": True}, {"name": "more", "list": True, "example": ["a", "b"]}, {"name": "none"}]
    assert parse(written(fields=fields)).example == {"title": "title", "more": ["a", "b"]}


def test_a_missing_required_field_is_named() -> None:
    with pytest.raises(FieldMissing, match="the template needs 'title'"):
        parse(written()).check_fields({"more": ["x"]})


@pytest.mark.parametrize("key", sorted(seeds()))
def test_a_definition_is_json_and_parses_to_the_same_template(key: str) -> None:
    template = seeds()[key]
    assert parse(json.dumps(template.definition)) == template


def test_what_is_left_out_has_a_plain_meaning() -> None:
    template = parse(written(fields=None, layout={"spacer": {"size_mm": 1}}))
    assert (template.app, template.need, template.printer_model, template.fields) == ("generic", None, None, ())
    assert (template.orientation, template.tape_width_mm, template.length.max_mm) == ("along", None, 100)


@pytest.mark.parametrize(
    ("canvas", "along"),
    [(tape(24), True), (roll(), False), (roll(271), False), (roll(1109), True), (Canvas(306, None, 150, 11811, 300, 300), True)],
)
def test_orientation_auto_follows_the_shape_of_the_media(canvas: Canvas, along: bool) -> None:
    assert parse(written(orientation="auto")).along_on(canvas) is along
    assert parse(written(orientation="across")).along_on(canvas) is False


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"schema_version": 2}, "/schema_version"),
        ({"schema_version": True}, "/schema_version"),
        ({"key": "Bad Key"}, "/key"),
        ({"key": None}, "/"),
        ({"app": "excel"}, "/app"),
        ({"colour": "red"}, "/colour"),
        ({"media": {"family": "tape"}}, "/media"),
        ({"media": {"family": "paper", "width_mm": 12}}, "/media/family"),
        ({"length": {"max_mm": 5000}}, "/length/max_mm"),
        ({"length": {"min_mm": 50, "max_mm": 20}}, "/length/max_mm"),
        ({"length": {"prefer_mm": 50, "max_mm": 20}}, "/length/prefer_mm"),
        ({"length": {"exact_mm": 50, "max_mm": 80}}, "/length"),
        ({"media": {"family": "tape", "width_mm": []}}, "/media/width_mm"),
        ({"media": {"family": "tape", "width_mm": {"min": 24, "max": 6}}}, "/media/width_mm/max"),
        ({"media": [{"family": "tape", "width_mm": 12}, {"family": "paper", "width_mm": 12}]}, "/media/1/family"),
        ({"fields": [{"name": "_number"}]}, "/fields/0/name"),
        ({"layout": {"spacer": {"size_mm": 1, "when": {"field": "other"}}}}, "/layout"),
        ({"layout": {"spacer": {"size_mm": 1, "when": {"field": "title", "eval": "1"}}}}, "/layout/spacer/when/eval"),
        ({"layout": {"spacer": {"size_mm": 1, "when": "title > 3"}}}, "/layout/spacer/when"),
        ({"layout": {"turned": {"by": "up", "item": {"spacer": {"size_mm": 1}}}}}, "/layout/turned/by"),
        ({"layout": {"repeat": {"times": 0, "item": {"spacer": {"size_mm": 1}}}}}, "/layout/repeat/times"),
        ({"layout": {"around": {"diameter_mm": 0}}}, "/layout/around/diameter_mm"),
        ({"layout": {"around": {"diameter_mm": "{cable"}}}, "/layout/around/diameter_mm"),
        ({"fields": [{"name": "title"}, {"name": "title"}]}, "/fields/1/name"),
        ({"fields": [{"name": "__class__.x"}]}, "/fields/0/name"),
        ({"fields": [{"name": "other"}]}, "/layout"),
        ({"layout": {}}, "/layout"),
        ({"layout": {"text": {"value": "x"}, "spacer": {"size_mm": 1}}}, "/layout"),
        ({"layout": {"image": {}}}, "/layout/image"),
        ({"layout": {"text": {"value": "{title", "size_mm": {"min": 2, "max": 4}}}}, "/layout/text/value"),
        ({"layout": {"text": {"value": "{title.__class__!r}", "size_mm": {"min": 2, "max": 4}}}}, "/layout/text/value"),
        ({"layout": {"text": {"value": "{title:>99}", "size_mm": {"min": 2, "max": 4}}}}, "/layout/text/value"),
        ({"layout": {"text": {"value": "{title}", "size_mm": {"min": 4, "max": 2}}}}, "/layout/text/size_mm/max"),
        ({"layout": {"barcode": {"value": "{title}", "symbology": "hieroglyphs"}}}, "/layout/barcode/symbology"),
        ({"layout": {"row": {"items": []}}}, "/layout/row/items"),
        ({"layout": {"ruler": {"size_mm": {"min": 2, "max": 3}}}}, "/layout"),
        ({"layout": {"row": {"items": [{"ruler": {"size_mm": {"min": 2, "max": 3}}}]}}}, "/layout/row/items/0"),
        ({"layout": {"across": {"items": [{"ruler": {"size_mm": {"min": 3, "max": 2}}}]}}}, "/layout/across/items/0/ruler/size_mm/max"),
        ({"layout": {"either": {"items": [], "gap_mm": 1}}}, "/layout/either/gap_mm"),
        ({"layout": {"row": {"items": [{"spacer": {"size_mm": -1}}]}}}, "/layout/row/items/0/spacer/size_mm"),
    ],
)
def test_a_fault_is_refused_with_a_pointer_to_it(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(TemplateInvalid) as refusal:
        parse(written(**changes))
    assert refusal.value.extra["errors"][0]["pointer"] == pointer


def test_rows_and_columns_may_not_nest_without_end() -> None:
    layout: dict[str, Any] = {"spacer": {"size_mm": 1}}
    for _ in range(5):
        layout = {"row": {"items": [layout]}}
    with pytest.raises(TemplateInvalid, match="nested deeper than 4 levels"):
        parse(written(layout=layout))


def test_a_layout_of_too_many_elements_is_refused() -> None:
    column = {"column": {"items": [{"spacer": {"size_mm": 1}}] * 24}}
    with pytest.raises(TemplateInvalid, match="more than 60 elements"):
        parse(written(layout={"row": {"items": [column, column, column]}}))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["{title}", "row", "tape"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "row", "items", "value", "size_mm", "min"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*PLAIN, "media", "length", "margin_mm", "align", "app", "orientation"]), VALUES)
def test_any_value_at_any_key_parses_or_is_template_invalid(key: str, value: Any) -> None:
    with suppress(TemplateInvalid):
        parse(yaml.safe_dump({**PLAIN, key: value}))
