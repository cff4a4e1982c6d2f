"""Tallies: numbers that grow on the event loop. To count is to change a dictionary, so that nothing waits for it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

MOST_LABELS = 100
"""So many printers have a label of their own; each costs some dozens of series."""
MOST_SERIES = 2000
"""Of one tally: a bound for what nobody foresaw, since every series is kept for ever."""
OTHER = "other"
ANY = "any"
"""For jobs that no printer has taken yet."""


class Labels:
    """A bounded set of label values: the first so many that are named, then `other`."""

    def __init__(self, most: int = MOST_LABELS) -> None:
        self._most = most
        self._known: set[str] = set()

    def of(self, value: str) -> str:
        """The value itself, or `other` where there are too many."""
        if value not in self._known:
            if len(self._known) >= self._most or value in (OTHER, ANY):
                return OTHER
            self._known.add(value)
        return value


class Counter:
    """How often, by labels. `name` without `_total`."""

    def __init__(self, name: str, text: str, labels: tuple[str, ...]) -> None:
        self.name, self.text, self.labels = name, text, labels
        self._values: dict[tuple[str, ...], float] = {}

    def add(self, *labels: str, by: float = 1.0) -> None:
        """Once more, or by so much."""
        if labels in self._values:
            self._values[labels] += by
        else:
            labels = _bounded(labels, len(self._values))
            self._values[labels] = self._values.get(labels, 0.0) + by

    def __iter__(self) -> Iterator[tuple[tuple[str, ...], float]]:
        return iter(list(self._values.items()))


@dataclass(slots=True)
class Spread:
    """How many values fell into each bucket, above the last bound as well, and their sum."""

    counts: list[int]
    sum: float = 0.0


class Histogram:
    """How long, in seconds by labels, in buckets up to each of the bounds. Who looks through it gets the numbers of that moment."""

    def __init__(self, name: str, text: str, labels: tuple[str, ...], bounds: tuple[float, ...]) -> None:
        self.name, self.text, self.labels, self.bounds = name, text, labels, bounds
        self._spreads: dict[tuple[str, ...], Spread] = {}

    def add(self, seconds: float, *labels: str) -> None:
        """One more value."""
        spread = self._spreads.get(labels)
        if spread is None:
            labels = _bounded(labels, len(self._spreads))
            spread = self._spreads.setdefault(labels, Spread([0] * (len(self.bounds) + 1)))
        spread.counts[bisect_left(self.bounds, seconds)] += 1
        spread.sum += seconds

    def __iter__(self) -> Iterator[tuple[tuple[str, ...], Spread]]:
        return iter([(labels, Spread(list(spread.counts), spread.sum)) for labels, spread in self._spreads.items()])


@dataclass(frozen=True, slots=True)
class Gauge:
    """How much it is now: read when somebody asks."""

    name: str
    text: str
    labels: tuple[str, ...]
    read: Callable[[], Iterable[tuple[tuple[str, ...], float]]]

    def __iter__(self) -> Iterator[tuple[tuple[str, ...], float]]:
        return iter(self.read())


def _bounded(labels: tuple[str, ...], series: int) -> tuple[str, ...]:
    return labels if series < MOST_SERIES else (OTHER,) * len(labels)
