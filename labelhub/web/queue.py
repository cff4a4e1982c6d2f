"""The queue: what waits and prints, printer by printer; and every label there was, to be looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from labelhub.errors import ValidationFailed
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.hub import Hub
from labelhub.jobs import store
from labelhub.jobs.job import JobState
from labelhub.printers.printer import Printer
from labelhub.web.cards import Card, card_of
from labelhub.web.catalogue import Words
from labelhub.web.look import words_for
from labelhub.web.pages import page
from labelhub.web.rows import Row, rows_of

router = APIRouter(include_in_schema=False)

SHOWN_A_PRINTER = 30
"""Of one queue: more would make a page that nobody reads."""
SHOWN_A_PAGE = 30
MAX_TEXT = 100
MAX_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Line:
    """One printer's queue, in print order; without `card` the jobs that no printer has taken yet. `more` are not shown."""

    card: Card | None
    rows: list[Row]
    more: int


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for among all labels. `before` is the number of the last one on the page before."""

    state: JobState | None
    printer: Printer | None
    text: str
    before: int | None

    def query(self, **changes: Any) -> str:
        """The filter as the query of a URL."""
        given = {"show": "all", "state": self.state or "", "printer": self.printer.slug if self.printer else "", "q": self.text}
        return urlencode({name: value for name, value in (given | changes).items() if value != ""})


@router.get("/queue", dependencies=[needs(Right.READ)])
async def queue(
    hub: Running, request: Request, show: str = "waiting", state: str = "", printer: str = "", q: str = "", before: str = ""
) -> Response:
    """What waits, of one printer where it is named; with `show=all` every label, filtered. ValidationFailed, PrinterNotFound."""
    t = words_for(request)
    chosen = hub.printer(printer) if printer else None
    if show != "all":
        lines = await _lines(hub, t, chosen)
        return page(request, "queue.html", t=t, show="waiting", lines=lines, chosen=chosen, printers=hub.printers)
    wanted = Filter(_state(state), chosen, _plain(q), _number(before))
    jobs = await hub.database.read(
        store.history,
        state=wanted.state,
        printer_id=chosen.id if chosen else None,
        before_number=wanted.before,
        text=wanted.text,
        limit=SHOWN_A_PAGE + 1,
    )
    rows = rows_of(hub, jobs[:SHOWN_A_PAGE], t)
    older = wanted.query(before=jobs[SHOWN_A_PAGE - 1].number) if len(jobs) > SHOWN_A_PAGE else ""
    return page(
        request, "queue.html", t=t, show="all", rows=rows, older=older, wanted=wanted, chosen=chosen, printers=hub.printers,
        states=list(JobState), filtered=bool(state or printer or wanted.text),
    )  # fmt: skip


async def _lines(hub: Hub, t: Words, chosen: Printer | None) -> list[Line]:
    depths = await hub.database.read(store.depths)
    found = []
    if chosen is None and (loose := await hub.database.read(store.queue, None, SHOWN_A_PRINTER)):
        found.append(Line(None, rows_of(hub, loose, t), 0))
    for printer in hub.printers if chosen is None else [chosen]:
        depth = depths.get(printer.id, 0)
        if depth or printer.paused or chosen:
            found.append(await _line(hub, printer, depth, t))
    return found


async def _line(hub: Hub, printer: Printer, depth: int, t: Words) -> Line:
    jobs = await hub.database.read(store.queue, printer.id, SHOWN_A_PRINTER) if depth else []
    card = card_of(printer, hub.board.of(printer.id), depth, t)
    return Line(card, rows_of(hub, jobs, t), max(0, depth - len(jobs)))


def _state(text: str) -> JobState | None:
    if not text:
        return None
    try:
        return JobState(text)
    except ValueError as error:
        raise _unknown("state", f"must be one of {', '.join(JobState)}") from error


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= MAX_NUMBER):
        raise _unknown("before", "must be the number of a job")
    return int(text)


def _unknown(name: str, fault: str) -> ValidationFailed:
    return ValidationFailed(f"{name} {fault}", errors=[{"pointer": "", "parameter": f"query.{name}", "detail": fault}])


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isprintable()).strip()[:MAX_TEXT]
