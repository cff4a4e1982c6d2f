from __future__ import annotations

from typing import Any

import pytest

from labelhub.integrations.labels import label_fields, slug
from labelhub.integrations.texts import at, embedded, escaped, markup, number, plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (800.0, "800"), (1.75, "1.75"), ("1.99", "1.99"), (True, "yes"), (None, ""), ([], ""), ({}, ""), (float("nan"), ""), (10**40, ""),
        (" a\r\nb\x00c ", "a\nb c"), ("\ud800", ""), ("x" * 5000, "x" * 2000), (0, "0"), (1e-7, "1e-07"),
    ],
)  # fmt: skip
def test_a_value_as_one_would_write_it(value: Any, text: str) -> None:
    assert plain(value) == text


def test_entities_become_characters_once() -> None:
    assert escaped("a &amp;amp; &quot;b&quot; &#39;c&#39;") == "a &amp; \"b\" 'c'"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<p>Bio, ungesüßt</p>", "Bio, ungesüßt"),
        ("<p>eins</p><p>zwei<br>drei</p>", "eins\nzwei\ndrei"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("5 < 6 und 7 > 3", "5 < 6 und 7 > 3"),
        ("<script>alert(1)</script>x<style>p{}</style>", "x"),
        ("plain\ntext", "plain\ntext"),
        ("<b>fett</b> und <i>schräg</i>", "fett und schräg"),
        (None, ""),
        ("a<!-- b -->c<img alt='x'>", "ac"),
        ("<p" * 10_000, "<p" * 1000),
    ],
)
def test_markup_becomes_its_text(value: Any, text: str) -> None:
    assert markup(value) == text


def test_json_in_a_string_is_read_and_other_strings_stay() -> None:
    values: list[Any] = ['"3"', "[1]", "text", "", 5, "[" * 10_000]
    assert [embedded(value) for value in values] == ["3", [1], "text", "", 5, "[" * 10_000]


def test_numbers_may_be_strings() -> None:
    values: list[Any] = ["1.5", 2, True, "x", None, "inf", [], 10**400]
    assert [number(value) for value in values] == [1.5, 2.0, None, None, None, None, None, None]


def test_missing_keys_are_nothing() -> None:
    values: list[Any] = [{"a": {"b": 1}}, {"a": None}, {}, None, {"a": []}]
    assert [at(value, "a", "b") for value in values] == [1, None, None, None, None]


def test_fields_fit_every_template_and_empty_ones_are_left_out() -> None:
    fields = label_fields("Zange", "T-1", "crib:T-1", ["Wand 3"], serial="", owner="Verein")
    assert (fields["name"], fields["lines"], fields["text"], fields["owner"]) == ("Zange", ["Wand 3"], "Zange\nWand 3", "Verein")
    assert "serial" not in fields
    assert [slug(label) for label in ("MAC Address", "Größe (mm)", "☃")] == ["mac_address", "grosse_mm", ""]
