from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import TemplateInvalid
from labelhub.labels import document


def test_plain_yaml_becomes_values_that_know_their_place() -> None:
    root = document.read("a:\n  - b: 1\n")
    item = root.table(("a",))["a"].items(3)[0].table(("b",))["b"]
    assert (item.content, item.pointer) == (1, "/a/0/b")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a: &x 1\nb: *x", "line 1: anchors and aliases are not allowed"),
        ("a: !!python/object/apply:os.system ['true']", "line 1: tags are not allowed"),
        ("a: !!str 1", "line 1: tags are not allowed"),
        ("a: 1\na: 2", "line 2: the key 'a' stands twice"),
        ("? " + "a" * 900 + "\n: 1\n? " + "a" * 900 + "\n: 2", f"line 3: the key '{'a' * 60}' stands twice"),
        ("1: a", "line 1: a key must be a text"),
        ("<<: {a: 1}", "line 1: a key must be a text"),
        ("[" * 30 + "]" * 30, "line 1: nested deeper than 24 levels"),
        ("- 1\n" * 5000, "line 4000: more than 4000 values"),
        ("x" * 70_000, "the template is larger than 64 KiB"),
        ("a: 'b", "line 1: found unexpected end of stream"),
        ("a: 2026-99-99", "a value of the template cannot be read: month must be in 1..12"),
        ("a: b\n---\nc: d", "line 2: but found another document"),
    ],
)
def test_what_is_no_plain_small_yaml_is_refused_with_its_place(source: str, reason: str) -> None:
    with pytest.raises(TemplateInvalid) as refusal:
        document.read(source)
    assert str(refusal.value) == reason


@pytest.mark.parametrize("content", ["text", [], None, 7])
def test_a_mapping_is_asked_for_where_one_must_stand(content: object) -> None:
    with pytest.raises(TemplateInvalid, match="/here: must be a mapping"):
        document.Value(content, "/here").table(("a",))


def test_an_unknown_key_is_refused_with_a_pointer_to_it() -> None:
    with pytest.raises(TemplateInvalid) as refusal:
        document.read("a: {c/d~: 1}").table(("a",))["a"].table(optional=("b",))
    assert refusal.value.extra == {"errors": [{"pointer": "/a/c~1d~0", "detail": "unknown key; known here: b"}]}


@pytest.mark.parametrize("content", [True, "1", float("nan"), float("inf"), 11, None, 10**400])
def test_only_a_finite_number_in_its_limits_is_a_number(content: object) -> None:
    with pytest.raises(TemplateInvalid, match="must be a number from 0 to 10"):
        document.Value(content, "/n").number(0, 10)


@pytest.mark.parametrize("content", [True, 1.0, 11, None])
def test_only_a_whole_number_in_its_limits_is_whole(content: object) -> None:
    with pytest.raises(TemplateInvalid, match="must be a whole number from 0 to 10"):
        document.Value(content, "/n").whole(0, 10)


def test_texts_flags_and_words_are_checked_for_their_kind() -> None:
    number = document.Value(3, "/x")
    with pytest.raises(TemplateInvalid, match="must be a text"):
        number.text()
    with pytest.raises(TemplateInvalid, match="must be true or false"):
        number.flag()
    with pytest.raises(TemplateInvalid, match="must be one of: a, b"):
        number.one_of(("a", "b"))


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"#%@`,? \n\t<=~01.\x00\ud800é"), max_size=60))
def test_garbage_gives_a_value_or_template_invalid(source: str) -> None:
    with suppress(TemplateInvalid):
        document.read(source)
