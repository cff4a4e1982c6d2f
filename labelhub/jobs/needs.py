"""Needs: the media that a job of a template waits for, on one model of printer or on whichever there is."""

from __future__ import annotations

from labelhub.drivers.driver import Drivers
from labelhub.labels.template import Template
from labelhub.media import Need, need_for, size_of

KEPT = 64
MOST_SIZES = 100
"""Of a set, so that an index holds it; the drivers at hand know fewer in all."""


class Needs:
    """The media that templates are drawn for, among what the drivers at hand print on."""

    def __init__(self, drivers: Drivers) -> None:
        self._drivers = drivers
        self._kept: dict[tuple[object, str | None], Need | None] = {}

    def of(self, template: Template, model: str | None) -> Need | None:
        """What a job of the template waits for on a model; of None on any. None: whatever is loaded."""
        if template.need is not None or not template.media:
            return template.need
        key = (template.media, model)
        if key not in self._kept:
            self._kept = dict([*self._kept.items(), (key, self._among(template, model))][-KEPT:])
        return self._kept[key]

    def _among(self, template: Template, model: str | None) -> Need | None:
        models = self._drivers.model_names if model is None else [model]
        drivers = filter(None, map(self._drivers.find, models))
        there = [media for driver, each in drivers for media in driver.media(each.name)]
        return need_for(list(dict.fromkeys(size_of(media) for media in there if template.takes(media)))[:MOST_SIZES])
