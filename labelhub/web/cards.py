"""Cards: a printer as its pages show it, with what to do about whatever is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from labelhub.drivers.status import PASSING, PrinterState
from labelhub.hub import Hub
from labelhub.jobs import store
from labelhub.media import Media
from labelhub.printers.printer import Printer, Status
from labelhub.web.catalogue import Words
from labelhub.web.media_look import media_text


@dataclass(frozen=True, slots=True)
class Card:
    """One printer as a page shows it: `mood` is `good`, `working`, `wait`, `bad` or `off` and picks the colour.

    `word` is the state as the catalogue's section `printer_state` names it; `lines` say why, and what to do.
    """

    printer: Printer
    mood: str
    word: str
    headline: str
    media: Media | None
    media_line: str
    queue_depth: int
    lines: list[str] = field(default_factory=list)
    exact: str = ""
    """What the program itself says of it, in English."""


async def cards_of(hub: Hub, t: Words) -> list[Card]:
    """Every printer, by name."""
    depths = await hub.database.read(store.depths)
    return [card_of(printer, hub.board.of(printer.id), depths.get(printer.id, 0), t) for printer in hub.printers]


def card_of(printer: Printer, status: Status, queue_depth: int, t: Words) -> Card:
    """What a person needs to know of a printer, and what to do about it."""
    word, mood, lines = _state(printer, status, t)
    known = status.media if printer.enabled else None
    line = media_text(known, t) if known else t("media.unknown")
    if known and not status.online:
        line = t("printers.last-seen-with", media=line)
    exact = (status.last_error or "") if word in ("offline", "unseen") else ""
    return Card(printer, mood, word, t.of("printer_state", word), known, line, queue_depth, lines, exact)


def wrong_with(printer: Printer, status: Status, t: Words, *, begun: bool) -> str:
    """What keeps a printer from a label, and what to do about it; "" when nothing is known to. One that is `begun` no pause keeps."""
    _, mood, lines = _state(printer, status, t)
    return " ".join(lines) if mood == "bad" or (mood == "wait" and not begun) else ""


def _state(printer: Printer, status: Status, t: Words) -> tuple[str, str, list[str]]:
    if not printer.enabled:
        return "disabled", "off", []
    if status.online is None:
        return "looking", "off", [t("printers.looking")]
    if not status.online:
        return "offline", "bad", [t("printers.offline")]
    lines = [t.of("reason", reason) for reason in status.reasons]
    if printer.paused:
        return "paused", "wait", [t("printers.paused"), *lines]
    if lines:
        passing = PASSING.issuperset(status.reasons)
        return ("wait", "working", lines) if passing else ("attention", "bad", lines)
    if status.blind:
        return "unseen", "working", [t("printers.unseen")]
    return ("printing", "working", []) if status.state is PrinterState.PRINTING else ("online", "good", [])
