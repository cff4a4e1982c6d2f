from __future__ import annotations

import pytest

from labelhub.errors import FieldMissing, LabelTooLong, TemplateInvalid
from labelhub.labels.document import Value
from labelhub.labels.fields import Field, check_required, lines, one_line, read_phrase


def filled(source: str, values: dict[str, object], join: str = ", ") -> str:
    return read_phrase(Value(source, "/value")).filled(values, join)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain", "plain"),
        ("{title}", "Drill"),
        ("#{number}", "#7"),
        ("{{{title}}}", "{Drill}"),
        ("{item.location.name}", "Shed"),
        ("{list.1}", "b"),
        ("{list}", "a, b"),
        ("{list.9}{title.x}{nothing}", ""),
        ("see {nothing}", ""),
        ("{title} {nothing}", "Drill "),
        ("{half} {whole} {yes}", "0.5 3 true"),
        ("{Lot: {title}}", "Lot: Drill"),
        ("{Lot: {nothing}}", ""),
        ("{title}{, Lot {nothing}}{, No {number} of many}", "Drill, No 7 of many"),
        ("Spool{ Lot {nothing}}", "Spool"),
        ("{{number} g}", "7 g"),
        ("{{nothing} g}", ""),
        ("{{title}}", "{title}"),
        ("{a{title}b}}}", "aDrillb}"),
        ("{{{a{title}b}", "{aDrillb"),
        ("{Lot | {title|upper}!}", "Lot | DRILL!"),
        ("{entries: {list|upper}}", "entries: A, B"),
    ],
)
def test_references_are_looked_up_by_plain_paths(source: str, expected: str) -> None:
    values: dict[str, object] = {
        "title": "Drill",
        "number": 7,
        "half": 0.5,
        "whole": 3.0,
        "yes": True,
        "nothing": None,
        "list": ["a", "", None, "b"] and ["a", "b"],
        "item": {"location": {"name": "Shed"}},
    }
    assert filled(source, values) == expected


def test_blank_entries_of_a_list_leave_no_separator() -> None:
    assert filled("{list}", {"list": ["a", " ", None, "b"]}) == "a, b"


def test_a_value_in_braces_is_text_and_never_a_reference() -> None:
    assert filled("{title}", {"title": "{secret}", "secret": "x"}) == "{secret}"


def test_attributes_of_values_cannot_be_reached() -> None:
    assert filled("{title.upper}", {"title": "x"}) == ""


def test_an_object_where_a_text_must_stand_is_named() -> None:
    with pytest.raises(FieldMissing, match="'item' holds no text"):
        filled("{item}", {"item": {"name": "x"}})


@pytest.mark.parametrize("value", ["x" * 4001, 10**100])
def test_a_value_no_label_can_hold_is_refused_before_it_is_measured(value: object) -> None:
    with pytest.raises((LabelTooLong, FieldMissing)):
        filled("{title}", {"title": value})


def test_a_format_that_makes_more_of_a_text_than_a_label_holds_is_the_last_one() -> None:
    told = "'title' has 6000 characters as url writes it; a label holds at most 2000"  # and not a million, as of the last of them
    with pytest.raises(LabelTooLong, match=told):
        filled("{title" + "|url" * 8 + "}", {"title": "%" * 2000})
    assert filled("{title|url}", {"title": "%" * 600}) == "%25" * 600


def test_more_formats_than_a_text_needs_are_refused_with_the_template() -> None:
    with pytest.raises(TemplateInvalid, match="at most 8 formats, not 9"):
        filled("{title" + "|upper" * 9 + "}", {"title": "x"})


@pytest.mark.parametrize("value", [None, "", "  \n", [], ["", None]])
def test_a_required_field_without_a_text_is_named(value: object) -> None:
    with pytest.raises(FieldMissing) as refusal:
        check_required([Field("title", required=True), Field("more")], {"title": value})
    assert refusal.value.extra == {"fields": ["title"]}


def test_line_breaks_and_control_characters_become_blanks_in_one_line() -> None:
    assert one_line(" a\r\n\tb\x00c\u2028d\x1b ") == "a b c d"


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert one_line("a\ud800b") == "a\ufffdb"


def test_kept_lines_lose_blank_ones_at_both_ends_only() -> None:
    assert lines("\n a  b \n\n c\n\n") == ["a b", "", "c"]
