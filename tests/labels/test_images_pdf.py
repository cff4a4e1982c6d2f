"""PDFs as people have them: packed in every way, locked without a password, of many pages; and looked through all the same."""

from __future__ import annotations

import base64
import hashlib
import zlib

import pytest

from labelhub.errors import ImageInvalid
from labelhub.labels import images_pdf, images_unpack
from labelhub.labels.images import decoded
from tests.labels.hostile_pdfs import FORM, FULL, PDFS, document, lzw, packed, runs, stream

_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def rc4(key: bytes, content: bytes) -> bytes:
    box, at, found = list(range(256)), 0, bytearray()
    for place in range(256):
        at = (at + box[place] + key[place % len(key)]) & 255
        box[place], box[at] = box[at], box[place]
    one = two = 0
    for byte in content:
        one = (one + 1) & 255
        two = (two + box[one]) & 255
        box[one], box[two] = box[two], box[one]
        found.append(byte ^ box[(box[one] + box[two]) & 255])
    return bytes(found)


def locked(content: bytes) -> bytes:
    """A PDF whose content is encrypted for whoever knows that there is no password: ISO 32000-1 7.6.3, revision 2."""
    owner, permissions = bytes(range(32)), -4
    key = hashlib.md5(_PAD + owner + permissions.to_bytes(4, "little", signed=True) + b"id", usedforsecurity=False).digest()[:5]
    own = hashlib.md5(key + (4).to_bytes(3, "little") + bytes(2), usedforsecurity=False).digest()[:10]
    plain = document(packed(rc4(own, zlib.compress(content)), "/FlateDecode"))
    lock = f"/Encrypt<</Filter/Standard/V 1/R 2/P {permissions}/O<{owner.hex()}>/U<{rc4(key, _PAD).hex()}>>>/ID[<{b'id'.hex()}><00>]"
    return plain.replace(b"trailer<<", b"trailer<<" + lock.encode())


def test_content_packed_in_every_common_way_is_drawn() -> None:
    ways = [
        packed(base64.a85encode(zlib.compress(b"0 80 20 20 re f ")) + b"~>", "[/ASCII85Decode /FlateDecode]"),
        packed(b"40 80 20 20 re f ".hex().encode() + b">", "/AHx"),
        packed(runs(b"80 80 20 20 re f "), "/RunLengthDecode"),
        packed(lzw(b"0 0 20 20 re f "), "/LZWDecode"),
        stream(b"40 0 20 20 re f ", packed=False),
    ]
    picture = decoded(document(*ways, page="/Contents[4 0 R 5 0 R 6 0 R 7 0 R 8 0 R]")).resize((5, 5)).convert("1")
    assert [place for place in range(25) if picture.getpixel((place % 5, place // 5)) == 0] == [0, 2, 4, 20, 22]


@pytest.mark.parametrize("pack", [lzw, runs])
@pytest.mark.parametrize("content", [b"", b"a", b"hello " * 900, bytes(range(256)) * 40, FULL * 2000])
def test_what_was_packed_is_unpacked(pack: object, content: bytes) -> None:
    name, made = (b"LZWDecode", lzw) if pack is lzw else (b"RL", runs)
    assert images_unpack.unpacked(made(content) if content else b"", name, True, lambda _: None) == content


def test_a_pdf_locked_without_a_password_is_drawn_like_any_other() -> None:
    assert decoded(locked(b"0 0 50 100 re f")).resize((2, 1)).convert("1").tobytes() == b"\x40"


def test_a_pdf_locked_without_a_password_is_looked_through_once_it_is_opened() -> None:
    with pytest.raises(ImageInvalid, match="more work to draw than a label is worth"):
        decoded(locked(FULL * 600))


def pages(*contents: bytes) -> bytes:
    """A PDF of so many pages; what they show is told by what is above them."""
    bodies = [
        f"<</Type/Page/Parent 2 0 R/Contents {place} 0 R>>" if one is None else stream(one)
        for content, place in zip(contents, range(5, 99, 2), strict=False)
        for one in (None, content)
    ]
    kids = " ".join(f"{number} 0 R" for number in range(4, 4 + len(bodies), 2))
    form = stream(b"0 0 9 9 re f", FORM)
    last = 4 + len(bodies)
    source = document(*bodies, form, sheets=kids)
    above = f"/MediaBox[0 0 100 100]/Resources<</XObject<</X {last} 0 R>>>>"
    return source.replace(b"<</Type/Pages", b"<</Type/Pages" + above.encode())


def test_only_the_page_that_is_drawn_is_looked_at() -> None:
    source = pages(b"/X Do", FULL * 600, b"/X Do " * 100_000)
    images_pdf.check_pdf(source, 1)
    for page in (2, 3):
        with pytest.raises(ImageInvalid, match="more work to draw than a label is worth"):
            images_pdf.check_pdf(source, page)


def test_pages_with_much_on_them_are_let_pass() -> None:
    letters = b"BT /F 9 Tf 1 0 0 1 9 9 Tm " + b"(Hello, this is 100% text) Tj 0 -9 Td " * 150 + b"ET "
    bars = b"".join(b"%d 9 1 9 re f " % (one % 90) for one in range(3000))
    logo = b"0 0 m " + b"".join(b"%d %d l " % (one % 9, one // 9 % 9) for one in range(30_000)) + b"f "
    boxes = b"q 0 0 50 50 re W n 9 0 0 9 0 0 cm /X Do Q " * 20
    source = document(
        stream(letters + bars + logo + boxes), stream(b"0 0 1 1 re f", FORM), page="/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>"
    )
    images_pdf.check_pdf(source)


def test_a_hostile_page_is_told_by_the_reason_why() -> None:
    with pytest.raises(ImageInvalid, match="too much of its content is packed by ASCII85Decode"):
        images_pdf.check_pdf(PDFS["much by ASCII85"]())


@pytest.mark.parametrize("name", [b"/Encrypt", b"/#45ncrypt", b"/E#6Ecrypt", b"/#45#6e#63#72#79#70#74"])
def test_a_lock_is_seen_however_its_name_is_written(name: bytes) -> None:
    assert images_pdf.is_locked(b"trailer <<" + name + b" 9 0 R>>")
    assert not images_pdf.is_locked(b"trailer <</ID [<00> <00>]>>")
