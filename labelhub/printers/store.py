"""Every SQL statement about printers. Functions take `conn` first and never commit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from labelhub.db.schema import printers, text_of
from labelhub.db.schema import statuses as status_rows
from labelhub.errors import NameTaken, PrinterNotFound
from labelhub.events import PRINTER_REMOVED, Event, append, append_all
from labelhub.printers.printer import Address, Printer

MAX_SLUG_CHARACTERS = 60


def every(conn: Connection) -> list[Printer]:
    """All printers, by name."""
    return [_printer(row) for row in conn.execute(sa.select(printers).order_by(printers.c.name, printers.c.id))]


def get(conn: Connection, id_or_slug: str | UUID) -> Printer:
    """One printer by its id or slug. PrinterNotFound."""
    clause = printers.c.slug == str(id_or_slug).lower()
    with suppress(ValueError):  # a slug, then
        clause |= printers.c.id == UUID(str(id_or_slug))
    row = conn.execute(sa.select(printers).where(clause)).first()
    if row is None:
        raise PrinterNotFound(f"no printer has the id or slug {str(id_or_slug)[:80]!r}")
    return _printer(row)


def insert(conn: Connection, printer: Printer) -> Printer:
    """The printer as stored. NameTaken when another has its slug, or is enabled at its address."""
    _refuse_taken(conn, printer)
    conn.execute(sa.insert(printers).values(_values(printer)))
    return printer


def update(conn: Connection, printer: Printer) -> Printer:
    """The printer as stored. NameTaken, PrinterNotFound."""
    _refuse_taken(conn, printer)
    if conn.execute(sa.update(printers).where(printers.c.id == printer.id).values(_values(printer))).rowcount == 0:
        raise PrinterNotFound(f"no printer has the id {printer.id}")
    return printer


def change(conn: Connection, printer_id: UUID, change_it: Callable[[Printer], Printer]) -> Printer:
    """The printer as stored, after `change_it` was done to it as it stands now, not as a caller saw it. NameTaken, PrinterNotFound."""
    before = get(conn, printer_id)
    changed = change_it(before)
    return update(conn, replace(changed, updated_at=_later(changed.updated_at, before.updated_at)))


def set_paused(conn: Connection, printer_id: UUID, paused: bool, at: datetime) -> Printer:
    """The printer, paused or not from now on; untouched when it was so already. It survives restarts. PrinterNotFound."""
    before = get(conn, printer_id)
    if before.paused == paused:
        return before
    return update(conn, replace(before, paused=paused, updated_at=_later(at, before.updated_at)))


def told(conn: Connection, changed: Printer, statuses: Callable[[UUID], list[Event]]) -> Printer:
    """The printer that was changed, with the event of its status: a name or a pause shows in none, and who looks is to hear of it."""
    append_all(conn, statuses(changed.id))
    return changed


def set_serial(conn: Connection, printer_id: UUID, serial: str) -> None:
    """Keep what the printer says is its serial number. It is no change that anybody made, so `updated_at` stays."""
    conn.execute(sa.update(printers).where(printers.c.id == printer_id).values(serial=serial))


def delete(conn: Connection, printer_id: UUID, at: datetime) -> None:
    """The printer is gone, and whoever looks is told; its jobs stay as history."""
    gone = conn.execute(sa.delete(printers).where(printers.c.id == printer_id).returning(printers.c.slug, printers.c.name)).first()
    if gone is not None:
        told_of = {"printer_id": str(printer_id), "slug": gone.slug, "name": gone.name, "timestamp": text_of(at)}
        append(conn, Event(PRINTER_REMOVED, told_of, at, printer_id))
    conn.execute(sa.delete(status_rows).where(status_rows.c.printer_id == printer_id))


def statuses(conn: Connection) -> dict[UUID, dict[str, Any]]:
    """What the nodes that drive the printers last saw of them, as `Status.stored`."""
    return {row.printer_id: row.status for row in conn.execute(sa.select(status_rows))}


def share_statuses(conn: Connection, seen: Mapping[UUID, dict[str, Any]]) -> None:
    """Keep what this node saw, for the others to read."""
    conn.execute(sa.delete(status_rows).where(status_rows.c.printer_id.in_(list(seen))))
    conn.execute(sa.insert(status_rows), [{"printer_id": printer_id, "status": status} for printer_id, status in seen.items()])


def upsert_declared(conn: Connection, declared: Iterable[Printer], at: datetime, site: str = "") -> None:
    """Make the declared printers so; one of this site that settings no longer declare is disabled, not deleted.

    So is another printer at the address of a declared one: two workers on one device would take its pages for their own.
    Whether a declared printer is enabled or paused is the users' to say, and its serial number its own: both outlive a restart.
    """
    wanted = list(declared)
    for printer in wanted:
        row = conn.execute(sa.select(printers).where(printers.c.id == printer.id)).first()
        values = _values(printer) | {"slug": free_slug(conn, printer.slug, printer.id)}
        if row is None:
            conn.execute(sa.insert(printers).values(values))
            continue
        kept = {
            "created_at": row.created_at,
            "paused": row.paused,
            "enabled": row.enabled if row.declared else True,
            "serial": row.serial,
        }
        same = all(row._mapping[name] == value for name, value in (values | kept).items() if name != "updated_at")
        if not same:
            kept["updated_at"] = _later(at, row.updated_at)
            conn.execute(sa.update(printers).where(printers.c.id == printer.id).values(values | kept))
    retired = printers.c.declared & (printers.c.site == site) & printers.c.id.not_in([printer.id for printer in wanted])
    _disable(conn, retired, at)
    for printer in wanted:
        _disable(conn, _at(printer) & printers.c.enabled & ~printers.c.declared, at)


def _disable(conn: Connection, which: sa.ColumnElement[bool], at: datetime) -> None:
    for printer in map(_printer, conn.execute(sa.select(printers).where(which)).all()):
        values = {"declared": False, "enabled": False, "updated_at": _later(at, printer.updated_at)}
        conn.execute(sa.update(printers).where(printers.c.id == printer.id).values(values))


def _later(at: datetime, before: datetime) -> datetime:
    """The time of a change, later than the one before it though another node's clock may be behind: who sees two knows the newer."""
    return max(at, before + timedelta(microseconds=1))


def free_slug(conn: Connection, wish: str, own_id: UUID | None = None) -> str:
    """The wished slug, or with the first free number behind it when another printer has it."""
    taken = {row.slug for row in conn.execute(sa.select(printers.c.slug).where(printers.c.id != own_id))}
    number, slug = 1, wish
    while slug in taken:
        number += 1
        slug = f"{wish[: MAX_SLUG_CHARACTERS - 4]}-{number}"
    return slug


def slug_of(name: str) -> str:
    """`Büro 2. Stock` -> `buro-2-stock`: lower-case ASCII letters, digits and dashes; `printer` when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG_CHARACTERS].strip("-") or "printer"


def _refuse_taken(conn: Connection, printer: Printer) -> None:
    other = printers.c.id != printer.id
    if conn.execute(sa.select(printers.c.id).where(other, printers.c.slug == printer.slug)).first():
        raise NameTaken(f"another printer has the slug {printer.slug!r}")
    row = conn.execute(sa.select(printers.c.name).where(other, _at(printer), printers.c.enabled)).first()
    if row and printer.enabled:
        raise NameTaken(f"the printer {row.name!r} has the address {printer.address.host}:{printer.address.port} already")


def _at(printer: Printer) -> sa.ColumnElement[bool]:
    same_host = sa.func.lower(printers.c.host) == printer.address.host.lower()
    return same_host if printer.address.scheme == "usb" else same_host & (printers.c.port == printer.address.port)


def _values(printer: Printer) -> dict[str, Any]:
    values = {name: getattr(printer, name) for name in _OWN_COLUMNS}
    return values | asdict(printer.address)


def _printer(row: Row[Any]) -> Printer:
    own = {name: row._mapping[name] for name in _OWN_COLUMNS}
    return Printer(address=Address(row.host, row.port, row.snmp, row.snmp_port, row.snmp_community), **own)


_OWN_COLUMNS = (
    "id", "slug", "name", "model", "driver", "backend", "enabled", "paused", "declared", "created_at", "updated_at", "serial", "site",
)  # fmt: skip
