"""Choosing: which templates suit a thing, which printers take a template, and the picture of the label that comes of it."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass

from labelhub.errors import FieldMissing, HubError
from labelhub.hub import Hub
from labelhub.integrations.integration import Item
from labelhub.jobs.submit import Wish
from labelhub.labels.proof import Look, Proof, plan
from labelhub.labels.store import StoredTemplate
from labelhub.labels.template import Template
from labelhub.late import Image, ImageChops
from labelhub.media import Media
from labelhub.web.cards import Card, cards_of
from labelhub.web.catalogue import Words
from labelhub.web.media_look import RED, ink_of, paper_of

ENLARGED_BELOW_DOTS = 130
"""A lower picture is shown with each dot twice as wide and high, so that what it says can be read."""
COLORS = 8
NO_LABELS = ("printer-test",)
"""Templates that print what no person asks for."""
OWN_LABELS = frozenset({"asset", "product", "stock", "spool", "filament"})
"""Types that the templates of their own app are drawn for; a location, say, has no asset tag to show."""
GENERAL = ("any-asset", "any-qr")


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
    """The enabled printers that take the template; those that can print it now first.

    The one wanted is chosen or, where none is, the nearest to printing it.
    """
    cards = [card for card in await cards_of(hub, t) if card.printer.enabled and takes(hub, card, template)]
    slugs = [card.printer.slug for card in cards]
    if wanted not in slugs:
        try:
            nearest = (await hub.submitter.place_for(None, template)).printer
        except HubError:
            nearest = None
        wanted = nearest.slug if nearest else (slugs[0] if slugs else "")
    choices = [Choice(card, holds(card, template), card.printer.slug == wanted) for card in cards]
    return sorted(choices, key=lambda choice: not choice.ready)


def takes(hub: Hub, card: Card, template: Template) -> bool:
    """True when the printer can be loaded with what the template is drawn for."""
    found = hub.drivers.find(card.printer.model)
    return found is not None and (not template.media or any(map(template.takes, found[0].media(found[1].name))))


def holds(card: Card, template: Template) -> bool:
    """True when what the printer was last seen to hold will do."""
    return card.media is not None and template.takes(card.media)


def for_loaded(stored: Iterable[StoredTemplate], loaded: Iterable[Media]) -> list[Template]:
    """The templates that can be printed on what is loaded, those for anything first."""
    there = list(loaded)
    fitting = [one.template for one in stored if one.template.key not in NO_LABELS and any(map(one.template.takes, there))]
    return sorted(fitting, key=lambda template: (template.app != "generic", bool(template.media), template.key))


def for_thing(item: Item, kind: str, stored: Iterable[StoredTemplate], loaded: Iterable[Media]) -> list[Template]:
    """The templates that a thing of this kind of system fills, those first that fit what is loaded."""
    there = list(loaded)
    return sorted(templates_for(item, kind, [one.template for one in stored]), key=lambda one: not any(map(one.takes, there)))


def templates_for(item: Item, kind: str, every: Iterable[Template]) -> list[Template]:
    """Those that the thing fills: first its own app's, where they are drawn for things like it, then those for any thing."""
    filled = [template for template in every if template.key not in NO_LABELS and _fills(item, template)]
    own = [template for template in filled if template.app == kind and item.type in OWN_LABELS]
    general = [template for template in filled if template.app == "generic"]
    # A location has a name, and no tag that is to be the largest.
    first = GENERAL if item.type not in ("location", "stocklocation") else GENERAL[::-1]
    general.sort(key=lambda template: (first.index(template.key) if template.key in first else len(first), template.key))
    return own + general


def _fills(item: Item, template: Template) -> bool:
    try:
        template.check_fields(item.fields)
    except FieldMissing:
        return False
    return True


async def shown(hub: Hub, wish: Wish) -> Shown:
    """The first label of the wish on its whole media."""
    try:
        proof = await hub.proofs.preview(wish)
    except HubError as error:
        return Shown(fault=error)
    content, width, height = await asyncio.to_thread(colored, proof)
    picture = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    return Shown(picture, width, height, proof.media, proof.page.length_mm)


def colored(proof: Proof) -> tuple[bytes, int, int]:
    """The label on the whole width of its media, in the colours of both; and how large to show it."""
    there = plan(proof, Look(frame=True))
    picture = Image.new("RGB", (there.width, there.height), paper_of(proof.media))
    for color, plane in zip((ink_of(proof.media), RED), proof.planes(), strict=False):
        picture.paste(color, there.label, ImageChops.invert(plane[1].convert("L")))
    out = io.BytesIO()
    picture.quantize(COLORS).save(out, "PNG")
    by = 2 if picture.height < ENLARGED_BELOW_DOTS else 1
    return out.getvalue(), picture.width * by, picture.height * by
