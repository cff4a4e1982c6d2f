"""The straight line of one print up to its bytes: media, geometry, render, check, encode. `follow` sends and confirms them."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from labelhub.drivers.driver import Driver, EncodeOptions
from labelhub.errors import HubError, MediaUnsupported
from labelhub.jobs.job import Sheet
from labelhub.labels.barcode import check
from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.labels.store import version as template_version
from labelhub.labels.template import Template
from labelhub.media import Media, media_fields
from labelhub.raster import Raster

__all__ = ["Drawn", "Problem", "Setting", "Template", "choose_media", "draw", "lay_out", "template_version"]

PAGES_A_CONNECTION = 20
"""More would make a batch that cannot be stopped."""
KEPT_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Setting:
    """What a label's dots depend on beside its fields; `digest` is that of the template's definition."""

    template: Template
    digest: str
    driver: Driver
    model: str
    media: Media
    options: EncodeOptions

    @property
    def key(self) -> list[object]:
        """The same for two settings in which the same fields give the same dots."""
        return [self.digest, self.model, media_fields(self.media), asdict(self.options)]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one label of a batch can never be printed."""

    sheet: Sheet
    slug: str
    detail: str


def choose_media(driver: Driver, model: str, template: Template, loaded: Media | None) -> Media:
    """The media to lay a label out for: the loaded one where it fits, else the one the template asks for. MediaUnsupported."""
    if loaded is not None and (template.need is None or template.need.met_by(loaded)):
        return loaded
    if template.need is None:
        raise MediaUnsupported(f"template {template.key} takes any media, but the hub does not know which one is in the printer")
    for media in driver.media(model):
        if template.need.met_by(media):
            return media
    raise MediaUnsupported(f"template {template.key} is drawn for {template.need.name}, which a {model} does not take")


def lay_out(setting: Setting, fields: Mapping[str, Any]) -> Page:
    """The very dots that are or would be printed, every bar code read back from them. FieldMissing, LabelTooLong, BarcodeInvalid."""
    canvas = setting.driver.geometry(setting.model, setting.media, setting.options).canvas
    page = render(setting.template, fields, canvas, setting.media)
    check(page)
    return page


class Drawn:
    """Labels that were laid out and read back a moment ago: what was checked before a job was taken is printed without drawing it anew.

    Safe to use from several threads; the oldest go when it is full.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._size_bytes = 0
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._lock = threading.Lock()

    def lay_out(self, setting: Setting, fields: Mapping[str, Any]) -> Page:
        """As the function of this name, drawn once; without what was drawn where."""
        key = json.dumps([setting.key, fields], sort_keys=True)
        with self._lock:
            page = self._pages.pop(key, None)
            if page is not None:
                self._pages[key] = page
                return page
        # What was drawn where was for the check, and is larger than the dots.
        page = replace(lay_out(setting, fields), barcodes=(), texts=(), rulers=())
        with self._lock:
            self._keep(key, page)
        return page

    def _keep(self, key: str, page: Page) -> None:
        if key not in self._pages:
            self._pages[key] = page
            self._size_bytes += _size_bytes(key, page)
        while self._size_bytes > self._kept_bytes:
            oldest, gone = self._pages.popitem(last=False)
            self._size_bytes -= _size_bytes(oldest, gone)


def draw(drawn: Drawn, setting: Setting, sheets: Sequence[Sheet]) -> tuple[list[Raster], list[Problem]]:
    """The pages of those sheets that can be printed, in order, and why the others cannot. MediaUnsupported when none ever can."""
    pages: list[Raster] = []
    problems: list[Problem] = []
    for sheet in sheets:
        if problems and problems[-1].sheet.first_page == sheet.first_page:
            continue
        try:
            pages.append(drawn.lay_out(setting, sheet.fields).raster)
        except MediaUnsupported:
            raise
        except HubError as error:
            problems.append(Problem(sheet, error.slug, error.detail))
    return pages, problems


def _size_bytes(key: str, page: Page) -> int:
    planes = len(page.raster.black) + len(page.raster.red or b"")
    return len(key) + planes
