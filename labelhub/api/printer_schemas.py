"""What goes over the wire about printers: the bodies the API reads and the answers it gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from labelhub.api.schemas import Body, Instant, Word
from labelhub.drivers.driver import Geometry
from labelhub.media import Media, media_fields, millimetres
from labelhub.printers.discovery import Found
from labelhub.printers.identity import Identity
from labelhub.printers.printer import USB_HOST, Address, Printer, Status


def _no_id(slug: str) -> str:
    try:
        UUID(slug)
    except ValueError:
        return slug
    raise ValueError("must not look like an id: it could be another printer's")


Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$"), AfterValidator(_no_id)]
HOST = rf"^([A-Za-z0-9._:%-]+|{USB_HOST})$"
"""A host name, an address, or a printer on this machine's USB."""
Port = Annotated[int, Field(ge=1, le=65535, strict=True)]


class ConnectionBody(Body):
    """Where a new printer listens."""

    host: str = Field(min_length=1, max_length=253, pattern=HOST)
    port: Port = 9100
    snmp: bool = Field(default=True, strict=True)
    snmp_port: Port = 161
    snmp_community: str = Field(default="public", min_length=1, max_length=255, description="Never shown again.")

    def address(self) -> Address:
        """The address."""
        return Address(**self.model_dump())


class ConnectionChange(Body):
    """What changes of a connection; the rest stays."""

    host: str | None = Field(default=None, min_length=1, max_length=253, pattern=HOST)
    port: Port | None = None
    snmp: bool | None = Field(default=None, strict=True)
    snmp_port: Port | None = None
    snmp_community: str | None = Field(default=None, min_length=1, max_length=255)


class PrinterBody(Body):
    """A new printer."""

    name: Word
    model: Annotated[str, Field(min_length=1, max_length=60)]
    connection: ConnectionBody
    slug: Slug | None = None


class PrinterChange(Body):
    """What changes of a printer; the rest stays."""

    name: Word | None = None
    model: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    slug: Slug | None = None
    enabled: bool | None = Field(default=None, strict=True)
    connection: ConnectionChange | None = None


class ConnectionOut(BaseModel):
    """Where a printer listens; never a secret."""

    host: str
    port: int
    snmp: bool
    snmp_port: int


class MediaOut(BaseModel):
    """What is loaded."""

    kind: str
    width_mm: float
    length_mm: float | None
    media_color: str
    text_color: str
    two_color: bool


class PrinterOut(BaseModel):
    """One printer."""

    id: UUID
    slug: str
    name: str
    model: str
    driver: str | None
    backend: str
    connection: ConnectionOut
    enabled: bool
    paused: bool
    state: str
    media: MediaOut | None
    queue_depth: int
    serial: str | None = Field(description="Its serial number, as it last told it.")
    firmware: str | None = Field(description="As it told since the hub was started.")
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, printer: Printer, status: Status, identity: Identity | None, queue_depth: int) -> Self:
        """The printer as it is shown; `identity` is what it told in this run."""
        address = printer.address
        own = {
            name: getattr(printer, name)
            for name in ("id", "slug", "name", "model", "backend", "enabled", "paused", "serial", "created_at", "updated_at")
        }
        return cls(
            **own,
            driver=printer.driver or None,
            connection=ConnectionOut(host=address.host, port=address.port, snmp=address.snmp, snmp_port=address.snmp_port),
            state=status.state,
            media=media_out(status.media),
            queue_depth=queue_depth,
            firmware=(identity.firmware or None) if identity else None,
        )


class StatusOut(BaseModel):
    """What is known of a printer, from the cache."""

    printer_id: UUID
    online: bool | None
    state: str
    reasons: list[str]
    tape_loaded: str | None
    media: MediaOut | None
    error_state: str | None
    captured_at: Instant | None
    last_seen_at: Instant | None
    last_probe_age_s: float | None
    last_error: str | None
    note: str | None

    @classmethod
    def of(cls, printer_id: UUID, status: Status, now: datetime) -> Self:
        """The status as it is shown."""
        age_s = None if status.captured_at is None else max(0.0, (now - status.captured_at).total_seconds())
        return cls(**status.fields(printer_id), last_probe_age_s=age_s)


class TapeOut(MediaOut):
    """What is loaded, with its geometry on this printer."""

    name: str
    printable_dots: int
    dpi: int
    min_length_mm: float
    max_length_mm: float

    @classmethod
    def of(cls, media: Media, geometry: Geometry) -> Self:
        """The media as it is shown."""
        canvas = geometry.canvas
        return cls(
            name=media.name, **media_fields(media), printable_dots=geometry.printable_dots, dpi=geometry.dpi,
            min_length_mm=round(millimetres(canvas.min_length_dots, canvas.dpi_along), 2),
            max_length_mm=round(millimetres(canvas.max_length_dots, canvas.dpi_along), 2),
        )  # fmt: skip


class FoundOut(BaseModel):
    """A printer that was found on the network."""

    model: str | None = Field(description="Null for a printer that nothing here drives.")
    described: str = Field(description="Its own words for what it is.")
    serial: str | None = Field(description="Null when it does not tell it, or answers no SNMP.")
    firmware: str | None
    host: str
    port: int
    snmp_port: int
    media: MediaOut | None
    sources: list[Literal["mdns", "snmp"]] = Field(description="How it was found: it made itself known, it answered in the subnet.")
    printer_id: UUID | None = Field(description="Of the printer here that it is; null for one that is not set up.")
    slug: str | None
    moved_from: str | None = Field(description="The host and port it is set up with, when it has left them for the ones here.")

    @classmethod
    def of(cls, found: Found) -> Self:
        """The printer as it is shown."""
        same = ("model", "described", "host", "port", "snmp_port", "sources", "printer_id", "slug", "moved_from")
        own = {name: getattr(found, name) for name in same}
        return cls(**own, serial=found.serial or None, firmware=found.firmware or None, media=media_out(found.media))


def media_out(media: Media | None) -> MediaOut | None:
    """The media as it is shown."""
    return MediaOut(**media_fields(media)) if media else None
