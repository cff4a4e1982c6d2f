"""Choosing: which templates suit a thing, which printers take a template, and the picture of the label that comes of it."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labelhub.errors import FieldMissing, HubError
from labelhub.hub import Hub
from labelhub.jobs.submit import Wish
from labelhub.labels.proof import Look, Proof, drawn
from labelhub.labels.store import StoredTemplate
from labelhub.labels.template import Template
from labelhub.media import Media
from labelhub.web.cards import Card, cards_of
from labelhub.web.catalogue import Words

ENLARGED_BELOW_DOTS = 130
"""A lower picture is shown with each dot twice as wide and high, so that what it says can be read."""
NO_LABELS = ("printer-test",)
"""Templates that print what no person asks for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A printer that takes the template. `ready` when it holds media that will do, `chosen` when it is to print."""

    card: Card
    ready: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The label as it would be printed, or why there is none."""

    picture: str = ""
    """A data: address."""
    width: int = 0
    height: int = 0
    media: Media | None = None
    length_mm: float = 0
    fault: HubError | None = None


async def choices_of(hub: Hub, t: Words, template: Template, wanted: str) -> list[Choice]:
    """The enabled printers that take the template; the one wanted is chosen or, where none is, the nearest to printing it."""
    cards = [card for card in await cards_of(hub, t) if card.printer.enabled and takes(hub, card, template)]
    slugs = [card.printer.slug for card in cards]
    if wanted not in slugs:
        try:
            nearest = (await hub.submitter.place_for(None, template)).printer
        except HubError:
            nearest = None
        wanted = nearest.slug if nearest else (slugs[0] if slugs else "")
    return [Choice(card, holds(card, template), card.printer.slug == wanted) for card in cards]


def takes(hub: Hub, card: Card, template: Template) -> bool:
    """True when the printer can be loaded with what the template is drawn for."""
    found = hub.drivers.find(card.printer.model)
    return found is not None and (not template.media or any(map(template.takes, found[0].media(found[1].name))))


def holds(card: Card, template: Template) -> bool:
    """True when what the printer was last seen to hold will do."""
    return card.media is not None and template.takes(card.media)


def suiting(
    stored: Iterable[StoredTemplate], kind: str, values: Mapping[str, Any] | None, loaded: Iterable[Media]
) -> list[StoredTemplate]:
    """The templates that a thing of this kind fills, those first that fit what is loaded and are made for its system."""
    there = list(loaded)

    def rank(one: StoredTemplate) -> tuple[bool, bool, bool, str]:
        template = one.template
        return not any(map(template.takes, there)), template.app != kind, template.app not in (kind, "generic"), template.key

    fitting = [one for one in stored if one.template.key not in NO_LABELS and (values is None or _filled(one.template, values))]
    return sorted(fitting, key=rank)


def _filled(template: Template, values: Mapping[str, Any]) -> bool:
    """True when the thing has what the template cannot do without, and more than that to show."""
    try:
        template.check_fields(values)
    except FieldMissing:
        return False
    return any(values.get(entry.name) for entry in template.fields)


async def shown(hub: Hub, wish: Wish) -> Shown:
    """The first label of the wish on its whole media."""
    try:
        proof = await hub.proofs.preview(wish)
    except HubError as error:
        return Shown(fault=error)
    content, width, height = await asyncio.to_thread(_png, proof)
    picture = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    return Shown(picture, width, height, proof.media, proof.page.length_mm)


def _png(proof: Proof) -> tuple[bytes, int, int]:
    picture = drawn(proof, Look(frame=True))
    out = io.BytesIO()
    picture.save(out, "PNG")
    by = 2 if picture.height < ENLARGED_BELOW_DOTS else 1
    return out.getvalue(), picture.width * by, picture.height * by
