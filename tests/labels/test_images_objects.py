"""Small PDFs whose parts lead to one long part again and again, or lie in one another: looking through them is no endless work."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest

from labelhub.errors import ImageInvalid
from labelhub.labels import images_pdf
from tests.labels.hostile_pdfs import SHADE, SHOWS, document, stream
from tests.labels.test_images_hostile import SOON_S

LONG = "/Junk 1 " * 30_000
STATES = "/Contents 4 0 R/Resources<</ExtGState<</G 5 0 R>>>>"
PICTURE = "/Type/XObject/Subtype/Image/Width 9/Height 9/Filter"
SEGMENT = b"\0\0\0\1\x34\0\1\0\0\0\0"


def shown_once(thing: str, count: int = 5_900) -> bytes:
    """A page that shows so many things alike."""
    names = "".join(f"/F{number} {number + 6} 0 R" for number in range(count))
    shown = b" ".join(b"/F%d Do" % number for number in range(count))
    return document(stream(shown), f"<<{names}>>", *[thing] * count, page="/Contents 4 0 R/Resources<</XObject 5 0 R>>")


AGAIN: Mapping[str, Callable[[], bytes]] = {
    "pages whose list is always the same": lambda: document(
        f"[{'6 0 R ' * 40_000}]", *["<</Kids 4 0 R>>"] * 250, sheets=" ".join(f"{number} 0 R" for number in range(5, 255))
    ),
    "content of one stream 40,000 times": lambda: document(stream(b"0 0 1 1 re f " * 100_000), page=f"/Contents[{'4 0 R ' * 40_000}]"),
    "streams in streams": lambda: document(
        stream(b"0 0 9 9 re f"),
        *[f"<</Metadata 1/X {number} 0 R/Length 900000>>stream\nx" for number in range(6, 50)],
        page=SHOWS,
    ).ljust(1_000_000),
    "5,900 names written by the numbers of their letters": lambda: document(stream(b"0 0 9 9 re f"), *["<</X#58 1>>"] * 5_900),
    "5,900 pictures of one segment": lambda: shown_once(stream(SEGMENT, f"{PICTURE}/JBIG2Decode", packed=False)),
    "300 pictures of 400 segments": lambda: shown_once(stream(SEGMENT * 400, f"{PICTURE}/JBIG2Decode", packed=False), 300),
    "5,900 forms": lambda: shown_once(stream(b"0 0 1 1 re f", "/Type/XObject/Subtype/Form/BBox[0 0 1 1]")),
    "a long state set 20,000 times": lambda: document(stream(b"/G gs " * 20_000), f"<<{LONG}>>", page=STATES),
    "a long dictionary shown 20,000 times": lambda: document(stream(b"/X Do " * 20_000), f"<<{LONG}>>", page=SHOWS),
    "a long function for each of 20,000 shades": lambda: document(
        stream(b"0 0 .01 .01 re W n " + b"/S sh " * 20_000),
        f"<</ShadingType 2/Function[{'6 0 R ' * 20}]>>",
        stream(b"\0" * 8_000_000, "/FunctionType 4"),
        page=SHADE,
    ),
}


@pytest.mark.parametrize("name", AGAIN)
def test_what_is_looked_at_again_and_again_is_refused_soon(name: str) -> None:
    source = AGAIN[name]()
    begun = time.thread_time()
    with pytest.raises(ImageInvalid, match=r"; simplify it, or save the page as PNG"):
        images_pdf.check_pdf(source)
    assert time.thread_time() - begun < SOON_S


def test_names_that_many_forms_share_are_looked_through_once() -> None:
    names = "".join(f"/F{number} {number % 90 + 6} 0 R" for number in range(18_000))
    form = stream(b"0 0 1 1 re f", "/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources 5 0 R")
    shown = b" ".join(b"/F%d Do" % number for number in range(90))
    begun = time.thread_time()
    images_pdf.check_pdf(document(stream(shown), f"<<{names}>>", *[form] * 90, page="/Contents 4 0 R/Resources 5 0 R"))
    assert time.thread_time() - begun < SOON_S


def test_a_row_said_to_be_longer_than_any_memory_is_as_long_as_its_content() -> None:
    images_pdf.check_pdf(document(stream(b"0 0 9 9 re f", "/DecodeParms<</Predictor 15/Columns 999999999999>>")))
    much = stream(b"\0" + b"0 0 100 100 re f " * 30_000, "/DecodeParms<</Predictor 15/Columns 999999999999>>")
    with pytest.raises(ImageInvalid, match="too much of its content is packed"):
        images_pdf.check_pdf(document(much))


def test_one_catalogue_does_not_hide_another_by_being_named_five_times() -> None:
    decoy = f"90 0 obj\n<</Type/Catalog/Pages 91 0 R{'/Catalog' * 5}>>\nendobj\n"
    tree = "91 0 obj\n<</Kids[92 0 R]>>\nendobj\n92 0 obj\n<</Type/Page>>\nendobj\n"
    source = document(stream(b"0 0 100 100 re f " * 30_000)).replace(b"%PDF-1.7\n", f"%PDF-1.7\n{decoy}{tree}".encode())
    with pytest.raises(ImageInvalid, match="shows too much"):
        images_pdf.check_pdf(source)


def test_a_file_is_known_as_locked_however_the_word_is_written() -> None:
    assert [images_pdf.is_locked(words) for words in (b"/Encrypt 9 0 R", b"/#45ncr#79pt 9 0 R", b"/#4Encrypt 9 0 R", b"/Encrypted")] == [
        True, True, False, True,
    ]  # fmt: skip


def test_the_last_of_a_thousand_pages_is_found() -> None:
    page = "<</Type/Page/Contents 4 0 R>>"
    sheets = " ".join(f"{number} 0 R" for number in range(5, 1005))
    source = document(stream(b"0 0 100 100 re f " * 30_000), *[page] * 1000, sheets=sheets)
    with pytest.raises(ImageInvalid, match="shows too much"):
        images_pdf.check_pdf(source, 1000)
