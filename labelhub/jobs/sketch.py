"""A label drawn: from its fields to a page that was read back. What draws imports nothing of the database, for it also runs apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from labelhub.errors import FontInvalid, HubError
from labelhub.labels.barcode import check
from labelhub.labels.images import Pictures
from labelhub.labels.own_fonts import OwnFont, faces_with
from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.labels.template import Template
from labelhub.media import Media
from labelhub.raster import Canvas

TURN_S = 0.5
"""Who has many labels that take long to draw lets others in between them."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """All that a label's dots depend on beside its fields."""

    template: Template
    canvas: Canvas
    media: Media
    fonts: tuple[OwnFont, ...] = ()


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
