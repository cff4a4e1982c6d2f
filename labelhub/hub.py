"""Hub: the running system without HTTP, opened and closed in order.

Start order: migrate the configured database, verify it, plug-ins, built-in templates, seed templates, upsert declared printers,
leases, workers, which settle first what was left in the middle, and probes. A printer that is off, unknown or wrongly set up
stops nothing: it shows its fault.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Self, cast
from uuid import UUID, uuid4

from labelhub import plugins
from labelhub.background import Background
from labelhub.db.engine import Database
from labelhub.db.lock import lock
from labelhub.db.migrate import head_revision, make_folder, migrate
from labelhub.declarations import connection_of, hook_of, printer_of
from labelhub.drivers.driver import Driver, Drivers
from labelhub.errors import DatabaseUnusable, StartRefused
from labelhub.fleet import Fleet
from labelhub.hooks import store as hook_store
from labelhub.hooks.hook import Hook
from labelhub.hooks.listen import LOOK_S as LISTEN_S
from labelhub.hooks.listen import Listener
from labelhub.hooks.payload import Payload
from labelhub.hooks.receive import Received, Receiver
from labelhub.hooks.supply import Supplier
from labelhub.integrations import given
from labelhub.integrations.connections import Connections
from labelhub.integrations.integration import Item, Reference
from labelhub.integrations.lookup import Lookup
from labelhub.jobs import store as job_store
from labelhub.jobs.crew import Crew
from labelhub.jobs.drawing import Drawing
from labelhub.jobs.job import Job, LabelOrder
from labelhub.jobs.lease import Leases
from labelhub.jobs.notable import Notable
from labelhub.jobs.press import Reach
from labelhub.jobs.proofs import Proofs
from labelhub.jobs.store import Once
from labelhub.jobs.submit import Submitter, Wish
from labelhub.jobs.worker import Pace, Worker
from labelhub.labels import fonts, own_fonts
from labelhub.labels import store as template_store
from labelhub.labels.template import builtin
from labelhub.metrics import Metrics
from labelhub.metrics.tally import ANY
from labelhub.names import Names
from labelhub.node import HOUSEKEEPING, Node, Parts, Pulse
from labelhub.notices.notice import Subject
from labelhub.notices.post import STEP_S, Post, Sources
from labelhub.notices.standing import Graces
from labelhub.notices.target import target_of
from labelhub.printers import store as printer_store
from labelhub.printers.discovery import Discovery
from labelhub.printers.lookout import Lookout
from labelhub.printers.printer import Printer
from labelhub.printers.probe import Clock
from labelhub.printers.schemes import Transports
from labelhub.printers.snmp import Snmp
from labelhub.printers.usb import UsbPorts
from labelhub.settings import Settings
from labelhub.stream import Stream

log = logging.getLogger(__name__)

PULSE_S = 2.0
ROUTE_PAUSE_S = 0.05
RETENTION_INTERVAL_S = 3600.0
KEEPALIVE_S = 30.0
PROBE_ROUND = "probe round"
GRACE_S = 5.0
TEST_TEMPLATE = "printer-test"


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


class Hub:
    """Printers, queue and templates of one running hub. Open it before anything else, close it at the end."""

    def __init__(self, settings: Settings, *, clock: Clock = utc_now, pace: Pace | None = None) -> None:
        self.settings = settings
        self.clock = clock
        self.pace = pace or Pace()
        self.head = head_revision()
        self.metrics = Metrics()
        self.plugin_faults: tuple[str, ...] = ()
        self._printers: dict[UUID, Printer] = {}
        self.background = Background(self.metrics.background.add)
        self._stack = AsyncExitStack()
        self._wanted = True

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
            self._wanted = False
            await self._stack.aclose()
            raise

    async def _open(self) -> None:
        url = self.settings.database
        migrated_to = await asyncio.to_thread(self._migrate, url)
        self.database = Database(url)
        self._stack.callback(self.database.close)
        self.drivers = self._load_drivers()
        fonts.require()
        self.fonts = await asyncio.to_thread(own_fonts.found, self.settings.data_dir / "fonts")
        templates = builtin()
        now = self.clock()
        await self.database.write(template_store.seed, templates, now)
        declared = [printer_of(one, self.drivers, self.settings.site, now) for one in self.settings.printers]
        await self.database.write(printer_store.upsert_declared, declared, now, self.settings.site)
        await self.database.write(hook_store.declare, [hook_of(one, now) for one in self.settings.hooks], now)
        if not self.database.shared:  # the lock says so: what a hub before this one held it holds no more
            await self.database.write(job_store.leases.clear)
        connected = [connection_of(one, now) for one in self.settings.integrations]
        self.connections = Connections(self.database, connected, self.clock)
        self._stack.push_async_callback(self.connections.aclose)
        self.lookup = Lookup(self.connections)
        log.info("database at %s, %d templates", migrated_to, len(templates))
        await self._open_workers()

    def _migrate(self, url: str) -> str:
        make_folder(url)
        with lock(url) as held:  # for as long as this thread works, also when nobody waits for it any more
            revision = migrate(url)
            if self._wanted:
                self._stack.callback(held.pop_all().close)
        return revision

    async def _open_workers(self) -> None:
        self._set_up_lookout()
        self._set_up_drawing()
        self._set_up_node()
        for printer in await self.database.read(printer_store.every):
            self._printers[printer.id] = printer
            await self.fleet.explain_undriven(printer)
        self._set_up_deliveries()
        self.pulse = Pulse(asyncio.get_running_loop().time())
        self._stack.push_async_callback(self.background.stop)
        self._stack.push_async_callback(self._let_go)
        self._stack.push_async_callback(self.crew.close, GRACE_S)
        self._stack.callback(self.stream.close)
        await self.node.mind()
        await self.node.strand()
        await self.feel_pulse()
        self._begin_rounds()

    def _set_up_lookout(self) -> None:
        timeout_s = self.settings.probe_timeout_s
        names = Names()
        self._stack.callback(names.close)
        self.transports = Transports(UsbPorts(self.settings.usb_folder, timeout_s), names)
        self.lookout = Lookout(
            self._printers, self.drivers, self.database, self.clock, self.background.spawn,
            snmp=Snmp(timeout_s, names), usb=self.transports.usb, wake_s=self.pace.wake_s, metrics=self.metrics,
        )  # fmt: skip
        self.board = self.lookout.board
        self.stream = Stream(self.database, self.lookout.statuses, self.clock, self.settings.max_subscribers)
        self.metrics.subscribers = lambda: self.stream.subscribers
        self.discovery = Discovery(self.drivers, lambda: self.printers, timeout_s, self.settings.mdns_interfaces)

    def _set_up_drawing(self) -> None:
        self.drawing = Drawing(fonts=self.fonts)
        self.looking = asyncio.Lock()
        """Held while a picture that is to be stored is decoded: one may take 150 MB, and many at once all there is."""
        self._stack.push_async_callback(self.drawing.close)
        self.submitter = Submitter(
            self.database, self.drivers, lambda: self.printers, self.printer, self.board.of, self.clock, self.drawing,
            self.settings.site,
        )  # fmt: skip
        self.proofs = Proofs(self.database, self.drivers, self.submitter.place_for, self.submitter.place_of, self.drawing)

    def _set_up_node(self) -> None:
        self.crew = Crew(self._hire, lambda: self.metrics.background.add("workers"))
        name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        parts = Parts(
            self._printers, self.lookout, self.crew, self.clock, self._is_drivable, self.submitter.part_of,
            lambda *changed: self.fleet.adopt(*changed), lambda printer_id: self.fleet.drop(printer_id),
        )  # fmt: skip
        self.node = Node(self.database, Leases(self.database, name, self.pace.lease_s), self.settings.site, parts)
        self.fleet = Fleet(
            self._printers, self.database, self.drivers, self.clock, self.settings.site, self.node, self.lookout, self.crew,
            self.background.spawn,
        )  # fmt: skip
        self.lookout.minds = self.node.minds
        self.lookout.seen = self._seen

    def _set_up_deliveries(self) -> None:
        self.supplier = Supplier(
            self.database, self.submitter, self.lookup.item, self.clock, self._woken, lambda: self.node.leases.holds(HOUSEKEEPING),
            asyncio.get_running_loop().time,
        )  # fmt: skip
        self.receiver = Receiver(
            self.database, self.submitter, self.connections.get, self._told, self.clock, self.looking, self._woken, self.supplier.awaited
        )
        self.post = self._post()
        self._stack.push_async_callback(self.post.aclose)
        self.listener = Listener(
            self.database, self.connections, self._heard, self.clock, lambda: self.node.leases.holds(HOUSEKEEPING), self.background,
            first_wait_s=self.pace.hold_s / 2,
        )  # fmt: skip
        self._stack.push_async_callback(self.listener.close)

    def _begin_rounds(self) -> None:
        self.background.forever("pulse", self.feel_pulse, PULSE_S)
        self.background.forever("leases", self.node.mind, self.pace.lease_s / 3, self.pace.lease_s / 3)
        self.background.forever(PROBE_ROUND, self._look_at_all, self.settings.probe_interval_s)
        self.background.forever("routing", self._route, ROUTE_PAUSE_S)
        self.background.forever("events", self.stream.run, PULSE_S, endless=True)
        self.background.forever("keepalive", self.stream.keep_alive, KEEPALIVE_S, KEEPALIVE_S)
        self.background.forever("things of jobs", self.supplier.step, 0)
        self.background.forever("notices", self.post.step, STEP_S)
        self.background.forever("listening to sources", self.listener.step, LISTEN_S)
        self.background.forever("retention", self._forget, RETENTION_INTERVAL_S)
        if self.database.shared:
            self.background.forever("listening", self.database.listen, PULSE_S, endless=True)
            self.background.forever("hearing", self._hear, PULSE_S, endless=True)
            self.background.forever("sharing", self._share, self.pace.share_s)

    def _post(self) -> Post:
        settings, about_jobs = self.settings, Notable(self.database)
        graces = Graces(*map(_seconds, (settings.notice_offline_s, settings.notice_fault_s, settings.notice_repeat_s)))
        sources = Sources(self._noticed, about_jobs.jobs, about_jobs.wanting, lambda: self.node.leases.holds(HOUSEKEEPING))
        targets = [target_of(one) for one in settings.notices]
        return Post(targets, graces, settings.public_url, self.database, sources, self.clock, self.metrics, self.background)

    def _noticed(self) -> dict[UUID, Subject]:
        return {one.id: Subject(one.id, one.slug, one.name) for one in self._printers.values() if one.enabled}

    async def _let_go(self) -> None:
        with suppress(DatabaseUnusable):
            await self.node.leases.release()

    async def close(self) -> None:
        """Let labels in hand end, then stop everything in the opposite order."""
        await self._stack.aclose()

    @property
    def printers(self) -> list[Printer]:
        """Every printer, by name."""
        return self.fleet.printers

    def printer(self, id_or_slug: str) -> Printer:
        """One printer. PrinterNotFound."""
        return self.fleet.printer(id_or_slug)

    async def submit(self, wish: Wish, once: Once | None = None) -> Job:
        """The stored job; whoever can print it is woken. Errors as `Submitter.submit`."""
        return self._woken(await self.submitter.submit(wish, once))

    def count(self, job: Job) -> Job:
        """The job, counted among those of its outcome if a person has just ended it."""
        if job.outcome is not None:
            printer = None if job.printer_id is None else self._printers.get(job.printer_id)
            self.metrics.jobs.add(ANY if printer is None else self.metrics.printer(printer.slug), job.outcome)
        return job

    def _woken(self, job: Job) -> Job:
        self.node.wake(job.printer_id)
        return job

    async def print_test(self, printer: Printer, submitted_by: str, once: Once | None = None) -> Job:
        """A test label for what the printer holds: model, media, a ruler and a code to scan."""
        media = self.board.of(printer.id).media
        fields = {
            "model": printer.model,
            "media": media.name if media else "unknown media",
            "name": printer.name,
            "qr_payload": str(printer.id),
        }
        return await self.submit(Wish(TEST_TEMPLATE, (LabelOrder(fields),), printer.slug, submitted_by=submitted_by), once)

    async def retry(self, job_id: UUID, submitted_by: str, *, missing: bool = False, once: Once | None = None) -> Job:
        """A new job that prints the same again, or only what is missing. JobNotFound, JobStateConflict, NothingMissing,
        IdempotencyKeyReused; PrinterNotFound, PrinterDisabled when its printer is.
        """
        retried = await self.database.write(job_store.retry, job_id, submitted_by, self.clock(), missing=missing, once=once)
        return self._woken(retried)

    async def resume_job(self, job_id: UUID) -> Job:
        """The job, waiting again. JobNotFound, JobStateConflict."""
        return self._woken(await self.database.write(job_store.resume, job_id, self.clock()))

    async def change_job(self, job_id: UUID, *, priority: int | None = None, printer: str | None = None) -> Job:
        """The job, waiting at another place or for another printer. Errors as `Submitter.move`."""
        if printer is not None:
            return self._woken(await self.submitter.move(job_id, printer, priority))
        if priority is not None:
            return self._woken(await self.database.write(job_store.prioritise, job_id, priority, self.clock()))
        return await self.database.read(job_store.get, job_id)

    async def place_job(self, job_id: UUID, *, first: bool) -> Job:
        """The job, waiting at the first or last place of its queue. JobNotFound, JobStateConflict."""
        return self._woken(await self.database.write(job_store.place, job_id, first, self.clock()))

    async def confirm(self, job_id: UUID, printed: bool, labels_done: int | None = None) -> Job:
        """The job after a person said what came out. JobNotFound, JobStateConflict, Conflict."""
        return self._woken(self.count(await self.database.write(job_store.confirm, job_id, printed, labels_done, self.clock())))

    def _seen(self, printer_id: UUID) -> None:
        self.crew.seen(printer_id)
        self.node.unclaimed.set()

    def _load_drivers(self) -> Drivers:
        loaded = plugins.load(plugins.DRIVERS)
        self.plugin_faults = loaded.faults
        for fault in loaded.faults:
            log.error("%s", fault)
        drivers = Drivers.of(cast("Iterable[Driver]", loaded.objects.values()))
        if not drivers.by_model:
            raise StartRefused("no printer driver is installed: install the hub again")
        return drivers

    async def _told(self, app: str, values: Mapping[str, Any]) -> Item | Reference | None:
        return await self.connections.told(await self.connections.get(app), lambda one: given.told(one.parse_webhook(values)))

    async def _heard(self, hook: Hook, payload: Payload, content_type: str, key: str) -> Received:
        return await self.receiver.receive(hook, payload, content_type=content_type, caller=f"hook {hook.name}", key=key)

    def _is_drivable(self, printer: Printer) -> bool:
        return printer.enabled and self.drivers.driver_of(printer.model) is not None

    def _hire(self, printer: Printer) -> Worker:
        driver = self.drivers.driver_of(printer.model)
        assert driver is not None
        leases = self.node.leases
        reach = Reach(
            self.lookout.look_at, lambda target: self.board.of(target.id), self.transports.pipe_to, leases.checker(str(printer.id))
        )  # fmt: skip
        return Worker(printer, driver, self.database, reach, self.clock, self.pace, self.drawing, leases.owner, self.metrics)

    async def _look_at_all(self) -> None:
        await self.lookout.round(lambda: self.crew.sending)

    async def feel_pulse(self) -> None:
        """Look at the database now; readiness tells what was seen."""
        self.pulse = await self.node.feel(self.pulse)

    async def _route(self) -> None:
        with suppress(DatabaseUnusable):
            await self.node.route()
            await self.node.strand()
        with suppress(TimeoutError):
            async with asyncio.timeout(PULSE_S):
                await self.node.unclaimed.wait()

    async def _hear(self) -> None:
        with suppress(DatabaseUnusable):
            await self.node.hear()

    async def _share(self) -> None:
        with suppress(DatabaseUnusable):
            await self.node.share()
            await self.node.refresh()

    async def _forget(self) -> None:
        with suppress(DatabaseUnusable):
            await self.node.forget(self.settings.keep_days)
