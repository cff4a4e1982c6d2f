"""The form of a label: which template, what it says, where and how it prints; read from an address or from a form that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from labelhub.drivers.driver import EncodeOptions
from labelhub.jobs.job import LabelOrder
from labelhub.jobs.submit import Wish
from labelhub.labels.template import Template

PREFIX = "f."
"""Before the name of a label's field, so that one called `printer` is not taken for the printer."""
MAX_COPIES = 5000
MAX_FIELDS = 50
SWITCHES = ("auto_cut", "half_cut", "chain", "mirror", "high_resolution")
ON_AT_FIRST = {"auto_cut"}
"""What an unsent form has switched on; of one that was sent, a switch that does not stand in it is off."""


@dataclass(frozen=True, slots=True)
class LabelForm:
    """What stands in the form. `app` and `id` name the thing the label is for, `filled` the template its fields were taken for."""

    template: str = ""
    app: str = ""
    id: str = ""
    filled: str = ""
    printer: str = ""
    copies: int = 1
    switches: frozenset[str] = frozenset(ON_AT_FIRST)
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """The form, whatever was sent in its place: what cannot be read is as if it had been left alone."""
        text = {name: str(given.get(name, ""))[:200] for name in ("template", "app", "id", "filled", "printer")}
        named = [name for name in given if name.startswith(PREFIX) and isinstance(given[name], str)][:MAX_FIELDS]
        fields = {name.removeprefix(PREFIX): str(given[name]).replace("\r\n", "\n") for name in named}
        switches = {name for name in SWITCHES if given.get(name)} if given.get("sent") else ON_AT_FIRST
        return cls(**text, copies=_copies(str(given.get("copies", ""))), switches=frozenset(switches), fields=fields)

    def data(self, template: Template) -> dict[str, Any]:
        """The label's fields as the template takes them: a list has a text for each line, and what is empty is left out."""
        found: dict[str, Any] = {}
        for entry in template.fields:
            value = self.fields.get(entry.name, "")
            if entry.list:
                found[entry.name] = [line for line in value.split("\n") if line.strip()]
            elif value:
                found[entry.name] = value
        return found

    def wish(self, template: Template, submitted_by: str, printer: str | None = None) -> Wish:
        """What the form asks for. Where a printer holds other media its label waits for the right one."""
        options = EncodeOptions(**{name: name in self.switches for name in SWITCHES})
        label = LabelOrder(self.data(template), self.copies)
        return Wish(template.key, (label,), printer or self.printer or None, options, hold_mismatch=True, submitted_by=submitted_by)


def typed(template: Template, values: Mapping[str, Any]) -> dict[str, str]:
    """The values of a thing as they stand in the fields of a form: a list has a line for each of its texts."""
    found = {}
    for entry in template.fields:
        value = values.get(entry.name)
        if isinstance(value, list | tuple):
            found[entry.name] = "\n".join(str(one) for one in value if isinstance(one, str | int | float))
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            found[entry.name] = str(value)
    return found


def _copies(text: str) -> int:
    return min(MAX_COPIES, max(1, int(text))) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
