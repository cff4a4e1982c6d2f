"""Our bytes through somebody else's decoder: brother_ql.reader, one page at a time, for it keeps rows between pages.

It reads the jobs of every model, and every command in them. What it cannot read is never in a job of ours: it takes the
packbits header 128, which means nothing, for a run of 129 bytes, and a draft of the P900 family for two colours.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from brother_ql import reader as brother_reader  # type: ignore[import-untyped]
from PIL import Image

from labelhub.drivers.brother.rows import ModelRow
from labelhub.drivers.brother.tables import MODELS, model_row
from labelhub.raster import Raster
from tests.drivers.cases import EVERY, Case, cases
from tests.drivers.pictures import busy_page, page

pytestmark = pytest.mark.usefixtures("quick_reader")


def decoded(job: bytes, folder: Path) -> Image.Image:
    """The picture the other decoder saves; it lies over the whole head, seen as leaving the printer."""
    reader = brother_reader.BrotherQLReader(io.BytesIO(job))
    reader.filename_fmt = str(folder / "page{counter}.bmp")
    reader.analyse()
    with Image.open(folder / "page1.bmp") as picture:
        picture.load()
    assert not (folder / "page2.bmp").exists()
    return picture


def on_the_media(case: Case, picture: Image.Image) -> Image.Image:
    left = case.model.head_dots - case.row.right_dots - case.row.printable_dots
    return picture.crop((left, 0, left + case.row.printable_dots, picture.height))


def differing(some: Iterable[Case], make: Callable[[Case], Raster], folder: Path) -> list[str]:
    """The cases in which the other decoder sees other dots than were sent, or any beside the media."""
    wrong = []
    for case in some:
        sent = make(case)
        picture = decoded(case.job(sent), folder)
        whole = Image.new("1", (case.model.head_dots, sent.height_dots), 255)
        whole.paste(sent.picture(), (case.model.head_dots - case.row.right_dots - sent.width_dots, 0))
        if picture.size != whole.size or picture.convert("1").tobytes() != whole.tobytes():
            wrong.append(str(case))
    return wrong


def families() -> list[list[ModelRow]]:
    """Models that differ in nothing a job tells, so that one of them is read for all."""
    families: dict[ModelRow, list[ModelRow]] = {}
    for model in MODELS:
        told = replace(
            model,
            name="",
            series_code=0,
            model_code=0,
            usb_id=0,
            source="",
            network=False,
            status_request=True,
            speed_mm_per_s=0,
            leader_mm=0,
        )
        families.setdefault(told, []).append(model)
    return list(families.values())


@EVERY
@pytest.mark.parametrize("family", families(), ids=lambda family: " ".join(model.name for model in family))
def test_another_decoder_sees_the_same_dots_on_every_media(family: list[ModelRow], every: bool, tmp_path: Path) -> None:
    some = [case for case in cases(family[0]) if not case.two_color and (every or not case.is_told_elsewhere)]
    for case in some:
        assert {replace(case, model=model).job() for model in family} == {case.job()}, case
    assert differing(some, Case.page, tmp_path) == []


@pytest.mark.parametrize("name", ["PT-P750W", "PT-P900W", "QL-800", "QL-820NWB"])
@pytest.mark.parametrize("make", [page, busy_page], ids=["shapes", "text"])
def test_another_decoder_sees_the_same_text_and_shapes(name: str, make: Callable[[int, int], Raster], tmp_path: Path) -> None:
    some = [
        case
        for case in cases(model_row(name))
        if not case.two_color and not case.options.high_resolution and case.row.length_dots is None
    ]
    assert differing(some, lambda case: make(case.row.printable_dots, 300), tmp_path) == []


@pytest.mark.parametrize("name", ["QL-800", "QL-810W", "QL-820NWB"])
def test_another_decoder_sees_black_and_red_where_they_were_sent(name: str, tmp_path: Path) -> None:
    case = next(case for case in cases(model_row(name)) if case.two_color)
    sent = case.page()
    picture = on_the_media(case, decoded(case.job(sent), tmp_path)).convert("RGB")
    expected = Image.new("RGB", picture.size, "white")
    assert sent.red is not None
    expected.paste("red", mask=Raster(sent.width_dots, sent.height_dots, sent.red).picture().point(lambda value: 255 - value))
    expected.paste("black", mask=sent.picture().point(lambda value: 255 - value))
    assert picture.tobytes() == expected.tobytes()
