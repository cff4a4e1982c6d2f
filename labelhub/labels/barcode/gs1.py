"""GS1: element strings such as `(01)09506000134352(17)261231(10)ABC123`, and the Digital Link they can become.

| part | holds |
|---|---|
| identifier | 2 to 4 digits that say what follows (GS1 General Specifications, 3.2) |
| value | so many characters, or up to so many |
| FNC1 | the end of a value, unless its identifier is one of those whose length every reader knows (figure 7.8.5-2) |
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from labelhub.errors import BarcodeInvalid
from labelhub.labels.barcode.digits import all_digits, check_digit

MAX_CHARACTERS = 400
DEFAULT_DOMAIN = "https://id.gs1.org"
DOMAIN = r"https?://[A-Za-z0-9.-]{1,200}(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]{1,60}){0,4}"
"""How the start of a Digital Link is written."""

SEPARATOR = "\x1d"
"""How a reader tells FNC1 between two elements."""

_ELEMENT = re.compile(r"\((\d{2,4})\)((?:[^(]|\((?!\d{2,4}\)))*)")
_CHARACTERS = re.compile(r"[A-Za-z0-9!\"%&'()*+,\-./_:;<=>?]+")
_KNOWN_LENGTH = ("00", "01", "02", "03", "04", *(str(number) for number in range(11, 20)), "20", *map(str, range(31, 37)), "41")


class Element(NamedTuple):
    """One identifier with its value."""

    identifier: str
    value: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """What an identifier's value may be: `least` to `most` characters; `check` digits with a check digit at their end."""

    title: str
    least: int
    most: int
    digits: bool = True
    check: int = 0
    date: bool = False


def _digits(title: str, length: int, *, check: bool = False) -> _Rule:
    return _Rule(title, length, length, check=length if check else 0)


def _text(title: str, most: int) -> _Rule:
    return _Rule(title, 1, most, digits=False)


_RULES: dict[str, _Rule] = {
    "00": _digits("SSCC", 18, check=True),
    "01": _digits("GTIN", 14, check=True),
    "02": _digits("GTIN of what is inside", 14, check=True),
    "10": _text("batch or lot", 20),
    **{
        number: _Rule(f"{title} date", 6, 6, date=True)
        for number, title in (
            ("11", "production"), ("12", "due"), ("13", "packaging"), ("15", "best before"), ("16", "sell by"), ("17", "expiration"),
        )
    },
    "20": _digits("product variant", 2),
    "21": _text("serial number", 20),
    "22": _text("consumer product variant", 20),
    "30": _Rule("count", 1, 8),
    "37": _Rule("count of what is inside", 1, 8),
    "235": _text("third-party serial number", 28),
    "240": _text("additional product identification", 30),
    "241": _text("customer part number", 30),
    "242": _Rule("made-to-order variation", 1, 6),
    "243": _text("packaging component", 20),
    "250": _text("secondary serial number", 30),
    "251": _text("reference to source entity", 30),
    "253": _Rule("document type", 13, 30, digits=False, check=13),
    "254": _text("extension of a location", 20),
    "255": _Rule("coupon", 13, 25, check=13),
    "400": _text("order number", 30),
    "401": _text("consignment", 30),
    "402": _digits("shipment", 17, check=True),
    "403": _text("routing code", 30),
    **{
        f"41{place}": _digits(title, 13, check=True)
        for place, title in enumerate(
            ("ship to", "bill to", "purchased from", "ship for", "physical location", "invoicing party", "production location", "party")
        )
    },
    "420": _text("postal code", 20),
    "421": _Rule("postal code with country", 4, 12, digits=False),
    "422": _digits("country of origin", 3),
    "7003": _digits("expiration date and time", 10),
    "8003": _Rule("returnable asset", 14, 30, digits=False, check=14),
    "8004": _text("individual asset", 30),
    "8005": _digits("price a unit", 6),
    "8006": _digits("piece of an item", 18),
    "8008": _Rule("production date and time", 8, 12),
    "8017": _digits("provider of a relation", 18, check=True),
    "8018": _digits("recipient of a relation", 18, check=True),
    "8020": _text("payment slip", 25),
    "8200": _text("address on the web", 70),
    **{str(number): _text("company's own", 90 if number > 90 else 30) for number in range(90, 100)},
}  # fmt: skip
_MEASURES = re.compile(r"3(?:[1-5][0-6]|6[0-9])[0-5]")
_MONEY = {"390": _Rule("amount", 1, 15), "391": _Rule("amount with currency", 4, 18), "392": _Rule("price", 1, 15)}
_MONEY["393"] = _Rule("price with currency", 4, 18)

_KEYS = ("01", "00", "253", "255", "402", "414", "417", "8003", "8004", "8006", "8017", "8018", "401")
_QUALIFIERS = {"01": ("22", "10", "21", "235"), "414": ("254",), "8006": ("22", "10", "21")}
"""What stands in the path of a Digital Link after its key, in this order (GS1 Digital Link: URI Syntax, 4.6)."""


def parsed(text: str) -> tuple[Element, ...]:
    """The elements, GTINs of 8, 12 or 13 digits brought to 14, check digits left out put in. BarcodeInvalid names the element."""
    if len(text) > MAX_CHARACTERS:
        raise BarcodeInvalid(f"a GS1 element string has at most {MAX_CHARACTERS} characters, not {len(text)}")
    found = tuple(_ELEMENT.finditer(text))
    if not found or "".join(one[0] for one in found) != text:
        raise BarcodeInvalid(f"{text[:60]!r} is no GS1 element string: put identifiers in parentheses, as in '(01)09506000134352(10)A1'")
    elements = tuple(Element(one[1], _value(one[1], one[2])) for one in found)
    identifiers = [one.identifier for one in elements]
    twice = next((one for one in identifiers if identifiers.count(one) > 1), None)
    if twice:
        raise BarcodeInvalid(f"the GS1 element ({twice}) stands twice in {text[:60]!r}")
    return elements


def drawn_as(elements: Sequence[Element]) -> str:
    """The elements as the writer takes them; no value can hold a bracket."""
    return "".join(f"[{one.identifier}]{one.value}" for one in elements)


def reads_as(elements: Sequence[Element]) -> str:
    """What a reader tells of them, with a separator after each value that needs one, but for the last."""
    ended = [f"{one.identifier}{one.value}{'' if one.identifier[:2] in _KNOWN_LENGTH else SEPARATOR}" for one in elements]
    return "".join(ended).removesuffix(SEPARATOR)


def link(elements: Sequence[Element], domain: str = DEFAULT_DOMAIN) -> str:
    """The Digital Link of the elements: their key and its qualifiers as a path, all others as a query. BarcodeInvalid without a key."""
    values = dict(elements)
    key = next((one for one in _KEYS if one in values), None)
    if key is None:
        raise BarcodeInvalid("a GS1 Digital Link needs a key, such as the GTIN (01), the SSCC (00) or the asset (8004)")
    path = [key, *(one for one in _QUALIFIERS.get(key, ()) if one in values)]
    steps = "".join(f"/{one}/{quote(values[one], safe='')}" for one in path)
    rest = "&".join(f"{one}={quote(value, safe='')}" for one, value in elements if one not in path)
    return f"{domain.rstrip('/')}{steps}{'?' + rest if rest else ''}"


def _rule(identifier: str) -> _Rule:
    if len(identifier) == 4 and _MEASURES.fullmatch(identifier):
        return _digits("measure", 6)
    money = _MONEY.get(identifier[:3]) if len(identifier) == 4 and identifier[3].isdigit() else None
    rule = _RULES.get(identifier) or money
    if rule is None:
        raise BarcodeInvalid(f"({identifier}) is no GS1 application identifier known here; docs/why/barcodes.md lists them")
    return rule


def _value(identifier: str, value: str) -> str:
    rule = _rule(identifier)
    if rule.check and all_digits(value):
        value = _completed(identifier, value, rule)
    if not rule.least <= len(value) <= rule.most:
        length = str(rule.least) if rule.least == rule.most else f"{rule.least} to {rule.most}"
        raise _wrong(identifier, rule, value, f"needs {length} {'digits' if rule.digits else 'characters'}, not {len(value)}")
    if rule.digits and not all_digits(value):
        raise _wrong(identifier, rule, value, "holds digits alone")
    if not _CHARACTERS.fullmatch(value):
        raise _wrong(identifier, rule, value, "holds letters, digits and !\"%&'()*+,-./_:;<=>? alone")
    if rule.date and not _is_date(value):
        raise _wrong(identifier, rule, value, "is a date written YYMMDD, with 00 for a day that is not known")
    if rule.check:
        _check(identifier, rule, value)
    return value


def _completed(identifier: str, value: str, rule: _Rule) -> str:
    if identifier in ("01", "02") and len(value) in (8, 12):
        return value.zfill(14)
    if identifier in ("01", "02") and len(value) == 13:
        return f"0{value}" if value[-1] == check_digit(value[:-1]) else value + check_digit(value)
    return value + check_digit(value) if len(value) == rule.check - 1 else value


def _check(identifier: str, rule: _Rule, value: str) -> None:
    keyed = value[: rule.check]
    right = check_digit(keyed[:-1]) if all_digits(keyed) else None
    if right is None:
        raise _wrong(identifier, rule, value, f"begins with {rule.check} digits")
    if keyed[-1] != right:
        error = _wrong(identifier, rule, value, f"has the wrong check digit: it should be {right}, as in {keyed[:-1] + right!r}")
        error.extra["check_digit"] = right
        raise error


def _is_date(value: str) -> bool:
    month, day = int(value[2:4]), int(value[4:])
    return 1 <= month <= 12 and day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)


def _wrong(identifier: str, rule: _Rule, value: str, reason: str) -> BarcodeInvalid:
    return BarcodeInvalid(f"the GS1 element ({identifier}), {rule.title}, {reason}: {value[:60]!r}")
