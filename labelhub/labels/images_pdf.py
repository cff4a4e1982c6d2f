"""What a PDF would have a library draw, reckoned before one does: what unpacks or shows itself without end, or takes seconds, is refused.

Each page's content is gone through with the forms, pictures, patterns and shades that it shows. What a bent file can hide from this, the
process that draws finds out: it has limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from labelhub.labels.images_coded import own_pixels
from labelhub.labels.images_content import CLEAR_NS, MAX_CONTENT_BYTES, Lin, Pen, Reckoning, Unclear, numbers_of, within
from labelhub.labels.images_objects import A_SEARCH, MAX_PICTURE_PIXELS, SLOWLY, Objects, Thing, plain, too_much
from labelhub.labels.images_shown import PLACED_NS, PLAIN_PICTURE_NS, Shown

MAX_NS = 1_000_000_000
MAX_CHAIN = 20
MAX_KNOWN = 1_000
MAX_TREES = 5
MAX_PAGES = 20_000
MAX_DICTIONARIES = 200
MAX_MESH_BYTES = 256 * 1024
A_CONTENT = 10_000
"""Beginning to go through a content takes as long as looking through so many bytes of a dictionary."""
MAX_HEADS_BYTES, A_HEAD_BYTE = 6_000, 15
"""Of a picture's own heads, and as how many of a dictionary each counts."""
PIXELS = 1_000_000

FORM_NS, GROUP_NS, VEIL_NS = 5_000, 12.0, 5.0
TILE_NS, TILE_PIXEL_NS = 280, 1.0
AXIAL_NS, RADIAL_NS, FUNCTION_NS, FUNCTION_WORD_NS = 3.0, 33.0, 70.0, 4.0
TRIANGLE_NS, PATCH_NS = 300_000, 6_000_000
PICTURE_NS = {b"JPXDecode": 150.0, b"JBIG2Decode": 30.0, b"DCTDecode": 12.0, b"CCITTFaxDecode": 8.0, b"LZWDecode": 12.0}

_NAMED = re.compile(rb"/([^\s/<>\[\](){}%]{1,127})\s{0,9}(?:(\d{1,7})\s{1,9}\d{1,5}\s{1,9}R\b|<<)")
_LOCK = re.compile(b"/" + b"".join(rb"(?:%c|#(?i:%x))" % (letter, letter) for letter in b"Encrypt"))
"""Each letter of a name may be written by its number."""
_BLANKS = (b" ", b"\n", b"\r", b"\t")
_FEW_TILES = 100.0
_Names = dict[bytes, list[tuple[int, bytes]]]


def check_pdf(source: bytes, page: int = 1) -> None:
    """Nothing, when the page is not more work than a label is worth, as far as a look can tell. ImageInvalid."""
    objects = Objects(source)
    for thing in _pages(objects, page):
        _Sheet(objects, thing).ns()


def _pages(objects: Objects, page: int) -> list[Thing]:
    """What may be the page of that number: by each tree of pages in the file, or, where there is none, whatever looks like one."""
    found: list[Thing] = []
    for catalog in islice(objects.having(b"/Catalog"), MAX_TREES):
        leaves = _leaves(objects, [int(one) for one in re.findall(rb"/Pages\s{1,9}(\d{1,7})", catalog.words)])
        found += islice(leaves, page - 1, page)
    return found or [*islice(objects.having(b"/Contents"), MAX_TREES)]


def _leaves(objects: Objects, roots: list[int]) -> Iterator[Thing]:
    """The pages of a tree in their order."""
    todo, seen = roots[::-1], set[int]()
    while todo and len(seen) < MAX_PAGES:
        number = todo.pop()
        thing = objects.get(number)
        if thing is None or number in seen:
            continue
        seen.add(number)
        objects.look(len(thing.words))
        kids = re.search(rb"/Kids\s{0,9}\[([^\]]*)", thing.words)
        if kids is None and b"/Kids" not in thing.words:
            yield thing
        else:
            todo += objects.numbers(kids[1] if kids else objects.value(thing.words, b"Kids"))[::-1]


def is_locked(source: bytes) -> bool:
    """Whether its content is encrypted, so that nothing can be told of it as it is."""
    return _LOCK.search(source) is not None


class _Sheet:
    """A page, and what it shows."""

    def __init__(self, objects: Objects, page: Thing) -> None:
        self._objects, self._page = objects, page
        self._known: dict[object, float | None] = {}
        self._told: dict[int, _Names] = {}
        self._names: dict[int, list[_Names]] = {}
        self._fonts: dict[int, tuple[list[int], list[float]]] = {}
        self._pixels: dict[int, float] = {}
        self._above = [page, *self._parents(page)]
        boxes = (self._box(one.words, b"MediaBox") for one in self._above)
        box = next((found for found in boxes if found), ())
        width, height = (box[2] - box[0], box[3] - box[1]) if box else (595.0, 842.0)
        area = abs(width * height) or 1.0
        self._size = (PIXELS / area) ** 0.5
        self._room = (max(1.0, abs(width) * self._size), max(1.0, abs(height) * self._size))

    def ns(self) -> float:
        """What it takes. ImageInvalid where that is too much."""
        pen = Pen((self._size, 0.0, 0.0, self._size), self._room)
        parts = [thing.content for one in self._contents() if (thing := self._objects.get(one)) is not None]
        if sum(map(len, parts)) > MAX_CONTENT_BYTES:
            raise too_much("a page of it has too many lines and shapes")
        content = b"\n".join(parts)
        found = self._gone_through(self._page, content, pen, 0)
        annotations = self._objects.numbers(self._objects.value(self._page.words, b"Annots"))[:1000]
        for number in annotations:
            note = self._objects.get(number)
            for one in self._objects.numbers(self._objects.value(note.words, b"AP"))[:9] if note else ():
                found += self._form(one, replace(pen), 1)
        self._unpack_all()
        return _judged(found)

    def _unpack_all(self) -> None:
        """What the library unpacks beside what it draws, fonts and such. ImageInvalid where it is too much."""
        todo, seen = [number for names in self.names(self._page) for named in names.values() for number, _ in named], set[int]()
        while todo and len(seen) < MAX_KNOWN:
            number = todo.pop()
            if number in seen:
                continue
            seen.add(number)
            thing = self._objects.get(number)
            if thing is not None:
                todo += self._objects.numbers(thing.words[:4000])

    def _parents(self, page: Thing) -> Iterator[Thing]:
        """The nodes of the tree of pages above a page."""
        for _ in range(MAX_CHAIN):
            parent = re.search(rb"/Parent\s{1,9}(\d{1,7})", page.words)
            above = self._objects.get(int(parent[1])) if parent else None
            if above is None:
                return
            page = above
            yield page

    def _contents(self) -> list[int]:
        """The streams of the page."""
        words = self._page.words
        rest = words[words.find(b"/Contents") + 9 :].lstrip()
        listed = rest[: rest.find(b"]") if rest.startswith(b"[") else 40]
        numbers = self._objects.numbers(listed)
        if rest.startswith(b"[") or not numbers:
            return numbers
        one = self._objects.get(numbers[0])
        return self._objects.numbers(one.words) if one is not None and not one.content and b"[" in one.words else numbers[:1]

    def _gone_through(self, thing: Thing, content: bytes, pen: Pen, chain: int) -> float:
        if not content:
            return 0.0
        self._objects.look(A_CONTENT)
        if chain > MAX_CHAIN:
            raise too_much("its parts lead from one to the next without end")
        try:
            return _judged(Reckoning(Shown(self, thing, chain), pen, MAX_NS).of(content))
        except Unclear as error:
            raise too_much("its content has texts, comments or pictures that cannot be told apart") from error

    def within(self, number: int, pen: Pen, chain: int) -> float:
        """What is in an object, reckoned once for each size. ImageInvalid where it shows itself."""
        thing = self._objects.get(number)
        if thing is None or not thing.content:
            return 0.0
        key = number, tuple([round(one, 3) for one in pen.lin]), pen.clear, pen.blended, tuple([round(one) for one in pen.room])
        if key in self._known:
            known = self._known[key]
            if known is None:
                raise too_much("a part of it shows itself")
            return known
        if len(self._known) > MAX_KNOWN:
            raise too_much("it shows its parts again and again")
        self._known[key] = None
        found = self._known[key] = self._gone_through(thing, thing.content, replace(pen), chain + 1)
        return found

    def _form(self, number: int, pen: Pen, chain: int) -> float:
        """A form, and the layer it may be."""
        thing = self._objects.get(number) or Thing(b"")
        pen = replace(pen, lin=self._placed(pen.lin, thing.words))
        box = self._box(thing.words, b"BBox")
        pixels = pen.pixels(abs(box[2] - box[0]), abs(box[3] - box[1])) if box else self._room[0] * self._room[1]
        found = FORM_NS + self.within(number, pen, chain)
        if b"/Transparency" in thing.words or pen.clear or pen.blended:
            found += pixels * (pen.each_ns() if pen.blended else GROUP_NS)
        return found

    def shown(self, number: int, pen: Pen, chain: int) -> float:
        """A form or picture."""
        thing = self._objects.get(number)
        if thing is None:
            return 0.0
        self._objects.look(len(thing.words) // 8)
        if b"/Image" in thing.words and b"/Width" in thing.words:
            return self._picture(thing, pen, 0)
        return self._form(number, pen, chain) if thing.content else FORM_NS

    def _picture(self, thing: Thing, pen: Pen, depth: int) -> float:
        width, height = self._objects.number(thing.words, b"Width"), self._objects.number(thing.words, b"Height")
        filters = self._objects.filters(thing.words)
        width, height = max(width, self._objects.number(thing.words, b"Columns")), max(height, self._objects.number(thing.words, b"Rows"))
        if id(thing) not in self._pixels:  # the objects stay, and so do their ids
            self._objects.look(A_HEAD_BYTE * min(len(thing.packed), MAX_HEADS_BYTES))
            self._pixels[id(thing)] = own_pixels(thing.packed, filters)
        pixels = max(width * height, self._pixels[id(thing)])
        if pixels > MAX_PICTURE_PIXELS:
            raise too_much(f"it has a picture of more than {MAX_PICTURE_PIXELS // 10**6} million pixels")
        each = max((PICTURE_NS.get(one, PLAIN_PICTURE_NS) for one in filters), default=PLAIN_PICTURE_NS)
        found = pixels * each + pen.pixels(1.0, 1.0) * (pen.each_ns() if pen.blended else PLACED_NS)
        for key in (b"SMask", b"Mask"):
            for number in self._objects.numbers(self._objects_value(thing.words, key))[:1]:
                mask = self._objects.get(number)
                if mask is not None and depth == 0:
                    found += self._picture(mask, pen, 1)
        return found

    def _objects_value(self, words: bytes, key: bytes) -> bytes:
        self._objects.look(len(words))
        found = re.search(rb"/" + key + rb"\s{1,9}(\d{1,7}\s{1,9}\d{1,5}\s{1,9}R)", words)
        return found[1] if found else b""

    def painted(self, number: int, pixels: float, pen: Pen, chain: int) -> float:
        """A pattern in so many pixels: of tiles, or a shade."""
        thing = self._objects.get(number)
        if thing is None:
            return 0.0
        if b"/Shading" in thing.words and not thing.content:
            return sum(
                self.shaded(one, pixels, thing.words)
                for one in self._objects.numbers(self._objects_value(thing.words, b"Shading")) or [number]
            )
        if b"Step" not in thing.words:
            return 0.0
        lin = self._placed((self._size, 0.0, 0.0, self._size), thing.words)
        steps = [abs(self._objects.number(thing.words, key)) for key in (b"XStep", b"YStep")]
        size = abs(lin[0] * lin[3] - lin[1] * lin[2])
        box = self._box(thing.words, b"BBox")
        cell = min(abs((box[2] - box[0]) * (box[3] - box[1])) * size, self._room[0] * self._room[1]) if box else 1.0
        tiles = min(pixels / max(steps[0] * steps[1] * size, 1e-4), 1e9) + 4
        inner = self.within(number, replace(pen, lin=lin, room=self._room, pattern=b"", clear=False, blended=False, veil_ns=0.0), chain)
        return tiles * (TILE_NS + cell * TILE_PIXEL_NS) + inner * min(tiles, _FEW_TILES) + pixels * CLEAR_NS

    def shaded(self, number: int, pixels: float, words: bytes = b"") -> float:
        """A shade in so many pixels."""
        thing = self._objects.get(number) or Thing(words)
        kind = int(self._objects.number(thing.words + words, b"ShadingType"))
        if kind >= 4:
            return self._mesh(thing, kind)
        if kind == 1:
            return pixels * (FUNCTION_NS + FUNCTION_WORD_NS * self._function_words(thing.words))
        return pixels * (RADIAL_NS if kind == 3 else AXIAL_NS) + 256 * FUNCTION_WORD_NS * self._function_words(thing.words)

    def _mesh(self, thing: Thing, kind: int) -> float:
        bits = [max(1.0, self._objects.number(thing.words, b"BitsPer" + key)) for key in (b"Coordinate", b"Component", b"Flag")]
        points = 1 if kind in (4, 5) else 12 if kind == 6 else 16
        each = (2 * points * bits[0] + bits[1] + (bits[2] if kind != 5 else 0)) / 8
        if len(thing.content) > MAX_MESH_BYTES:
            raise too_much("a shade in it has too many parts")
        return len(thing.content) / max(1.0, each * 0.6) * (TRIANGLE_NS * (2 if kind == 5 else 1) if kind in (4, 5) else PATCH_NS)

    def _function_words(self, words: bytes) -> float:
        """How long the functions of a shade are, in words."""
        numbers = self._objects.numbers(self._objects_value(words, b"Function") or words)[:20]
        contents = [thing.content for one in numbers if (thing := self._objects.get(one)) is not None]
        self._objects.look(sum(map(len, contents)))
        return float(sum(sum(map(content.count, _BLANKS)) + 1 for content in contents))

    def state(self, found: tuple[int, bytes], pen: Pen, chain: int) -> None:
        """What a state of graphics changes."""
        thing = self._objects.get(found[0])
        words = found[1] if thing is None else thing.words
        for key in (b"ca", b"CA"):
            value = self._objects.value(words, key)
            if value:
                pen.clear = pen.clear or self._objects.number(words, key) < 1
        if b"/BM" in words:
            value = self._objects.value(words, b"BM").lstrip(b"[ ")
            pen.blended = not value.startswith((b"/Normal", b"/Compatible"))
        if b"/SMask" in words:
            value = self._objects.value(words, b"SMask")
            pen.veil_ns = 0.0
            if not value.startswith(b"/None"):
                pen.veil_ns = self._room[0] * self._room[1] * VEIL_NS
                for number in self._objects.numbers(self._objects_value(value, b"G"))[:1]:
                    bare = Pen((self._size, 0.0, 0.0, self._size), self._room)
                    pen.veil_ns += self._form(number, bare, chain + 1)

    def letter(self, number: int, pen: Pen, chain: int) -> float:
        """The dearest letter of a font whose letters are content."""
        thing = self._objects.get(number)
        if thing is None or b"/Type3" not in thing.words:
            return 0.0
        if number not in self._fonts:
            told = self._objects.value(thing.words, b"CharProcs")
            matrix = numbers_of(self._objects.value(thing.words, b"FontMatrix").strip(b"[ ").partition(b"]")[0].split())
            self._fonts[number] = self._objects.numbers(thing.words if len(told) >= 300 else told)[:300], matrix
        letters, matrix = self._fonts[number]
        lin = within(pen.lin, [pen.size, 0.0, 0.0, pen.size, 0.0, 0.0])
        pen = replace(pen, lin=within(lin, matrix), font=b"", veil_ns=0.0)
        return FORM_NS + 2 * max((self.within(one, pen, chain) for one in letters), default=0.0)

    def names(self, thing: Thing) -> list[_Names]:
        """The dictionaries that the names in a content stand in: its own, and those that lead from one to the next."""
        if id(thing) not in self._names:
            todo, found = [thing, *self._above] if thing is self._page else [thing], dict[int, _Names]()
            while todo and len(found) < MAX_DICTIONARIES:
                one = todo.pop()
                if id(one) not in found:
                    found[id(one)] = names = self._names_told(one)
                    leads = [number for way in _WAYS for number, _ in names.get(way, ())]
                    todo += [led for number in leads if number >= 0 and (led := self._objects.get(number)) is not None]
            self._names[id(thing)] = list(found.values())
        return self._names[id(thing)]

    def _names_told(self, thing: Thing) -> _Names:
        """The names in one dictionary: numbers of objects, or the beginning of what is told at once."""
        if id(thing) not in self._told:
            found = self._told[id(thing)] = {}
            self._objects.look(2 * SLOWLY * len(thing.words))
            for match in _NAMED.finditer(thing.words):
                what = (-1, thing.words[match.end() : match.end() + 600]) if match[2] is None else (int(match[2]), b"")
                found.setdefault(match[1], []).append(what)
        return self._told[id(thing)]

    def called(self, thing: Thing, name: bytes) -> list[tuple[int, bytes]]:
        """What a name in a content stands for: of its own resources, or else of the page's."""
        name = plain(name)
        for there in (self.names(thing), self.names(self._page)):
            self._objects.look(A_SEARCH * len(there))
            found = [what for names in there if name in names for what in names[name]]
            if found:
                return found[:5]
        return []

    def _placed(self, lin: Lin, words: bytes) -> Lin:
        self._objects.look(len(words))
        found = re.search(rb"/Matrix\s{0,9}\[([^\]]{0,200})\]", words)
        return within(lin, numbers_of(found[1].split())) if found else lin

    def _box(self, words: bytes, key: bytes) -> tuple[float, ...]:
        value = self._objects.value(words, key)
        if not value.startswith(b"["):
            return ()
        sides = tuple(numbers_of(value[1:].partition(b"]")[0].split()))
        return sides if len(sides) == 4 else ()


_WAYS = (b"Resources", b"XObject", b"Pattern", b"Shading", b"ExtGState", b"Font")


def _judged(ns: float) -> float:
    if ns > MAX_NS:
        raise too_much("a page of it shows too much, again and again, or has too many lines, shapes, letters or layers")
    return ns
