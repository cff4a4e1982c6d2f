"""The straight line of one print up to its bytes: media, geometry, render, check, encode. `follow` sends and confirms them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labelhub.drivers.driver import Driver, Encoded, EncodeOptions
from labelhub.errors import MediaUnsupported
from labelhub.labels.barcode import check
from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.labels.store import version as template_version
from labelhub.labels.template import Template
from labelhub.media import Media

__all__ = ["choose_media", "encode", "lay_out", "template_version"]

PAGES_A_CONNECTION = 20
"""More would make a batch that cannot be stopped."""


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


def lay_out(template: Template, fields: Mapping[str, Any], driver: Driver, model: str, media: Media, options: EncodeOptions) -> Page:
    """The very dots that are or would be printed, every bar code read back from them. FieldMissing, LabelTooLong, BarcodeInvalid."""
    page = render(template, fields, driver.geometry(model, media, options).canvas, media)
    check(page)
    return page


def encode(
    template: Template, sheets: list[Mapping[str, Any]], driver: Driver, model: str, media: Media, options: EncodeOptions
) -> Encoded:
    """One connection's pages in the parts they leave in; equal fields that follow each other (copies) are laid out once."""
    pages: list[Page] = []
    for number, fields in enumerate(sheets):
        same = number > 0 and fields is sheets[number - 1]
        pages.append(pages[-1] if same else lay_out(template, fields, driver, model, media, options))
    return driver.encode(model, media, [page.raster for page in pages], options)
