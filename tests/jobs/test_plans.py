"""The statements of a long queue go straight to their place in an index: as the database itself plans what is really executed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from labelhub.db.schema import idempotency_keys, job_labels, jobs, template_versions
from labelhub.jobs import store
from labelhub.jobs.job import JobState
from labelhub.jobs.store import Block, Hand, Once
from labelhub.jobs.store.rows import need_values
from labelhub.media import MediaNeed, MediaSet
from tests.jobs.queue_at_hand import AT, LATER, NEED_12, NEED_24, NODE, OTHER, PRINTER, TAPE_12, Queue, order

LONG = 3000
ENDED = 1000
VERSIONS = 50
LARGE = ("jobs", "job_labels", "idempotency_keys", "events")
NEEDS = (None, NEED_12, NEED_24, MediaSet.of([NEED_12, NEED_24]), None, MediaSet.of([NEED_24, MediaNeed("tape", 18)]))


def fill(conn: sa.Connection) -> None:
    """Many jobs behind the store's back: ended ones, and a long queue of each printer and of none."""
    versions = [{"digest": str(number), "definition": "key: demo", "created_at": AT} for number in range(VERSIONS)]
    conn.execute(sa.insert(template_versions), versions)
    rows = [_row(number) for number in range(LONG)]
    conn.execute(sa.insert(jobs), rows)
    conn.execute(sa.insert(job_labels), [{"job_id": row["id"], "first_page": 0, "copies": 1, "fields": {}} for row in rows])
    kept = [{"caller": "me", "key": str(row["id"]), "digest": "a", "job_id": row["id"], "created_at": row["created_at"]} for row in rows]
    conn.execute(sa.insert(idempotency_keys), kept)


def _row(number: int) -> dict[str, Any]:
    need, at = NEEDS[number // 3 % 6], AT + timedelta(seconds=number)
    state = "queued" if number >= ENDED else ("completed", "failed")[number % 2]
    return {
        "id": UUID(int=number + 100), "printer_id": (PRINTER, OTHER, None)[number % 3], "any_printer": number % 3 == 2, "state": state,
        "template_key": "demo", "template_digest": str(number % VERSIONS), "priority": number % 5, "options": {}, "labels_total": 1,
        "labels_failed": 0, "labels_sent": 0, "labels_done": 0, "submitted_by": "me", "cancel_requested": False, "pause_requested": False,
        **need_values(need),
        "created_at": at, "updated_at": at, "finished_at": at if number < ENDED else None,
    }  # fmt: skip


def plans(conn: sa.Connection, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, str]:
    """How the database goes about each statement that a store function executes. Nothing of it stays."""
    executed: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, executemany: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            executed.append((statement, parameters[0] if executemany else parameters))

    savepoint = conn.begin_nested()
    sa.event.listen(conn, "before_cursor_execute", note)
    try:
        fn(conn, *args, **kwargs)
    finally:
        sa.event.remove(conn, "before_cursor_execute", note)
        savepoint.rollback()
    explain = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
    found = {}
    for statement, parameters in executed:
        rows = conn.exec_driver_sql(explain + statement, parameters)
        found[statement] = "\n".join(str(row[-1]) for row in rows)
    return found


def slow(plan: str) -> bool:
    """True when all rows are looked at, or all that match are sorted: those of jobs, for of others there are few."""
    lines = [line for line in plan.splitlines() if any(f"{word} {table}" in line for word in ("SCAN", "Seq Scan on") for table in LARGE)]
    in_no_order = "jobs" in plan and any(
        word in plan for word in ("TEMP B-TREE", "Sort Key: jobs", "Sort Key: priority", "Sort Key: number")
    )
    return in_no_order or any("INDEX" not in line for line in lines)


ANYTHING: dict[str, Any] = {"state": None, "printer_id": None, "since": None, "before_number": None, "limit": 20}
WAYS: dict[str, tuple[Any, ...]] = {
    "submit": (store.submit, order(), AT, Once("me", "new", "a")),
    "submitted": (store.submitted, Once("me", "x", "a"), AT),
    "claim": (store.claim, Hand(PRINTER, NODE, uuid4()), TAPE_12, LATER),
    "claim with unknown media": (store.claim, Hand(PRINTER, NODE, uuid4()), None, LATER),
    "has_queued": (store.has_queued, PRINTER),
    "things to be fetched": (store.pending.waiting, 200),
    "explain": (store.explain, PRINTER, Block("printer-unreachable", "it is off"), None, LATER),
    "explain_unclaimed": (store.explain_unclaimed, {None: Block("media-needed", "load it")}, LATER),
    "take_over": (store.take_over, Hand(PRINTER, NODE, uuid4())),
    "strand": (store.strand, {OTHER}, LATER),
    "queue": (store.queue, PRINTER, 50),
    "shown": (store.shown, UUID(int=100)),
    "clear": (store.clear, PRINTER, None, LATER),
    "clear on": (store.clear, PRINTER, LONG - 10, LATER),
    "forget jobs": (store.forget, AT + timedelta(seconds=50), AT),
    "forget the rest": (store.forget, AT - timedelta(days=1), AT),
    "history": (store.history, ANYTHING),
    "history by state": (store.history, ANYTHING | {"state": JobState.FAILED}),
    "history by printer": (store.history, ANYTHING | {"printer_id": PRINTER}),
    "history by both": (store.history, ANYTHING | {"printer_id": PRINTER, "state": JobState.QUEUED, "before_number": 2000}),
    "history since": (store.history, ANYTHING | {"since": AT + timedelta(seconds=LONG - 100)}),
    "history since by both": (
        store.history, ANYTHING | {"since": AT + timedelta(seconds=LONG - 100), "printer_id": PRINTER, "state": JobState.QUEUED}
    ),
}  # fmt: skip


@pytest.mark.parametrize("analyze", ["SELECT 1", "ANALYZE"], ids=["blind", "counted"])
def test_no_statement_of_a_long_queue_looks_at_all_jobs_or_sorts_them(queue: Queue, analyze: str) -> None:
    def slow_ones(conn: sa.Connection) -> dict[str, str]:
        fill(conn)
        conn.exec_driver_sql(analyze)
        if conn.dialect.name == "postgresql":  # what it cannot do without, it does all the same
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        found = {}
        for name, (fn, *args) in WAYS.items():
            more = args.pop() if isinstance(args[-1], dict) and fn is store.history else {}
            for statement, plan in plans(conn, fn, *args, **more).items():
                if "WHERE" in statement and slow(plan):  # else it takes the newest few in the order of their numbers
                    found[f"{name}: {statement}"] = plan
        conn.rollback()
        return found

    found = queue(slow_ones)
    assert not found, "\n\n".join(f"{statement}\n{plan}" for statement, plan in found.items())
