"""Conditions, cells, turns, cables, sets of media and lengths: the words of the template language that are more than text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from labelhub.errors import FieldMissing, LabelTooLong, MediaUnsupported, TemplateInvalid
from labelhub.labels import barcode
from labelhub.labels.elements import GENERAL, WORDS
from labelhub.labels.formats import FORMATS
from labelhub.labels.render import render
from labelhub.labels.schema import json_schema
from labelhub.labels.template import TEMPLATE, parse
from labelhub.media import Media, MediaKind, MediaNeed, dots
from labelhub.raster import Canvas
from tests.labels.labels_at_hand import drawn, roll, seeds, tape
from tests.labels.test_render import assert_whole, picture_of
from tests.labels.test_template import PLAIN, written

SIZE = {"min": 2, "max": 4}
SCHEMA = jsonschema.Draft202012Validator(json_schema())


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"text": {"value": value, "size_mm": SIZE, **more}}


def shown(layout: dict[str, Any], data: dict[str, Any], canvas: Canvas | None = None, **head: Any) -> list[str]:
    fields = [{"name": name} for name in data] or None
    return [line.text for line in render(parse(written(layout=layout, fields=fields, **head)), data, canvas or tape(24)).texts]


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("f", ["x", 0, ["a"]]),
        ({"field": "f"}, ["x"]),
        ({"field": "f", "present": False}, [None, "", " ", []]),
        ({"field": "f", "equals": "PLA"}, ["PLA", ["ABS", "PLA"]]),
        ({"field": "f", "equals": 3}, [3, "3", 3.0]),
        ({"field": "f", "equals": True}, [True, "true"]),
        ({"field": "f", "one_of": ["a", 2]}, ["a", 2, "2"]),
        ({"field": "f", "not": {"equals": "x"}}, ["y", None]),
        ({"field": "f", "not": {"present": True}}, [None]),
        ({"field": "f", "above": 5}, [6, "5.01", "5,5"]),
        ({"field": "f", "at_least": 5, "below": 10}, [5, 9.99]),
        ({"field": "f", "at_most": 5}, [5, -1]),
        ({"field": "f.deep"}, [{"deep": 1}]),
        ([{"field": "f", "above": 1}, {"field": "f", "not": {"equals": 3}}], [2]),
    ],
)
def test_an_element_is_there_when_its_conditions_hold(condition: Any, values: list[Any]) -> None:
    layout = text("shown", when=condition)
    for value in values:
        assert shown(layout, {"f": value}) == ["shown"]


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("f", [None, "", "  "]),
        ({"field": "f", "present": False}, ["x"]),
        ({"field": "f", "equals": "PLA"}, ["PLA+", "pla", None]),
        ({"field": "f", "one_of": ["a", "b"]}, ["c", None]),
        ({"field": "f", "not": {"equals": "x"}}, ["x"]),
        ({"field": "f", "above": 5}, [5, "many", None]),
        ({"field": "f", "at_least": 5, "below": 10}, [10, 4]),
        ({"field": "f.__class__"}, ["x"]),
        ([{"field": "f", "above": 1}, {"field": "f", "not": {"equals": 3}}], [3, 1]),
    ],
)
def test_an_element_is_not_there_when_one_does_not(condition: Any, values: list[Any]) -> None:
    for value in values:
        assert shown(text("shown", when=condition), {"f": value}) == []


def test_what_is_hidden_leaves_its_room_and_its_gap_to_the_others() -> None:
    both = {"column": {"gap_mm": 1, "items": [text("A"), text("B", when="b"), {"spacer": {"size_mm": 3, "when": "b"}}]}}
    fields = [{"name": "b"}]
    template = parse(written(layout=both, fields=fields))
    alone, together = (render(template, {"b": value}, tape(12)) for value in (None, "x"))
    assert [line.text for line in alone.texts] == ["A"]
    assert alone.texts[0].y > together.texts[0].y


def test_either_goes_on_to_the_next_where_one_is_hidden() -> None:
    layout = {"either": {"items": [text("dated", when="date"), text("undated")]}}
    assert shown(layout, {"date": "2026"}) == ["dated"]
    assert shown(layout, {"date": None}) == ["undated"]


def test_a_cell_has_its_size_and_its_item_its_place_in_it() -> None:
    cell = {"cell_mm": {"width": 20, "height": 10}, "place": {"x": "end", "y": "start"}}
    layout = {"row": {"items": [text("A", **cell), text("B")]}}
    first, second = render(parse(written(layout=layout)), {"title": "x"}, tape(24)).texts
    start = second.x - dots(20, 180)
    assert first.x + first.width == pytest.approx(start + dots(20, 180), abs=1)
    assert first.y < second.y
    with pytest.raises(LabelTooLong, match="a cell of any x 30 mm does not fit"):
        shown(text("A", cell_mm={"height": 30}), {})


def test_cells_of_one_width_line_up() -> None:
    rows = [{"row": {"items": [text(name, cell_mm={"width": 15}), text("x")]}} for name in ("Id", "Location")]
    page = render(parse(written(layout={"column": {"items": rows}}, fields=None)), {}, tape(24))
    marks = [line for line in page.texts if line.text == "x"]
    assert marks[0].x == marks[1].x


@pytest.mark.parametrize("by", ["left", "right", "over"])
def test_a_turned_element_is_the_same_dots_turned(by: str) -> None:
    item = {"row": {"gap_mm": 2, "items": [{"barcode": {"value": "A-1001", "max_mm": 9}}, text("Links")]}}
    square = Canvas(400, 400, 400, 400, 180, 180)
    upright = render(parse(written(layout=item, fields=None)), {}, square)
    turned = render(parse(written(layout={"turned": {"by": by, "item": item}}, fields=None)), {}, square)
    back = {"left": 270, "right": 90, "over": 180}[by]
    straight = picture_of(turned).convert("L").rotate(back)
    assert straight.point(lambda dot: 255 - dot).getbbox() is not None
    crop = [
        picture.crop(picture.point(lambda dot: 255 - dot).getbbox()).tobytes() for picture in (picture_of(upright).convert("L"), straight)
    ]
    assert crop[0] == crop[1]
    assert_whole(turned)
    barcode.check(turned)


def test_a_wrap_goes_once_more_than_around_the_cable() -> None:
    for diameter, least in ((3, 2), (10, 4), (20, 7)):
        page = render(seeds()["cable-wrap"], {"text": "CAM-07", "cable_mm": diameter}, tape(12))
        assert {line.turn for line in page.texts} == {1}
        assert page.texts[-1].x - page.texts[0].x >= dots(3.1415 * diameter, 180)
        assert len(page.texts) >= least
        assert_whole(page)


def test_a_flag_leaves_the_way_around_the_cable_between_its_halves() -> None:
    page = render(seeds()["cable-flag"], {"text": "Dose 14", "cable_mm": 8}, tape(12))
    left, right = page.texts
    assert right.x - (left.x + left.width) >= dots(3.1415 * 8, 180)
    assert (left.text, left.size_dots, left.width) == (right.text, right.size_dots, right.width)
    assert abs(left.x + right.x + right.width - picture_of(page).width) <= 1


@pytest.mark.parametrize("cable", ["thick", "0.1", "999", "-4", [1, 2]])
def test_a_diameter_that_is_none_is_named_with_what_it_must_be(cable: object) -> None:
    with pytest.raises(FieldMissing, match=r"'cable_mm' holds .* must be a number of mm from 0.5 to 200"):
        render(seeds()["cable-flag"], {"text": "x", "cable_mm": cable}, tape(12))


def test_a_word_that_must_stay_whole_is_never_broken() -> None:
    layout = {"either": {"items": [text("{t}", lines=3, words="whole"), text("too wide")]}}
    short = Canvas(70, 70, 70, 70, 180, 180)
    assert shown(layout, {"t": "AB CD-12"}, short) == ["AB", "CD-12"]
    assert shown({"either": {"items": [text("{t}", lines=5, words="whole"), text("wide", words="break")]}}, {"t": "W" * 20}, short) == [
        "wide"
    ]


@pytest.mark.parametrize(
    ("media", "fitting", "other", "need"),
    [
        ({"family": "tape", "width_mm": 12}, [(12, None)], [(18, None)], MediaNeed("tape", 12)),
        ({"family": "tape", "width_mm": [12, 18]}, [(12, None), (18, None)], [(24, None)], None),
        ({"family": "tape", "width_mm": {"min": 9, "max": 18}}, [(9, None), (12, None), (18, None)], [(6, None), (24, None)], None),
        ({"family": "roll", "width_mm": 29, "length_mm": 90}, [(29, 90)], [(29, None), (29, 42)], MediaNeed("roll", 29, 90)),
        ({"family": "roll", "width_mm": 29, "length_mm": [42, 90]}, [(29, 90), (29, 42)], [(29, None), (29, 50)], None),
        (
            [{"family": "roll", "width_mm": 29, "length_mm": 90}, {"family": "roll", "width_mm": 62}],
            [(29, 90), (62, None)],
            [(29, None)],
            None,
        ),
    ],
)
def test_a_template_takes_the_media_it_names(media: Any, fitting: list[Any], other: list[Any], need: MediaNeed | None) -> None:
    template = parse(written(media=media))
    kinds = [MediaKind.TAPE_LAMINATED] if "tape" in str(media) else [MediaKind.ROLL_CONTINUOUS, MediaKind.ROLL_DIE_CUT]

    def takes(size: Any) -> bool:
        return template.takes(Media(kinds[-1] if size[1] else kinds[0], *size))

    assert template.need == need
    assert all(map(takes, fitting))
    assert not any(map(takes, other))
    assert not template.takes(Media(MediaKind.UNKNOWN, 12))


def test_media_that_a_set_does_not_hold_is_refused_with_those_it_does() -> None:
    template = parse(written(media={"family": "tape", "width_mm": [12, 18, 24]}))
    render(template, {"title": "x"}, tape(12), Media(MediaKind.TAPE_LAMINATED, 12))
    with pytest.raises(MediaUnsupported, match="drawn for 12, 18 or 24 mm tape, and not for 9mm"):
        render(template, {"title": "x"}, tape(9), Media(MediaKind.TAPE_LAMINATED, 9))
    assert parse(written(media={"family": "tape", "width_mm": {"min": 6, "max": 24}})).media_name == "6 to 24 mm tape"


def test_an_exact_length_is_that_length_whatever_is_on_it() -> None:
    for title in ("x", "A title that has to shrink until it fits"):
        page = render(parse(written(length={"exact_mm": 40})), {"title": title}, tape(12))
        assert page.length_mm == pytest.approx(40, abs=0.1)
    with pytest.raises(LabelTooLong):
        render(parse(written(length={"exact_mm": 10})), {"title": "A title that has to shrink until it fits"}, tape(12))
    with pytest.raises(LabelTooLong, match="wants labels of 1200 mm, this printer makes at most 1000 mm"):
        render(parse(written(length={"exact_mm": 1200})), {"title": "x"}, tape(12))


def test_a_label_knows_its_place_in_its_batch() -> None:
    template = parse(written(layout=text("{_number|counter:3:100} · {_number} of {_total}"), fields=None))
    assert render(template, {}, tape(), number=7, total=12).texts[0].text == "106 · 7 of 12"
    assert render(template, {}, tape()).texts[0].text == "100 · 1 of 1"
    assert render(template, {"_number": 3}, tape()).texts[0].text == "102 · 3 of 1"


@pytest.mark.parametrize("version", [0, 2, 99, 10**30])
def test_a_template_of_another_version_is_told_what_to_do(version: int) -> None:
    with pytest.raises(TemplateInvalid, match=r"this hub reads templates of schema_version 1, .* update the hub"):
        parse(written(schema_version=version, new_key=True))


@pytest.mark.parametrize("key", sorted(seeds()))
def test_every_built_in_template_follows_the_json_schema(key: str) -> None:
    SCHEMA.validate(seeds()[key].definition)


@pytest.mark.parametrize(
    "changes",
    [
        {"schema_version": 2},
        {"key": "Bad Key"},
        {"key": None},
        {"app": "excel"},
        {"colour": "red"},
        {"media": {"family": "tape"}},
        {"media": {"family": "tape", "width_mm": []}},
        {"length": {"max_mm": 5000}},
        {"fields": [{"name": "__class__.x"}]},
        {"layout": {}},
        {"layout": {**text("x"), "spacer": {"size_mm": 1}}},
        {"layout": text("{title")},
        {"layout": text("{title!r}")},
        {"layout": text("{title:>99}")},
        {"layout": text("")},
        {"layout": text("x" * 501)},
        {"layout": text("x", lines=0)},
        {"layout": text("x", when={"field": "title", "eval": "1"})},
        {"layout": text("x", cell_mm={"depth": 3})},
        {"layout": {"barcode": {"value": "{title}", "symbology": "hieroglyphs"}}},
        {"layout": {"row": {"items": []}}},
        {"layout": {"ruler": {"size_mm": SIZE}}},
        {"layout": {"row": {"items": [{"ruler": {"size_mm": SIZE}}]}}},
        {"layout": {"turned": {"by": "up", "item": text("x")}}},
        {"layout": {"around": {"diameter_mm": 0}}},
    ],
)
def test_what_reading_refuses_the_json_schema_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(TemplateInvalid):
        parse(written(**changes))
    assert not SCHEMA.is_valid(json.loads(written(**changes)))
    assert SCHEMA.is_valid(PLAIN)


def test_the_json_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert drawn("  text: {value: x, size_mm: {min: 2, max: 4}}\n", {}, roll()).texts[0].text == "x"


DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["reference/templates.md", "howto/templates.md"])
def test_the_templates_in_the_docs_are_drawn(page: str) -> None:
    examples = re.findall(r"(?ms)^```yaml\n(.*?)^```", (DOCS / page).read_text())
    assert examples
    for source in examples:
        template = parse(source)
        assert render(template, {"title": "x", **template.example}, tape(24)).texts
        SCHEMA.validate(template.definition)


def test_the_reference_names_every_word_key_and_format() -> None:
    told = (DOCS / "reference" / "templates.md").read_text()
    own = {"row", "column", "across", "either", "spacer", "around", "repeat", "turned", "text", "ruler"}
    names = {*WORDS, *FORMATS, *GENERAL, *TEMPLATE.required, *TEMPLATE.optional}
    names |= {key for name in own for key in (*WORDS[name].required, *WORDS[name].optional)}
    assert [name for name in sorted(names) if not re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", told)] == []
