"""A label drawn and encoded: from its fields to a page that was read back, from pages to the bytes of a job.

What draws imports nothing of the database, for it also runs apart.
"""

from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from labelhub.drivers.driver import Driver, Encoded, EncodeOptions
from labelhub.errors import FontInvalid, HubError
from labelhub.labels.barcode import check
from labelhub.labels.images import Pictures
from labelhub.labels.own_fonts import OwnFont, faces_with
from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.labels.template import Template
from labelhub.media import Media
from labelhub.raster import Canvas, Raster

log = logging.getLogger(__name__)

Fields = Mapping[str, Any]
Outcome = Page | HubError

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
class Coding:
    """All that the bytes of a job depend on beside its pages."""

    driver: Driver
    model: str
    media: Media
    options: EncodeOptions

    def encode(self, rasters: Sequence[Raster]) -> Encoded:
        """The pages, one at least, as one job in the parts it leaves in. LabelTooLong, MediaUnsupported."""
        return self.driver.encode(self.model, self.media, rasters, self.options)

    @property
    def packed(self) -> bytes | None:
        """For another process; None where the driver is a thing that cannot be handed on."""
        try:
            return pickle.dumps(self)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError):
            return None


def coding_of(packed: bytes | None) -> Coding | None:
    """What another process of this hub packed; None where the driver is not to be had here."""
    if packed is None:
        return None
    try:
        coding: Coding = pickle.loads(packed)  # noqa: S301 - from the hub's own pipe
    except Exception:  # other people's drivers may raise anything while they are imported
        log.warning("the driver cannot be had in the process that draws: the hub encodes by itself", exc_info=True)
        return None
    return coding


def lay_out(sketch: Sketch, fields: Fields) -> Outcome:
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


def lay_out_some(sketch: Sketch, labels: Sequence[Fields], clock: Callable[[], float] = time.monotonic) -> list[Outcome]:
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
