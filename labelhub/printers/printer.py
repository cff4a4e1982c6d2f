"""Printer: a configured device and its address; Status: what is known of it now, and since when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from labelhub.drivers.status import PASSING, PrinterState, Reason, Report
from labelhub.media import Media, media_fields, media_of

DECLARED = UUID("6f1b3c7e-9d6a-4f48-9a8c-d4e0e1c5a3b2")
USB = "usb://"
USB_HOST = USB + r"(?:(lp[0-9]{1,3})|([0-9a-f]{4}):([0-9a-f]{4})(?:/([A-Za-z0-9._-]{1,64}))?)"
"""How a printer on this machine's USB is written, all of it: usb://lp0, usb://04f9:2062/SERIAL. Groups: file, vendor, product, serial.

Every way in that lets a person choose an address holds to it, for it is also what keeps other files from being named.
"""
SILENT = (
    "The printer takes connections but answers no status question: it is printed on without knowing what it holds, "
    "and a job only says that it was sent"
)
NO_PROBE_YET = "No probe yet — wait up to 30s for first probe cycle"


def declared_id(model: str, host: str, port: int) -> UUID:
    """The id of a printer that settings declare: the same on every start and every machine."""
    return uuid5(DECLARED, f"{model.lower()}|{host}|{port}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a printer listens: raster bytes on TCP `port`, status by SNMP unless `snmp` is off.

    A `host` that begins with `usb://` is a printer on this machine's USB; of the rest nothing counts then.
    """

    host: str
    port: int = 9100
    snmp: bool = True
    snmp_port: int = 161
    snmp_community: str = "public"

    @property
    def scheme(self) -> str:
        """The transport: `tcp` or `usb`."""
        return "usb" if self.host.startswith(USB) else "tcp"


@dataclass(frozen=True, slots=True)
class Printer:
    """A configured device. `driver` is empty for a model that nothing here drives: it shows its fault and prints nothing."""

    id: UUID
    slug: str
    name: str
    model: str
    driver: str
    backend: str
    address: Address
    enabled: bool
    paused: bool
    declared: bool
    created_at: datetime
    updated_at: datetime
    serial: str | None = None
    """What it last said of itself; None until it has."""
    site: str = ""
    """Only nodes of this site drive it."""


@dataclass(frozen=True, slots=True)
class Status:
    """The last that is known of a printer. A failed look keeps the last media and reasons and says why it failed.

    `captured_at` is the last attempt, `last_seen_at` the last success: an answer or, of a printer that has been set up to be asked
    nothing, its open port. `online` is None before the first attempt.
    """

    online: bool | None = None
    state: PrinterState = PrinterState.UNKNOWN
    reasons: tuple[Reason, ...] = ()
    media: Media | None = None
    page_count: int | None = None
    captured_at: datetime | None = None
    last_seen_at: datetime | None = None
    last_error: str | None = None
    fault: str | None = None
    """The problem slug behind `last_error`."""
    blind_since: datetime | None = None
    """Since when it has answered nothing though it can be reached; None while it answers, or has been set up to be asked nothing."""
    uptime_s: float | None = None
    """Since it was switched on, as it told itself."""

    def seen(self, report: Report, at: datetime) -> Status:
        """The status after the printer answered."""
        return Status(True, report.state, report.reasons, report.media, report.page_count, at, at, None, uptime_s=report.uptime_s)

    def reached(self, why: str, at: datetime, wake_s: float) -> Status:
        """The status after a printer that should answer took a connection and said nothing.

        It may be asleep, and the connection wakes it: `asleep` is the reason for so long. After that it is taken as it is,
        to be printed on without being seen. What it held before is not known any more.
        """
        since = self.blind_since or at
        reasons = (Reason.ASLEEP,) if (at - since).total_seconds() < wake_s else ()
        return Status(True, PrinterState.UNKNOWN, reasons, None, None, at, self.last_seen_at, why, blind_since=since)

    def missed(self, error: str, at: datetime, fault: str = "printer-unreachable") -> Status:
        """The status after it did not."""
        return replace(self, online=False, state=PrinterState.OFFLINE, captured_at=at, last_error=error, fault=fault)

    def stored(self) -> dict[str, Any]:
        """The status as JSON values, for another node to read with `restored`."""
        values = {name: getattr(self, name) for name in self.__slots__}
        times = {name: value.isoformat() for name, value in values.items() if isinstance(value, datetime)}
        return values | times | {"media": self.media and media_fields(self.media)}

    @classmethod
    def restored(cls, values: dict[str, Any]) -> Status:
        """The status that another node stored."""
        times = {name: values[name] and datetime.fromisoformat(values[name]) for name in ("captured_at", "last_seen_at", "blind_since")}
        read = {
            "state": PrinterState(values["state"]),
            "reasons": tuple(map(Reason, values["reasons"])),
            "media": values["media"] and media_of(values["media"]),
        }
        return cls(**values | times | read)

    @property
    def works(self) -> bool:
        """True when it prints, or will by itself in a moment."""
        return bool(self.online) and (self.state is PrinterState.PRINTING or (bool(self.reasons) and PASSING.issuperset(self.reasons)))

    @property
    def blind(self) -> bool:
        """True when the printer can be reached and not seen."""
        return bool(self.online) and self.blind_since is not None

    def answers(self, address: Address) -> bool:
        """True when the printer at that address tells how it feels, so that it can be followed and its media is known."""
        if self.blind:
            return False
        return self.state is not PrinterState.UNKNOWN if address.scheme == "usb" else address.snmp

    def can_tell(self, address: Address) -> bool:
        """True for a printer that tells what it holds, or will when it is back."""
        if self.media is not None or self.answers(address):
            return True
        return not self.online and (address.snmp or address.scheme == "usb")

    @property
    def note(self) -> str | None:
        """A word to the reader about what the rest does not tell."""
        if self.captured_at is None:
            return NO_PROBE_YET
        return SILENT if self.blind and not self.reasons else None

    def differs(self, other: Status) -> bool:
        """True when something a person would see changed, the times of looking left aside."""
        return (self.online, self.state, self.reasons, self.media_key, self.last_error) != (
            other.online, other.state, other.reasons, other.media_key, other.last_error,
        )  # fmt: skip

    def fields(self, printer_id: UUID) -> dict[str, Any]:
        """What the HTTP contract shows of a status, but for the age of the last look; times stay datetimes."""
        return {
            "printer_id": str(printer_id),
            "online": self.online,
            "state": self.state.value,
            "reasons": [reason.value for reason in self.reasons],
            "error_state": ", ".join(self.reasons) or None,
            "tape_loaded": self.media.name if self.media else None,
            "media": media_fields(self.media) if self.media else None,
            "captured_at": self.captured_at,
            "last_seen_at": self.last_seen_at,
            "last_error": self.last_error,
            "note": self.note,
        }

    @property
    def media_key(self) -> tuple[Media | None, str, str]:
        """The media with its colours, which equality of Media leaves out."""
        media = self.media
        return media, media.media_color if media else "", media.text_color if media else ""
