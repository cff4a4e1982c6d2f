"""Formats: how a field's text is written, `{best_before|date:%d.%m.%Y}`. No format strings, no locale, no attribute of anything.

A text that a format cannot read, such as a date that is none, is shown as it stands: a label with it is worth more than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from urllib.parse import quote

from labelhub.errors import FieldMissing
from labelhub.labels.barcode.digits import all_digits, check_digit
from labelhub.labels.values import PATH, number_of, texts_at

NUMBER, TOTAL = "_number", "_total"
"""Fields that every label has: its place in its batch, from 1, and how many there are."""

ELLIPSIS = "…"

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Format:
    """One format with its argument, as it was checked when the template was read."""

    name: str
    argument: str = ""

    def applied(self, text: str, values: Values) -> str:
        """The text written so. FieldMissing from a counter without a start."""
        return FORMATS[self.name].apply(text, self.argument, values)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields it reads itself."""
        start = self.argument.split(":")[1:2] if self.name == "counter" else []
        return tuple(name.split(".")[0] for name in start if not name.isdecimal())


class Known(NamedTuple):
    """What is known of a format: what its argument must look like, that rule in words, and what it does."""

    argument: Callable[[str], bool]
    rule: str
    apply: Callable[[str, str, Values], str]


def fault(name: str, argument: str) -> str | None:
    """What is wrong with a format as it is written; None when nothing is."""
    if name not in FORMATS:
        return f"there is no format {name[:30]!r}; known: {', '.join(sorted(FORMATS))}"
    return None if FORMATS[name].argument(argument) else f"the format {name} is written {FORMATS[name].rule}"


# --- dates ---------------------------------------------------------------------------------------------------------------------

_ISO = re.compile(
    r"(?P<Y>\d{4})(?:-?(?P<m>\d{2})(?:-?(?P<d>\d{2})(?:[T ](?P<H>\d{2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d{1,9})?)?"
    r" ?(?P<z>Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?"
)
_DIRECTIVE = re.compile(r"%(-?[A-Za-z%])")
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_LEAST = {"Y": 1, "m": 1, "d": 1, "H": 0, "M": 0, "S": 0}
_PRECISION = {"Y": 1, "y": 1, "m": 2, "-m": 2, "b": 2, "B": 2, "H": 4, "-H": 4, "I": 4, "-I": 4, "M": 4, "S": 4, "p": 4, "z": 5, "%": 0}
_DAY = ("d", "-d", "j", "a", "A", "V", "G")
"""Parts a directive needs: 1 a year, 2 a month, 3 a day, 4 a time, 5 a zone."""


def _date(text: str, pattern: str, values: Values) -> str:
    found = _ISO.fullmatch(text.strip())
    if not found:
        return text
    parts = found.groupdict()
    year, month, day, hour, minute, second = (int(parts[part] or otherwise) for part, otherwise in _LEAST.items())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)  # its own zone is only ever told as it stands
    except ValueError:
        return text
    told = 5 if parts["z"] else 4 if parts["H"] else 3 if parts["d"] else 2 if parts["m"] else 1
    if any(_PRECISION.get(directive, 3) > told for directive in _DIRECTIVE.findall(pattern)):
        return text
    return _DIRECTIVE.sub(lambda directive: _written(directive[1], moment, parts["z"] or ""), pattern)


def _written(directive: str, moment: datetime, zone: str) -> str:
    week = moment.isocalendar()
    hour = moment.hour % 12 or 12
    match directive:
        case "Y":
            return f"{moment.year:04}"
        case "y":
            return f"{moment.year % 100:02}"
        case "m" | "d" | "H" | "M" | "S":
            return f"{_PART[directive](moment):02}"
        case "-m" | "-d" | "-H":
            return str(_PART[directive[1]](moment))
        case "I" | "-I":
            return f"{hour:02}" if directive == "I" else str(hour)
        case "p":
            return "AM" if moment.hour < 12 else "PM"
        case "b" | "B":
            return _MONTHS[moment.month - 1][: 3 if directive == "b" else None]
        case "a" | "A":
            return _DAYS[moment.weekday()][: 3 if directive == "a" else None]
        case "j":
            return f"{moment.timetuple().tm_yday:03}"
        case "V":
            return f"{week.week:02}"
        case "G":
            return f"{week.year:04}"
        case "z":
            return zone
        case _:
            return "%"


_PART: Mapping[str, Callable[[datetime], int]] = {
    "m": lambda moment: moment.month,
    "d": lambda moment: moment.day,
    "H": lambda moment: moment.hour,
    "M": lambda moment: moment.minute,
    "S": lambda moment: moment.second,
}


def _is_date_pattern(argument: str) -> bool:
    directives = _DIRECTIVE.findall(argument)
    plain = _DIRECTIVE.sub("", argument)
    return bool(directives) and "%" not in plain and all(one in _PRECISION or one in _DAY for one in directives)


# --- numbers -------------------------------------------------------------------------------------------------------------------

_SAMPLE = re.compile(
    r"(?P<before>[^0-9]*)1(?P<thousands>[., '’\u00a0\u202f]?)234(?:(?P<point>[.,])(?P<decimals>\d{1,6}))?(?P<after>(?:[^0-9].*)?)"
)
_CURRENCY = re.compile(r"([A-Z]{3})(?::(comma|point))?")
_SIGNS = {
    "EUR": "€",
    "USD": "$",
    "GBP": "£",
    "JPY": "¥",
    "CNY": "¥",
    "INR": "₹",
    "PLN": "zł",
    "CZK": "Kč",
    "TRY": "₺",
    "UAH": "₴",
    "KRW": "₩",
}
_WITHOUT_CENTS = ("JPY", "KRW", "CLP", "VND", "ISK")


def _is_sample(argument: str) -> bool:
    found = _SAMPLE.fullmatch(argument)
    return found is not None and (not found["point"] or found["point"] != found["thousands"])


def _number(text: str, sample: str, values: Values) -> str:
    """As the sample writes 1234: `1.234,50 €`."""
    number, shape = number_of(text), _SAMPLE.fullmatch(sample)
    if number is None or shape is None:
        return text
    digits = _digits(number, len(shape["decimals"] or ""), shape["thousands"], shape["point"] or "")
    return f"{shape['before']}{digits}{shape['after']}"


def _digits(number: Decimal, decimals: int, thousands: str, point: str) -> str:
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, _, part = f"{abs(rounded):f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", thousands)
    return ("-" if rounded < 0 else "") + grouped + (point + part if part else "")


def _money(text: str, argument: str, values: Values) -> str:
    number, found = number_of(text), _CURRENCY.fullmatch(argument)
    if number is None or found is None:
        return text
    code, comma = found[1], found[2] != "point"
    digits = _digits(number, 0 if code in _WITHOUT_CENTS else 2, "." if comma else ",", "," if comma else ".")
    sign = _SIGNS.get(code, code)
    if comma or len(sign) > 1:
        return f"{digits} {sign}"
    return f"-{sign}{digits[1:]}" if digits.startswith("-") else sign + digits


_COUNTER = re.compile(rf"([1-9]|1[0-2])(?::(\d{{1,15}}|{PATH})(?::(\d{{1,6}}))?)?")


def _counter(text: str, argument: str, values: Values) -> str:
    """The place of a label, from 1, counted from a start and by steps, with zeros in front up to a width."""
    number, found = number_of(text), _COUNTER.fullmatch(argument)
    if number is None or found is None or number != int(number):
        return text
    start = found[2] or "1"
    if not start.isdecimal():
        first = texts_at(values, tuple(start.split(".")))
        if len(first) != 1 or not re.fullmatch(r" *\d{1,15} *", first[0], re.ASCII):
            raise FieldMissing(f"the field {start!r} must hold the whole number that counting starts from, such as 1", fields=[start])
        start = first[0]
    return f"{int(start) + (int(number) - 1) * int(found[3] or 1):0{found[1]}}"


# --- texts ---------------------------------------------------------------------------------------------------------------------


def _truncated(text: str, argument: str, values: Values) -> str:
    most = int(argument)
    return text if len(text) <= most else text[: most - 1].rstrip() + ELLIPSIS


def _retail(text: str, argument: str, values: Values) -> str:
    """The digits of a retail code as it holds them: with their check digit."""
    digits = text.strip()
    return digits + check_digit(digits) if all_digits(digits) and len(digits) == int(argument) - 1 else text


def _none(argument: str) -> bool:
    return not argument


FORMATS: Mapping[str, Known] = {
    "date": Known(_is_date_pattern, "as date:%d.%m.%Y, of the directives %Y %y %m %d %H %I %M %S %p %j %G %V %b %B %a %A %z", _date),
    "number": Known(_is_sample, "by the way it shows 1234, such as number:1.234,50 or number:1234 g", _number),
    "money": Known(lambda given: bool(_CURRENCY.fullmatch(given)), "with a currency, such as money:EUR or money:USD:point", _money),
    "counter": Known(
        lambda given: bool(_COUNTER.fullmatch(given)),
        "with a width from 1 to 12, perhaps a start (a number or a field) and a step: counter:4, counter:4:1000, counter:4:first:10",
        _counter,
    ),
    "upper": Known(_none, "without an argument", lambda text, argument, values: text.upper()),
    "lower": Known(_none, "without an argument", lambda text, argument, values: text.lower()),
    "truncate": Known(
        lambda given: bool(re.fullmatch(r"[1-9]\d{0,3}", given)), "with the most characters to show, such as truncate:20", _truncated
    ),
    "url": Known(_none, "without an argument", lambda text, argument, values: quote(text.encode("utf-8", "replace"), safe="")),
    "retail": Known(
        lambda given: given in ("8", "12", "13", "14"),
        "with how many digits the code has: retail:8, retail:12, retail:13, retail:14",
        _retail,
    ),
    "default": Known(bool, "with what a missing field shows, such as default:-", lambda text, argument, values: text),
}
"""Every format by its name."""
