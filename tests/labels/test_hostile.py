"""Templates and data written to do harm: a legal label or a typed error, and soon."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import FieldMissing, HubError, LabelTooLong, TemplateInvalid
from labelhub.labels import barcode, fonts
from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.labels.template import Template, parse
from labelhub.raster import Canvas
from tests.labels.labels_at_hand import canvas_for, roll, seeds, tape
from tests.labels.test_render import assert_legal, assert_typed, assert_whole

SOON_S = 2.0
"""Four times what is promised, in time of the CPU: the machine may be busy with other tests."""

REFUSED_S = 0.1
"""What is promised for a hostile template; tracing its memory makes it several times as slow."""

NASTY = (
    "\ud800", "\ud83d", "\x00", "\x1b[31m", "\u202eevil\u202c", "\u2066" * 200, "a" + "\u0301\u0323" * 90, "\u0600" * 40, "\u200d" * 99,
    "\ufeff", "\uffff", "\U000e0041", "\U0010ffff", "ﷺ" * 30, "𒐫" * 20, "{title}", "{{", "%s%n", "../../etc", "x" * 1999, "W" * 700,
    "\n" * 900, "- " * 900, "é-é-" * 400, "x" * 100_000, "\u0301" * 100_000, "\r\n" * 50_000, "\ud800" * 100_000,
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 0])
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(NASTY)
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9) | st.just("k" * 5000), inner, max_size=4)
)
NAMES = sorted({field.name for template in seeds().values() for field in template.fields})


def outcome(template: Template, fields: Mapping[str, Any], canvas: Canvas) -> Page | None:
    """The page, read back; None for a typed error."""
    try:
        page = render(template, fields, canvas)
        barcode.check(page)
    except HubError as error:
        assert_typed(error)
        return None
    return page


FIELDS = st.builds(
    lambda fields, more: more | fields,
    st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8),
    st.dictionaries(st.text(max_size=5) | st.just("n" * 9000), JSON, max_size=2),
)


def check(key: str, fields: dict[str, Any]) -> None:
    template = seeds()[key]
    page = outcome(template, fields, canvas_for(template))
    if page is not None:
        assert_whole(page)
        assert_legal(page, canvas_for(template))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(key=st.sampled_from(sorted(seeds())), fields=FIELDS)
def test_any_json_is_a_legal_label_or_a_typed_error(key: str, fields: dict[str, Any]) -> None:
    check(key, fields)


@pytest.mark.soak
@pytest.mark.parametrize("key", sorted(seeds()))
@settings(max_examples=500, deadline=None)
@given(fields=FIELDS)
def test_very_much_json_is_a_legal_label_or_a_typed_error(key: str, fields: dict[str, Any]) -> None:
    check(key, fields)


@pytest.mark.parametrize("key", ["snipeit-12mm", "text-62mm", "qr-text-62mm", "printer-test"])
@pytest.mark.parametrize("nasty", range(len(NASTY)))
def test_a_nasty_text_in_every_field_is_dealt_with_soon(key: str, nasty: int) -> None:
    template = seeds()[key]
    text = NASTY[nasty]
    for fields in (dict.fromkeys(NAMES, text), dict.fromkeys(NAMES, [text] * 200), dict.fromkeys(NAMES, text) | {"qr_payload": "A-1"}):
        begun = time.thread_time()
        outcome(template, fields, canvas_for(template))
        assert time.thread_time() - begun < SOON_S


def test_long_lists_and_deep_data_are_refused_before_they_are_measured() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    for value, error in (([deep], FieldMissing), (["x"] * 100_000, LabelTooLong), (["x" * 1000] * 100, LabelTooLong)):
        with pytest.raises(error):
            render(seeds()["snipeit-12mm"], {"primary_id": "A", "qr_payload": "A", "secondary": value}, tape())


def test_texts_and_codes_of_one_label_together_have_a_limit() -> None:
    fields = {"primary_id": "A" * 900, "title": "B" * 900, "qr_payload": "C" * 900}
    with pytest.raises(LabelTooLong, match="2700 characters together; a label holds at most 2000"):
        render(seeds()["snipeit-12mm"], fields, tape())


def nested(leaves: list[dict[str, Any]], depth: int, word: str, other: str) -> dict[str, Any]:
    if depth == 1:
        return {word: {"items": leaves}}
    return {word: {"items": [nested(leaves[at::3], depth - 1, other, word) for at in range(3) if leaves[at::3]]}}


def hostile(texts: int, depth: int, word: str, leaf: Callable[[str], dict[str, Any]]) -> Template:
    names = [f"f{number}" for number in range(texts)]
    layout = nested([leaf(name) for name in names], depth, word, "column" if word == "row" else "row")
    fields = [{"name": name} for name in names]
    source = {"schema_version": 1, "key": "x", "name": "x", "length": {"max_mm": 1000}, "fields": fields, "layout": layout}
    return parse(json.dumps(source))


def fitted_text(name: str) -> dict[str, Any]:
    return {"text": {"value": f"{{{name}}}", "size_mm": {"min": 0.5, "max": 200}, "lines": 40, "overflow": "ellipsis"}}


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize(("texts", "characters"), [(1, 2000), (2, 1000), (10, 190), (20, 99), (20, 4000)])
@pytest.mark.parametrize("word", ["row", "column"])
@pytest.mark.parametrize("turn", [0, pytest.param(1, marks=pytest.mark.soak), pytest.param(2, marks=pytest.mark.soak)])
def test_no_template_makes_a_label_take_long(depth: int, texts: int, characters: int, word: str, turn: int) -> None:
    template = hostile(texts, depth, word, fitted_text)
    canvases = (tape(24), roll(), roll(271))
    for at, letters in enumerate(("Wörter-und so weiter, ", "i", "a\u0301\u0323")):
        fields = {f"f{number}": (letters * characters)[:characters] for number in range(texts)}
        fonts.ink.cache_clear()
        fonts.advance.cache_clear()
        begun = time.thread_time()
        outcome(template, fields, canvases[(at + turn + depth + texts + len(word)) % 3])
        assert time.thread_time() - begun < SOON_S


def test_a_template_that_measures_without_end_is_refused_with_what_to_do() -> None:
    with pytest.raises(LabelTooLong, match="takes too long to lay out: shorten its texts, or use fewer"):
        render(hostile(2, 1, "row", fitted_text), {"f0": "\u202eab " * 250, "f1": "\u202eab " * 250}, tape(24))


def test_many_codes_are_drawn_and_read_back_soon() -> None:
    template = hostile(30, 3, "column", lambda name: {"barcode": {"value": f"{{{name}}}"}})
    fields = {f"f{number}": f"{number}" * 20 for number in range(30)}
    begun = time.thread_time()
    outcome(template, fields, roll())
    assert time.thread_time() - begun < SOON_S


def braces(depth: int) -> str:
    return "{" * depth + "}" * depth


def one_text(value: str) -> str:
    layout = {"text": {"value": value, "size_mm": {"min": 1, "max": 2}}}
    return json.dumps({"schema_version": 1, "key": "x", "name": "x", "fields": [{"name": "a"}], "layout": layout})


@pytest.mark.parametrize(
    "source",
    [
        braces(32 * 1024),
        "[" * 65_000,
        "a: &a [x]\nb: *a\n",
        "a: &a [1,1,1,1,1,1,1,1,1]\n" + "\n".join(f"{at}: [*a,*a,*a,*a,*a,*a,*a,*a,*a]" for at in range(50)),
        "- " * 30_000,
        "k: " + "9" * 60_000,
        "k: 1e999999999",
        "k: 0x" + "f" * 60_000,
        "k: " + ":".join(["59"] * 20_000),
        "k: !!python/object/apply:os.system [id]",
        "k: 2026-99-99",
        "? {a: b}\n: c",
        "x" * 70_000,
        "k: " + json.dumps(braces(15_000)),
        one_text("{" * 499),
        one_text("{a" * 166),
        one_text("{a|" + "b|" * 240 + "}"),
        json.dumps({"schema_version": 1, "key": "x" + "-a" * 40 + "!", "name": "x", "layout": {"spacer": {"size_mm": 10**300}}}),
    ],
    ids=range(18),
)
def test_a_hostile_template_is_refused_at_once_and_in_little_memory(source: str) -> None:
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(TemplateInvalid) as refusal:
        parse(source)
    assert time.process_time() - begun < 5 * REFUSED_S
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
    assert len(refusal.value.detail) < 1000
