"""PDF files made to do harm: small to store, endless or enormous to draw. Each is made by code."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping

from tests.labels.hostile_svgs import Made


def stream(content: bytes, entries: str = "", *, packed: bool = True) -> str:
    """The body of a stream object, bytes as Latin-1."""
    inner = zlib.compress(content, 1) if packed else content
    how = "/Filter/FlateDecode" if packed else ""
    return f"<<{entries}{how}/Length {len(inner)}>>stream\n{inner.decode('latin-1')}\nendstream"


def document(*objects: str, box: str = "0 0 100 100", page: str = "/Contents 4 0 R", sheets: str = "3 0 R") -> bytes:
    """A PDF of one page: catalogue 1, pages 2, page 3, and then the objects from 4 on."""
    bodies = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{sheets}]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]{page}>>",
        *objects,
    ]
    found, at = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        at.append(len(found))
        found += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in at)
    trailer = f"trailer<</Size {len(bodies) + 1}/Root 1 0 R>>\nstartxref\n{len(found)}\n%%EOF"
    return bytes(found) + f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


SHOWS = "/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>"
FORM = "/Type/XObject/Subtype/Form/BBox[0 0 100 100]"


def forms(levels: int, times: int) -> bytes:
    """Forms of which each shows the next so many times."""
    inner = [stream(b"/X Do " * times, f"{FORM}/Resources<</XObject<</X {number + 1} 0 R>>>>") for number in range(5, 5 + levels)]
    return document(stream(b"/X Do " * times), *inner, stream(b"0 0 99 99 re f", FORM), page=SHOWS)


def picture(width: int, height: int, content: bytes, more: str = "") -> str:
    return stream(content, f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray/BitsPerComponent 8{more}")


def twice_packed(size_bytes: int) -> str:
    inner = zlib.compress(zlib.compress(b" " * size_bytes, 1), 1)
    return f"<</Filter[/FlateDecode/FlateDecode]/Length {len(inner)}>>stream\n{inner.decode('latin-1')}\nendstream"


FULL = b"0 0 100 100 re f "
STATE = "/Contents 4 0 R/Resources<</ExtGState<</G<<%s>>>>>>"
SHADE = "/Contents 4 0 R/Resources<</Shading<</S 5 0 R>>>>"
IMAGE = "/Type/XObject/Subtype/Image/Width 9/Height 9/ColorSpace/DeviceGray/BitsPerComponent 8"


def packed(content: bytes, how: str, entries: str = "") -> str:
    """The body of a stream object that is packed already."""
    return f"<<{entries}/Filter{how}/Length {len(content)}>>stream\n{content.decode('latin-1')}\nendstream"


def runs(content: bytes) -> bytes:
    """Packed by run lengths, though nothing runs."""
    parts = [content[place : place + 100] for place in range(0, len(content), 100)]
    return b"".join(bytes([len(part) - 1]) + part for part in parts) + b"\x80"


def lzw(content: bytes) -> bytes:
    """Packed by LZW, as a page of the last century."""
    table = {bytes([one]): one for one in range(256)}
    bits, width, word = "100000000", 9, b""
    for one in content:
        longer = word + bytes([one])
        if longer in table:
            word = longer
            continue
        bits += f"{table[word]:0{width}b}"
        table[longer] = len(table) + 2
        width = max(width, (len(table) + 2).bit_length())
        if len(table) > 4000:
            bits, table, width = bits + f"{256:0{width}b}", {bytes([each]): each for each in range(256)}, 9
        word = bytes([one])
    bits += f"{table[word]:0{width}b}{257:0{width}b}"
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8))


PDFS: Mapping[str, Made] = {
    "forms in forms, tenfold, nine times over": lambda: forms(9, 10),
    "forms in forms, a thousandfold, twice over": lambda: forms(2, 1000),
    "a form that shows itself": lambda: document(
        stream(b"/X Do"), stream(b"/X Do /X Do 0 0 9 9 re f", f"{FORM}/Resources<</XObject<</X 5 0 R>>>>"), page=SHOWS
    ),
    "a page's content of 26 MB": lambda: document(stream(b"0 0 9 9 re f\n" * 2_000_000)),
    "content packed twice": lambda: document(twice_packed(60_000_000)),
    "a million strokes over all": lambda: document(stream(b"0 0 m 99 99 l S\n" * 1_000_000)),
    "a picture of a billion pixels": lambda: document(stream(b"/X Do"), picture(32_000, 32_000, bytes(1_000_000)), page=SHOWS),
    "a picture of 60,000 a side": lambda: document(
        stream(b"/X Do"), picture(60_000, 60_000, bytes(1000), "/DecodeParms<</Predictor 15/Columns 60000>>"), page=SHOWS
    ),
    "a large picture shown 2,000 times": lambda: document(
        stream(b"99 0 0 99 0 0 cm " + b"/X Do " * 2000), picture(4000, 4000, bytes(16_000_000)), page=SHOWS
    ),
    "a picture in the content, of a billion pixels": lambda: document(
        stream(b"BI /W 32000 /H 32000 /CS /G /BPC 8 /F /Fl ID " + zlib.compress(bytes(1000)) + b" EI")
    ),
    "a pattern of a hundredth": lambda: document(
        stream(b"/Pattern cs /P scn 0 0 100 100 re f"),
        stream(b"0 0 1 1 re f", "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 50 50]/XStep .01/YStep .01/Resources<<>>"),
        page="/Contents 4 0 R/Resources<</Pattern<</P 5 0 R>>>>",
    ),
    "dashes of a millionth": lambda: document(stream(b"[.00001] 0 d 0 0 m 100 100 l S " * 50)),
    "a shade of triangles": lambda: document(
        stream(b"/S sh " * 50),
        stream(
            bytes(range(256)) * 20_000,
            "/ShadingType 4/ColorSpace/DeviceGray/BitsPerCoordinate 8/BitsPerComponent 8/BitsPerFlag 8/Decode[0 100 0 100 0 1]",
        ),
        page="/Contents 4 0 R/Resources<</Shading<</S 5 0 R>>>>",
    ),
    "veils in veils": lambda: document(
        stream(b"/G gs /X Do"),
        *(
            stream(
                b"/G gs " + b"/X Do " * 3,
                f"{FORM}/Group<</S/Transparency/I true>>/Resources<</XObject<</X {number} 0 R>>/ExtGState<</G<</ca .5>>>>>>",
            )
            for number in range(6, 20)
        ),
        stream(b"0 0 99 99 re f", FORM),
        page="/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>/ExtGState<</G<</ca .5>>>>>>",
    ),
    "200,000 objects": lambda: document(stream(b""), *(["null"] * 200_000)),
    "brackets 200,000 deep": lambda: document("[" * 200_000 + "]" * 200_000),
    "pages that lead to themselves": lambda: document(stream(b""), sheets="2 0 R 2 0 R"),
    "600 rectangles over all": lambda: document(stream(FULL * 600)),
    "rectangles by a matrix": lambda: document(stream(b"q 100 0 0 100 0 0 cm 0 0 1 1 re f Q " * 2000)),
    "100,000 matrices": lambda: document(stream(b"q 1 0 0 1 0 0 cm Q " * 100_000)),
    "clear colours over all": lambda: document(stream(b"/G gs " + FULL * 300), page=STATE % "/ca .5"),
    "multiplied colours over all": lambda: document(stream(b"/G gs " + FULL * 30), page=STATE % "/BM[/Multiply/Normal]"),
    "names written by numbers": lambda: document(
        stream(b"/X#31 Do " * 2000), stream(FULL * 9, FORM), page="/Contents 4 0 R/Resources<</XO#62ject<</X1 5 0 R>>>>"
    ),
    "what is shown behind comments": lambda: document(stream(b"/X%\nDo " * 2000), stream(FULL * 9, FORM), page=SHOWS),
    "rectangles behind a text": lambda: document(stream(b"(% BI ID ) Tj " + FULL * 2000 + b" (EI ) Tj")),
    "rectangles between comments": lambda: document(stream(b"%(\n" + FULL * 2000 + b"%)\n")),
    "rectangles by ASCII85 and Flate": lambda: document(
        packed(base64.a85encode(zlib.compress(FULL * 2000)), "[/ASCII85Decode/FlateDecode]")
    ),
    "rectangles by digits": lambda: document(packed((FULL * 2000).hex().encode() + b">", "/ASCIIHexDecode")),
    "rectangles by runs": lambda: document(packed(runs(FULL * 2000), "[/RL]")),
    "rectangles by LZW": lambda: document(packed(lzw(FULL * 2000), "/LZWDecode")),
    "rectangles by rows": lambda: document(
        packed(
            zlib.compress(b"\2" + FULL + (b"\2" + bytes(len(FULL))) * 2000),
            "/FlateDecode",
            f"/DecodeParms<</Predictor 15/Columns {len(FULL)}>>",
        )
    ),
    "rectangles by a filter that stands elsewhere": lambda: document(packed(zlib.compress(FULL * 2000), " 5 0 R"), "/FlateDecode"),
    "rectangles told before nothing": lambda: document(stream(FULL * 2000)).replace(
        b"xref\n", b"4 0 obj<</Length 3>>stream\n  \nendstream endobj\nxref\n", 1
    ),
    "a megabyte of runs": lambda: document(packed(b"\x81 " * 125_000, "/RunLengthDecode")),
    "much by LZW": lambda: document(packed(bytes(range(256)) * 2000, "/LZWDecode")),
    "much by ASCII85": lambda: document(packed(base64.a85encode(b" " * 240_000), "/ASCII85Decode")),
    "letters that are drawings": lambda: document(
        stream(b"BT /F 1 Tf (aaaaaaaaaaaaaaaaaaaa) Tj ET"),
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 100 100]/FontMatrix[1 0 0 1 0 0]/CharProcs<</a 6 0 R>>/Encoding<</Differences[97/a]>>"
        "/FirstChar 97/LastChar 97/Widths[0]/Resources<<>>>>",
        stream(b"0 0 d0 " + FULL * 100),
        page="/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>",
    ),
    "letters as large as the page": lambda: document(stream(b"BT /F 1 Tf " + b"100 0 0 100 10 10 Tm (m) Tj " * 3000 + b" ET")),
    "tiles as large as the page": lambda: document(
        stream(b"/Pattern cs /P scn " + FULL),
        stream(FULL, "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 150 150]/XStep 2/YStep 2/Resources<<>>"),
        page="/Contents 4 0 R/Resources<</Pattern<</P 5 0 R>>>>",
    ),
    "a hundred round shades": lambda: document(
        stream(b"/S sh " * 100),
        "<</ShadingType 3/ColorSpace/DeviceRGB/Coords[50 50 0 50 50 50]/Function<</FunctionType 2/Domain[0 1]/C0[1]/C1[0]/N 1>>>>",
        page=SHADE,
    ),
    "a shade by 50,000 steps of a function": lambda: document(
        stream(b"/S sh "),
        "<</ShadingType 1/ColorSpace/DeviceRGB/Domain[0 100 0 100]/Function 6 0 R>>",
        stream(b"{" + b"1 pop " * 50_000 + b"pop pop 0 0 0}", "/FunctionType 4/Domain[0 100 0 100]/Range[0 1 0 1 0 1]"),
        page=SHADE,
    ),
    "a thousand patches": lambda: document(
        stream(b"/S sh "),
        stream(
            bytes(29_000),
            "/ShadingType 6/ColorSpace/DeviceGray/BitsPerCoordinate 8/BitsPerComponent 8/BitsPerFlag 8/Decode[0 100 0 100 0 1]",
        ),
        page=SHADE,
    ),
    "a soft mask for each of 900": lambda: document(
        stream(b"/G gs " + FULL * 900),
        stream(b"1 g 0 0 50 50 re f", f"{FORM}/Group<</S/Transparency>>"),
        page=STATE % "/SMask<</S/Luminosity/G 5 0 R>>",
    ),
    "a picture whose size stands elsewhere": lambda: document(
        stream(b"/X Do"), picture(10, 10, bytes(100)).replace("/Width 10/Height 10", "/Width 6 0 R/Height 6 0 R"), "40000", page=SHOWS
    ),
    "a picture larger than it is said to be": lambda: document(
        stream(b"/X Do"),
        packed(b"\xff\xd8\xff\xc0\0\x11\x08" + (30_000).to_bytes(2) * 2 + bytes(20), "/DCTDecode", IMAGE),
        page=SHOWS,
    ),
    "a JPEG 2000 larger than it is said to be": lambda: document(
        stream(b"/X Do"), packed(b"\xff\x4f\xff\x51" + bytes(4) + (30_000).to_bytes(4) * 2 + bytes(20), "/JPXDecode", IMAGE), page=SHOWS
    ),
    "a JBIG2 larger than it is said to be": lambda: document(
        stream(b"/X Do"),
        packed(bytes((0, 0, 0, 0, 38, 0, 1, 0, 0, 0, 26)) + (60_000).to_bytes(4) * 2 + bytes(18), "/JBIG2Decode", IMAGE),
        page=SHOWS,
    ),
    "rows of a fax longer than the picture": lambda: document(
        stream(b"/X Do"), packed(bytes(99), "/CCITTFaxDecode", f"{IMAGE}/DecodeParms<</K -1/Columns 60000/Rows 60000>>"), page=SHOWS
    ),
    "long lines": lambda: document(stream(b"0 0 m " + b"99 99 l 0 99 l " * 30_000 + b"f")),
    "wide lines": lambda: document(stream(b"50 w " + b"0 0 m 100 100 l S " * 900)),
    "clippings": lambda: document(stream(b"q 50 0 m 0 50 l 50 100 l h W n 0 0 100 100 re f Q " * 1000)),
    "100,000 texts": lambda: document(stream(b"BT /F 9 Tf " + b"(a) Tj " * 100_000)),
    "400,000 comments": lambda: document(stream(b"%\n" * 400_000)),
    "100,000 pictures in its content": lambda: document(stream(b"BI ID EI " * 100_000)),
    "what is shown in 5,000 sizes": lambda: document(
        stream(b"".join(b"q %d 0 0 1 0 0 cm /X Do Q " % one for one in range(5000))), stream(b"0 0 1 1 re f", FORM), page=SHOWS
    ),
    "a note on the page": lambda: document(
        stream(b""),
        "<</Subtype/Stamp/Rect[0 0 100 100]/AP<</N 6 0 R>>>>",
        stream(FULL * 2000, FORM),
        page="/Contents 4 0 R/Annots[5 0 R]",
    ),
    "like a thread": lambda: document(stream(b"0 0 9 9 re f"), box="0 0 1 14000"),
    "breaks off": lambda: document(stream(b"0 0 9 9 re f"))[:150],
    "nothing of a PDF": lambda: b"%PDF-1.7" + bytes(5000),
    "needs a password": lambda: document(stream(b"")).replace(
        b"trailer<<",
        b"trailer<</Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>/ID[<41><41>]",
    ),
}
