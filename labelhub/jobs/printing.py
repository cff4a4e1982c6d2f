"""How a label is printed: what its dots depend on, and the media it is laid out for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labelhub.drivers.driver import Driver, EncodeOptions
from labelhub.errors import MediaUnsupported
from labelhub.jobs.sketch import Coding, Sketch
from labelhub.labels.estimate import estimate
from labelhub.labels.own_fonts import OwnFont
from labelhub.labels.store import version as template_version
from labelhub.labels.template import Template
from labelhub.media import Media, Need, media_fields, millimetres

__all__ = ["Setting", "Template", "choose_media", "media_mm", "template_version"]

PAGES_A_CONNECTION = 20
"""More would make a batch that cannot be stopped."""


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

    @property
    def coding(self) -> Coding:
        """How its pages become bytes."""
        return Coding(self.driver, self.model, self.media, self.options)


def choose_media(driver: Driver, model: str, template: Template, loaded: Media | None, need: Need | None = None) -> Media:
    """The media to lay a label out for: the loaded one where it fits, else the widest the template takes, and the job's `need`.
    MediaUnsupported.
    """
    if loaded is not None and template.takes(loaded):
        return loaded
    if not template.media:
        raise MediaUnsupported(f"template {template.key} takes any media, but the hub does not know which one is in the printer")
    fitting = [media for media in driver.media(model) if template.takes(media) and (need is None or need.met_by(media))]
    if not fitting:
        raise MediaUnsupported(f"template {template.key} is drawn for {template.media_name}, which a {model} does not take")
    return max(fitting, key=lambda media: media.width_mm)


def media_mm(setting: Setting, rows: Sequence[int]) -> float:
    """What the pages of one connection, each of so many rows of dots, move of the media, the blank around them included."""
    geometry = setting.driver.geometry(setting.model, setting.media, setting.options)
    lengths_mm = [millimetres(dots, geometry.canvas.dpi_along) for dots in rows]
    return estimate(lengths_mm, setting.media, geometry, setting.options, PAGES_A_CONNECTION).media_mm
