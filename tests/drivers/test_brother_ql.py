"""The jobs of brother_ql-inventree and ours, read by our decoder: the same rows over the whole head, for every label of its table.

Its jobs differ in what stands around the rows, and that is not compared: ESC i S on every page, ESC i K to a QL-550, `M 00` to
models that read no packed lines, bit 5 for high resolution on PT.
The pictures have one bit a dot already, for two programs that make black of grey do not agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import packbits  # type: ignore[import-untyped]
import pytest
from brother_ql.conversion import convert  # type: ignore[import-untyped]
from brother_ql.labels import ALL_LABELS, Color, FormFactor, Label  # type: ignore[import-untyped]
from brother_ql.models import ALL_MODELS  # type: ignore[import-untyped]
from brother_ql.raster import BrotherQLRaster  # type: ignore[import-untyped]
from PIL import Image

from labelhub.drivers.brother.decode import Decoder
from labelhub.drivers.brother.received import PageEnd
from labelhub.drivers.brother.rows import Language, ModelRow
from labelhub.drivers.brother.tables import model_row
from labelhub.media import MediaKind
from labelhub.raster import Raster
from tests.drivers.cases import EVERY, Case, cases

THEIRS = {model.identifier: model for model in ALL_MODELS}
LABELS = {label.identifier: label for label in ALL_LABELS}
NOT_OURS = {
    "12+17": "12 mm media printed 17 mm wider than it is",
    "18": "18 mm tape of the PT-P900 family, told as a roll",
    "103x164": "no second source for its place under the head",
    "104": "the 103 mm roll again, at another place: 20 dots from its own row",
}
OFFSET_CONFLICTS = {
    "pt36": 61 - 45,  # the official reference counts 45 pins before the tape and 61 behind it; this table has them changed
    "103": 12 + 44 - 38,  # the official reference: 58 pins, 1200 printing, 38
}
"""How many pins their rows lie further to the left of the head than ours."""
pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _packed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its packbits go byte by byte, and most rows of a picture are as the one before."""
    monkeypatch.setattr(packbits, "encode", cache(packbits.encode))


def label_of(case: Case) -> Label | None:
    """Their label for our media, None when they have none."""
    tape = case.media.kind in (MediaKind.TAPE_LAMINATED, MediaKind.TAPE_NON_LAMINATED)
    found = [
        label
        for label in ALL_LABELS
        if label.identifier not in NOT_OURS
        and label.tape_size == (case.row.width_code, case.row.length_code)
        and (label.color is Color.BLACK_RED_WHITE) == case.two_color
        and (label.form_factor is FormFactor.PTOUCH_ENDLESS) == tape
        and label.dots_printable[0] == case.row.printable_dots
    ]
    assert len(found) < 2, case
    return found[0] if found else None


def comparable(model: ModelRow) -> Iterator[tuple[Case, Label]]:
    for case in cases(model):
        label = label_of(case)
        if label is not None:
            yield case, label


def their_job(case: Case, label: Label, sent: Raster, *, packed: bool = False) -> bytes:
    picture = sent.picture()
    if sent.red is not None:
        red = Raster(sent.width_dots, sent.height_dots, sent.red).picture()
        picture = picture.convert("RGB")
        picture.paste("red", mask=red.point(lambda value: 255 - value))
    fine = case.options.high_resolution
    if fine:
        picture = picture.resize((picture.width * 2, picture.height))
    job = convert(
        BrotherQLRaster(case.model.name), [picture], label.identifier, compress=packed, dpi_600=fine, red=case.two_color, rotate=0
    )
    assert isinstance(job, bytes)
    return job


def rows_of(model: str, job: bytes) -> Raster:
    (page,) = [event for event in Decoder(model).feed(job) if isinstance(event, PageEnd)]
    return page.raster


def moved(page: Raster, pins: int) -> Raster:
    """The page moved so many pins to its left."""
    moved = Image.new("1", (page.width_dots, page.height_dots), 255)
    moved.paste(page.picture(), (-pins, 0))
    return Raster.from_picture(moved)


def differing(model: ModelRow, every: bool, *, packed: bool = False) -> list[str]:
    wrong = []
    for case, label in comparable(model):
        if case.is_told_elsewhere and not every:
            continue
        sent = case.page()
        theirs, ours = rows_of(model.name, their_job(case, label, sent, packed=packed)), rows_of(model.name, case.job(sent))
        pins = OFFSET_CONFLICTS.get(label.identifier)
        if theirs != (moved(ours, pins) if pins else ours):
            wrong.append(f"{case}: {label.identifier}")
    return wrong


@EVERY
@pytest.mark.parametrize("model", THEIRS)
def test_brother_ql_sends_the_same_rows_for_every_label(model: str, every: bool) -> None:
    assert differing(model_row(model), every) == []


@EVERY
@pytest.mark.parametrize("model", ["QL-820NWB", "QL-1060N", "PT-P750W", "PT-P900W"])
def test_brother_ql_sends_the_same_rows_packed(model: str, every: bool) -> None:
    assert differing(model_row(model), every, packed=True) == []


def test_every_label_of_its_table_is_compared_or_named_with_a_reason() -> None:
    compared = {label.identifier for model in THEIRS for _, label in comparable(model_row(model))}
    assert compared == set(LABELS) - set(NOT_OURS)


def test_every_model_of_its_table_is_one_of_ours_with_the_same_head() -> None:
    assert {name: model_row(name).head_bytes for name in THEIRS} == {name: model.number_bytes_per_row for name, model in THEIRS.items()}


def test_every_roll_of_ours_is_in_its_table() -> None:
    for name in THEIRS:
        model = model_row(name)
        if model.language is Language.QL:
            assert [str(case) for case in cases(model) if label_of(case) is None] == []


CODES_THAT_DIFFER = {
    "PT-E550W": "68 is that of a PT-P750W, 66 is its own in the official reference",
    "PT-P900W": "69, where the official reference has 6f",
}


def test_its_codes_of_models_are_ours_but_for_those_that_the_manuals_contradict() -> None:
    differ = {
        name
        for name, model in THEIRS.items()
        if (model.series_code, model.model_code) != (model_row(name).series_code, model_row(name).model_code)
    }
    assert differ == set(CODES_THAT_DIFFER)
    assert {name: model.product_id for name, model in THEIRS.items()} == {name: model_row(name).usb_id for name in THEIRS}
