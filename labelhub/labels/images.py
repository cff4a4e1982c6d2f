"""Images: picture files as pixels, decoded once. Whatever the bytes are, this gives a picture of bounded size or ImageInvalid."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import struct
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote_to_bytes

from labelhub.errors import ImageInvalid
from labelhub.labels import images_vector
from labelhub.labels.images_head import MAX_SOURCE_BYTES, TAKEN, Head, broken, head, png_shown
from labelhub.late import Image

MAX_KEPT_PIXELS = 2_000_000
"""A label of 100 x 150 mm at 300 dpi has as many dots; a larger picture is reduced at once."""

KEPT_BYTES = 24 * 1024 * 1024
LONGEST_S = 4.0
"""When decoding the pictures of one label has taken so long, no further one is begun: other labels wait behind it."""

MAX_NAME = 200
_NAMES = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP", "svg": "SVG", "pdf": "PDF"}
_BROKEN = (
    OSError,
    AssertionError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What Pillow raises for files that are not what they say."""

Find = Callable[[str], bytes | None]


def decoded(source: bytes, page: int = 1) -> Image.Image:
    """The picture upright on white, mode L where it is grey and RGB where not, of at most `MAX_KEPT_PIXELS`; `page` of a PDF.

    ImageInvalid says what to do about a file that is no picture, is broken, or is too large.
    """
    found = head(source)
    if found.kind == "svg":
        return _plain(_kept(images_vector.svg(source)))
    if found.kind == "pdf":
        return _plain(_kept(images_vector.pdf(source, page)))
    if page != 1:
        raise ImageInvalid(f"a {_NAMES[found.kind]} has no page {page}; only a PDF has pages")
    try:
        return _read(source, found)
    except _BROKEN as error:
        raise broken(_NAMES[found.kind]) from error


def check(source: bytes) -> Head:
    """What kind of picture a file is and its size, known after decoding it once: of a vector file, that of its drawing. ImageInvalid."""
    found = head(source)
    picture = decoded(source)
    return found if found.width else replace(found, width=picture.width, height=picture.height)


def data_uri(text: str) -> bytes:
    """The bytes that a `data:` URI (RFC 2397) holds. ImageInvalid."""
    start, comma, content = text[5:].partition(",")
    if not comma or len(start) > 200:
        raise ImageInvalid("the picture's data: URI is broken; write it as data:image/png;base64,...")
    if len(content) > 4 * MAX_SOURCE_BYTES:
        raise ImageInvalid(f"the picture is too large; save it with at most {MAX_SOURCE_BYTES // 2**20} MiB")
    if not start.rstrip().lower().endswith(";base64"):
        return unquote_to_bytes(content)
    try:
        return base64.b64decode("".join(unquote_to_bytes(content).decode("ascii").split()), validate=True)
    except (binascii.Error, UnicodeError) as error:
        raise ImageInvalid("the picture's data: URI is no base64; encode it again, without leaving anything out") from error


class Pictures:
    """Where an element's pictures come from: `data:` URIs and, by `find`, stored ones by name; those decoded lately are kept.

    Nothing is ever fetched. Safe to use from several threads; the oldest go when it is full.
    """

    def __init__(self, find: Find | None = None, kept_bytes: int = KEPT_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._find = find
        self._kept_bytes = kept_bytes
        self._size_bytes = 0
        self._decoded: OrderedDict[tuple[bytes, int], Image.Image] = OrderedDict()
        self._lock = threading.Lock()

    def picture(self, source: str, page: int = 1) -> Image.Image:
        """The picture of a `data:` URI or a name, as `decoded` gives it; not to be changed. ImageInvalid."""
        content = data_uri(source) if source[:5].lower() == "data:" else self._stored(source)
        key = hashlib.sha256(content).digest(), page
        with self._lock:
            if key in self._decoded:
                self._decoded.move_to_end(key)
                return self._decoded[key]
        picture = decoded(content, page)
        with self._lock:
            self._keep(key, picture)
        return picture

    def _stored(self, name: str) -> bytes:
        if len(name) > MAX_NAME or "://" in name:
            raise ImageInvalid("nothing is fetched: a picture in a field is a data: URI, one that a template names is stored first")
        content = self._find(name) if self._find is not None else None
        if content is None:
            raise ImageInvalid(f"the template has no picture named {name[:64]!r}; in a field, write it as a data: URI of {TAKEN}")
        return content

    def _keep(self, key: tuple[bytes, int], picture: Image.Image) -> None:
        if key not in self._decoded:
            self._decoded[key] = picture
            self._size_bytes += _size_bytes(picture)
        while self._size_bytes > self._kept_bytes:
            _, gone = self._decoded.popitem(last=False)
            self._size_bytes -= _size_bytes(gone)


def _size_bytes(picture: Image.Image) -> int:
    return picture.width * picture.height * len(picture.getbands())


def _read(source: bytes, found: Head) -> Image.Image:
    content = png_shown(source) if found.kind == "png" else source
    with Image.open(io.BytesIO(content), formats=[found.kind.upper()]) as file:
        if file.size != (found.width, found.height):
            raise broken(_NAMES[found.kind])
        if found.reducible:
            file.draft(None, _reduced_extent(file.size))
        orientation = file.getexif().get(0x0112, 1)
        file.load()
        return _turned(_on_white(file), orientation)


def _reduced_extent(size: tuple[int, int]) -> tuple[int, int]:
    """The least extent at which the JPEG's decoder still gives as many pixels as are kept."""
    part = min(1.0, (MAX_KEPT_PIXELS / (size[0] * size[1])) ** 0.5)
    return max(1, int(size[0] * part)), max(1, int(size[1] * part))


_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""The transposition that sets a picture upright, by its EXIF orientation (Exif 2.32, 4.6.4)."""


def _turned(picture: Image.Image, orientation: object) -> Image.Image:
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return picture if turn is None else picture.transpose(Image.Transpose[turn])


def _on_white(picture: Image.Image) -> Image.Image:
    """The picture without transparency, in mode L or RGB, reduced to as many pixels as are kept: first, for the rest takes memory."""
    if picture.mode.startswith("I"):
        deep = picture.convert("I").point(lambda value: value * (1 / 256), "F") if picture.mode.startswith("I;16") else picture
        return _kept_as(deep, "L")
    if picture.has_transparency_data:
        clear = _kept_as(picture, "RGBA")
        white = Image.new("RGB", clear.size, "white")
        white.paste(clear, mask=clear.getchannel("A"))
        return _plain(white)
    return _kept_as(picture, "L") if picture.mode in ("1", "L") else _plain(_kept_as(picture, "RGB"))


def _kept_as(picture: Image.Image, mode: str) -> Image.Image:
    """Of that mode and reduced, as a picture of its own."""
    return _kept(picture.convert(mode) if picture.mode != mode or not _too_large(picture) else picture)


def _plain(picture: Image.Image) -> Image.Image:
    """A grey picture in mode L: less to keep, and no red to look for."""
    red, green, blue = picture.split()
    return green if red.tobytes() == green.tobytes() == blue.tobytes() else picture


def _kept(picture: Image.Image) -> Image.Image:
    """The picture reduced to as many pixels as are kept."""
    return picture.resize(_reduced_extent(picture.size), Image.Resampling.BOX) if _too_large(picture) else picture


def _too_large(picture: Image.Image) -> bool:
    return picture.width * picture.height > MAX_KEPT_PIXELS
