"""Our bytes through somebody else's decoder: brother_ql.reader, one page at a time, for it keeps rows between pages."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from brother_ql.reader import BrotherQLReader  # type: ignore[import-untyped]
from PIL import Image

from labelhub.drivers.brother import PT, QL, BrotherDriver
from labelhub.drivers.driver import EncodeOptions
from labelhub.media import Media, MediaKind
from labelhub.raster import Raster
from tests.drivers.pictures import busy_page, page

CASES = [
    (PT, "PT-P750W", Media(MediaKind.TAPE_LAMINATED, 3.5), 60),
    (PT, "PT-P750W", Media(MediaKind.TAPE_LAMINATED, 12), 250),
    (PT, "PT-P750W", Media(MediaKind.TAPE_NON_LAMINATED, 18), 250),
    (PT, "PT-P750W", Media(MediaKind.TAPE_LAMINATED, 24), 709),
    (QL, "QL-820NWB", Media(MediaKind.ROLL_CONTINUOUS, 62), 400),
    (QL, "QL-820NWB", Media(MediaKind.ROLL_CONTINUOUS, 29), 300),
    (QL, "QL-820NWB", Media(MediaKind.ROLL_DIE_CUT, 29, 90), 991),
    (QL, "QL-820NWB", Media(MediaKind.ROLL_DIE_CUT, 24, 24), 236),
]


def decoded(job: bytes, folder: Path) -> Image.Image:
    """The picture the other decoder saves; it lies over the whole head, seen as leaving the printer."""
    reader = BrotherQLReader(io.BytesIO(job))
    reader.filename_fmt = str(folder / "page{counter}.png")
    reader.analyse()
    with Image.open(folder / "page1.png") as picture:
        picture.load()
    assert not (folder / "page2.png").exists()
    return picture


@pytest.mark.parametrize(("driver", "model", "media", "rows"), CASES, ids=[f"{case[1]} {case[2].name}" for case in CASES])
@pytest.mark.parametrize("make", [page, busy_page], ids=["shapes", "text"])
def test_another_decoder_sees_the_same_dots(
    driver: BrotherDriver, model: str, media: Media, rows: int, make: Callable[[int, int], Raster], tmp_path: Path
) -> None:
    geometry = driver.geometry(model, media)
    sent = make(geometry.canvas.width_dots, rows)
    picture = decoded(driver.encode(model, media, [sent], EncodeOptions()), tmp_path)
    left = geometry.head_dots - geometry.right_dots - geometry.printable_dots
    box = (left, 0, left + geometry.printable_dots, rows)
    assert picture.size == (geometry.head_dots, rows)
    assert picture.crop(box).tobytes() == sent.picture().tobytes()
