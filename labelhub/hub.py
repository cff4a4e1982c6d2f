"""Hub: the running system without HTTP, opened and closed in order.

Start order: migrate the configured database, verify it, plug-ins, built-in templates, recover jobs, seed templates,
upsert declared printers, workers and probes. A printer that is off, unknown or wrongly set up stops nothing: it shows its fault.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self, cast
from uuid import UUID, uuid4

from labelhub import plugins
from labelhub.db.engine import Database
from labelhub.db.lock import lock
from labelhub.db.migrate import current_revision, head_revision, make_folder, migrate
from labelhub.drivers.driver import Driver, Drivers, Model
from labelhub.errors import Conflict, DatabaseUnusable, PrinterNotFound, StartRefused, ValidationFailed
from labelhub.jobs import store as job_store
from labelhub.jobs.crew import Crew
from labelhub.jobs.job import Job, LabelOrder
from labelhub.jobs.store import Block
from labelhub.jobs.submit import Submitter, Wish
from labelhub.jobs.worker import Pace, Reach, Worker
from labelhub.labels import fonts
from labelhub.labels import store as template_store
from labelhub.labels.template import builtin
from labelhub.printers import store as printer_store
from labelhub.printers.discovery import Discovery
from labelhub.printers.lookout import Lookout
from labelhub.printers.printer import Address, Printer, declared_id
from labelhub.printers.probe import Clock
from labelhub.printers.schemes import Transports
from labelhub.printers.snmp import Snmp
from labelhub.printers.usb import UsbPorts
from labelhub.settings import DeclaredPrinter, Settings

log = logging.getLogger(__name__)

PULSE_S = 2.0
GRACE_S = 5.0
TEST_TEMPLATE = "printer-test"


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the last look at the database found, and when (on the loop's clock)."""

    at: float
    latency_ms: float | None = None
    revision: str | None = None
    templates: int = 0
    printer_ids: frozenset[UUID] = frozenset()
    error: str | None = None


class Hub:
    """Printers, queue and templates of one running hub. Open it before anything else, close it at the end."""

    def __init__(self, settings: Settings, *, clock: Clock = utc_now, pace: Pace | None = None) -> None:
        self.settings = settings
        self.clock = clock
        self.pace = pace or Pace()
        self.head = head_revision()
        self.plugin_faults: tuple[str, ...] = ()
        self._printers: dict[UUID, Printer] = {}
        self._background: set[asyncio.Task[Any]] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Start everything in order. DatabaseUnusable, StartRefused; what was started until then is stopped again."""
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise

    async def _open(self) -> None:
        url = self.settings.database
        migrated_to = await asyncio.to_thread(self._migrate, url)
        self.database = Database(url)
        self._stack.callback(self.database.close)
        self.drivers = self._load_drivers()
        fonts.require()
        templates = builtin()
        now = self.clock()
        again, lost = await self.database.write(job_store.recover, None, now)
        await self.database.write(template_store.seed, templates, now)
        await self.database.write(printer_store.upsert_declared, [self._declared(one, now) for one in self.settings.printers], now)
        log.info("database at %s, %d templates, %d jobs wait again, %d with unknown outcome", migrated_to, len(templates), again, lost)
        await self._open_workers()

    def _migrate(self, url: str) -> str:
        make_folder(url)
        self._stack.callback(lock(url).close)
        return migrate(url)

    async def _open_workers(self) -> None:
        timeout_s = self.settings.probe_timeout_s
        self.transports = Transports(UsbPorts(self.settings.usb_folder, timeout_s))
        self.lookout = Lookout(
            self._printers, self.drivers, self.database, self.clock, self._spawn,
            snmp=Snmp(timeout_s), usb=self.transports.usb, wake_s=self.pace.wake_s,
        )  # fmt: skip
        self.board = self.lookout.board
        self.discovery = Discovery(self.drivers, lambda: self.printers, timeout_s, self.settings.mdns_interfaces)
        self.crew = Crew(self._hire)
        self.lookout.seen = self.crew.seen
        self.submitter = Submitter(self.database, self.drivers, lambda: self.printers, self.printer, self.board.of, self.clock)
        for printer in await self.database.read(printer_store.every):
            self._printers[printer.id] = printer
            await self._explain_undriven(printer)
        self.pulse = Pulse(asyncio.get_running_loop().time())
        await self.feel_pulse()
        self._stack.push_async_callback(self._stop_background)
        self._stack.push_async_callback(self.crew.close, GRACE_S)
        self.crew.assign(self._drivable())
        self._forever("pulse", self.feel_pulse, PULSE_S)
        self._forever("probe round", self._look_at_all, self.settings.probe_interval_s)

    async def close(self) -> None:
        """Let labels in hand end, then stop everything in the opposite order."""
        await self._stack.aclose()

    @property
    def printers(self) -> list[Printer]:
        """Every printer, by name."""
        return sorted(self._printers.values(), key=lambda printer: (printer.name, str(printer.id)))

    def printer(self, id_or_slug: str) -> Printer:
        """One printer. PrinterNotFound."""
        wanted = id_or_slug.lower()
        for name_of in (lambda printer: str(printer.id), lambda printer: printer.slug):
            for printer in self._printers.values():
                if name_of(printer) == wanted:
                    return printer
        raise PrinterNotFound(f"no printer has the id or slug {id_or_slug[:80]!r}")

    def driver_of(self, printer: Printer) -> Driver | None:
        """The driver of a printer's model; None for a model nothing here drives."""
        return self.drivers.driver_of(printer.model)

    async def add_printer(self, name: str, model: str, address: Address, slug: str | None) -> Printer:
        """The new printer; its worker and first probe start at once. ValidationFailed for an unknown model, NameTaken."""
        driver, known = self._known_model(model)
        now = self.clock()
        if slug is None:
            slug = await self.database.read(printer_store.free_slug, printer_store.slug_of(name))
        printer = Printer(uuid4(), slug, name, known.name, driver.name, address.scheme, address, True, False, False, now, now)
        await self.database.write(printer_store.insert, printer)
        return await self._adopt(printer)

    async def change_printer(self, printer: Printer, connection: dict[str, Any], **changes: Any) -> Printer:
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

        changed = await self.database.write(printer_store.change, printer.id, change_it)
        if (changed.address, changed.model) != (printer.address, printer.model) or not changed.enabled:
            self.lookout.forget(printer.id)
        return await self._adopt(changed)

    async def remove_printer(self, printer: Printer, *, force: bool) -> None:
        """Forget the printer. PrinterInUse while jobs wait for it, unless `force`, which cancels them; Conflict for a declared one."""
        if printer.declared:
            raise Conflict(
                f"{printer.slug} is declared in the settings and would be back at the next start: take it out there, or disable it"
            )
        await self.database.write(job_store.remove_printer, printer.id, force, self.clock())
        self._printers.pop(printer.id, None)
        self.lookout.forget(printer.id)
        self.crew.assign(self._drivable())

    async def pause_printer(self, printer: Printer, paused: bool) -> None:
        """Stop or go on taking jobs from the queue; the label in hand still ends. It survives restarts."""
        await self._adopt(await self.database.write(printer_store.set_paused, printer.id, paused, self.clock()))

    async def clear_queue(self, printer: Printer) -> int:
        """How many waiting jobs were cancelled."""
        return await self.database.write(job_store.clear, printer.id, self.clock())

    async def submit(self, wish: Wish) -> Job:
        """The stored job; its printer's worker is woken. Errors as `Submitter.submit`."""
        job = await self.submitter.submit(wish)
        self.crew.wake(job.printer_id)
        return job

    async def print_test(self, printer: Printer, submitted_by: str) -> Job:
        """A test label for what the printer holds: model, media, a ruler and a code to scan."""
        media = self.board.of(printer.id).media
        fields = {
            "model": printer.model,
            "media": media.name if media else "unknown media",
            "name": printer.name,
            "qr_payload": str(printer.id),
        }
        return await self.submit(Wish(TEST_TEMPLATE, (LabelOrder(fields),), printer.slug, submitted_by=submitted_by))

    async def retry(self, job_id: UUID, submitted_by: str) -> Job:
        """A new job that prints the same again. JobNotFound, JobStateConflict, PrinterNotFound when its printer is gone."""
        old = await self.database.read(job_store.get, job_id)
        self.printer(str(old.printer_id))
        job = await self.database.write(job_store.retry, job_id, submitted_by, self.clock())
        self.crew.wake(job.printer_id)
        return job

    async def _adopt(self, printer: Printer) -> Printer:
        before = self._printers.get(printer.id)
        self._printers[printer.id] = printer
        self.crew.assign(self._drivable())
        await self._explain_undriven(printer)
        moved = before is None or (before.address, before.model, before.enabled) != (printer.address, printer.model, True)
        if printer.enabled and moved:
            self._spawn("first look", self.lookout.look_at(printer))
        return printer

    async def _explain_undriven(self, printer: Printer) -> None:
        """Tell the jobs of a printer without a worker why they wait."""
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

    def _load_drivers(self) -> Drivers:
        loaded = plugins.load(plugins.DRIVERS)
        self.plugin_faults = loaded.faults
        for fault in loaded.faults:
            log.error("%s", fault)
        drivers = Drivers.of(cast("Iterable[Driver]", loaded.objects.values()))
        if not drivers.by_model:
            raise StartRefused("no printer driver is installed: install the hub again")
        return drivers

    def _declared(self, one: DeclaredPrinter, now: datetime) -> Printer:
        found = self.drivers.find(one.model)
        model, driver = (found[1].name, found[0].name) if found else (one.model, "")
        if not found:
            log.error("printer %s: no driver knows the model %r; known are %s", one.name, one.model, ", ".join(self.drivers.model_names))
        address = Address(one.host, one.port, one.snmp, one.snmp_port, one.snmp_community.get_secret_value())
        printer_id = declared_id(one.model, one.host, one.port)
        slug = one.slug or printer_store.slug_of(one.name)
        return Printer(printer_id, slug, one.name, model, driver, address.scheme, address, True, False, True, now, now)

    def _drivable(self) -> list[Printer]:
        return [printer for printer in self._printers.values() if printer.enabled and self.driver_of(printer)]

    def _hire(self, printer: Printer) -> Worker:
        driver = self.driver_of(printer)
        assert driver is not None
        reach = Reach(self.lookout.look_at, lambda target: self.board.of(target.id), self.transports.pipe_to)
        return Worker(printer, driver, self.database, reach, self.clock, self.pace)

    async def _look_at_all(self) -> None:
        await self.lookout.round(lambda: self.crew.sending)

    async def feel_pulse(self) -> None:
        """Look at the database now; readiness tells what was seen."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            revision = await self.database.read(current_revision)
            latency_ms = (clock() - begun) * 1000
            templates = await self.database.read(template_store.count)
            ids = frozenset(printer.id for printer in await self.database.read(printer_store.every))
            self.pulse = Pulse(clock(), latency_ms, revision, templates, ids)
        except DatabaseUnusable as error:
            self.pulse = replace(self.pulse, at=clock(), error=error.detail)

    def _forever(self, name: str, step: Callable[[], Awaitable[None]], interval_s: float, wait_s: float = 0) -> None:
        async def run() -> None:
            await asyncio.sleep(wait_s)
            while True:
                await step()
                await asyncio.sleep(interval_s)

        def begin_again(task: asyncio.Task[Any]) -> None:
            if not task.cancelled():
                self._forever(name, step, interval_s, interval_s)

        self._spawn(name, run()).add_done_callback(begin_again)

    def _spawn(self, name: str, work: Coroutine[Any, Any, object]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=name)
        self._background.add(task)
        task.add_done_callback(self._background_ended)
        return task

    def _background_ended(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("%s ended badly", task.get_name(), exc_info=task.exception())

    async def _stop_background(self) -> None:
        tasks = list(self._background)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
