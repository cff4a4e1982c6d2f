"""What a PDF would have a library draw, reckoned before one does: what unpacks or shows itself without end is refused.

This is no parser. It finds the objects of a file by their words, wherever they stand, unpacks their streams as far as a label
needs, and multiplies out which form shows which. What it does not understand, it lets pass: the process that draws has limits.

    7 0 obj << dictionary >> stream ... endstream endobj        ISO 32000-2 7.3.8, 7.3.10
    /Type /ObjStm /N 2 /First 9: "8 0 9 31 << >> << >>"         7.5.7: objects in a stream, their numbers and places first
    /Name Do                                                    8.8, 8.10: shows a picture or a form of the resources
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from labelhub.errors import ImageInvalid

MAX_OBJECTS = 50_000
MAX_UNPACKED_BYTES = 32 * 1024 * 1024
MAX_CONTENT_BYTES = 8 * 1024 * 1024
"""Of all that one page shows, what is shown more than once counted each time."""

MAX_MESH_BYTES = 256 * 1024
MAX_PICTURE_PIXELS = 64_000_000
MAX_SHOWN_PIXELS = 400_000_000
MAX_SHOWN = 10_000
MAX_GROUPS = 10
MAX_TILES = 1_000_000
MAX_CHAIN = 100
_TWICE = 2
_MOST_FILTERS = 8
_STEP_BYTES = 1024 * 1024
_NOT_DRAWN = (b"/Length1", b"/Type1C", b"/CIDFontType0C", b"/OpenType", b"/XRef", b"/Metadata", b"/EmbeddedFile")
"""Fonts and such: unpacked, but never drawn by themselves."""

_OBJECT = re.compile(rb"(\d{1,7})\s{1,5}\d{1,5}\s{1,5}obj\b")
_STREAM = re.compile(rb">>\s{0,9}stream\r?\n")
_FILTERS = re.compile(rb"/Filter\s{0,9}(\[[^\]]{0,300}\]|/[A-Za-z0-9]{1,20})")
_LENGTH = re.compile(rb"/Length\s{1,9}(\d{1,9})(?!\s+\d+\s+R)")
_SHOWS = re.compile(rb"/([^\s/<>\[\](){}%]{1,127})\s{1,9}Do\b")
_NAMED = re.compile(rb"/([^\s/<>\[\](){}%]{1,127})\s{1,9}(\d{1,7})\s{1,9}\d{1,5}\s{1,9}R\b")
_WIDTH, _HEIGHT = (re.compile(rb"/" + name + rb"\s{1,9}(\d{1,9})\b") for name in (b"Width", b"Height"))
_STEPS = re.compile(rb"/([XY])Step\s{0,9}([-+]?\d{0,9}\.?\d{0,9})")
_MATRIX = re.compile(rb"/Matrix\s{0,9}\[\s{0,9}([-+.\d\s]{1,200})\]")
_BOX = re.compile(rb"/MediaBox\s{0,9}\[\s{0,9}([-+.\d\s]{1,200})\]")
_NUMBERED = re.compile(rb"/(N|First)\s{1,9}(\d{1,7})\b")
_A_PAGE = 595.0 * 842.0


class Amount(NamedTuple):
    """What showing something takes, all that it shows included."""

    content_bytes: int = 0
    shown: int = 0
    pixels: int = 0
    groups: int = 0

    def plus(self, other: Amount, count: int) -> Amount:
        """With another in it, so many times."""
        return Amount(
            self.content_bytes + count * other.content_bytes,
            self.shown + count * other.shown,
            self.pixels + count * other.pixels,
            max(self.groups, other.groups),
        )


@dataclass(slots=True, eq=False)
class Thing:
    """An object of the file: its dictionary, and what its content shows, by name."""

    words: bytes
    content_bytes: int = 0
    shows: Counter[bytes] = field(default_factory=Counter)
    pixels: int = 0


def check_pdf(source: bytes) -> None:
    """Nothing, when no page of the file is more work than a label is worth, as far as a look can tell. ImageInvalid."""
    look = _Look(source)
    look.judge()


class _Look:
    """The objects of a PDF."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._left_bytes = MAX_UNPACKED_BYTES
        self._things: dict[int, Thing] = {}
        self._totals: dict[int, Amount | None] = {}
        self._pages: dict[bytes, set[int]] = {}
        if source.count(b" obj") > MAX_OBJECTS:
            raise _too_much(f"it has more than {MAX_OBJECTS} objects")
        for number, start, end in self._places():
            self._read(number, start, end)
        self._area = max((_area(box[1]) for box in _BOX.finditer(source)), default=_A_PAGE)

    def judge(self) -> None:
        """ImageInvalid where something in it is too much."""
        for thing in self._things.values():
            if b"/XObject" in thing.words and b"/Contents" in thing.words:
                for name, numbers in self._names(thing).items():
                    self._pages.setdefault(name, set()).update(numbers)
        for number, thing in self._things.items():
            if b"/PatternType" in thing.words and _tiles(thing.words, self._area) > MAX_TILES:
                raise _too_much("a pattern in it is repeated millions of times")
            whole = self._total(number, 0)
            if b"/Contents" in thing.words:
                whole = Amount()
                for one in self._contents(thing):
                    whole = whole.plus(self._total(one, 0, self._names(thing)), 1)
            _judge(whole)

    def _places(self) -> Iterator[tuple[int, int, int]]:
        """Number, start and end of each object; what stands within another's stream is found as well, and does no harm."""
        at, source = 0, self._source
        while found := _OBJECT.search(source, at):
            end = source.find(b"endobj", found.end())
            at = end if end >= 0 else len(source)
            yield int(found[1]), found.end(), at

    def _read(self, number: int, start: int, end: int) -> None:
        begun = _STREAM.search(self._source, start, end)
        words = self._source[start : begun.end() if begun else end]
        if begun is None:
            self._things[number] = Thing(words)
            return
        length = _LENGTH.search(words)
        stop = self._source.find(b"endstream", begun.end(), end + 9)
        packed = self._source[begun.end() : stop if stop >= 0 else end]
        if length is not None and int(length[1]) > len(packed):  # "endstream" or "endobj" stood in it by chance
            packed = self._source[begun.end() : begun.end() + int(length[1])]
        if b"/Image" in words and (width := _WIDTH.search(words)) and (height := _HEIGHT.search(words)):
            pixels = int(width[1]) * int(height[1])
            if pixels > MAX_PICTURE_PIXELS:
                raise _too_much(f"it has a picture of more than {MAX_PICTURE_PIXELS // 10**6} million pixels")
            self._things[number] = Thing(words, pixels=pixels)
            return
        self._things[number] = self._unpacked(words, packed)

    def _unpacked(self, words: bytes, packed: bytes) -> Thing:
        content = packed
        found = _FILTERS.search(words)
        filters = re.findall(rb"/([A-Za-z0-9]+)", found[1]) if found else []
        if len(filters) > _MOST_FILTERS:
            raise _too_much("its content is packed again and again")
        drawn = not any(word in words for word in _NOT_DRAWN)
        for place, name in enumerate(filters, 1):
            if name != b"FlateDecode":
                return Thing(words)
            content = self._inflated(content, keep=drawn or place < len(filters))
        if b"/ObjStm" in words:
            self._read_many(words, content)
            return Thing(b"")
        if b"/ShadingType" in words and len(content) > MAX_MESH_BYTES:
            raise _too_much("a shade in it has too many parts")
        return Thing(words, len(content), Counter(_SHOWS.findall(content)) if drawn and b"Do" in content else Counter())

    def _inflated(self, packed: bytes, *, keep: bool) -> bytes:
        """What is packed in it; all of it counts, whether it is kept or not."""
        inflate, rest, content = zlib.decompressobj(), packed, bytearray()
        try:
            while rest and not inflate.eof and (part := inflate.decompress(rest, _STEP_BYTES)):
                rest = inflate.unconsumed_tail
                self._left_bytes -= len(part)
                if self._left_bytes < 0:
                    raise _too_much(f"it unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB")
                if keep:
                    content += part
                    if len(content) > MAX_CONTENT_BYTES:
                        raise _too_much("a page of it has too many lines and shapes")
        except zlib.error:  # encrypted, or broken
            return b""
        return bytes(content)

    def _read_many(self, words: bytes, content: bytes) -> None:
        """The objects in a stream."""
        told = {found[1]: int(found[2]) for found in _NUMBERED.finditer(words)}
        first = told.get(b"First", 0)
        head = content[:first].split()[: 2 * min(told.get(b"N", 0), MAX_OBJECTS)]
        if len(self._things) + len(head) // _TWICE > MAX_OBJECTS:
            raise _too_much(f"it has more than {MAX_OBJECTS} objects")
        try:
            places = [(int(number), first + int(at)) for number, at in zip(head[::2], head[1::2], strict=False)]
        except ValueError:
            return
        for (number, start), (_, end) in zip(places, [*places[1:], (0, len(content))], strict=True):
            self._things.setdefault(number, Thing(content[start:end]))

    def _names(self, thing: Thing) -> dict[bytes, set[int]]:
        """What its resources call by name: its own dictionary, and those that `Resources` and `XObject` in it lead to."""
        found: dict[bytes, set[int]] = {}
        words = [thing.words]
        for _ in range(_TWICE):
            leads = [match for one in words for match in _NAMED.finditer(one)]
            for match in leads:
                found.setdefault(match[1], set()).add(int(match[2]))
            ways = [int(match[2]) for match in leads if match[1] in (b"Resources", b"XObject")]
            words = [self._things[one].words for one in ways if one in self._things]
        return found

    def _contents(self, thing: Thing) -> list[int]:
        """The streams of a page."""
        rest = thing.words[thing.words.find(b"/Contents") + 9 :].lstrip()
        listed = rest[: rest.find(b"]") if rest.startswith(b"[") else 40]
        numbers = [int(one) for one in re.findall(rb"(\d{1,7})\s{1,9}\d{1,5}\s{1,9}R", listed)]
        return numbers if rest.startswith(b"[") else numbers[:1]

    def _total(self, number: int, chain: int, page: dict[bytes, set[int]] | None = None) -> Amount:
        """What a thing takes with all that it shows; `page`: of a page's own content, and with the page's names."""
        if page is None and number in self._totals:
            known = self._totals[number]
            if known is None:
                raise _too_much("a part of it shows itself")
            return known
        thing = self._things.get(number)
        if thing is None:
            return Amount()
        if chain > MAX_CHAIN:
            raise _too_much("its parts lead from one to the next without end")
        if page is None:
            self._totals[number] = None
        whole = Amount(thing.content_bytes, 1, thing.pixels)
        if thing.shows:
            own = page if page is not None else self._names(thing)
            for name, count in thing.shows.items():
                for one in own.get(name, self._pages.get(name, ())):
                    whole = whole.plus(self._total(one, chain + 1), count)
        if b"/Transparency" in thing.words:
            whole = whole._replace(groups=whole.groups + 1)
        if page is None:
            self._totals[number] = whole
        return whole


def _judge(whole: Amount) -> None:
    if whole.shown > MAX_SHOWN:
        raise _too_much("it shows its parts again and again")
    if whole.content_bytes > MAX_CONTENT_BYTES:
        raise _too_much("a page of it has too many lines and shapes")
    if whole.pixels > MAX_SHOWN_PIXELS:
        raise _too_much("a page of it shows too many pictures")
    if whole.groups > MAX_GROUPS:
        raise _too_much("it has too many transparent groups in one another")


def _numbers(words: bytes) -> list[float]:
    try:
        return [float(one) for one in words.split()]
    except ValueError:
        return []


def _area(box: bytes) -> float:
    sides = _numbers(box)
    return abs((sides[2] - sides[0]) * (sides[3] - sides[1])) if len(sides) == 4 else _A_PAGE


def _tiles(words: bytes, area: float) -> float:
    """How often a pattern is repeated on a page."""
    steps = {found[1]: abs((_numbers(found[2]) or [0.0])[0]) for found in _STEPS.finditer(words)}
    matrix = _MATRIX.search(words)
    scales = _numbers(matrix[1]) if matrix else []
    scale = abs(scales[0] * scales[3] - scales[1] * scales[2]) if len(scales) == 6 else 1.0
    tile = steps.get(b"X", 1.0) * steps.get(b"Y", 1.0) * scale
    return area / tile if tile else 0.0  # one without a step is not repeated


def _too_much(why: str) -> ImageInvalid:
    return ImageInvalid(f"the PDF is more work to draw than a label is worth: {why}; simplify it, or save the page as PNG")
