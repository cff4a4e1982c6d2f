"""Gauges: how the hub is now, from what it knows already. Nothing is asked or read here, so they stand when the database is gone.

Of printers each node tells what it drives itself, or nobody does: so the sum over all nodes is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from labelhub import __version__
from labelhub.api.readiness import failing
from labelhub.drivers.status import PrinterState
from labelhub.hub import Hub
from labelhub.metrics.tally import ANY, Gauge
from labelhub.node import HOUSEKEEPING
from labelhub.printers.printer import Printer, Status

Samples = Iterable[tuple[tuple[str, ...], float]]


def gauges(hub: Hub, build: Mapping[str, str | None]) -> tuple[Gauge, ...]:
    """All of them."""
    now = Now(hub)
    words = (__version__, build.get("revision") or "", build.get("build_date") or "")
    return (
        Gauge("labelhub_build_info", "What this program is.", ("version", "revision", "build_date"), lambda: [(words, 1.0)]),
        Gauge("labelhub_printer_state", "1 for the state the printer is in.", ("printer", "state"), now.states),
        Gauge("labelhub_printer_reason", "1 for each thing the printer says of itself.", ("printer", "reason"), now.reasons),
        Gauge("labelhub_printer_online", "1 while the printer can be reached.", ("printer",), now.online),
        Gauge("labelhub_printer_seen_timestamp_seconds", "When the printer was last heard of.", ("printer",), now.seen),
        Gauge("labelhub_queue_depth", "Jobs queued, paused or printing; any: for whichever printer can.", ("printer",), now.depths),
        Gauge(
            "labelhub_queue_oldest_age_seconds", "Since the oldest job that is queued was submitted; 0 for none.", ("printer",), now.ages
        ),
        Gauge("labelhub_workers_failed", "Workers that are dead or were not heard of.", (), lambda: [((), len(hub.crew.faults()))]),
        Gauge("labelhub_background_up", "0 for what goes on for ever and fails now.", ("loop",), now.background),
        Gauge("labelhub_database_up", "1 while the database answers.", (), lambda: [((), float(hub.pulse.error is None))]),
        Gauge("labelhub_database_latency_seconds", "What the database last took to answer.", (), now.latency),
        Gauge("labelhub_event_subscribers", "Who follows the event stream now.", (), lambda: [((), hub.metrics.subscribers())]),
    )


class Now:
    """What a hub knows at this moment, as samples by the labels of their gauges."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def states(self) -> Samples:
        """1 and 0 for each state of each printer."""
        for label, _, status in self._own():
            yield from (((label, state.value), float(status.state is state)) for state in PrinterState)

    def reasons(self) -> Samples:
        """1 for each reason that holds."""
        for label, _, status in self._own():
            yield from (((label, reason.value), 1.0) for reason in status.reasons)

    def online(self) -> Samples:
        """1 or 0; nothing of a printer that nobody has looked at yet."""
        return (((label,), float(status.online)) for label, _, status in self._own() if status.online is not None)

    def seen(self) -> Samples:
        """Seconds since 1970."""
        for label, _, status in self._own():
            if status.last_seen_at is not None:
                yield (label,), status.last_seen_at.timestamp()

    def depths(self) -> Samples:
        """Jobs that have not ended."""
        return (((label,), float(self._hub.pulse.backlog.depth(printer_id))) for label, printer_id in self._queues())

    def ages(self) -> Samples:
        """Seconds."""
        now = self._hub.clock()
        for label, printer_id in self._queues():
            oldest = self._hub.pulse.backlog.oldest(printer_id)
            yield (label,), 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())

    def background(self) -> Samples:
        """1 or 0 for each loop."""
        return (((label,), float(not failures)) for label, failures in failing(self._hub).items())

    def latency(self) -> Samples:
        """Seconds; nothing while the database is gone."""
        pulse = self._hub.pulse
        return [] if pulse.latency_ms is None or pulse.error is not None else [((), pulse.latency_ms / 1000)]

    def _own(self) -> Iterator[tuple[str, Printer, Status]]:
        hub = self._hub
        for printer in hub.printers:
            label = hub.metrics.printer(printer.slug)
            if label == printer.slug and str(printer.id) not in hub.pulse.leased_elsewhere:  # those beyond the bound cannot be told apart
                yield label, printer, hub.board.of(printer.id)

    def _queues(self) -> Iterator[tuple[str, UUID | None]]:
        yield from ((label, printer.id) for label, printer, _ in self._own())
        if self._hub.node.leases.holds(HOUSEKEEPING):
            yield ANY, None
