"""The jobs of ptouch 1.1 and ours, read by our decoder: the same rows over the whole head, for all its printers, tapes and tubes.

Its jobs differ in what stands around the rows, and that is not compared: no page number, the kind of media claimed, half cuts
always on, and a margin of 2 mm, which is 28 dots of a PT-P900, where ours is the least the printer takes, 14.
At high resolution it sends each line twice; our page then has each row twice.
"""

from __future__ import annotations

import re

import pytest
from PIL import Image
from ptouch import PTE550W, PTP750W, PTP900, PTP900W, PTP910BT, PTP950NW, Label, LabelPrinter  # type: ignore[import-untyped]
from ptouch.connection import Connection  # type: ignore[import-untyped]
from ptouch.tape import HeatShrinkTube, Tape  # type: ignore[import-untyped]

from labelhub.drivers.brother.decode import Decoder
from labelhub.drivers.brother.received import PageEnd, PrintInformation
from labelhub.drivers.brother.tables import model_row
from labelhub.media import MediaKind
from labelhub.raster import Raster
from tests.drivers.cases import Case, cases, picture

COLUMNS = 45
PRINTERS: dict[str, type[LabelPrinter]] = {
    "PT-E550W": PTE550W, "PT-P750W": PTP750W, "PT-P900": PTP900, "PT-P900W": PTP900W, "PT-P950NW": PTP950NW, "PT-P910BT": PTP910BT,
}  # fmt: skip


class Collected(Connection):  # type: ignore[misc]
    """A connection that keeps what is written."""

    def __init__(self) -> None:
        self.job = b""

    def connect(self, printer: LabelPrinter) -> None:
        """There is nowhere to go."""

    def write(self, payload: bytes) -> None:
        self.job += payload

    def close(self) -> None:
        """There is nothing to close."""


def width_mm(tape: type[Tape]) -> float:
    """`Tape3_5mm` is 3.5 mm wide, `HeatShrinkTube3_1_11_2mm` 11.2 mm."""
    found = re.fullmatch(r"(?:Tape|HeatShrinkTube(?:3_1_)?)(\d+(?:_\d)?)mm", tape.__name__)
    assert found, tape
    return float(found[1].replace("_", "."))


def tape_of(case: Case) -> type[Tape]:
    """Their tape for our media. Both kinds of tape are one to them; two tubes of nearly one width differ in their ratio."""
    found: list[type[Tape]] = [
        tape
        for tape in PRINTERS[case.model.name].PIN_CONFIGS
        if width_mm(tape) == case.media.width_mm and issubclass(tape, HeatShrinkTube) == (case.media.kind is MediaKind.TAPE_HEAT_SHRINK)
    ]
    assert len(found) == 1, case
    return found[0]


def their_job(case: Case, label: Image.Image, *, packed: bool) -> bytes:
    connection = Collected()
    printer = PRINTERS[case.model.name](connection, use_compression=packed, high_resolution=case.options.high_resolution)
    printer.print(Label(label, tape_of(case)))
    return connection.job


def our_page(case: Case, label: Image.Image) -> Raster:
    fine = 2 if case.options.high_resolution else 1
    return Raster.from_picture(label.resize((label.width * fine, label.height)), turned=True)


def page_of(model: str, job: bytes) -> tuple[Raster, PrintInformation]:
    (page,) = [event for event in Decoder(model).feed(job) if isinstance(event, PageEnd)]
    assert page.information is not None
    return page.raster, page.information


@pytest.mark.parametrize("model", PRINTERS)
@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
def test_ptouch_sends_the_same_rows_for_every_tape_and_tube(model: str, packed: bool) -> None:
    compared = set()
    for case in cases(model_row(model)):
        label = picture(case.row.printable_dots, COLUMNS).transpose(Image.Transpose.ROTATE_90)
        theirs, told = page_of(model, their_job(case, label, packed=packed))
        ours, said = page_of(model, case.job(our_page(case, label)))
        assert theirs == ours, case
        assert (told.width_code, told.lines) == (said.width_code, said.lines), case
        compared.add(tape_of(case))
    assert compared == set(PRINTERS[model].PIN_CONFIGS)


@pytest.mark.parametrize("model", PRINTERS)
def test_ptouch_has_no_tape_or_tube_that_we_have_not(model: str) -> None:
    ours = {(case.media.kind is MediaKind.TAPE_HEAT_SHRINK, case.media.width_mm) for case in cases(model_row(model))}
    assert ours == {(issubclass(tape, HeatShrinkTube), width_mm(tape)) for tape in PRINTERS[model].PIN_CONFIGS}
