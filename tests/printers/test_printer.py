from __future__ import annotations

from uuid import UUID

import pytest

from labelhub.drivers.status import PrinterState, Reason, Report
from labelhub.media import Media, MediaKind
from labelhub.printers.printer import NO_PROBE_YET, Status, declared_id
from tests.printers.printers_at_hand import LATER, THEN

TAPE = Media(MediaKind.TAPE_LAMINATED, 12, None, "white", "black")
SEEN = Status().seen(Report(PrinterState.STOPPED, (Reason.COVER_OPEN, Reason.OTHER), TAPE, 7), THEN)


@pytest.mark.parametrize(
    ("model", "host", "port", "wanted"),
    [
        # SHA-1 of the namespace's 16 bytes and the name, cut and marked as RFC 9562 says for version 5, by hand.
        ("PT-P750W", "192.0.2.7", 9100, "9ac01c14-dd09-5d51-b2b7-c34ff66430cd"),
        ("pt-p750w", "192.0.2.7", 9100, "9ac01c14-dd09-5d51-b2b7-c34ff66430cd"),
        ("QL-820NWB", "labels.example.org", 9101, "96f6023f-eb35-5787-a1e0-5771a06486dc"),
    ],
)
def test_the_id_of_a_declared_printer_is_the_one_of_the_contract(model: str, host: str, port: int, wanted: str) -> None:
    assert declared_id(model, host, port) == UUID(wanted)


def test_before_the_first_look_nothing_is_known_and_a_note_says_so() -> None:
    assert Status().fields(UUID(int=1)) == {
        "printer_id": "00000000-0000-0000-0000-000000000001", "online": None, "state": "unknown", "reasons": [], "error_state": None,
        "tape_loaded": None, "media": None, "captured_at": None, "last_seen_at": None, "last_error": None,
        "note": "No probe yet — wait up to 30s for first probe cycle",
    }  # fmt: skip
    assert Status().note == NO_PROBE_YET


def test_an_answer_is_shown_whole() -> None:
    fields = SEEN.fields(UUID(int=1))
    assert (fields["online"], fields["state"], fields["error_state"], fields["tape_loaded"]) == (
        True,
        "stopped",
        "cover-open, other",
        "12mm",
    )
    assert (fields["captured_at"], fields["last_seen_at"], fields["last_error"], fields["note"]) == (THEN, THEN, None, None)
    assert fields["media"]["width_mm"] == 12


def test_a_failed_look_keeps_media_and_reasons_and_says_why_it_failed() -> None:
    missed = SEEN.missed("no SNMP answer", LATER)
    assert (missed.media, missed.reasons, missed.page_count) == (TAPE, (Reason.COVER_OPEN, Reason.OTHER), 7)
    assert (missed.online, missed.state, missed.last_error) == (False, PrinterState.OFFLINE, "no SNMP answer")
    assert (missed.captured_at, missed.last_seen_at) == (LATER, THEN)


def test_a_first_look_that_fails_is_a_look_all_the_same() -> None:
    missed = Status().missed("no SNMP answer", LATER)
    assert (missed.online, missed.note, missed.captured_at, missed.last_seen_at) == (False, None, LATER, None)


def test_an_answer_after_a_failed_look_forgets_the_error() -> None:
    again = SEEN.missed("no SNMP answer", THEN).seen(Report(PrinterState.IDLE), LATER)
    assert (again.online, again.last_error, again.media, again.reasons) == (True, None, None, ())
    assert again.captured_at == again.last_seen_at == LATER


def test_two_statuses_differ_in_what_is_seen_and_not_in_when() -> None:
    assert not SEEN.differs(Status().seen(Report(PrinterState.STOPPED, (Reason.COVER_OPEN, Reason.OTHER), TAPE, 8), LATER))
    assert SEEN.differs(Status())
    assert SEEN.differs(SEEN.missed("x", THEN))
