"""Faults: everything that can be wrong with a virtual printer and its wire, as one value that is switched while it runs.

What a person does with hands (cover, media, plug) is not here: those are acts of the printer, not switches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

from labelhub.errors import ValidationFailed


class SecondConnection(StrEnum):
    """What becomes of a connection that comes while another is read."""

    WAIT = "wait"
    """The system takes it and nobody reads it, until the first is over."""
    RESET = "reset"


class Snmp(StrEnum):
    """How the SNMP agent behaves."""

    ANSWERS = "answers"
    SILENT = "silent"
    GARBAGE = "garbage"
    """It answers bytes that are no message."""
    NO_RAW = "no-raw"
    """It does not know Brother's raw status block: the Printer MIB is all there is."""
    V1_ONLY = "v1-only"
    """It ignores v2c, as an old QL-1060N does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is switched on. A printer takes some back by itself: each says when."""

    media_left_mm: float | None = None
    """Media until its end, counted down by printing; None: endless. It ends in the middle of a page. New media sets it to None."""
    cutter_jam: bool = False
    """The cutter jams at the next cut. A person clears the jam, which sets it to False."""
    cooling: bool = False
    """The head is too hot: pages wait."""
    asleep: bool = False
    """SNMP is silent until a connection comes; `wake_s` later it is awake and this is False."""
    wake_s: float = 1.0
    refuse_while_busy: bool = False
    """Connections are refused from the first one on until everything received is printed."""
    second_connection: SecondConnection = SecondConnection.WAIT
    read_bytes_per_s: float | None = None
    """How fast it reads; None: as fast as it can."""
    reset_at_byte: int | None = None
    """The connection is reset after so many bytes of it were read. Once: then it is None."""
    half_open: bool = False
    """It is gone without a word: connections stay open and unread, SNMP is silent. Back again, it has lost what it had."""
    snmp: Snmp = Snmp.ANSWERS
    snmp_delay_s: float = 0.0
    snmp_drop_each: int | None = None
    """Every so many-th datagram is not answered."""
    answers_status: bool = False
    """It answers ESC i S on TCP, which no network printer was seen to do."""
    silent: bool = False
    """On USB: it prints, but sends no block, asked or not."""

    def changed(self, changes: Mapping[str, object]) -> Self:
        """With some switches changed. ValidationFailed, naming the first that is unknown, of the wrong kind or out of bounds."""
        checked: dict[str, Any] = {name: _checked(name, value) for name, value in changes.items()}
        return replace(self, **checked)

    @property
    def switched_on(self) -> dict[str, object]:
        """The switches that do not stand as in a printer that is well, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if getattr(self, field.name) != field.default}


CHOICES: Mapping[str, type[StrEnum]] = {"second_connection": SecondConnection, "snmp": Snmp}
SWITCHES = tuple(field.name for field in fields(Faults) if isinstance(field.default, bool))
# name: least, most, whole numbers only, None allowed
AMOUNTS: Mapping[str, tuple[float, float, bool, bool]] = {
    "media_left_mm": (0, 100_000, False, True),
    "wake_s": (0, 600, False, False),
    "read_bytes_per_s": (1, 100_000_000, False, True),
    "reset_at_byte": (1, 1_000_000_000, True, True),
    "snmp_delay_s": (0, 60, False, False),
    "snmp_drop_each": (1, 1000, True, True),
}


def from_word(name: str, word: str) -> object:
    """The value that a form or a command line means: `on` and `off`, a number, nothing for None; else the word itself."""
    if name in SWITCHES and word in ("on", "off"):
        return word == "on"
    if name not in AMOUNTS:
        return word
    try:
        number = float(word) if word else None
    except ValueError:
        return word
    return int(number) if number is not None and number.is_integer() else number


def _checked(name: str, value: object) -> object:
    if name in CHOICES:
        if value in (words := [choice.value for choice in CHOICES[name]]):
            return CHOICES[name](value)
        raise _refused(name, f"one of {', '.join(words)}")
    if name in SWITCHES:
        if isinstance(value, bool):
            return value
        raise _refused(name, "true or false")
    if name in AMOUNTS:
        return _amount(name, value)
    known = ", ".join(field.name for field in fields(Faults))
    detail = f"there is no fault {name[:60]!r}; there are {known}"
    raise ValidationFailed(detail, errors=[{"pointer": "#/" + name[:60].replace("~", "~0").replace("/", "~1"), "detail": "unknown"}])


def _amount(name: str, value: object) -> object:
    least, most, whole, or_none = AMOUNTS[name]
    if value is None and or_none:
        return None
    if isinstance(value, int if whole else int | float) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise _refused(name, f"{'a whole' if whole else 'a'} number from {least:g} to {most:g}{', or null' if or_none else ''}")


def _refused(name: str, wanted: str) -> ValidationFailed:
    return ValidationFailed(f"{name} must be {wanted}", errors=[{"pointer": f"#/{name}", "detail": f"must be {wanted}"}])
