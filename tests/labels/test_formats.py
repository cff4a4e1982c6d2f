from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import FieldMissing, TemplateInvalid
from labelhub.labels.document import Value
from labelhub.labels.fields import read_phrase
from labelhub.labels.formats import FORMATS


def filled(source: str, **values: object) -> str:
    return read_phrase(Value(source, "/value")).filled(values, ", ")


@pytest.mark.parametrize(
    ("value", "pattern", "expected"),
    [
        ("2026-12-24", "%d.%m.%Y", "24.12.2026"),
        ("20261224", "%d.%m.%Y", "24.12.2026"),
        ("2026-12-24", "%-d. %B %y", "24. December 26"),
        ("2026-01-02", "%-d.%-m. %a %A %b", "2.1. Fri Friday Jan"),
        ("2026-11-22T22:22:46Z", "%d.%m. %H:%M:%S %z", "22.11. 22:22:46 Z"),
        ("2026-11-22 09:05:00.123+01:00", "%-I:%M %p %z", "9:05 AM +01:00"),
        ("2026-11-22T22:22", "%I %p", "10 PM"),
        ("2027-01-01", "%G-W%V day %j, 100%%", "2026-W53 day 001, 100%"),
        ("2026-12", "%m/%Y", "12/2026"),
        ("2026", "%Y", "2026"),
        (2026, "%y", "26"),
    ],
)
def test_dates_are_written_by_a_pattern(value: object, pattern: str, expected: str) -> None:
    assert filled(f"{{d|date:{pattern}}}", d=value) == expected


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("2026", "%d.%m.%Y"),
        ("2026-12", "%d.%m.%Y"),
        ("2026-12-24", "%H:%M"),
        ("2026-12-24T10:00", "%z"),
        ("2026-02-30", "%d"),
        ("soon", "%Y"),
        ("0000", "%Y"),
    ],
)
def test_a_date_that_tells_less_than_the_pattern_or_is_none_stands_as_it_is(value: str, pattern: str) -> None:
    assert filled(f"{{d|date:{pattern}}}", d=value) == value


@pytest.mark.parametrize(
    ("value", "sample", "expected"),
    [
        (1234.5, "1.234,50", "1.234,50"),
        ("1234567.891", "1,234.00", "1,234,567.89"),
        ("0.125", "1234.00", "0.13"),
        (800.0, "1234 g", "800 g"),
        (-0.001, "1234.0", "0.0"),
        (-1500, "€ 1'234", "€ -1'500"),
        ("1,99", "1234.00", "1.99"),
        (2e3, "1 234", "2 000"),
        ("1e-30", "1234.000", "0.000"),
        ("999999999999999999", "1,234", "999,999,999,999,999,999"),
    ],
)
def test_numbers_are_written_as_the_sample_shows_1234(value: object, sample: str, expected: str) -> None:
    assert filled(f"{{n|number:{sample}}}", n=value) == expected


@pytest.mark.parametrize("value", ["n/a", "1.2.3", "1e99", "9" * 19, "", "NaN", "Infinity", "0x10", "1_000"])
def test_what_is_no_number_stands_as_it_is(value: str) -> None:
    assert filled("{n|number:1234.00}", n=value) == value


@pytest.mark.parametrize(
    ("value", "written", "expected"),
    [
        ("1.99", "EUR", "1,99 €"),
        (1234.5, "EUR", "1.234,50 €"),
        (1234.5, "USD:point", "$1,234.50"),
        (-5, "USD:point", "-$5.00"),
        (1234.5, "JPY:point", "¥1,235"),
        (20, "CHF:point", "20.00 CHF"),
        (20, "CHF:comma", "20,00 CHF"),
        ("free", "EUR", "free"),
    ],
)
def test_money_has_its_currency(value: object, written: str, expected: str) -> None:
    assert filled(f"{{price|money:{written}}}", price=value) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{_number|counter:4}", "0007"),
        ("{_number|counter:4:1000}", "1006"),
        ("{_number|counter:3:100:10}", "160"),
        ("ASN{_number|counter:5:first}", "ASN00047"),
        ("{_number|counter:1} of {_total}", "7 of 12"),
    ],
)
def test_a_counter_numbers_the_labels_of_a_batch(written: str, expected: str) -> None:
    assert filled(written, _number=7, _total=12, first="0041") == expected


@pytest.mark.parametrize("first", [None, "", "A-1", "-3", "1.5", ["1", "2"]])
def test_a_counter_whose_start_is_no_number_says_so(first: object) -> None:
    with pytest.raises(FieldMissing, match="'first' must hold the whole number that counting starts from"):
        filled("{_number|counter:5:first}", _number=1, first=first)


def test_texts_are_changed_one_after_the_other() -> None:
    assert filled("{t|upper}", t="straße") == "STRASSE"
    assert filled("{t|lower|truncate:6}", t="GALAXY BLACK") == "galax…"
    assert filled("{t|truncate:8}", t="Galaxy Black") == "Galaxy…"
    assert filled("{t|truncate:12}", t="Galaxy Black") == "Galaxy Black"
    assert filled("{t|upper}", t=["a", "b"]) == "A, B"
    assert filled("https://example.org/{t|url}", t="Größe 1/2 & mehr") == "https://example.org/Gr%C3%B6%C3%9Fe%201%2F2%20%26%20mehr"


@pytest.mark.parametrize(
    ("length", "written", "shown"),
    [
        (13, "400638133393", "4006381333931"),
        (13, "4006381333931", "4006381333931"),
        (8, "9638507", "96385074"),
        (13, "400638", "400638"),
        (13, "40063813339X", "40063813339X"),
        (13, "٤٠٠٦٣٨١٣٣٣٩٣", "٤٠٠٦٣٨١٣٣٣٩٣"),
    ],
)
def test_the_digits_below_a_retail_code_are_those_it_holds(length: int, written: str, shown: str) -> None:
    assert filled(f"{{t|retail:{length}}}", t=written) == shown


def test_a_default_stands_for_what_is_missing() -> None:
    assert filled("{t|default:?}") == "?"
    assert filled("{t|upper|default:none}", t=" ") == "none"
    assert filled("{t|default:?}", t="x") == "x"


@pytest.mark.parametrize(
    "written",
    [
        "{t|}",
        "{t|nothing}",
        "{t|upper:x}",
        "{t|date}",
        "{t|date:}",
        "{t|date:x}",
        "{t|date:%Q}",
        "{t|date:%}",
        "{t|number}",
        "{t|number:.2f}",
        "{t|number:1.234.50}",
        "{t|money}",
        "{t|money:euro}",
        "{t|money:EUR:dot}",
        "{t|counter}",
        "{t|counter:0}",
        "{t|counter:99}",
        "{t|counter:4:a b}",
        "{t|truncate:0}",
        "{t|retail}",
        "{t|retail:10}",
        "{t|truncate:-1}",
        "{t|truncate:99999}",
        "{t|default}",
        "{t|upper|}",
        "{t|__class__}",
        "{t||upper}",
    ],
)
def test_a_format_that_is_none_is_refused_when_the_template_is_read(written: str) -> None:
    with pytest.raises(TemplateInvalid):
        read_phrase(Value(written, "/value"))


@pytest.mark.parametrize(
    "trick",
    [
        "{0}",
        "{}",
        "{t.__class__}",
        "{t!r}",
        "{t:>1000000000}",
        "{t[0]}",
        "{t.__init__.__globals__}",
        "{t:{t}}",
        "{t|date:%999999d}",
        "{t|number:{t}}",
        "%(t)s",
        "%s",
        "${t}",
        "{{t}}",
    ],
)
def test_a_trick_of_format_strings_is_refused_or_literal(trick: str) -> None:
    with suppress(TemplateInvalid):
        shown = filled(trick, t="x")
        assert shown in ("", "x", "%(t)s", "%s", "$x", "{t}", "t:x", "t|number:x")
        assert "class" not in shown


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.sampled_from(
        ["date:%d.%m.%Y %H:%M", "number:1.234,50 €", "money:EUR", "counter:4:1000", "upper", "lower", "truncate:5", "url", "default:x"]
    ),
    st.text(max_size=20) | st.floats() | st.integers() | st.from_regex(r"\d{4}-?\d\d-?\d\d([T ]\d\d:\d\d)?", fullmatch=True),
)
def test_any_value_in_any_format_is_a_text_or_a_typed_error(written: str, value: object) -> None:
    assert written.split(":", maxsplit=1)[0] in FORMATS
    with suppress(FieldMissing):
        assert isinstance(filled(f"{{t|{written}}}", t=value, _number=1), str)
