"""From a wish to a stored job: which printer, does it fit, will it scan. Nothing is stored unless everything holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from labelhub.db.engine import Database
from labelhub.drivers.driver import Driver, Drivers, EncodeOptions, part_of
from labelhub.errors import (
    DatabaseUnusable,
    HubError,
    JobStateConflict,
    MediaMismatch,
    MediaUnsupported,
    PrinterDisabled,
    PrinterNotFound,
)
from labelhub.jobs import store
from labelhub.jobs.drawing import Drawing
from labelhub.jobs.job import PENDING, Job, LabelOrder, NewJob
from labelhub.jobs.needs import Needs
from labelhub.jobs.printing import Setting, choose_media
from labelhub.jobs.store import Once
from labelhub.labels import store as templates
from labelhub.labels.formats import NUMBER, TOTAL
from labelhub.labels.store import StoredTemplate
from labelhub.labels.template import Template
from labelhub.media import Media, Need
from labelhub.printers.printer import Printer, Status
from labelhub.printers.probe import Clock

KEPT_TEMPLATES = 64
LAID_OUT_AT_ONCE = 20
"""Labels that are laid out and read back before the answer; of larger batches only the fields are checked then."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asks for. `printer` is a slug or id, None for any; `hold_mismatch` accepts a job for media not loaded now."""

    template: str
    labels: tuple[LabelOrder, ...]
    printer: str | None = None
    options: EncodeOptions = field(default_factory=EncodeOptions)
    priority: int = 0
    hold_mismatch: bool = False
    submitted_by: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a label would be printed. `media` is None until the printer tells it, `printer` in a preview without one."""

    driver: Driver
    model: str
    media: Media | None
    printer: Printer | None = None

    @property
    def printer_id(self) -> UUID:
        """The printer's id, where there is one."""
        assert self.printer is not None
        return self.printer.id


class Submitter:
    """Turns wishes into jobs."""

    def __init__(
        self,
        database: Database,
        drivers: Drivers,
        printers: Callable[[], Iterable[Printer]],
        printer: Callable[[str], Printer],
        status: Callable[[UUID], Status],
        clock: Clock,
        drawing: Drawing,
        site: str = "",
    ) -> None:
        """`printers` gives all, `printer` one by id or slug (PrinterNotFound), `status` the last that is known of one.

        `site`: a job that names no printer is for one of this site, where there is one that takes it.
        """
        self._database = database
        self._drivers = drivers
        self._printers = printers
        self._printer = printer
        self._status = status
        self._clock = clock
        self._drawing = drawing
        self._needs = Needs(drivers)
        self._site = site
        self._templates: dict[str, StoredTemplate] = {}

    async def submit(self, wish: Wish, once: Once | None = None) -> Job:
        """The stored job, or the earlier one that its key was used for.

        TemplateNotFound, PrinterNotFound, PrinterDisabled, MediaMismatch, MediaUnsupported, IdempotencyKeyReused, and what layout finds.
        """
        if once is not None and (earlier := await self._database.read(store.submitted, once, self._clock())) is not None:
            return earlier
        known = self._templates.get(wish.template)
        if known is not None:  # as it was when it was last looked at
            try:
                return await self._submit(wish, known, once)
            except DatabaseUnusable:  # it may have been stored all the same: whether to ask again is the caller's to say
                raise
            except HubError:  # perhaps of a version that is no longer: what is told is told of the newest
                self._templates.pop(wish.template, None)
        return await self._submit(wish, await self._database.read(templates.get, wish.template), once)

    async def _submit(self, wish: Wish, stored: StoredTemplate, once: Once | None) -> Job:
        wish = numbered(wish, stored.template)
        places = await self._places(wish.printer, stored.template)
        if not wish.hold_mismatch:
            self._refuse_other_media(stored.template, places[0])
        fitting = await self._check(stored.digest, stored.template, wish, places)
        # For any printer where there are several and each will do; else for the one that is nearest to printing it.
        pinned = len(places) == 1 or len(fitting) < len(places) or self._several_sites() or not any(map(self._can_tell, places))
        template = stored.template
        new = _new(wish, stored.digest, *self._waits_for(template, fitting[0], pinned))
        job = await self._database.write(store.submit, new, self._clock(), once, newest=True)
        if wish.template not in self._templates and not template.pictures:  # those are large
            self._templates = dict([*self._templates.items(), (wish.template, stored)][-KEPT_TEMPLATES:])
        return job

    async def prepared(self, wish: Wish, *, pending: bool = False) -> NewJob:
        """A job that may be stored without being laid out before: of its labels the fields are checked, the rest when it prints.

        Its printer may be off, and not seen yet. With `pending` the labels are what their fields are to be fetched by.
        TemplateNotFound, PrinterNotFound, PrinterDisabled, MediaUnsupported, FieldMissing.
        """
        stored = await self._database.read(templates.get, wish.template)
        template = stored.template
        if pending:
            printer = None if wish.printer is None else self._named(wish.printer, True).id
            return _new(wish, stored.digest, PENDING, printer)
        wish = numbered(wish, template)
        await asyncio.to_thread(self._check_fields, template, wish)
        need, printer = await self._chosen(wish.printer, template)
        return _new(wish, stored.digest, need, printer)

    async def supply(self, job: Job, labels: tuple[LabelOrder, ...]) -> Job | None:
        """The job, with the labels it was waiting for; None when it waits for them no longer. Errors as `prepared`."""
        template = await self._database.read(templates.version, job.template_digest)
        wish = numbered(Wish(job.template_key, labels), template)
        await asyncio.to_thread(self._check_fields, template, wish)
        need, printer_id = await self._chosen(None if job.printer_id is None else str(job.printer_id), template)
        return await self._database.write(store.pending.supply, job.id, wish.labels, need, printer_id, self._clock())

    async def _chosen(self, id_or_slug: str | None, template: Template) -> tuple[Need | None, UUID | None]:
        """The media it needs and the printer it waits for; None for the first that can."""
        candidates = [printer for printer in self._printers() if printer.enabled and printer.site == self._site]
        unseen = id_or_slug is None and not template.media and not any(self._takes(printer, template) for printer in candidates)
        if unseen and any(self._status(printer.id).can_tell(printer.address) for printer in candidates):
            return None, None  # whoever is seen first to hold anything
        places = await self._places(id_or_slug, template)
        pinned = len(places) == 1 or self._several_sites() or not any(map(self._can_tell, places))
        return self._waits_for(template, places[0], pinned)

    def _waits_for(self, template: Template, place: Place, pinned: bool) -> tuple[Need | None, UUID | None]:
        """Any of the media the template is drawn for: those that the printer takes, where it is to be printed there."""
        return self._needs.of(template, place.model if pinned else None), place.printer_id if pinned else None

    async def move(self, job_id: UUID, id_or_slug: str, priority: int | None = None) -> Job:
        """The job, waiting for another printer that can print it, at another place where `priority` says so. JobNotFound,
        PrinterNotFound, PrinterDisabled, MediaUnsupported, JobStateConflict, and what layout finds.
        """
        job = await self._database.read(store.get, job_id)
        if job.need == PENDING:  # there is nothing yet to lay out there
            raise JobStateConflict("the job waits for what is to stand on its label; move it once that is there", state=job.state)
        template = await self._database.read(templates.version, job.template_digest)
        place = self._at(self._named(id_or_slug, True), template)
        # One more, so that a larger batch is seen to be one: its bad rows are left out when it prints, there as here.
        labels = await self._database.read(store.labels_of, job_id, LAID_OUT_AT_ONCE + 1)
        wish = Wish(template.key, tuple(map(LabelOrder, labels)), options=job.options)
        await self._check(job.template_digest, template, wish, [place])
        need = self._needs.of(template, place.model)
        return await self._database.write(store.move, job_id, place.printer_id, need, priority, self._clock())

    async def place_for(self, id_or_slug: str | None, template: Template) -> Place:
        """Where a preview is drawn for: a printer or, where none is set up that takes it, the model the template names."""
        if id_or_slug is not None:
            return self._at(self._named(id_or_slug, False), template)
        if any(printer.enabled and self._takes(printer, template) for printer in self._printers()):
            return (await self._places(None, template))[0]
        return self._without_printer(template)

    def place_of(self, job: Job, template: Template) -> Place:
        """Where a job was or will be printed, as far as that is known; errors as `place_for`."""
        printer = next((printer for printer in self._printers() if printer.id == job.printer_id), None)
        if printer is not None and self._drivers.find(printer.model):
            return self._at(printer, template)
        return self._without_printer(template)

    async def _places(self, id_or_slug: str | None, template: Template) -> list[Place]:
        """Where it could be printed: on the printer named, or on every enabled one that takes it, the nearest to printing it first."""
        if id_or_slug is not None:
            return [self._at(self._named(id_or_slug, True), template)]
        candidates = [printer for printer in self._printers() if printer.enabled and self._takes(printer, template)]
        candidates = [printer for printer in candidates if printer.site == self._site] or candidates  # nobody walks to another building
        if candidates:
            depths = await self._database.read(store.depths)
            candidates.sort(key=lambda printer: (self._readiness(printer, template), depths.get(printer.id, 0)))
            return [self._at(printer, template) for printer in candidates]
        if not any(printer.enabled for printer in self._printers()):
            raise PrinterNotFound("no printer is set up and enabled; add one on the page Printers, or with POST /api/printers")
        raise MediaUnsupported(
            f"no enabled printer takes {template.media_name if template.media else 'a label before its media is known'}"
        )

    def _named(self, id_or_slug: str, need_enabled: bool) -> Printer:
        printer = self._printer(id_or_slug)
        if need_enabled and not printer.enabled:
            raise PrinterDisabled(
                f"the printer {printer.slug} is out of use; use it again on its page, or with PATCH /api/printers/{printer.id}"
            )
        return printer

    def _at(self, printer: Printer, template: Template) -> Place:
        found = self._drivers.find(printer.model)
        if found is None:
            raise MediaUnsupported(f"no driver here knows the model {printer.model!r} of printer {printer.slug}")
        driver, model = found
        status = self._status(printer.id)
        may_tell = printer.address.snmp and (not status.online or status.answers(printer.address))
        if not template.media and status.media is None and may_tell:
            return Place(driver, model.name, None, printer)
        return Place(driver, model.name, choose_media(driver, model.name, template, status.media), printer)

    def _without_printer(self, template: Template) -> Place:
        """The model the template names; for one that names none, the first that will do."""
        place = place_on(self._drivers, template.printer_model or "", template)
        if place is None:
            raise MediaUnsupported(f"no driver here prints what template {template.key} is drawn for")
        return place

    def _takes(self, printer: Printer, template: Template) -> bool:
        found = self._drivers.find(printer.model)
        if found is None:
            return False
        if not template.media:
            return self._status(printer.id).media is not None
        return any(map(template.takes, found[0].media(found[1].name)))

    def part_of(self, need: Need, printer: Printer) -> Need | None:
        """As much of the need as the printer's model takes; None where it takes none of it."""
        found = self._drivers.find(printer.model)
        return None if found is None else part_of(need, found[0], found[1].name)

    def _readiness(self, printer: Printer, template: Template) -> int:
        """0: has the media; 1: answers, but nobody knows what it holds; 2: is away or paused; 3: holds other media."""
        status = self._status(printer.id)
        if printer.paused:
            return 2
        if status.online and status.media is not None:
            return 0 if template.takes(status.media) else 3
        return 1 if status.online else 2

    def _several_sites(self) -> bool:
        """True where a job for any printer might come out at another site."""
        return any(printer.site != self._site for printer in self._printers())

    def _can_tell(self, place: Place) -> bool:
        assert place.printer is not None
        return self._status(place.printer.id).can_tell(place.printer.address)

    def _refuse_other_media(self, template: Template, place: Place) -> None:
        assert place.printer is not None
        printer, status = place.printer, self._status(place.printer.id)
        if not status.online or status.media is None or template.takes(status.media):
            return
        raise MediaMismatch(
            f"template {template.key} is drawn for {template.media_name}, {printer.slug} holds {status.media.name}: "
            'load it, choose another template, or send "on_media_mismatch": "queue"',
            expected=template.need.size if template.need else template.media_name,
            loaded=status.media.name,
        )

    async def _check(self, digest: str, template: Template, wish: Wish, places: list[Place]) -> list[Place]:
        """Those of the places where every label can be printed. What the first place finds, when there is none."""
        if len(wish.labels) > LAID_OUT_AT_ONCE or any(place.media is None for place in places):
            await asyncio.to_thread(self._check_fields, template, wish)
            return places
        faults: dict[tuple[object, ...], HubError | None] = {}  # printers of one model that hold the same are asked once
        found = []
        for place in places:
            assert place.media is not None
            setting = Setting(template, digest, place.driver, place.model, place.media, wish.options)
            if setting.key not in faults:
                faults[setting.key] = await self._fault(setting, wish)
            if faults[setting.key] is None:
                found.append(place)
        if not found:
            raise next(fault for fault in faults.values() if fault is not None)
        return found

    async def _fault(self, setting: Setting, wish: Wish) -> HubError | None:
        try:
            outcomes = await self._drawing.all(setting, [label.fields for label in wish.labels])
        except MediaUnsupported as error:
            return error
        for number, outcome in enumerate(outcomes):
            if isinstance(outcome, HubError):
                _name_label(outcome, number, wish)
                return outcome
        return None

    def _check_fields(self, template: Template, wish: Wish) -> None:
        for number, label in enumerate(wish.labels):
            try:
                template.check_fields(label.fields)
            except HubError as error:
                _name_label(error, number, wish)
                raise


def place_on(drivers: Drivers, model: str, template: Template) -> Place | None:
    """On a model, or the first when none is named, that takes media the template is drawn for: the widest. None where none does."""
    for driver, found in filter(None, map(drivers.find, [model] if model else drivers.model_names)):
        fitting = [media for media in driver.media(found.name) if template.takes(media)]
        if fitting:
            return Place(driver, found.name, max(fitting, key=lambda media: media.width_mm))
    return None


def numbered(wish: Wish, template: Template) -> Wish:
    """The wish whose labels know their place in their batch, where the template shows it: they keep it when they are printed again."""
    if not template.counts:
        return wish
    total = len(wish.labels)
    labels = (replace(label, fields={NUMBER: number, TOTAL: total, **label.fields}) for number, label in enumerate(wish.labels, start=1))
    return replace(wish, labels=tuple(labels))


def _new(wish: Wish, digest: str, need: Need | None, printer_id: UUID | None) -> NewJob:
    return NewJob(printer_id, wish.template, digest, need, wish.labels, wish.options, wish.priority, wish.submitted_by)


def _name_label(error: HubError, number: int, wish: Wish) -> None:
    """The error says which label of a batch it is about."""
    if len(wish.labels) > 1:
        error.extra["label"] = number + 1
