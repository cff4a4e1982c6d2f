"""Routing: a job for any printer is taken by the first that has its media and nothing else to do. Why none does, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labelhub.jobs.job import MEDIA_NEEDED
from labelhub.jobs.store import Block
from labelhub.jobs.worker import block_of
from labelhub.media import Need, size_of
from labelhub.printers.printer import Printer, Status

NAMED = 5
"""Of the printers that could be loaded, so many are named."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enabled printer, what is known of it, and the media needed that it could print on: of each need as much as it takes."""

    printer: Printer
    status: Status
    takes: Mapping[Need | None, Need | None]


def reasons(needs: Iterable[Need | None], there: list[Candidate]) -> dict[Need | None, Block | None]:
    """Why jobs wait, by the media they need; None where a printer will take them."""
    telling = [one for one in there if one.status.can_tell(one.printer.address)]  # of others nobody knows that they have the media
    return {need: _reason(need, [one for one in telling if need in one.takes]) for need in needs}


def _reason(need: Need | None, able: list[Candidate]) -> Block | None:
    loaded = [one for one in able if one.status.media is not None and (need is None or need.met_by(one.status.media))]
    blocks = [(one, block_of(one.printer, one.status)) for one in loaded]
    wanted = need.name if need else "media"
    if any(block is None or one.status.works for one, block in blocks):
        return None
    for one, block in blocks:
        if block is not None and block.reason != MEDIA_NEEDED:
            held = wanted if need is None or one.status.media is None else size_of(one.status.media).name
            return Block(block.reason, f"{one.printer.slug} holds {held}, but {block.detail}")
    if not able:
        return Block(MEDIA_NEEDED, f"no enabled printer that tells what it holds takes {wanted}: add or enable one that does")
    unseen = [(one, block) for one in able if one.status.media is None and (block := _away(one)) is not None]
    if len(unseen) == len(able):  # what they hold nobody knows, so nobody is sent to load them
        first, block = unseen[0]
        return Block(block.reason, f"{first.printer.slug} may hold {_part(need, first)}, but {block.detail}")
    return Block(MEDIA_NEEDED, "load " + ", or ".join(_loads(need, sorted(able, key=lambda one: one.printer.slug)[:NAMED])))


def _loads(need: Need | None, able: list[Candidate]) -> list[str]:
    """What to load into which of them, those together that take the same of it."""
    printers: dict[str, list[str]] = {}
    for one in able:
        printers.setdefault(_part(need, one), []).append(one.printer.slug)
    return [f"{part} into {' or '.join(slugs)}" for part, slugs in printers.items()]


def _part(need: Need | None, one: Candidate) -> str:
    part = one.takes[need]
    return part.name if part else "media"


def _away(one: Candidate) -> Block | None:
    """Why nothing prints there, where it is not for want of media."""
    block = block_of(one.printer, one.status)
    return None if block is None or block.reason == MEDIA_NEEDED else block
