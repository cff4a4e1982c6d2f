"""Machine faults, without a wire: what the printer says, what waits, and what comes out once a person helped."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import EncodeOptions
from labelhub.drivers.status import PrinterState, Reason
from labelhub.emulator.faults import Faults, SecondConnection, Snmp, from_word
from labelhub.emulator.machine import Cut, Machine, State
from labelhub.errors import ValidationFailed
from tests.emulator.jobs import TAPE, job, media_of, print_all, printed, report, rules, sheet, strip

P750W, P950, QL820 = "PT-P750W", "PT-P950NW", "QL-820NWB"
BOTH = pytest.mark.parametrize("model", [P750W, P950, QL820])


def test_every_fault_is_told_in_the_docs() -> None:
    told = (Path(__file__).parents[2] / "docs/howto/virtual-printers.md").read_text()
    assert [fault.name for fault in fields(Faults) if f"`{fault.name}`" not in told] == []


def block(captured: str) -> bytes:
    return bytes.fromhex(captured).ljust(32, b"\0")


def test_tape_that_ends_looks_like_the_captured_p950nw() -> None:
    tape = media_from_word(P950, "24mm")
    machine = Machine(P950, tape)
    assert machine.status_block() == block("80204230703004000000180100000000000000000000000001 08")
    machine.receive(job(P950, media=tape, options=EncodeOptions(half_cut=True)))
    machine.start_page()
    assert machine.status_block() == block("80204230703004000000180100000000000000010000000001 08")
    machine.set_faults(Faults(media_left_mm=10))
    assert machine.finish_page() is None
    assert machine.status_block() == block("80204230703004000200180100000000000002010000000001 08")
    machine.remove_media()
    assert machine.status_block()[10:12] == bytes(2)


@BOTH
def test_media_that_ends_in_a_page_stops_it_and_new_media_prints_it_again_by_itself(model: str) -> None:
    machine = Machine(model, media_of(model), faults=Faults(media_left_mm=30))
    machine.receive(strip(model, 2))
    assert machine.start_page() == 30
    assert machine.finish_page() is None
    assert print_all(machine) == []
    seen = report(machine)
    assert (seen.state, seen.reasons, seen.media) == (PrinterState.STOPPED, (Reason.MEDIA_EMPTY,), media_of(model))
    assert (machine.stopped_by, machine.panel.detected_errors, machine.page_count) == (("media-empty",), b"\x40", 0)
    machine.load(media_of(model))
    assert [page.raster for page in print_all(machine)] == [sheet(model)] * 2
    assert (machine.page_count, machine.state, rules(machine)) == (2, State.IDLE, [])


def test_media_that_ended_at_rest_is_noticed_by_the_next_page() -> None:
    machine = Machine(P750W, TAPE, faults=Faults(media_left_mm=0))
    assert machine.state is State.IDLE
    assert printed(machine, job(P750W)) == []
    assert report(machine).reasons == (Reason.MEDIA_EMPTY,)
    machine.set_faults(machine.faults.changed({"media_left_mm": None}))
    assert len(print_all(machine)) == 1


def test_other_media_loaded_when_the_tape_ended_is_the_wrong_one_and_no_fault_of_the_job() -> None:
    machine = Machine(P750W, TAPE, faults=Faults(media_left_mm=10))
    assert printed(machine, strip(P750W, 2)) == []
    machine.load(media_from_word(P750W, "24mm"))
    assert print_all(machine) == []
    assert report(machine).reasons == (Reason.MEDIA_NEEDED,)
    assert (machine.lost_pages, machine.backlog, rules(machine)) == (2, 0, [])
    machine.load(TAPE)
    assert len(printed(machine, job(P750W))) == 1


def test_of_a_job_for_other_media_no_page_comes_out_however_late_it_arrives() -> None:
    machine = Machine(P750W, media_from_word(P750W, "24mm"))
    data = strip(P750W, 5)
    half = len(data) // 2
    machine.receive(data[:half])
    assert print_all(machine) == []
    machine.load(TAPE)
    machine.receive(data[half:])
    machine.connection_closed()
    assert print_all(machine) == []
    assert (machine.lost_pages, machine.backlog) == (5, 0)
    assert len(printed(machine, job(P750W))) == 1


@BOTH
def test_a_cutter_jams_behind_the_page_it_cuts_and_the_rest_waits_until_it_is_freed(model: str) -> None:
    machine = Machine(model, media_of(model), faults=Faults(cutter_jam=True))
    machine.receive(strip(model, 3))
    (out,) = print_all(machine)
    assert (out.cut, machine.page_count, machine.backlog) == (Cut.FULL, 1, 2)
    seen = report(machine)
    assert (seen.state, seen.reasons, machine.status_block()[8], machine.status_block()[18]) == (
        PrinterState.STOPPED,
        (Reason.CUTTER_JAM,),
        0x04,
        0x02,
    )
    assert (machine.stopped_by, machine.panel.detected_errors) == (("cutter-jam",), b"\x04")
    machine.clear_jam()
    assert len(print_all(machine)) == 2
    assert (machine.faults, rules(machine)) == (Faults(), [])


def test_without_a_cut_no_cutter_jams() -> None:
    machine = Machine(P750W, TAPE, faults=Faults(cutter_jam=True))
    machine.receive(strip(P750W, 3, options=EncodeOptions(auto_cut=False)))
    assert [page.cut for page in print_all(machine)] == [Cut.NONE, Cut.NONE, Cut.FULL]
    assert machine.state is State.ERROR


def test_a_jammed_cutter_that_nobody_freed_jams_again_after_the_power_was_off() -> None:
    machine = Machine(P750W, TAPE, faults=Faults(cutter_jam=True))
    for _ in range(2):
        assert len(printed(machine, job(P750W), job(P750W))) == 1
        assert "cutter-jam" in machine.stopped_by
        machine.switch_off()
        machine.switch_on()
        assert "cutter-jam" not in machine.stopped_by


@BOTH
def test_a_page_begun_before_the_head_was_too_hot_is_finished_and_the_next_waits(model: str) -> None:
    machine = Machine(model, media_of(model))
    machine.receive(strip(model, 2))
    machine.start_page()
    machine.set_faults(Faults(cooling=True))
    assert machine.state is State.PRINTING
    assert machine.finish_page() is not None
    assert (machine.start_page(), machine.stopped_by) == (None, ("cooling",))
    assert report(machine).reasons == (Reason.COOLING,)
    machine.set_faults(Faults())
    assert len(print_all(machine)) == 1


def test_a_job_the_printer_broke_off_is_forgotten_and_nobodys_fault() -> None:
    machine = Machine(P750W, TAPE)
    data = strip(P750W, 3)
    machine.receive(data[: data.rindex(b"\x1bia") + 3])
    machine.forget_job()
    machine.connection_closed()
    assert (machine.between_jobs, machine.lost_pages) == (True, 1), "the second page waited for its job to go on"
    assert len(print_all(machine)) == 1
    assert len(printed(machine, job(P750W))) == 1
    assert rules(machine) == []


def test_faults_that_are_off_again_leave_a_printer_that_is_well() -> None:
    machine = Machine(P750W, TAPE, faults=Faults(media_left_mm=20, cooling=True, cutter_jam=True))
    printed(machine, job(P750W))
    machine.set_faults(Faults())
    assert machine.stopped_by == ()
    assert len(print_all(machine)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"cooling": "yes"},
        {"cooling": 1},
        {"cooling": None},
        {"snmp": "loud"},
        {"snmp": None},
        {"snmp": ["silent"]},
        {"second_connection": "queue"},
        {"media_left_mm": -1},
        {"media_left_mm": "10"},
        {"media_left_mm": True},
        {"media_left_mm": float("nan")},
        {"media_left_mm": float("inf")},
        {"wake_s": None},
        {"wake_s": 1e9},
        {"read_bytes_per_s": 0},
        {"reset_at_byte": 0},
        {"reset_at_byte": 1.5},
        {"snmp_drop_each": 10**30},
        {"snmp_delay_s": {}},
        {"on/fire~": True},
        {"": True},
    ],
)
def test_a_switch_that_is_none_or_stands_nowhere_is_refused_by_name(changes: dict[str, Any]) -> None:
    (name,) = changes
    with pytest.raises(ValidationFailed) as caught:
        Faults().changed({"cutter_jam": True} | changes)
    (fault,) = caught.value.extra["errors"]
    assert fault["pointer"] == "#/" + name.replace("~", "~0").replace("/", "~1")
    assert name in caught.value.detail


def test_words_of_a_form_are_the_values_they_mean() -> None:
    assert [from_word("cooling", word) for word in ("on", "off", "maybe")] == [True, False, "maybe"]
    assert [from_word("media_left_mm", word) for word in ("", "12.5", "12", "long")] == [None, 12.5, 12, "long"]
    assert from_word("reset_at_byte", "100.0") == 100
    assert [from_word(name, "silent") for name in ("snmp", "nonsense")] == ["silent"] * 2
    assert Faults().changed({"snmp": "no-raw", "second_connection": "reset"}) == Faults(
        snmp=Snmp.NO_RAW, second_connection=SecondConnection.RESET
    )
    assert Faults(asleep=True, wake_s=2).switched_on == {"asleep": True, "wake_s": 2}
