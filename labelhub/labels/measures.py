"""Measures: a length in mm that the template gives, or that a field holds, such as the diameter of a cable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labelhub.errors import FieldMissing
from labelhub.labels.document import Value
from labelhub.labels.fields import PHRASE, Phrase
from labelhub.labels.grammar import Forms, Made, Number, Schema
from labelhub.labels.values import number_of


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of mm between two limits, or the phrase that holds it."""

    given: float | Phrase
    least_mm: float
    most_mm: float

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """The phrase, if it is one."""
        return (self.given,) if isinstance(self.given, Phrase) else ()

    def mm(self, values: Mapping[str, object]) -> float:
        """The length. FieldMissing when the phrase holds no number, or one beyond the limits."""
        if not isinstance(self.given, Phrase):
            return self.given
        text = self.given.filled(values, "; ")
        number = number_of(text)
        if number is None or not self.least_mm <= number <= self.most_mm:
            names = [reference.path[0] for reference in self.given.references]
            told = f"holds {text[:30]!r}" if text.strip() else "is missing"
            what = f"the field {', '.join(map(repr, names))} {told}"
            raise FieldMissing(f"{what}: it must be a number of mm from {self.least_mm:g} to {self.most_mm:g}, such as 6.5", fields=names)
        return float(number)


@dataclass(frozen=True, slots=True)
class MeasureKind:
    """How a measure is written: `6.5` or `"{cable_mm|default:6}"`."""

    least_mm: float
    most_mm: float

    def read(self, value: Value) -> Measure:
        """The measure. TemplateInvalid."""
        return Measure(self._kind().read(value), self.least_mm, self.most_mm)

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return self._kind().schema()

    def _kind(self) -> Forms:
        return Forms(Number(self.least_mm, self.most_mm), text=Made(PHRASE, lambda _, phrase: phrase))
