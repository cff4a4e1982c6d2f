"""How much media labels use: their own length, the blank feed around each, and what lies before the first cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from labelhub.drivers.driver import EncodeOptions, Geometry
from labelhub.media import Media, millimetres


@dataclass(frozen=True, slots=True)
class Estimate:
    """The media that a job moves. Of die-cut media each label counts with its nominal length, without the gap."""

    labels: int
    media_mm: float
    """All that comes out, the blank included."""
    blank_mm: float
    """Of it what no label covers: leaders, margins, and what is fed so that a short piece can be cut."""

    def cost(self, per_m: float | None = None, per_label: float | None = None) -> float | None:
        """What the media costs at these prices, in their currency; None without a price."""
        if per_m is None and per_label is None:
            return None
        return self.media_mm / 1000 * (per_m or 0) + self.labels * (per_label or 0)


def estimate(lengths_mm: Sequence[float], media: Media, geometry: Geometry, options: EncodeOptions, together: int) -> Estimate:
    """For pages of these lengths, in mm of dots, at most `together` of them in one connection."""
    if media.length_mm is not None:
        return Estimate(len(lengths_mm), len(lengths_mm) * media.length_mm, 0.0)
    margins_mm = 2 * millimetres(geometry.margin_dots, geometry.dpi)
    used_mm, end_is_cut, waiting = 0.0, True, iter(lengths_mm)
    while part := [length_mm + margins_mm for length_mm in islice(waiting, together)]:
        used_mm += _used_mm(part, geometry, options) + (geometry.cutting.leader_mm if end_is_cut else 0.0)
        end_is_cut = _is_cut(len(part), len(part), geometry, options)
    return Estimate(len(lengths_mm), used_mm, used_mm - sum(lengths_mm))


def _used_mm(pieces_mm: Sequence[float], geometry: Geometry, options: EncodeOptions) -> float:
    """What the pages of one connection move. A piece shorter than the way from the head to the cutter is fed to it."""
    used_mm = piece_mm = 0.0
    for number, length_mm in enumerate(pieces_mm, start=1):
        cut = _is_cut(number, len(pieces_mm), geometry, options)
        moved_mm = max(length_mm, geometry.cutting.leader_mm - piece_mm) if cut else length_mm
        used_mm, piece_mm = used_mm + moved_mm, 0.0 if cut else piece_mm + moved_mm
    return used_mm


def _is_cut(number: int, pages: int, geometry: Geometry, options: EncodeOptions) -> bool:
    """True when the media is cut through behind this page of a connection, counted from 1."""
    cutting = geometry.cutting
    if not cutting.cutter:
        return False
    if number == pages:
        return not options.chain
    hang_together = options.half_cut and cutting.half_cutter
    return options.auto_cut and not hang_together and number % max(1, min(options.cut_each, cutting.most_together)) == 0
