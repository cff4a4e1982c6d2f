"""Every model is what its row says: head, commands, cutter, resolution, page numbers, how it tells its state."""

from __future__ import annotations

import pytest

from labelhub.drivers.brother.received import Rule
from labelhub.drivers.brother.rows import Language
from labelhub.drivers.brother.tables import MODELS, model_row
from labelhub.drivers.brother.words import media_from_word, media_words
from labelhub.drivers.driver import EncodeOptions
from labelhub.drivers.status import Reason
from labelhub.emulator.faults import Faults
from labelhub.emulator.machine import Cut, Machine
from labelhub.raster import Raster
from tests.emulator.jobs import TAPE, driver_of, job, media_of, printed, report, rules, sheet, strip

EVERY_MODEL = pytest.mark.parametrize("model", [row.name for row in MODELS])
P750W, P700, P900W, P910BT, QL500, QL550, QL700, QL820 = (
    "PT-P750W", "PT-P700", "PT-P900W", "PT-P910BT", "QL-500", "QL-550", "QL-700", "QL-820NWB"
)  # fmt: skip
FINE = EncodeOptions(high_resolution=True)


@EVERY_MODEL
def test_every_media_of_a_model_prints_dot_for_dot_and_breaks_no_rule(model: str) -> None:
    for word in media_words(model):
        media = media_from_word(model, word)
        machine = Machine(model, media)
        sent = sheet(model, 400, media)
        if media.two_color:
            sent = Raster(sent.width_dots, sent.height_dots, sent.black, bytes(reversed(sent.black)))
        (out,) = printed(machine, job(model, sent, media=media))
        assert (out.raster, rules(machine)) == (sent, []), word


@EVERY_MODEL
@pytest.mark.parametrize(
    "options",
    [FINE, EncodeOptions(half_cut=True), EncodeOptions(auto_cut=False), EncodeOptions(chain=True), EncodeOptions(cut_each=2)],
    ids=["fine", "half", "strip", "chain", "two"],
)
def test_what_the_driver_makes_of_any_wish_breaks_no_rule(model: str, options: EncodeOptions) -> None:
    machine = Machine(model, media_of(model))
    out = printed(machine, strip(model, 3, 800, options))
    assert ([one.number for one in out], rules(machine)) == ([1, 2, 3], [])
    assert [one.raster for one in out] == [sheet(model, 800)] * 3


@EVERY_MODEL
def test_every_model_says_who_it_is_and_what_it_holds(model: str) -> None:
    machine = Machine(model, media_of(model))
    assert machine.status_block()[3:5] == bytes((machine.model.series_code, machine.model.model_code))
    assert report(machine).media == media_of(model)


def test_only_those_that_were_seen_to_tell_their_adapter_tell_it() -> None:
    telling = [row.name for row in MODELS if Machine(row.name).status_block()[6] == 0x04]
    assert telling == ["PT-P950NW", "QL-820NWB"]


def test_a_cutter_is_used_as_each_model_can() -> None:
    def cuts(model: str, options: EncodeOptions, count: int = 3) -> list[Cut]:
        return [one.cut for one in printed(Machine(model, media_of(model)), strip(model, count, 400, options))]

    full, half, none = Cut.FULL, Cut.HALF, Cut.NONE
    assert cuts(QL500, EncodeOptions()) == [none] * 3
    assert cuts(QL550, EncodeOptions()) == [full] * 3
    assert cuts(QL550, EncodeOptions(auto_cut=False)) == [none] * 3, "it knows no cut at the end"
    assert cuts(QL700, EncodeOptions(cut_each=2)) == [none, full, full]
    assert cuts(P750W, EncodeOptions(cut_each=2), 4) == [none, full, none, full]
    assert cuts(P750W, EncodeOptions(half_cut=True)) == [half, half, full]
    assert cuts(P700, EncodeOptions(half_cut=True)) == [full] * 3, "the driver asks for what there is"
    assert cuts(P900W, EncodeOptions(half_cut=True)) == [half, half, full]
    assert cuts(P750W, EncodeOptions(chain=True)) == [full, full, none]
    assert cuts(P750W, EncodeOptions(chain=True, half_cut=True)) == [half, half, none]


@pytest.mark.parametrize(
    ("model", "rule", "old", "new"),
    [
        (P700, Rule.NOT_FOR_THIS_MODEL, b"\x1biK\x08", b"\x1biK\x0c"),
        (P700, Rule.NOT_FOR_THIS_MODEL, b"\x1biK\x08", b"\x1biK\x48"),
        (P910BT, Rule.NOT_FOR_THIS_MODEL, b"\x1biK\x08", b"\x1biK\x48"),
        (QL700, Rule.NOT_FOR_THIS_MODEL, b"\x1biM\x40", b"\x1biM\xc0"),
        (QL700, Rule.NOT_FOR_THIS_MODEL, b"\x1biz", b"\x1bia\x01\x1biz"),
        (QL550, Rule.NOT_FOR_THIS_MODEL, b"\x1biz", b"\x1biK\x08\x1biz"),
        (QL500, Rule.NOT_FOR_THIS_MODEL, b"\x1biz", b"\x1biM\x40\x1biz"),
    ],
)
def test_what_a_model_does_not_know_is_a_violation_and_changes_nothing(model: str, rule: Rule, old: bytes, new: bytes) -> None:
    data = job(model)
    assert old in data
    machine = Machine(model, media_of(model))
    (plain,) = printed(Machine(model, media_of(model)), data)
    (out,) = printed(machine, data.replace(old, new))
    assert rules(machine) == [rule]
    assert out == plain


@pytest.mark.parametrize("model", [P750W, P900W])
def test_the_mirror_bit_prints_the_page_mirrored_where_it_lies(model: str) -> None:
    machine = Machine(model, TAPE)
    (out,) = printed(machine, job(model).replace(b"\x1biM\x40", b"\x1biM\xc0"))
    assert (out.raster, rules(machine)) == (sheet(model).mirrored(), [])


def test_high_resolution_of_a_p900_claims_kind_09_and_is_taken_on_any_tape() -> None:
    for word in ("12mm", "hse-11.7"):
        media = media_from_word(P900W, word)
        machine = Machine(P900W, media)
        data = job(P900W, sheet(P900W, 800, media), media=media, options=FINE)
        assert b"\x1biz\x86\x09" in data
        (out,) = printed(machine, data)
        assert (out.dpi_across, out.dpi_along, rules(machine)) == (360, 720, [])
    plain = Machine(P900W, TAPE)
    assert printed(plain, job(P900W).replace(b"\x1biz\x84\x00", b"\x1biz\x86\x09")) == []
    assert rules(plain) == [Rule.WRONG_MEDIA]


@pytest.mark.parametrize(
    ("model", "right"), [(P750W, [0]), (P750W, [0, 1, 1]), (P900W, [2]), (P900W, [0, 1, 2]), (QL820, [0, 1]), (P910BT, [0, 2])]
)
def test_pages_are_numbered_as_the_model_wants_them(model: str, right: list[int]) -> None:
    data = strip(model, len(right))
    machine = Machine(model, media_of(model))
    assert len(printed(machine, data)) == len(right)
    assert rules(machine) == []
    assert numbers(data) == right
    for place, number in enumerate(right):
        wrong = Machine(model, media_of(model))
        other = {0: 1, 1: 0 if model_row(model).numbers_last_page else 2, 2: 1}[number]
        assert len(printed(wrong, renumbered(data, place, other))) == len(right)
        assert rules(wrong) == [Rule.PAGE_NUMBER]


def heads(data: bytes) -> list[int]:
    """Where each ESC i z has its n9."""
    found, at = [], data.find(b"\x1biz")
    while at >= 0:
        found.append(at + 3 + 8)
        at = data.find(b"\x1biz", at + 1)
    return found


def numbers(data: bytes) -> list[int]:
    return [data[at] for at in heads(data)]


def renumbered(data: bytes, place: int, number: int) -> bytes:
    at = heads(data)[place]
    return data[:at] + bytes((number,)) + data[at + 1 :]


@EVERY_MODEL
def test_heat_is_told_as_the_model_tells_it(model: str) -> None:
    machine = Machine(model, media_of(model), faults=Faults(cooling=True))
    assert printed(machine, job(model)) == []
    narrow_tape = machine.model.language is Language.PT and machine.model.head_dots == 128
    block = machine.status_block()
    assert (block[9], block[18], block[22]) == ((0x20, 0x02, 0x00) if narrow_tape else (0x00, 0x05, 0x03))
    assert report(machine).reasons == (Reason.COOLING,)


def test_the_driver_mirrors_dots_and_leaves_the_bit_alone() -> None:
    machine = Machine(P750W, TAPE)
    (out,) = printed(machine, job(P750W, options=EncodeOptions(mirror=True)))
    assert out.raster == sheet(P750W).mirrored()
    assert driver_of(P750W).encode(P750W, TAPE, [sheet(P750W)], EncodeOptions(mirror=True)).whole.count(b"\x1biM\x40") == 1
