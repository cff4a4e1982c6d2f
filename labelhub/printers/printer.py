"""Printer: a configured device and its address; Status: what is known of it now, and since when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from labelhub.drivers.status import PrinterState, Reason, Report
from labelhub.media import Media, media_fields

DECLARED = UUID("6f1b3c7e-9d6a-4f48-9a8c-d4e0e1c5a3b2")
USB = "usb://"
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


@dataclass(frozen=True, slots=True)
class Status:
    """The last that is known of a printer. A failed look keeps the last media and reasons and says why it failed.

    `captured_at` is the last attempt, `last_seen_at` the last success; `online` is None before the first attempt.
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

    def seen(self, report: Report, at: datetime) -> Status:
        """The status after the printer answered."""
        return Status(True, report.state, report.reasons, report.media, report.page_count, at, at, None)

    def missed(self, error: str, at: datetime, fault: str = "printer-unreachable") -> Status:
        """The status after it did not."""
        return replace(self, online=False, state=PrinterState.OFFLINE, captured_at=at, last_error=error, fault=fault)

    @property
    def note(self) -> str | None:
        """A word to the reader while there is nothing to tell yet."""
        return NO_PROBE_YET if self.captured_at is None else None

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
