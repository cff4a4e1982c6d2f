"""Tallies as Prometheus reads them. prometheus-client is imported for the first who asks: it brings a web server of its own along.

To write some thousand lines takes tens of milliseconds. So the numbers are taken first, in one moment, and then written wherever
nobody is kept waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from labelhub.metrics.tally import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from prometheus_client import Metric

OPENMETRICS = "application/openmetrics-text"

Tally = Counter | Histogram | Gauge


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """The numbers of one moment: what prometheus-client calls a collector."""

    tallies: Sequence[tuple[Tally, list[tuple[tuple[str, ...], Any]]]]

    @classmethod
    def of(cls, tallies: Iterable[Tally]) -> Taken:
        """As they are now."""
        return cls([(tally, list(tally)) for tally in tallies])

    def text(self, accept: str) -> tuple[bytes, str]:
        """All of them and what the system tells of this process, and its content type: OpenMetrics 1.0 for whoever accepts it, else
        Prometheus' text format 0.0.4.
        """
        from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, ProcessCollector, generate_latest
        from prometheus_client.openmetrics import exposition as openmetrics

        registry = CollectorRegistry()
        registry.register(self)
        ProcessCollector(registry=registry)
        if any(kind.partition(";")[0].strip().lower() == OPENMETRICS for kind in accept.split(",")):
            return openmetrics.generate_latest(registry), openmetrics.CONTENT_TYPE_LATEST  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4

    def describe(self) -> list[Metric]:
        """Nothing: the names are known to be different, and to look costs a scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """What prometheus-client asks a collector for."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        for tally, found in self.tallies:
            if isinstance(tally, Histogram):
                histogram = HistogramMetricFamily(tally.name, tally.text, labels=tally.labels)
                bounds = [*(f"{bound:g}" for bound in tally.bounds), "+Inf"]
                for labels, spread in found:
                    buckets = zip(bounds, map(float, accumulate(spread.counts)), strict=True)
                    histogram.add_metric(labels, buckets=list(buckets), sum_value=spread.sum)
                yield histogram
                continue
            family = CounterMetricFamily if isinstance(tally, Counter) else GaugeMetricFamily
            metric = family(tally.name, tally.text, labels=tally.labels)
            for labels, value in found:
                metric.add_metric(labels, value)
            yield metric
