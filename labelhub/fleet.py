"""Fleet: the printers of this hub, and what is changed about them while it runs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from labelhub.db.engine import Database
from labelhub.drivers.driver import Driver, Drivers, Model
from labelhub.errors import Conflict, DatabaseUnusable, PrinterNotFound, ValidationFailed
from labelhub.jobs import store as job_store
from labelhub.jobs.crew import Crew
from labelhub.jobs.store import Block
from labelhub.node import Node
from labelhub.printers import store as printer_store
from labelhub.printers.lookout import Lookout
from labelhub.printers.printer import Address, Printer
from labelhub.printers.probe import Clock


@dataclass(frozen=True, slots=True)
class Fleet:
    """The printers by id, and whom a change of one has to reach. `site` is this node's."""

    by_id: dict[UUID, Printer]
    database: Database
    drivers: Drivers
    clock: Clock
    site: str
    node: Node
    lookout: Lookout
    crew: Crew
    spawn: Callable[[str, Coroutine[Any, Any, object]], object]

    @property
    def printers(self) -> list[Printer]:
        """Every printer, by name."""
        return sorted(self.by_id.values(), key=lambda printer: (printer.name, str(printer.id)))

    def printer(self, id_or_slug: str) -> Printer:
        """One printer. PrinterNotFound."""
        wanted = id_or_slug.lower()
        for name_of in (lambda printer: str(printer.id), lambda printer: printer.slug):
            for printer in self.by_id.values():
                if name_of(printer) == wanted:
                    return printer
        raise PrinterNotFound(f"no printer has the id or slug {id_or_slug[:80]!r}")

    def driver_of(self, printer: Printer) -> Driver | None:
        """The driver of a printer's model; None for a model nothing here drives."""
        return self.drivers.driver_of(printer.model)

    async def add(self, name: str, model: str, address: Address, slug: str | None) -> Printer:
        """The new printer; its worker and first probe start at once. ValidationFailed for an unknown model, NameTaken."""
        driver, known = self._known_model(model)
        now = self.clock()
        if slug is None:
            slug = await self.database.read(printer_store.free_slug, printer_store.slug_of(name))
        printer = Printer(
            uuid4(), slug, name, known.name, driver.name, address.scheme, address, True, False, False, now, now, site=self.site
        )  # fmt: skip
        await self.database.write(lambda conn: printer_store.told(conn, printer_store.insert(conn, printer), self.lookout.statuses))
        return await self._adopt_now(printer)

    async def change(self, printer: Printer, connection: dict[str, Any], **changes: Any) -> Printer:
        """The printer with the changes in force. ValidationFailed, NameTaken; Conflict for what settings declare."""
        if printer.declared and (connection or changes.keys() - {"enabled"}):
            raise Conflict(f"{printer.slug} is declared in the settings: change it there; only enabled can be changed here")
        if "model" in changes:
            driver, model = self._known_model(changes["model"])
            changes |= {"model": model.name, "driver": driver.name}
        now = self.clock()

        def change_it(found: Printer) -> Printer:
            address = replace(found.address, **connection)
            return replace(found, **changes, address=address, backend=address.scheme, updated_at=now)

        told = printer_store.told
        changed = await self.database.write(
            lambda conn: told(conn, printer_store.change(conn, printer.id, change_it), self.lookout.statuses)
        )
        return await self._adopt_now(changed)

    async def remove(self, printer: Printer, *, force: bool) -> None:
        """Forget the printer. PrinterInUse while jobs wait for it, unless `force`, which cancels them; Conflict for a declared one."""
        if printer.declared:
            raise Conflict(
                f"{printer.slug} is declared in the settings and would be back at the next start: take it out there, or disable it"
            )
        if force:
            await self.clear_queue(printer)  # in parts; what comes meanwhile goes with the printer
        await self.database.write(job_store.remove_printer, printer.id, force, self.clock())
        self.drop(printer.id)

    async def pause(self, printer: Printer, paused: bool) -> None:
        """Stop or go on taking jobs from the queue; the label in hand still ends. It survives restarts."""
        told, now = printer_store.told, self.clock()
        changed = await self.database.write(
            lambda conn: told(conn, printer_store.set_paused(conn, printer.id, paused, now), self.lookout.statuses)
        )
        await self._adopt_now(changed)

    async def clear_queue(self, printer: Printer) -> int:
        """How many waiting jobs were cancelled."""
        cleared, up_to = await self.database.write(job_store.clear, printer.id, None, self.clock())
        while up_to is not None:  # a long queue in parts: others write between
            more, up_to = await self.database.write(job_store.clear, printer.id, up_to, self.clock())
            cleared += more
        return cleared

    async def _adopt_now(self, printer: Printer) -> Printer:
        """The printer as it is from now on, with a worker if it is this node's to drive."""
        before = self.by_id.get(printer.id)
        self.by_id[printer.id] = printer
        await self.node.mind()
        await self.adopt(printer, before)
        return printer

    async def adopt(self, printer: Printer, before: Printer | None) -> None:
        """Take over what changed about a printer, here or on another node."""
        self.by_id[printer.id] = printer
        self.node.assign()
        await self.explain_undriven(printer)
        if printer.id in self.crew.leaving:
            self.spawn("last words", self._explain_left(printer.id))
        moved = before is None or (before.address, before.model, before.enabled) != (printer.address, printer.model, True)
        if before is not None and (moved or not printer.enabled):
            self.lookout.forget(printer.id)  # that was another device, or nobody looks at it any more
        if printer.enabled and moved and self.node.minds(printer.id):
            self.spawn("first look", self.lookout.look_at(printer))

    def drop(self, printer_id: UUID) -> None:
        """Know it no more."""
        self.by_id.pop(printer_id, None)
        self.lookout.forget(printer_id)
        self.node.assign()

    async def _explain_left(self, printer_id: UUID) -> None:
        """The job that a dismissed worker put back is told as well why it waits."""
        await self.crew.left(printer_id)
        if (printer := self.by_id.get(printer_id)) is not None:
            with suppress(DatabaseUnusable):
                await self.explain_undriven(printer)

    async def explain_undriven(self, printer: Printer) -> None:
        """Tell the jobs of a printer without a worker why they wait."""
        if printer.site != self.site:
            return
        if not printer.enabled:
            block = Block("printer-disabled", "the printer is disabled in the hub; enable it to print")
        elif self.driver_of(printer) is None:
            block = Block(
                "media-unsupported", f"no driver here knows the model {printer.model!r}; correct it, or move on to another printer"
            )
        else:
            return
        await self.database.write(job_store.explain, printer.id, block, None, self.clock())

    def _known_model(self, model: str) -> tuple[Driver, Model]:
        found = self.drivers.find(model)
        if found is None:
            known = ", ".join(self.drivers.model_names)
            raise ValidationFailed(
                f"no driver here knows the model {model[:60]!r}", errors=[{"pointer": "#/model", "detail": f"must be one of {known}"}]
            )
        return found
