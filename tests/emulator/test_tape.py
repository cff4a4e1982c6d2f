"""Tape is money: how much of it moves, blank and printed."""

from __future__ import annotations

import pytest

from labelhub.drivers.driver import EncodeOptions
from labelhub.emulator.faults import Faults
from labelhub.emulator.machine import Cut, Machine, Page
from tests.emulator.jobs import TAPE, job, media_of, print_all, printed, strip

P750W, P900W, QL820 = "PT-P750W", "PT-P900W", "QL-820NWB"
HALF, CHAIN = EncodeOptions(half_cut=True), EncodeOptions(chain=True)


def leaders(pages: list[Page]) -> list[float]:
    return [page.leader_mm for page in pages]


@pytest.mark.parametrize(("model", "leader_mm"), [(P750W, 24.5), (P900W, 27), (QL820, 0)])
def test_ten_labels_half_cut_in_one_job_leave_one_leader_and_ten_jobs_ten(model: str, leader_mm: float) -> None:
    one, ten = Machine(model, media_of(model)), Machine(model, media_of(model))
    assert leaders(printed(one, strip(model, 10, options=HALF))) == [leader_mm] + [0] * 9
    assert leaders(printed(ten, *[job(model)] * 10)) == [leader_mm] * 10
    labels_mm = sum(page.length_mm for page in one.pages)
    assert labels_mm == pytest.approx(sum(page.length_mm for page in ten.pages))
    assert one.tape_used_mm == pytest.approx(labels_mm + leader_mm)
    assert ten.tape_used_mm == pytest.approx(labels_mm + 10 * leader_mm)


def test_a_full_cut_behind_every_label_of_one_job_adds_no_leader_of_its_own() -> None:
    machine = Machine(P750W, TAPE)
    pages = printed(machine, strip(P750W, 4))
    assert [page.cut for page in pages] == [Cut.FULL] * 4
    assert leaders(pages) == [24.5, 0, 0, 0]


def test_a_chained_job_goes_on_where_the_one_before_was_left_uncut() -> None:
    machine = Machine(P750W, TAPE)
    pages = printed(machine, job(P750W, options=CHAIN), job(P750W, options=CHAIN), job(P750W), job(P750W))
    assert [page.cut for page in pages] == [Cut.NONE, Cut.NONE, Cut.FULL, Cut.FULL]
    assert leaders(pages) == [24.5, 0, 0, 24.5]


def test_new_tape_begins_with_a_leader_even_behind_a_chained_job() -> None:
    machine = Machine(P750W, TAPE)
    printed(machine, job(P750W, options=CHAIN))
    machine.load(TAPE)
    assert leaders(printed(machine, job(P750W))) == [24.5]


def test_a_piece_too_short_to_be_cut_off_is_fed_to_the_cutter() -> None:
    short_mm = (100 + 28) * 25.4 / 180
    alone = Machine(P750W, TAPE)
    (page,) = printed(alone, job(P750W, rows=100))
    assert page.length_mm == 24.5
    assert alone.tape_used_mm == 49
    together = printed(Machine(P750W, TAPE), strip(P750W, 3, 100, HALF))
    assert [page.length_mm for page in together] == [pytest.approx(short_mm)] * 3
    two = printed(Machine(P750W, TAPE), strip(P750W, 2, 20, HALF))
    assert sum(page.length_mm for page in two) == pytest.approx(24.5)
    assert two[0].length_mm == pytest.approx(48 * 25.4 / 180)
    chained = printed(Machine(P750W, TAPE), job(P750W, rows=100, options=CHAIN), job(P750W, rows=100))
    assert [page.length_mm for page in chained] == [pytest.approx(short_mm)] * 2


def test_a_roll_has_its_cutter_at_the_head() -> None:
    (page,) = printed(Machine(QL820, media_of(QL820)), job(QL820, rows=150))
    assert page.length_mm == pytest.approx((150 + 70) * 25.4 / 300)
    assert page.leader_mm == 0


def test_media_that_ends_in_a_page_is_used_up_and_the_page_is_printed_anew() -> None:
    machine = Machine(P750W, TAPE, faults=Faults(media_left_mm=200))
    (first,) = printed(machine, strip(P750W, 3, 800))
    used_mm = first.leader_mm + first.length_mm
    assert machine.faults.media_left_mm == 0
    assert machine.tape_used_mm == pytest.approx(200)
    machine.load(TAPE)
    second, third = print_all(machine)
    assert machine.faults == Faults()
    assert leaders([second, third]) == [24.5, 0]
    assert machine.tape_used_mm == pytest.approx(200 + 24.5 + second.length_mm + third.length_mm)
    assert used_mm < 200


def test_a_counter_of_pages_is_not_one_of_tape() -> None:
    machine = Machine(P750W, TAPE)
    machine.switch_off()
    machine.switch_on()
    printed(machine, job(P750W))
    used_mm = machine.tape_used_mm
    machine.switch_off()
    machine.switch_on()
    assert (machine.page_count, machine.tape_used_mm) == (1, used_mm)
