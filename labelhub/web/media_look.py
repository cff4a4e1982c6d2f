"""Media as a person sees it: in words, and as a picture of the tape or roll in its own colours."""

from __future__ import annotations

import math

from markupsafe import Markup

from labelhub.media import Media, MediaKind, Need, sizes_of
from labelhub.web.catalogue import Words

COLORS = {
    "white": "#ffffff", "matte white": "#f4f1ea", "black": "#1d1d1f", "red": "#d3322d", "blue": "#2c62c4", "yellow": "#ffd83a",
    "green": "#37a355", "matte silver": "#c5c8cc", "satin silver": "#bcc1c7", "satin gold": "#cfae60", "gold": "#c9982f",
    "fluorescent orange": "#ff7b33", "fluorescent yellow": "#e8fb45", "berry pink": "#cf4580", "light gray": "#d2d2cf",
    "lime green": "#b4d335", "pink": "#f5a9c4", "clear": "#dfe7ea", "matte clear": "#e3e6e6",
}  # fmt: skip
"""Of tapes and inks, by the words that drivers use; what is not here is drawn as paper with dark ink."""
PAPER, INK, RED = "#ffffff", "#1d1d1f", "#d3322d"
WIDTH, HEIGHT, MARGIN = 248, 60, 4


def media_text(media: Media, t: Words) -> str:
    """`12 mm tape, black on white`."""
    size = f"{media.width_mm:g}" + (f" × {media.length_mm:g}" if media.length_mm else "")
    colors = {"text": _color(media.text_color, t), "media": _color(media.media_color, t)}
    kind = t.of("media_kind", media.kind.family)
    size = t.number(size)
    return t("media.colored" if media.text_color and media.media_color else "media.plain", size=size, kind=kind, **colors)


def need_text(need: Need, t: Words) -> str:
    """`12 mm tape`, `12, 18 or 24 mm tape`, `24 mm tape or 29 × 90 mm roll`: what may be loaded for a job."""
    families: dict[str, list[str]] = {}
    for one in sizes_of(need):
        size = f"{one.width_mm:g}" + (f" × {one.length_mm:g}" if one.length_mm else "")
        families.setdefault(one.family, []).append(t.number(size))
    texts = [t("media.plain", size=_either(sizes, t), kind=t.of("media_kind", family)) for family, sizes in families.items()]
    return _either(texts, t)


def _either(texts: list[str], t: Words) -> str:
    *others, last = texts
    return t("media.either", others=", ".join(others), last=last) if others else last


def media_picture(media: Media | None, t: Words, *, printing: bool = False) -> Markup:
    """An SVG of what comes out of the printer's slot: as wide as the media is against others, in its colours."""
    name = media_text(media, t) if media else t("media.unknown")
    drawn = _unknown() if media is None else _die_cut(media) if media.kind is MediaKind.ROLL_DIE_CUT else _endless(media)
    return Markup(
        '<svg class="media-picture{}" viewBox="0 0 {} {}" preserveAspectRatio="xMinYMid" role="img" aria-label="{}">'
        '{}<rect class="slot" x="0" y="0" width="9" height="{}" rx="4"/></svg>'
    ).format(" runs" if printing else "", WIDTH, HEIGHT, name, drawn, HEIGHT)


def paper_of(media: Media | None) -> str:
    """The colour of the media as `#rrggbb`; that of paper where it is not known."""
    return COLORS.get(media.media_color, PAPER) if media else PAPER


def ink_of(media: Media | None) -> str:
    """The colour of what is printed on it, as `#rrggbb`; of a roll that prints two colours the black one."""
    return COLORS.get(media.text_color, INK) if media else INK


def _height(media: Media) -> int:
    """3.5 mm is the narrowest of all tapes, 103 mm the widest of all rolls: the root keeps both to be seen."""
    return min(HEIGHT - 2 * MARGIN, round(9 + 5.4 * math.sqrt(media.width_mm)))


def _endless(media: Media) -> Markup:
    height = _height(media)
    top, bottom = (HEIGHT - height) // 2, (HEIGHT + height) // 2
    teeth = 4 if media.kind.family == "tape" else 8
    step = height / teeth
    edge = " ".join(f"L{WIDTH - 4 - 4 * (number % 2)} {top + step * number:.4g}" for number in range(1, teeth))
    body = f"M5 {top}H{WIDTH - 4}{edge} L{WIDTH - 4} {bottom}H5z"
    return Markup('<g class="strip"><path class="tape" d="{}" fill="{}"/>{}</g>').format(body, paper_of(media), _text(media, WIDTH / 2))


def _die_cut(media: Media) -> Markup:
    height = _height(media)
    top = (HEIGHT - height) // 2
    width = max(26, min(168, round(height * (media.length_mm or media.width_mm) / media.width_mm)))
    labels = [
        Markup('<rect class="tape" x="{}" y="{}" width="{}" height="{}" rx="4" fill="{}"/>').format(
            x, top + 3, min(width, WIDTH - 6 - x), height - 6, paper_of(media)
        )
        for x in range(16, WIDTH - 30, width + 6)
    ]
    backing = Markup('<rect class="backing" x="5" y="{}" width="{}" height="{}"/>').format(top, WIDTH - 9, height)
    return Markup('<g class="strip">{}{}{}</g>').format(backing, Markup().join(labels), _text(media, 16 + min(width, WIDTH - 22) / 2))


def _unknown() -> Markup:
    return Markup('<path class="unknown" d="M5 18H{}V42H5"/><text x="{}" y="36" class="unknown-text">?</text>').format(
        WIDTH - 6, WIDTH / 2
    )


def _text(media: Media, x: float) -> Markup:
    size = min(22, _height(media) - 5)
    ink = RED if media.two_color else ink_of(media)
    return Markup('<text x="{:.4g}" y="{:.4g}" font-size="{}" fill="{}">{}</text>').format(
        x, HEIGHT / 2 + size * 0.36, size, ink, media.name.replace("mm", " mm").replace("x", " × ")
    )


def _color(word: str, t: Words) -> str:
    return t.of("color", word.replace(" ", "-"), word) if word else ""
