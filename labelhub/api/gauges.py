"""Gauges: how the hub is now, from what it knows already. Nothing is asked or read here, so they stand when the database is gone.

Of printers each node tells what it drives itself, or nobody does: so the sum over all nodes is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from labelhub import __version__
from labelhub.drivers.status import PrinterState
from labelhub.hub import Hub
from labelhub.metrics.tally import ANY, Gauge
from labelhub.node import HOUSEKEEPING
from labelhub.printers.printer import Printer, Status

Samples = Iterable[tuple[tuple[str, ...], float]]


def gauges(hub: Hub, build: Mapping[str, str | None]) -> tuple[Gauge, ...]:
    """All of them."""

    def own() -> Iterator[tuple[str, Printer, Status]]:
        for printer in hub.printers:
            label = hub.metrics.printer(printer.slug)
            if label == printer.slug and str(printer.id) not in hub.pulse.leased_elsewhere:  # those beyond the bound cannot be told apart
                yield label, printer, hub.board.of(printer.id)

    def queues() -> Iterator[tuple[str, UUID | None]]:
        yield from ((label, printer.id) for label, printer, _ in own())
        if hub.node.leases.holds(HOUSEKEEPING):
            yield ANY, None

    def states() -> Samples:
        for label, _, status in own():
            yield from (((label, state.value), float(status.state is state)) for state in PrinterState)

    def online() -> Samples:
        return (((label,), float(bool(status.online))) for label, _, status in own() if status.online is not None)

    def reasons() -> Samples:
        for label, _, status in own():
            yield from (((label, reason.value), 1.0) for reason in status.reasons)

    def seen() -> Samples:
        for label, _, status in own():
            if status.last_seen_at is not None:
                yield (label,), status.last_seen_at.timestamp()

    def depths() -> Samples:
        return (((label,), float(hub.pulse.backlog.depth(printer_id))) for label, printer_id in queues())

    def ages() -> Samples:
        now = hub.clock()
        for label, printer_id in queues():
            oldest = hub.pulse.backlog.oldest(printer_id)
            yield (label,), 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())

    def latency() -> Samples:
        ms = hub.pulse.latency_ms
        return [] if ms is None or hub.pulse.error is not None else [((), ms / 1000)]

    words = (__version__, build.get("revision") or "", build.get("build_date") or "")
    return (
        Gauge("labelhub_build_info", "What this program is.", ("version", "revision", "build_date"), lambda: [(words, 1.0)]),
        Gauge("labelhub_printer_state", "1 for the state the printer is in.", ("printer", "state"), states),
        Gauge("labelhub_printer_reason", "1 for each thing the printer says of itself.", ("printer", "reason"), reasons),
        Gauge("labelhub_printer_online", "1 while the printer can be reached.", ("printer",), online),
        Gauge("labelhub_printer_seen_timestamp_seconds", "When the printer was last heard of.", ("printer",), seen),
        Gauge("labelhub_queue_depth", "Jobs queued, paused or printing; any: for whichever printer can.", ("printer",), depths),
        Gauge("labelhub_queue_oldest_age_seconds", "Since the oldest job that is queued was submitted; 0 for none.", ("printer",), ages),
        Gauge("labelhub_workers_failed", "Workers that are dead or were not heard of.", (), lambda: [((), len(hub.crew.faults()))]),
        Gauge("labelhub_database_up", "1 while the database answers.", (), lambda: [((), float(hub.pulse.error is None))]),
        Gauge("labelhub_database_latency_seconds", "What the database last took to answer.", (), latency),
        Gauge("labelhub_event_subscribers", "Who follows the event stream now.", (), lambda: [((), hub.metrics.subscribers())]),
    )
