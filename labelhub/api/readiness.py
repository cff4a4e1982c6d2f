"""Readiness: what the eight checks say, from what the hub knows already. Nothing is asked or read here, and nothing raises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from labelhub.hub import PROBE_ROUND, PULSE_S, Hub

CRITICAL = frozenset({"database", "alembic", "template_seed"})
PULSE_LOST_S = 5 * PULSE_S
CONTACT_FRESH_S, CONTACT_STALE_S = 90.0, 600.0


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check: `ok`, `fail`, `stale` or `skipped`, a line for a person and a number for a graph."""

    status: str
    detail: str
    metric: float | None = None


def checks(hub: Hub, loop_time: float, now: datetime) -> dict[str, Check]:
    """Every check by its name."""
    return {
        "database": _database(hub, loop_time),
        "alembic": _alembic(hub),
        "template_seed": _templates(hub),
        "printer_runtime": _runtime(hub),
        "printer_db_sync": _rows(hub),
        "snmp_discovery": _contact(hub, now),
        "print_queue": _workers(hub),
        "sse_bus": _stream(hub),
    }


def failing(hub: Hub) -> dict[str, int]:
    """How often what goes on for ever failed in a row until now, by what it is; 0 for what goes well."""
    found: dict[str, int] = {}
    now = hub.background.now
    for course in hub.background.courses.values():
        found[course.label] = max(found.get(course.label, 0), course.in_a_row if course.fails(now) else 0)
    return found


def background(hub: Hub) -> dict[str, Check]:
    """What goes on for ever, by what it is. Each that fails is begun again by itself, after a pause."""
    return {label: _loop(failures) for label, failures in failing(hub).items()}


def _loop(failures: int) -> Check:
    return Check("fail", f"failed {failures} in a row; begun again after a pause", failures) if failures else Check("ok", "goes on", 0)


def overall(found: dict[str, Check], loops: dict[str, Check]) -> str:
    """`not-ready` when a critical check fails, `degraded` when another does, or what goes on for ever fails, else `ready`."""
    failed = {name for name, check in found.items() if check.status == "fail"}
    if failed & CRITICAL:
        return "not-ready"
    return "degraded" if failed or any(one.status == "fail" for one in loops.values()) else "ready"


def _database(hub: Hub, loop_time: float) -> Check:
    age_s = loop_time - hub.pulse.at
    if hub.pulse.error is not None or hub.pulse.latency_ms is None:
        return Check("fail", "the database does not answer")
    if age_s > PULSE_LOST_S:
        return Check("fail", f"the database last answered {age_s:.0f} s ago", round(age_s, 1))
    return Check("ok", "the database answers", round(hub.pulse.latency_ms, 3))


def _alembic(hub: Hub) -> Check:
    at = hub.pulse.revision
    return Check("ok", f"at {at}") if at == hub.head else Check("fail", f"the database is at {at}, this program wants {hub.head}")


def _templates(hub: Hub) -> Check:
    count = hub.pulse.templates
    return Check("ok" if count else "fail", f"{count} templates", count)


def _runtime(hub: Hub) -> Check:
    enabled = {printer.id: printer.slug for printer in hub.printers if printer.enabled}
    if not enabled:
        return Check("skipped", "no printer is enabled")
    idle = sorted(slug for printer_id, slug in enabled.items() if not _driven(hub, printer_id))
    return Check("fail", f"no worker drives {', '.join(idle)}", len(idle)) if idle else Check("ok", f"{len(enabled)} driven", 0)


def _driven(hub: Hub, printer_id: UUID) -> bool:
    return printer_id in hub.crew.driven or str(printer_id) in hub.pulse.leased_elsewhere


def _rows(hub: Hub) -> Check:
    if not hub.crew.driven:
        return Check("skipped", "no printer is running")
    lost = hub.crew.driven - hub.pulse.printer_ids
    return Check("fail", f"{len(lost)} running printers have no row", len(lost)) if lost else Check("ok", "every printer has its row", 0)


def _contact(hub: Hub, now: datetime) -> Check:
    enabled = [printer for printer in hub.printers if printer.enabled]
    if not enabled:
        return Check("skipped", "no printer is enabled")
    ages = {printer.slug: _age_s(hub.board.of(printer.id).last_seen_at, now) for printer in enabled}
    worst = max(ages.values())
    late = ", ".join(sorted(slug for slug, age_s in ages.items() if age_s >= CONTACT_FRESH_S))
    metric = None if worst == float("inf") else round(worst, 1)
    if PROBE_ROUND in hub.background.down:
        return Check("fail", "the round of looks at printers ended; it is begun again after a pause", metric)
    if worst >= CONTACT_STALE_S:
        return Check("fail", f"no contact: {late}", metric)
    return Check("stale", f"contact is old: {late}", metric) if late else Check("ok", "every printer was heard of within 90 s", metric)


def _age_s(seen_at: datetime | None, now: datetime) -> float:
    return float("inf") if seen_at is None else (now - seen_at).total_seconds()


def _workers(hub: Hub) -> Check:
    faults = hub.crew.faults()
    return Check("fail", "; ".join(faults), len(faults)) if faults else Check("ok", f"{len(hub.crew.driven)} workers alive", 0)


def _stream(hub: Hub) -> Check:
    count, limit = hub.stream.subscribers, hub.stream.limit
    if not hub.stream.reads:
        return Check("fail", "events are not read", count)
    return Check("ok" if count < limit else "fail", f"{count} of {limit} subscribers", count)
