"""Media as a person types it: `12mm`, `tze-12`, `hse-11.7`, `62mm`, `dk-62`, `62mm-red`, `29x90mm`."""

from __future__ import annotations

import re
from dataclasses import replace

from labelhub.drivers.brother.rows import ModelRow
from labelhub.drivers.brother.tables import media_row, model_row
from labelhub.errors import MediaUnsupported
from labelhub.media import Media, MediaKind

_WORD = re.compile(
    r"(?:(?P<series>tze|tape|hse|dk|roll)-)?(?P<width>\d{1,3}(?:\.\d)?)(?:x(?P<length>\d{1,3}))?(?:mm)?(?P<red>-red)?", re.ASCII
)
_KINDS = {
    "tze": (MediaKind.TAPE_LAMINATED,),
    "tape": (MediaKind.TAPE_LAMINATED,),
    "hse": (MediaKind.TAPE_HEAT_SHRINK,),
    "dk": (MediaKind.ROLL_CONTINUOUS, MediaKind.ROLL_DIE_CUT),
    "roll": (MediaKind.ROLL_CONTINUOUS, MediaKind.ROLL_DIE_CUT),
    None: tuple(MediaKind),
}


def media_from_word(model: str, word: str) -> Media:
    """The media of a model that a word names, white with black ink; `-red` is the two-colour roll.

    MediaUnsupported, naming every word the model takes, when there is none. ValidationFailed for an unknown model.
    """
    row = model_row(model)
    match = _WORD.fullmatch(word.strip().lower())
    found = match and _find(row, _KINDS[match["series"]], float(match["width"]), float(match["length"]) if match["length"] else None)
    if not match or not found or (match["red"] and not row.takes_red(media_row(row, found))):
        raise MediaUnsupported(f"the {row.name} takes no {word[:40]!r}. It takes {', '.join(media_words(model))}.")
    return replace(found, two_color=True, text_color="black and red") if match["red"] else found


def media_words(model: str) -> tuple[str, ...]:
    """One word for each media the model takes: `media_from_word` reads them back."""
    words: list[str] = []
    found = model_row(model)
    for row in found.media:
        prefix = "hse-" if row.media.kind is MediaKind.TAPE_HEAT_SHRINK else ""
        if row.media.kind is not MediaKind.TAPE_NON_LAMINATED:
            words.append(prefix + row.media.name)
        if found.takes_red(row):
            words.append(f"{row.media.name}-red")
    return tuple(words)


def _find(model: ModelRow, kinds: tuple[MediaKind, ...], width_mm: float, length_mm: float | None) -> Media | None:
    for row in model.media:
        if row.media.kind in kinds and (row.media.width_mm, row.media.length_mm) == (width_mm, length_mm):
            return row.media
    return None


_NAME = re.compile(r"\s*(?P<width>\d{1,3}(?:\.\d)?)\s*mm(?:\s*x\s*(?P<length>\d{1,3})\s*mm)?(?:\s*\(.*\))?\s*", re.ASCII | re.IGNORECASE)
_PLAIN_KINDS = (MediaKind.TAPE_LAMINATED, MediaKind.ROLL_CONTINUOUS, MediaKind.ROLL_DIE_CUT)


def media_from_name(model: str, name: str) -> Media | None:
    """The media of a prtInputMediaName such as `12mm(0.47")` or `62mm x 100mm`; None for a name or size the model does not know.

    The name tells no kind: of tapes as wide as that the laminated one is told, in unknown colours.
    """
    match = _NAME.fullmatch(name[:80])
    if not match:
        return None
    found = _find(model_row(model), _PLAIN_KINDS, float(match["width"]), float(match["length"]) if match["length"] else None)
    return found and replace(found, media_color="", text_color="")
