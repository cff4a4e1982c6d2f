"""From a wish to a stored job: which printer, does it fit, will it scan. Nothing is stored unless everything holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from labelhub.db.engine import Database
from labelhub.drivers.driver import Driver, Drivers, EncodeOptions, fits
from labelhub.errors import HubError, MediaMismatch, MediaUnsupported, PrinterDisabled, PrinterNotFound
from labelhub.jobs import store
from labelhub.jobs.job import Job, LabelOrder, NewJob
from labelhub.jobs.printing import choose_media, lay_out
from labelhub.labels import store as templates
from labelhub.labels.page import Page
from labelhub.labels.store import StoredTemplate
from labelhub.labels.template import Template
from labelhub.media import Media
from labelhub.printers.printer import Printer, Status
from labelhub.printers.probe import Clock

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


class Submitter:
    """Turns wishes into jobs or previews."""

    def __init__(
        self,
        database: Database,
        drivers: Drivers,
        printers: Callable[[], Iterable[Printer]],
        printer: Callable[[str], Printer],
        status: Callable[[UUID], Status],
        clock: Clock,
    ) -> None:
        """`printers` gives all, `printer` one by id or slug (PrinterNotFound), `status` the last that is known of one."""
        self._database = database
        self._drivers = drivers
        self._printers = printers
        self._printer = printer
        self._status = status
        self._clock = clock

    async def submit(self, wish: Wish) -> Job:
        """The stored job. TemplateNotFound, PrinterNotFound, PrinterDisabled, MediaMismatch, MediaUnsupported, and what layout finds."""
        stored = await self._database.read(templates.get, wish.template)
        place = await self._place(wish, stored.template)
        assert place.printer is not None
        if not wish.hold_mismatch:
            self._refuse_other_media(stored.template, place.printer)
        await asyncio.to_thread(self._check, stored.template, wish, place)
        template = stored.template
        new = NewJob(
            place.printer.id, template.key, stored.digest, template.need, wish.labels, wish.options, wish.priority, wish.submitted_by
        )  # fmt: skip
        return await self._database.write(store.submit, new, self._clock())

    async def preview(self, wish: Wish) -> Page:
        """The first label of the wish as it would be printed, on a printer or, where none is set up, on the model the template names."""
        stored = await self._database.read(templates.get, wish.template)
        place = await self._place(wish, stored.template, need_printer=False)
        return await self._laid_out(place, stored.template, wish.labels[0].fields, place.media, wish.options)

    async def picture(self, job: Job, number: int) -> Page:
        """Page `number` (from 1) of a job as it was or will be printed. MediaUnsupported when no printer can tell its media."""
        template = await self._database.read(templates.version, job.template_digest)
        printer = next((printer for printer in self._printers() if printer.id == job.printer_id), None)
        if printer is not None and self._drivers.find(printer.model):
            place = self._at(printer, template)
        else:
            place = self._without_printer(template)
        return await self._laid_out(place, template, job.pages[number - 1], job.media or place.media, job.options)

    async def sample(self, stored: StoredTemplate) -> Page:
        """The template with its own example fields, on the model it is drawn for."""
        place = self._without_printer(stored.template)
        return await self._laid_out(place, stored.template, stored.template.example, place.media, EncodeOptions())

    async def _laid_out(
        self, place: Place, template: Template, fields: Mapping[str, object], media: Media | None, options: EncodeOptions
    ) -> Page:
        if media is None:
            raise MediaUnsupported(f"template {template.key} takes any media: which one shows once the printer has answered")
        page = await asyncio.to_thread(lay_out, template, fields, place.driver, place.model, media, options)
        return replace(page, raster=page.raster.mirrored()) if options.mirror else page

    async def _place(self, wish: Wish, template: Template, *, need_printer: bool = True) -> Place:
        if wish.printer is not None:
            return self._at(self._named(wish.printer, need_printer), template)
        candidates = [printer for printer in self._printers() if printer.enabled and self._takes(printer, template)]
        if candidates:
            depths = await self._database.read(store.depths)
            return self._at(
                min(candidates, key=lambda printer: (self._readiness(printer, template), depths.get(printer.id, 0))), template
            )
        if not need_printer:
            return self._without_printer(template)
        if not any(printer.enabled for printer in self._printers()):
            raise PrinterNotFound("no printer is set up and enabled; add one with POST /api/printers")
        raise MediaUnsupported(f"no enabled printer takes {template.need.name if template.need else 'a label before its media is known'}")

    def _named(self, id_or_slug: str, need_enabled: bool) -> Printer:
        printer = self._printer(id_or_slug)
        if need_enabled and not printer.enabled:
            raise PrinterDisabled(f"the printer {printer.slug} is disabled; enable it with PATCH /api/printers/{printer.id}")
        return printer

    def _at(self, printer: Printer, template: Template) -> Place:
        found = self._drivers.find(printer.model)
        if found is None:
            raise MediaUnsupported(f"no driver here knows the model {printer.model!r} of printer {printer.slug}")
        driver, model = found
        status = self._status(printer.id)
        may_tell = printer.address.snmp and (not status.online or status.answers(printer.address))
        if template.need is None and status.media is None and may_tell:
            return Place(driver, model.name, None, printer)
        return Place(driver, model.name, choose_media(driver, model.name, template, status.media), printer)

    def _without_printer(self, template: Template) -> Place:
        """The model the template names; for one that names none, the first model and its widest media that will do."""
        names = [template.printer_model] if template.printer_model else self._drivers.model_names
        for driver, model in filter(None, map(self._drivers.find, names)):
            fitting = [media for media in driver.media(model.name) if template.need is None or template.need.met_by(media)]
            if fitting:
                return Place(driver, model.name, max(fitting, key=lambda media: media.width_mm))
        raise MediaUnsupported(f"no driver here prints what template {template.key} is drawn for")

    def _takes(self, printer: Printer, template: Template) -> bool:
        found = self._drivers.find(printer.model)
        if found is None:
            return False
        if template.need is None:
            return self._status(printer.id).media is not None
        return fits(found[0], found[1].name, template.need)

    def _readiness(self, printer: Printer, template: Template) -> int:
        """0: has the media; 1: answers, but nobody knows what it holds; 2: is away; 3: holds other media."""
        status = self._status(printer.id)
        if status.online and status.media is not None:
            return 0 if template.need is None or template.need.met_by(status.media) else 3
        return 1 if status.online else 2

    def _refuse_other_media(self, template: Template, printer: Printer) -> None:
        status = self._status(printer.id)
        if not status.online or status.media is None or template.need is None or template.need.met_by(status.media):
            return
        raise MediaMismatch(
            f"template {template.key} is drawn for {template.need.name}, {printer.slug} holds {status.media.name}: "
            'load it, choose another template, or send "on_media_mismatch": "queue"',
            expected=template.need.size,
            loaded=status.media.name,
        )

    def _check(self, template: Template, wish: Wish, place: Place) -> None:
        for number, label in enumerate(wish.labels):
            try:
                if len(wish.labels) > LAID_OUT_AT_ONCE or place.media is None:
                    template.check_fields(label.fields)
                else:
                    lay_out(template, label.fields, place.driver, place.model, place.media, wish.options)
            except HubError as error:
                if len(wish.labels) > 1:
                    error.extra["label"] = number + 1
                raise
