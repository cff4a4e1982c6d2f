"""What a label's dots depend on, and the straight line from its fields to a page that was read back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from labelhub.drivers.driver import Driver, EncodeOptions
from labelhub.errors import FontInvalid, HubError, MediaUnsupported
from labelhub.labels.barcode import check
from labelhub.labels.estimate import estimate
from labelhub.labels.images import Pictures
from labelhub.labels.own_fonts import OwnFont, faces_with
from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.labels.store import version as template_version
from labelhub.labels.template import Template
from labelhub.media import Media, media_fields, millimetres
from labelhub.raster import Canvas, Raster

__all__ = ["Setting", "Sketch", "Template", "choose_media", "lay_out", "lay_out_some", "media_mm", "template_version"]

PAGES_A_CONNECTION = 20
"""More would make a batch that cannot be stopped."""
TURN_S = 0.5
"""Who has many labels that take long to draw lets others in between them."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """All that a label's dots depend on beside its fields."""

    template: Template
    canvas: Canvas
    media: Media
    fonts: tuple[OwnFont, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """How a label is printed; `digest` is that of the template's definition, `fonts` are those the hub has beside its own."""

    template: Template
    digest: str
    driver: Driver
    model: str
    media: Media
    options: EncodeOptions
    fonts: tuple[OwnFont, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """The same for two settings in which the same fields give the same dots."""
        return self.digest, self.model, self.options, *media_fields(self.media).values(), *(font.digest for font in self.fonts)

    @property
    def sketch(self) -> Sketch:
        """What is drawn on. MediaUnsupported when the model cannot print on the media."""
        return Sketch(self.template, self.driver.geometry(self.model, self.media, self.options).canvas, self.media, self.fonts)


def choose_media(driver: Driver, model: str, template: Template, loaded: Media | None) -> Media:
    """The media to lay a label out for: the loaded one where it fits, else the one the template asks for. MediaUnsupported."""
    if loaded is not None and template.takes(loaded):
        return loaded
    if not template.media:
        raise MediaUnsupported(f"template {template.key} takes any media, but the hub does not know which one is in the printer")
    for media in driver.media(model):
        if template.takes(media):
            return media
    raise MediaUnsupported(f"template {template.key} is drawn for {template.media_name}, which a {model} does not take")


def media_mm(setting: Setting, pages: Sequence[Raster]) -> float:
    """What the pages of one connection move of the media, the blank around them included."""
    geometry = setting.driver.geometry(setting.model, setting.media, setting.options)
    lengths_mm = [millimetres(page.height_dots, geometry.canvas.dpi_along) for page in pages]
    return estimate(lengths_mm, setting.media, geometry, setting.options, PAGES_A_CONNECTION).media_mm


def lay_out(sketch: Sketch, fields: Mapping[str, Any]) -> Page | HubError:
    """The very dots that are or would be printed, every bar code read back from them; or why there is no such label.

    Without what was drawn where, which was for the reading and is larger than the dots.
    """
    try:
        pictures = _pictures(tuple(sketch.template.pictures.items()))
        page = render(sketch.template, fields, sketch.canvas, sketch.media, pictures=pictures, faces=faces_with(sketch.fonts))
        check(page)
    except HubError as error:
        return error
    except (OSError, RuntimeError) as error:
        if not sketch.fonts:
            raise
        # Pillow's word for a font that opens, and is broken where this very text looks into it.
        return FontInvalid(f"a font of the folder `fonts` cannot set this label ({error}): take it out and start the hub again")
    return replace(page, barcodes=(), texts=(), rulers=(), others=())


def lay_out_some(
    sketch: Sketch, labels: Sequence[Mapping[str, Any]], clock: Callable[[], float] = time.monotonic
) -> list[Page | HubError]:
    """As `lay_out` the first of the labels: one at least, then more until a turn is over. Whoever wants the rest asks again."""
    end, outcomes = clock() + TURN_S, [lay_out(sketch, labels[0])]
    for fields in labels[1:]:
        if clock() >= end:
            break
        outcomes.append(lay_out(sketch, fields))
    return outcomes


@lru_cache(maxsize=2)
def _pictures(stored: tuple[tuple[str, bytes], ...]) -> Pictures:
    """The pictures of a template, of which those decoded lately are kept: the next label shows them as well."""
    return Pictures(dict(stored).get)
