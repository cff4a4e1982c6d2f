"""The objects of a PDF: their dictionaries, and their streams unpacked as far as a label needs.

This is no parser. It finds the objects of a file by their words, wherever they stand, whatever its tables say; what is there twice
counts as both.

    7 0 obj << dictionary >> stream ... endstream endobj        ISO 32000-2 7.3.8, 7.3.10
    /Type /ObjStm /N 2 /First 9: "8 0 9 31 << >> << >>"         7.5.7: objects in a stream, their numbers and places first
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from labelhub.errors import ImageInvalid
from labelhub.labels import images_unpack
from labelhub.labels.images_content import MAX_CONTENT_BYTES
from labelhub.labels.images_unpack import TooLong

MAX_OBJECTS = 6_000
MAX_WORDS = 256 * 1024
"""Of a dictionary."""

MAX_TOLD = 4
"""How often an object may be told; the others are passed over."""

MAX_UNPACKED_BYTES = 32 * 1024 * 1024
MAX_LOOKED_BYTES = 8 * 1024 * 1024
"""Of all that is looked through in a file's dictionaries, again and again: a twentieth of a second. Honest files have two at most."""

A_READ = 4_000
"""Reading an object takes as long as looking through so many bytes."""

A_SEARCH = 300
"""Beginning to look for a word takes as long as so many bytes."""

SLOWLY = 12
"""So many times as long as looking for a word takes looking for all numbers or names."""

MAX_OVERLAPS = 3
"""How many times as long as the file all of its streams may be together: of an honest file none lies in others."""

MAX_PICTURE_PIXELS = 64_000_000
_HEAD, _HEADING = 300, 24
_MOST_FILTERS = 8
_NOT_DRAWN = (b"/Length1", b"/Type1C", b"/CIDFontType0C", b"/OpenType", b"/XRef", b"/Metadata", b"/EmbeddedFile")
"""Fonts and such: unpacked, but never drawn by themselves."""

_BEFORE = re.compile(rb"(\d{1,7})[\s\0]{1,5}\d{1,5}[\s\0]{1,5}$")
_STREAM = re.compile(rb">>(?:[\s\0]|%[^\r\n]{0,99}[\r\n]){0,9}stream\r?\n?")
_LEADS = re.compile(rb"(\d{1,7})\s{1,9}\d{1,5}\s{1,9}R\b")
_NAME = re.compile(rb"/([A-Za-z0-9]+)")
_COMMENT = re.compile(rb"%[^\r\n]*")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_NUMBERED = re.compile(rb"/(N|First)\s{1,9}(\d{1,7})\b")
_LEAST_PREDICTOR = 10


@dataclass(slots=True, eq=False)
class Thing:
    """An object of the file: its dictionary, and its content where that may be drawn; a picture has none."""

    words: bytes
    content: bytes = b""
    packed: bytes = b""


class Objects:
    """The objects of a file by their numbers. ImageInvalid where they are too many, or too much."""

    def __init__(self, source: bytes) -> None:
        self._source, self._left_bytes = source, MAX_UNPACKED_BYTES
        self._left_looks, self._left_packed = MAX_LOOKED_BYTES, MAX_OVERLAPS * len(source)
        if source.count(b"obj") > 2 * MAX_OBJECTS + 1000:
            raise too_much(f"it has more than {MAX_OBJECTS} objects")
        self._places: dict[int, list[tuple[int, int]]] = {}
        self._many: dict[int, list[bytes]] = {}
        self._known: dict[int, Thing | None] = {}
        holders: list[int] = []
        for number, start, end in _places(source):
            self._places.setdefault(number, []).append((start, end))
            head = source[start : min(end, start + _HEAD)]
            if b"ObjStm" in head or b"#" in head:
                holders.append(number)
        for number in holders:
            thing = self.get(number)
            if thing is not None and b"/ObjStm" in thing.words:
                self._read_many(thing.words, self._unpacked(thing))

    def get(self, number: int) -> Thing | None:
        """An object of the file; one that is told twice is both. ImageInvalid where it unpacks to too much."""
        if number not in self._known:
            self._known[number] = None
            found = [self._read(start, end) for start, end in self._places.get(number, ())[:MAX_TOLD]]
            found += [(plain(words), b"") for words in self._many.get(number, ())[:MAX_TOLD]]
            if found:
                thing = Thing(b" ".join(words for words, _ in found), b"", max((packed for _, packed in found), key=len))
                self._known[number] = thing
                if thing.packed and b"/ObjStm" not in thing.words:
                    thing.content = self._unpacked(thing)
        return self._known[number]

    def having(self, word: bytes) -> Iterator[Thing]:
        """The objects whose dictionaries hold a word, each once for each place where it is told."""
        place = 0
        starts = sorted((start, number) for number, places in self._places.items() for start, _ in places)
        while (place := self._source.find(word, place)) >= 0:
            at = bisect_right(starts, (place, 0)) - 1
            if at >= 0 and (thing := self.get(starts[at][1])) is not None and word in thing.words:
                yield thing
            place = starts[at + 1][0] if at + 1 < len(starts) else len(self._source)
        for number, told in self._many.items():
            if any(word in words for words in told) and (thing := self.get(number)) is not None:
                yield thing

    def look(self, count: int) -> None:
        """So many bytes more are looked through. ImageInvalid where those are too many."""
        self._left_looks -= count
        if self._left_looks < 0:
            raise too_much("what it shows is told in too many words, or again and again")

    def numbers(self, words: bytes) -> list[int]:
        """The numbers of all objects that are named in them."""
        self.look(SLOWLY * len(words))
        return [int(one) for one in _LEADS.findall(words)]

    def value(self, words: bytes, key: bytes) -> bytes:
        """What stands behind a key, up to three hundred bytes; what it leads to where it is another object."""
        self.look(len(words) + A_SEARCH)
        found = re.search(rb"/" + key + rb"(?![A-Za-z0-9])[\s\0]{0,9}", words)
        if found is None:
            return b""
        value = words[found.end() : found.end() + 300]
        leads = re.match(rb"(\d{1,7})[\s\0]{1,9}\d{1,5}[\s\0]{1,9}R\b", value)
        if leads is None:
            return value
        thing = self.get(int(leads[1]))
        return thing.words.strip() if thing is not None else b""

    def number(self, words: bytes, key: bytes) -> float:
        """The number behind a key, 0 where there is none."""
        found = re.match(rb"[-+]?\d{0,12}\.?\d{0,9}", self.value(words, key))
        try:
            return float(found[0]) if found else 0.0
        except ValueError:
            return 0.0

    def filters(self, words: bytes) -> list[bytes]:
        """The names of a stream's filters."""
        value = self.value(words, b"Filter")
        value = (
            value[: value.find(b"]")] if value.startswith(b"[") else value[: max(1, value.find(b"/", 1)) if b"/" in value[1:] else None]
        )
        names = _NAME.findall(value)
        if len(names) > _MOST_FILTERS:
            raise too_much("its content is packed again and again")
        return names

    def _read(self, start: int, end: int) -> tuple[bytes, bytes]:
        self.look(A_READ)
        source = self._source
        begun = _STREAM.search(source, start, end)
        words = plain(source[start : min(begun.end() if begun else end, start + MAX_WORDS)])
        if begun is None:
            return words, b""
        length = re.search(rb"/Length\s{1,9}(\d{1,9})(?!\s+\d+\s+R)", words)
        stop = source.find(b"endstream", begun.end(), end + 9)
        packed = source[begun.end() : stop if stop >= 0 else end]
        if length is not None and int(length[1]) > len(packed):  # "endstream" or "endobj" stood in it by chance
            packed = source[begun.end() : begun.end() + int(length[1])]
        self._left_packed -= len(packed)
        if self._left_packed < 0:
            raise too_much("its parts lie in one another")
        return words, packed

    def _unpacked(self, thing: Thing) -> bytes:
        if b"/Image" in thing.words and b"/Width" in thing.words:
            return b""
        content, filters = thing.packed, self.filters(thing.words)
        drawn = not any(word in thing.words for word in _NOT_DRAWN)
        for place, name in enumerate(filters, 1):
            try:
                part = images_unpack.unpacked(content, name, drawn or place < len(filters), self._spend)
                if part is None:
                    return b""
                content = self._rows(thing.words, part) if drawn and place == len(filters) else part
            except TooLong as error:
                how = name.decode("latin-1")
                raise too_much(f"too much of its content is packed by {how} (printing it to a PDF anew may help)") from error
        if not drawn:
            return b""
        if len(content) > MAX_CONTENT_BYTES and b"/FunctionType" not in thing.words:
            raise too_much("a page of it has too many lines and shapes")
        return content

    def _rows(self, words: bytes, content: bytes) -> bytes:
        """Without what a predictor made of it: of pictures and tables it is common, of what is drawn it is not."""
        if b"/Predictor" not in words:
            return content
        told = self.value(words, b"DecodeParms") + words
        if self.number(told, b"Predictor") < _LEAST_PREDICTOR:
            return content
        size = (
            max(1.0, self.number(told, b"Columns"))
            * max(1.0, self.number(told, b"Colors"))
            * (self.number(told, b"BitsPerComponent") or 8)
        )
        return images_unpack.rows(content, int(min(max(1.0, (size + 7) // 8), images_unpack.MAX_ROWS_BYTES)))

    def _spend(self, count: int) -> None:
        self._left_bytes -= count
        if self._left_bytes < 0:
            raise too_much(f"it unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB")

    def _read_many(self, words: bytes, content: bytes) -> None:
        """The objects in a stream."""
        told = {found[1]: int(found[2]) for found in _NUMBERED.finditer(words)}
        first = told.get(b"First", 0)
        head = content[:first].split()[: 2 * min(told.get(b"N", 0), MAX_OBJECTS)]
        if len(self._many) + len(head) // 2 > MAX_OBJECTS:
            raise too_much(f"it has more than {MAX_OBJECTS} objects")
        try:
            places = [(int(number), first + int(at)) for number, at in zip(head[::2], head[1::2], strict=False)]
        except ValueError:
            return
        for (number, start), (_, end) in zip(places, [*places[1:], (0, len(content))], strict=False):
            self._many.setdefault(number, []).append(content[start:end])


def _places(source: bytes) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of each object; what stands within another's stream is found as well, and does no harm."""
    at = 0
    while (at := source.find(b"obj", at)) >= 0:
        found = _BEFORE.search(source[max(0, at - _HEADING) : at])
        at += 3
        if found is not None:
            end = source.find(b"endobj", at)
            yield int(found[1]), at, end if end >= 0 else len(source)
            at = end if end >= 0 else len(source)


def plain(words: bytes) -> bytes:
    """A dictionary's words as names are meant: `/X#4fbject` is /XObject, and a comment parts words. Texts may be bent by that."""
    if b"#" in words:
        words = _ESCAPED.sub(lambda found: bytes((int(found[1], 16),)), words)
    if b"%" in words:
        words = _COMMENT.sub(b" ", words) + b" " + words
    return words.replace(b"\0", b" ")


def too_much(why: str) -> ImageInvalid:
    """The error for what is too much work."""
    return ImageInvalid(f"the PDF is more work to draw than a label is worth: {why}; simplify it, or save the page as PNG")
