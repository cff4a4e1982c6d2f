"""Proofs: labels as they would be printed, and what media they would use, before anything is printed. Nothing is stored.

Dots come from the one place that draws labels for the printer as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from labelhub.db.engine import Database
from labelhub.drivers.driver import Drivers, EncodeOptions
from labelhub.errors import HubError, LabelNotFound, MediaUnsupported
from labelhub.jobs import store
from labelhub.jobs.drawing import Drawing
from labelhub.jobs.job import PENDING, Job, LabelOrder
from labelhub.jobs.printing import PAGES_A_CONNECTION, Setting, choose_media
from labelhub.jobs.submit import LAID_OUT_AT_ONCE, Place, Wish, numbered, place_on
from labelhub.labels import store as templates
from labelhub.labels.estimate import Estimate, estimate
from labelhub.labels.page import Page
from labelhub.labels.proof import Proof
from labelhub.labels.store import StoredTemplate
from labelhub.labels.template import Template
from labelhub.labels.written import Written
from labelhub.media import Media

RED = "-red"
"""Ends the name of a roll that prints black and red."""

PlaceFor = Callable[[str | None, Template], Awaitable[Place]]
PlaceOf = Callable[[Job, Template], Place]


@dataclass(frozen=True, slots=True)
class On:
    """What to draw for, where that is no printer of the hub: a model, and the name of a media (`12mm`, `29x90mm`, `62mm-red`)."""

    model: str | None = None
    media: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What a wish would use. `lengths_mm` are of those pages that were laid out; where these are not all, the others count like them."""

    place: Place
    media: Media
    estimate: Estimate
    lengths_mm: tuple[float, ...]
    exact: bool


class Proofs:
    """Previews and estimates. `place_for` tells where a template would be printed, as for a wish that is submitted; `place_of`, where
    a job is.
    """

    def __init__(self, database: Database, drivers: Drivers, place_for: PlaceFor, place_of: PlaceOf, drawing: Drawing) -> None:
        self._database = database
        self._drivers = drivers
        self._place_for = place_for
        self._place_of = place_of
        self._drawing = drawing

    async def preview(self, wish: Wish, draft: Written | None = None, on: On | None = None) -> Proof:
        """The first label of the wish, of a template that is not stored where there is a `draft`.

        TemplateNotFound, PrinterNotFound, MediaUnsupported, TemplateInvalid, and what layout finds.
        """
        if draft is not None:
            draft = await self._database.read(templates.drafted, draft)
        return await self._proof(wish, draft, on)

    async def _proof(self, wish: Wish, draft: Written | StoredTemplate | None, on: On | None) -> Proof:
        setting, _ = await self._setting(wish, draft, on)
        page = await self._page(setting, numbered(wish, setting.template).labels[0].fields)
        return Proof(page, setting.media, setting.driver.geometry(setting.model, setting.media, setting.options))

    async def picture(self, job: Job, number: int) -> Page:
        """Page `number` (from 1) of a job as it was or will be printed. LabelNotFound; MediaUnsupported when nobody knows its media."""
        if job.need == PENDING:
            raise LabelNotFound("what is to stand on the label has not been fetched yet")
        template = await self._database.read(templates.version, job.template_digest)
        place = self._place_of(job, template)
        fields = await self._database.read(store.fields_of, job.id, number - 1)
        return await self._page(_setting(template, job.template_digest, place, job.media or place.media, job.options), fields)

    async def _page(self, setting: Setting, fields: Mapping[str, Any]) -> Page:
        page = await self._drawing.one(setting, fields)
        return replace(page, raster=page.raster.mirrored()) if setting.options.mirror else page

    async def sample(self, key: str, printer: str | None = None, on: On | None = None) -> Proof:
        """The template with its own example fields; errors as `preview`. With neither, on the model and media it is drawn for."""
        stored = await self._database.read(templates.get, key)
        wish = Wish(key, (LabelOrder(stored.template.example),), printer)
        template = stored.template
        if printer is None and on is None:
            on = On(template.printer_model or "", template.need.size if template.need else None)
        return await self._proof(wish, stored, on)

    async def use(self, wish: Wish) -> Use:
        """The media that all labels of the wish would use; of many only the first few are laid out. Errors as `preview`."""
        setting, place = await self._setting(wish, None, None)
        return await self._use(setting, place, wish)

    async def _setting(self, wish: Wish, draft: Written | StoredTemplate | None, on: On | None) -> tuple[Setting, Place]:
        if draft is None:
            draft = await self._database.read(templates.get, wish.template)
        place = await self._place(wish.printer, draft.template, on or On())
        return _setting(draft.template, draft.digest, place, place.media, wish.options), place

    async def _place(self, printer: str | None, template: Template, on: On) -> Place:
        if on.model is None:
            place = await self._place_for(printer, template)
        else:
            place = self._on_model(on.model, template)
        if on.media is None:
            return place
        there = list(_names(place))
        fitting = [media for name, media in there if name == on.media]
        needed = [media for media in fitting if template.takes(media)]
        if not needed:
            known = ", ".join(sorted({name for name, _ in there}))
            raise MediaUnsupported(
                f"template {template.key} is not drawn for {on.media}"
                if fitting
                else f"a {place.model} takes no media {on.media[:40]!r}; it takes {known}"
            )
        return replace(place, media=needed[0])

    def _on_model(self, name: str, template: Template) -> Place:
        """A model that no printer of the hub needs to be: with the widest media that will do."""
        place = place_on(self._drivers, name, template)
        if place is not None:
            return place
        if name and (found := self._drivers.find(name)) is not None:
            choose_media(found[0], found[1].name, template, None)
        raise MediaUnsupported(
            f"no driver here prints what template {template.key} is drawn for" + (f" on a {name[:60]}" if name else "")
        )

    async def _use(self, setting: Setting, place: Place, wish: Wish) -> Use:
        shown = numbered(wish, setting.template).labels[:LAID_OUT_AT_ONCE]
        lengths_mm: list[float] = []
        for number, outcome in enumerate(await self._drawing.all(setting, [label.fields for label in shown])):
            if isinstance(outcome, HubError):
                outcome.extra |= {"label": number + 1} if len(wish.labels) > 1 else {}
                raise outcome
            lengths_mm += [outcome.length_mm] * shown[number].copies
        rest = sum(label.copies for label in wish.labels[LAID_OUT_AT_ONCE:])
        geometry = setting.driver.geometry(setting.model, setting.media, setting.options)
        counted = lengths_mm + [fmean(lengths_mm)] * rest
        used = estimate(counted, setting.media, geometry, setting.options, PAGES_A_CONNECTION)
        return Use(place, setting.media, used, tuple(lengths_mm), rest == 0)


def _setting(template: Template, digest: str, place: Place, media: Media | None, options: EncodeOptions) -> Setting:
    if media is None:
        raise MediaUnsupported(f"template {template.key} takes any media: which one shows once the printer has answered")
    return Setting(template, digest, place.driver, place.model, media, options)


def _names(place: Place) -> Iterator[tuple[str, Media]]:
    """Every media that the place's model takes, by its name; `-red` is its roll that prints red as well."""
    for media in place.driver.media(place.model):
        yield media.name, media
        both = replace(media, two_color=True, text_color="black and red")
        if "red" in place.driver.geometry(place.model, both).canvas.colors:
            yield media.name + RED, both
