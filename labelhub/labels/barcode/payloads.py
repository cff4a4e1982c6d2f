"""Payloads: what each symbology makes of the text it is given, before anything is drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from labelhub.errors import BarcodeInvalid
from labelhub.labels.barcode import digits, gs1
from labelhub.labels.barcode.symbology import Symbology

MAX_CHARACTERS = 3000
MAX_LINEAR_CHARACTERS = 120
"""A Code 128 of so many is 38 cm long at the smallest module; no scanner sees it at once."""

_CODE39 = re.compile(r"[0-9A-Z. $/+%-]+")
_CODABAR = re.compile(r"(?:[A-D])?([0-9$:/.+-]{2,})(?:[A-D])?")


class Content(NamedTuple):
    """What the writer is given, and the bytes a reader must find."""

    drawn: str
    read: bytes


def content(payload: str, symbology: Symbology, domain: str = "") -> Content:
    """The payload as drawn and as read back. BarcodeInvalid, telling what to change."""
    most = MAX_LINEAR_CHARACTERS if symbology.linear and not symbology.gs1 else MAX_CHARACTERS
    if not 0 < len(payload) <= most:
        reason = f"cannot hold {len(payload)} characters, at most {most}; shorten its payload" if payload else "has nothing to hold"
        raise BarcodeInvalid(f"a {symbology.title} {reason}")
    if symbology.gs1 or symbology.name == "gs1-link":
        return _gs1(payload, symbology, domain)
    make = _MAKE.get(symbology.name)
    if make is not None:
        return make(payload)
    if not symbology.unicode and not payload.isascii():
        raise BarcodeInvalid(f"a {symbology.title} cannot hold {payload[:60]!r}: it has ASCII alone; qr holds every character")
    try:
        return Content(payload, payload.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise BarcodeInvalid(f"a {symbology.title} cannot hold {payload[:60]!r}: it has half of a character in it") from error


def _gs1(payload: str, symbology: Symbology, domain: str) -> Content:
    elements = gs1.parsed(payload)
    if not symbology.gs1:
        return _same(gs1.link(elements, domain or gs1.DEFAULT_DOMAIN))
    read = gs1.reads_as(elements)
    if symbology.name == "gs1-128" and len(read) > 48:
        raise BarcodeInvalid(f"a GS1-128 holds 48 characters and {payload[:60]!r} has {len(read)}; gs1-datamatrix holds more")
    return Content(gs1.drawn_as(elements), read.encode())


def _same(text: str) -> Content:
    return Content(text, text.encode())


def _code39(payload: str) -> Content:
    if not _CODE39.fullmatch(payload):
        raise BarcodeInvalid(f"a Code 39 has digits, capitals, blanks and -.$/+% alone, not {payload[:60]!r}; code128 holds all of ASCII")
    return _same(payload)


def _codabar(payload: str) -> Content:
    found = _CODABAR.fullmatch(payload)
    if not found or (payload[0] in "ABCD") != (payload[-1] in "ABCD"):
        raise BarcodeInvalid(
            f"a Codabar holds two digits or more, and -$:/.+, between two letters A to D, which may be left out, not {payload[:60]!r}"
        )
    return _same(payload if payload[0] in "ABCD" else f"A{payload}A")


def _upca(payload: str) -> Content:
    whole = digits.checked(payload, "UPC-A", 12)
    return Content(whole, b"0" + whole.encode())


def _upce(payload: str) -> Content:
    short, long = digits.upce(payload)
    return Content(short, b"0" + long.encode())


_MAKE: Mapping[str, Callable[[str], Content]] = {
    "code39": _code39,
    "codabar": _codabar,
    "ean13": lambda payload: _same(digits.checked(payload, "EAN-13", 13)),
    "ean8": lambda payload: _same(digits.checked(payload, "EAN-8", 8)),
    "upca": _upca,
    "upce": _upce,
    "itf": lambda payload: _same(digits.even(payload)),
    "itf14": lambda payload: _same(digits.checked(payload, "ITF-14", 14)),
}
