"""What it costs to turn a page into bytes, beside both usual libraries in the same run; nobody has seen the page before.

Our encoder keeps nothing between pages. All the same each round has a page of its own, so that no cache, in whatever library,
has anything to give. What counts is the time of the thread, not what others took of it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest
from brother_ql.conversion import convert  # type: ignore[import-untyped]
from brother_ql.raster import BrotherQLRaster  # type: ignore[import-untyped]
from PIL import Image
from ptouch import PTP750W, PTP900W, Label, LabelPrinter  # type: ignore[import-untyped]
from ptouch.connection import Connection  # type: ignore[import-untyped]
from ptouch.tape import Tape24mm, Tape36mm  # type: ignore[import-untyped]

from labelhub.drivers.brother import PT, QL, BrotherDriver
from labelhub.media import Media, MediaKind
from labelhub.raster import Raster
from tests.benchmarks.told import told
from tests.drivers.pictures import busy_page

pytestmark = [pytest.mark.bench, pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")]
ROUNDS = 60
ROLL = Media(MediaKind.ROLL_CONTINUOUS, 62)
TWO_COLOR = Media(MediaKind.ROLL_CONTINUOUS, 62, two_color=True)
TAPE_24, TAPE_36 = Media(MediaKind.TAPE_LAMINATED, 24), Media(MediaKind.TAPE_LAMINATED, 36)
LABEL_102 = Media(MediaKind.ROLL_DIE_CUT, 102, 152)


@dataclass(frozen=True)
class Library:
    """Somebody else's encoder: what it makes of a page, from a picture already at hand."""

    name: str
    prepare: Callable[[Raster], Image.Image]
    encode: Callable[[Image.Image], object]
    rounds: int


class Nowhere(Connection):  # type: ignore[misc]
    """A connection that takes everything."""

    def connect(self, printer: LabelPrinter) -> None:
        """There is nowhere to go."""

    def write(self, payload: bytes) -> None:
        """Taken."""

    def close(self) -> None:
        """There is nothing to close."""


def brother_ql(model: str, label: str, *, packed: bool = False, red: bool = False, rounds: int = 30) -> Library:
    def prepare(page: Raster) -> Image.Image:
        if page.red is None:
            return page.picture().convert("L")
        picture = page.picture().convert("RGB")
        picture.paste("red", mask=Raster(page.width_dots, page.height_dots, page.red).picture().point(lambda value: 255 - value))
        return picture

    def encode(picture: Image.Image) -> object:
        return convert(BrotherQLRaster(model), [picture], label, compress=packed, red=red, rotate=0)

    return Library(f"brother_ql, {'packed' if packed else 'plain'}", prepare, encode, rounds)


def ptouch(printer: type[LabelPrinter], tape: type, *, packed: bool = False, rounds: int = 15) -> Library:
    def encode(picture: Image.Image) -> object:
        return printer(Nowhere(), use_compression=packed).print(Label(picture, tape))

    return Library(f"ptouch, {'packed' if packed else 'plain'}", lambda page: page.picture(turned=True).convert("RGB"), encode, rounds)


def milliseconds(work: Callable[[], object]) -> float:
    begun = time.thread_time()
    work()
    return (time.thread_time() - begun) * 1000


def measured(
    name: str, driver: BrotherDriver, model: str, media: Media, rows: int, libraries: list[Library], *, red: bool = False
) -> float:
    """Our median, after telling a row beside each library."""
    width_dots = driver.geometry(model, media).canvas.width_dots
    pages = [busy_page(width_dots, rows, number * 1000) for number in range(ROUNDS + 1)]
    if red:
        pages = [Raster(width_dots, rows, page.black, other.mirrored().black) for page, other in pairwise(pages)]
    driver.encode(model, media, pages[-1:])  # loads Pillow's TIFF writer
    ours = [milliseconds(lambda page=page: driver.encode(model, media, [page])) for page in pages]  # type: ignore[misc]
    for library in libraries:
        pictures = [library.prepare(page) for page in pages[: library.rounds]]
        theirs = [milliseconds(lambda picture=picture, library=library: library.encode(picture)) for picture in pictures]  # type: ignore[misc]
        told(f"encode {name}", ours, library.name, theirs)
    return statistics.median(ours)


def test_a_dense_roll_label_takes_two_milliseconds_at_most() -> None:
    libraries = [brother_ql("QL-820NWB", "62", packed=packed) for packed in (True, False)]
    assert measured("62 x 100 mm, dense text", QL, "QL-820NWB", ROLL, 1109, libraries) <= 2


def test_a_dense_roll_label_in_plain_lines_takes_two_milliseconds_at_most() -> None:
    assert measured("62 x 100 mm, plain lines (QL-800)", QL, "QL-800", ROLL, 1109, [brother_ql("QL-800", "62")]) <= 2


def test_a_dense_two_color_label_takes_six_milliseconds_at_most() -> None:
    libraries = [brother_ql("QL-820NWB", "62red", packed=packed, red=True, rounds=8) for packed in (True, False)]
    assert measured("62 x 100 mm, black and red", QL, "QL-820NWB", TWO_COLOR, 1181, libraries, red=True) <= 6


def test_a_dense_tape_label_takes_six_tenths_of_a_millisecond_at_most() -> None:
    libraries = [*(ptouch(PTP750W, Tape24mm, packed=packed) for packed in (True, False)), brother_ql("PT-P750W", "pt24", packed=True)]
    assert measured("24 x 100 mm tape, dense text", PT, "PT-P750W", TAPE_24, 709, libraries) <= 0.6


def test_a_dense_label_of_the_widest_tape_takes_two_milliseconds_at_most() -> None:
    libraries = [ptouch(PTP900W, Tape36mm, packed=packed, rounds=5) for packed in (True, False)]
    assert measured("36 x 100 mm tape, 360 dpi", PT, "PT-P900W", TAPE_36, 1417, libraries) <= 2


def test_a_dense_label_of_the_widest_head_takes_four_milliseconds_at_most() -> None:
    libraries = [brother_ql("QL-1110NWB", "102x152", packed=packed, rounds=15) for packed in (True, False)]
    assert measured("102 x 152 mm, head of 1296 dots", QL, "QL-1110NWB", LABEL_102, 1660, libraries) <= 4
