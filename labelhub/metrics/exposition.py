"""Tallies as Prometheus reads them. prometheus-client is imported for the first who asks: it brings a web server of its own along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from labelhub.metrics.tally import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

OPENMETRICS = "application/openmetrics-text"

Tally = Counter | Histogram | Gauge


class Exposition:
    """The registry of one hub: its tallies, and what the system tells of this process."""

    def __init__(self, tallies: Iterable[Tally]) -> None:
        self._tallies = tuple(tallies)
        self._registry: CollectorRegistry | None = None

    def text(self, accept: str) -> tuple[bytes, str]:
        """Everything, and its content type: OpenMetrics 1.0 for whoever accepts it, else Prometheus' text format 0.0.4."""
        from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
        from prometheus_client.openmetrics import exposition as openmetrics

        registry = self._registry = self._registry or self._made()
        if any(kind.partition(";")[0].strip().lower() == OPENMETRICS for kind in accept.split(",")):
            return openmetrics.generate_latest(registry), openmetrics.CONTENT_TYPE_LATEST  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4

    def _made(self) -> CollectorRegistry:
        from prometheus_client import CollectorRegistry, ProcessCollector

        registry = CollectorRegistry()
        registry.register(self)
        ProcessCollector(registry=registry)
        return registry

    def describe(self) -> list[Metric]:
        """Nothing: the names are known to be different, and to look costs a scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """What prometheus-client asks a collector for."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        for tally in self._tallies:
            if isinstance(tally, Histogram):
                histogram = HistogramMetricFamily(tally.name, tally.text, labels=tally.labels)
                for labels, spread in tally:
                    bounds = [*(f"{bound:g}" for bound in tally.bounds), "+Inf"]
                    buckets = zip(bounds, map(float, accumulate(spread.counts)), strict=True)
                    histogram.add_metric(labels, buckets=list(buckets), sum_value=spread.sum)
                yield histogram
                continue
            family = CounterMetricFamily if isinstance(tally, Counter) else GaugeMetricFamily
            metric = family(tally.name, tally.text, labels=tally.labels)
            for labels, value in tally:
                metric.add_metric(labels, value)
            yield metric
