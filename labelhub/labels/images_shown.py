"""What the names in the content of a PDF's page or form stand for, as the reckoning asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from labelhub.labels.images_content import CLEAR_NS, Pen
from labelhub.labels.images_objects import MAX_PICTURE_PIXELS, Thing, too_much

PLAIN_PICTURE_NS, PLACED_NS = 3.0, 10.0
"""For each pixel of a picture, and each that it covers."""

_SIZE = re.compile(rb"/(?:W|Width|H|Height)[\s\0]{1,9}(\d{1,9})")


class Sheet(Protocol):
    """The page that it is on: what each kind of object takes, in nanoseconds."""

    def called(self, thing: Thing, name: bytes) -> list[tuple[int, bytes]]:
        """What a name in a content stands for."""
        ...

    def shown(self, number: int, pen: Pen, chain: int) -> float:
        """A form or picture."""
        ...

    def state(self, found: tuple[int, bytes], pen: Pen, chain: int) -> None:
        """What a state of graphics changes."""
        ...

    def shaded(self, number: int, pixels: float, words: bytes = b"") -> float:
        """A shade in so many pixels."""
        ...

    def painted(self, number: int, pixels: float, pen: Pen, chain: int) -> float:
        """A pattern in so many pixels."""
        ...

    def letter(self, number: int, pen: Pen, chain: int) -> float:
        """The dearest letter of a font."""
        ...


class Shown:
    """What the names of one content stand for."""

    def __init__(self, sheet: Sheet, thing: Thing, chain: int) -> None:
        self._sheet, self._thing, self._chain = sheet, thing, chain

    def _numbers(self, name: bytes) -> Iterator[int]:
        for number, _ in self._sheet.called(self._thing, name):
            if number >= 0:
                yield number

    def shown_ns(self, name: bytes, pen: Pen) -> float:
        """A picture or form."""
        if name.startswith(b"picture:"):
            return self._within(name, pen)
        return max((self._sheet.shown(number, pen, self._chain) for number in self._numbers(name)), default=0.0)

    def _within(self, name: bytes, pen: Pen) -> float:
        """A picture within the content."""
        words = bytes.fromhex(name[8:].decode())
        sides = [int(one) for one in _SIZE.findall(words)]
        pixels = float(max(sides, default=0)) ** 2 if len(sides) != 2 else float(sides[0] * sides[1])
        if pixels > MAX_PICTURE_PIXELS:
            raise too_much(f"it has a picture of more than {MAX_PICTURE_PIXELS // 10**6} million pixels")
        return pixels * PLAIN_PICTURE_NS * 4 + pen.pixels(1.0, 1.0) * (pen.each_ns() if pen.blended else PLACED_NS)

    def set_by(self, name: bytes, pen: Pen) -> None:
        """A state of graphics."""
        for found in self._sheet.called(self._thing, name):
            self._sheet.state(found, pen, self._chain)

    def shaded_ns(self, name: bytes, pen: Pen) -> float:
        """A shade over all that is not cut off."""
        pixels = pen.room[0] * pen.room[1]
        found = self._sheet.called(self._thing, name)
        return max((self._sheet.shaded(number, pixels, words) for number, words in found), default=0.0)

    def painted_ns(self, name: bytes, pixels: float, pen: Pen) -> float:
        """A pattern in so many pixels."""
        return max((self._sheet.painted(number, pixels, pen, self._chain) for number in self._numbers(name)), default=pixels * CLEAR_NS)

    def letter_ns(self, name: bytes, pen: Pen) -> float:
        """A letter of a font whose letters are content themselves."""
        return max((self._sheet.letter(number, pen, self._chain) for number in self._numbers(name)), default=0.0)
