"""Digits: the payloads of the retail codes and of ITF, and the check digit that most of them end in."""

from __future__ import annotations

from labelhub.errors import BarcodeInvalid


def check_digit(digits: str) -> str:
    """The modulo 10 check digit of GS1 (General Specifications, 7.9): weights 3 and 1 in turn, 3 for the last."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def checked(payload: str, title: str, length: int) -> str:
    """The payload with its check digit, `length` digits in all; one left out is put in. BarcodeInvalid names the right one."""
    if not all_digits(payload) or len(payload) not in (length - 1, length):
        raise BarcodeInvalid(
            f"the {title} for {payload[:60]!r} needs {length} digits, the last of them the check digit, or {length - 1} without it"
        )
    return with_check_digit(payload, title) if len(payload) == length else payload + check_digit(payload)


def with_check_digit(payload: str, title: str) -> str:
    """The payload as it is, when its last digit is right. BarcodeInvalid names the right one."""
    right = check_digit(payload[:-1])
    if payload[-1] != right:
        reason = f"the {title} for {payload!r} ends in the wrong check digit: it should be {right}, as in {payload[:-1] + right!r}"
        raise BarcodeInvalid(reason, check_digit=right)
    return payload


def upce(payload: str) -> tuple[str, str]:
    """The 8 digits of a UPC-E and the 12 of the UPC-A it stands for; 6 digits get a 0 in front. BarcodeInvalid."""
    short = f"0{payload}" if len(payload) == 6 else payload
    if not all_digits(short) or len(short) not in (7, 8) or short[0] not in "01":
        raise BarcodeInvalid(
            f"the UPC-E for {payload[:60]!r} needs 8 digits, a 0 or 1 first and the check digit last; both may be left out"
        )
    long = _expanded(short[:7])
    if _is_written_shorter(short[1:6], short[6]):
        raise BarcodeInvalid(
            f"the UPC-E for {payload!r} is not allowed: the zeros it leaves out are written in another way; use upca for {long}"
        )
    right = check_digit(long)
    if len(short) == 8 and short[-1] != right:
        reason = f"the UPC-E for {payload!r} ends in the wrong check digit: it should be {right}, as in {short[:7] + right!r}"
        raise BarcodeInvalid(reason, check_digit=right)
    return short[:7] + right, long + right


def _is_written_shorter(d: str, last: str) -> bool:
    """True where an ending before this one would do: each UPC-A has one UPC-E."""
    return (last == "3" and d[2] in "012") or (last == "4" and d[3] == "0") or (last in "56789" and d[4] == "0")


def _expanded(short: str) -> str:
    """The 11 digits that the 7 of a UPC-E stand for (General Specifications, 5.2.2.4.2)."""
    system, d, last = short[0], short[1:6], short[6]
    if last in "012":
        return f"{system}{d[:2]}{last}0000{d[2:]}"
    if last == "3":
        return f"{system}{d[:3]}00000{d[3:]}"
    if last == "4":
        return f"{system}{d[:4]}00000{d[4]}"
    return f"{system}{d}0000{last}"


def even(payload: str) -> str:
    """The payload of an ITF, which draws digits in pairs. BarcodeInvalid."""
    if not all_digits(payload):
        raise BarcodeInvalid(f"an ITF holds digits alone, not {payload[:60]!r}; code128 holds all of ASCII")
    if len(payload) % 2:
        raise BarcodeInvalid(f"an ITF holds an even number of digits and {payload[:60]!r} has {len(payload)}; put a 0 in front")
    return payload


def all_digits(text: str) -> bool:
    """True for ASCII digits and nothing else; `str.isdigit` takes ² and ٣ as well."""
    return text.isascii() and text.isdigit()
