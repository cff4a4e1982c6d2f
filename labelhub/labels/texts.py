"""Text: the word `text`, a phrase fitted to its room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labelhub.errors import LabelTooLong
from labelhub.labels import bidi, breaks, fonts, textfit
from labelhub.labels.element import ALIGNMENTS, COLORS, PLACE, Block, DoesNotFit, Element, Setup, Word, walk
from labelhub.labels.faces import Faces, named
from labelhub.labels.fields import PHRASE, Phrase, lines, one_line
from labelhub.labels.grammar import Flag, OneOf, Range, Whole, Words
from labelhub.labels.page import Placed, PlacedLine
from labelhub.media import dots

_LEADING = 0.45
"""What is blank between two lines of capitals, in ems. Two texts that are closer look as if they were one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Element):
    """A text fitted to its room: as large as fits between two sizes, wrapped to `lines` lines.

    A size is the font's em in mm, about 1.4 times a capital's height. `overflow` tells what happens to a text that does not
    fit at its smallest size: `error` refuses the label, `ellipsis` shortens the text. With `whole_words` a word too wide for a line
    does not fit either; without, it is broken at the smallest size. `font` names a family that is asked before all others. A text that
    begins at the right is aligned from there: `start` is where one begins to read.
    """

    value: Phrase
    min_mm: float
    max_mm: float
    lines: int = 1
    keep_breaks: bool = False
    join: str = ", "
    bold: bool = False
    align: str = "start"
    overflow: str = "error"
    whole_words: bool = False
    font: str | None = None
    color: str = "black"

    def phrases(self) -> tuple[Phrase, ...]:
        """Its phrase."""
        return (self.value,)

    def characters(self, setup: Setup) -> int:
        """How much text it shows."""
        return len(setup.filled(self.value, self.join))

    def own_align(self, vertical: bool) -> str | None:
        """Its own place across a column."""
        return self.align if vertical else None

    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        """Its block in the room."""
        paragraphs, least = self._lines(setup)
        if not least:
            return None
        characters = sum(map(len, paragraphs))
        setup.work.spend(characters)
        most = least if setup.smallest else max(dots(self.max_mm, setup.dpi), least)
        room = textfit.Room(width, height, least, most, self.lines, self.bold, self.faces(setup.faces))
        setting = textfit.fitted(paragraphs, room, shorten=setup.shorten and self.overflow == "ellipsis")
        if setting is None or (self.whole_words and _breaks_a_word(paragraphs, setting.lines)):
            shown = paragraphs[0] if len(paragraphs[0]) <= 40 else paragraphs[0][:39] + textfit.ELLIPSIS
            raise DoesNotFit(LabelTooLong(f"the text {shown!r} ({characters} characters) does not fit, even at its smallest size"))
        if not (setting.width_dots > 0 and setting.height_dots > 0):
            return None
        from_right = bidi.from_right(" ".join(paragraphs))
        before = 1 - PLACE[self.align] if from_right else PLACE[self.align]
        lines = tuple(_placed_lines(setting, self, before, room.faces, setup.is_red(self.color)))
        leading = round(_LEADING * setting.size_dots)
        return Block(setting.width_dots, setting.height_dots, lines, leading=leading, from_right=from_right)

    def faces(self, there: Faces) -> Faces:
        """The faces it is set in, of those there are. TemplateInvalid where its font is none of them."""
        return there if self.font is None else named(there, self.font)

    def _lines(self, setup: Setup) -> tuple[list[str], int]:
        """The lines as they were written, and their smallest size; 0 where there are none."""
        key = ("lines", id(self))
        found = setup.memory.get(key)
        if found is None:
            filled = setup.filled(self.value, self.join)
            paragraphs = lines(filled) if self.keep_breaks else [one_line(filled)]
            faces = self.faces(setup.faces)
            smallest = [fonts.smallest_dots(line, self.bold, faces) for line in paragraphs if line]
            found = setup.memory[key] = paragraphs, max(dots(self.min_mm, setup.dpi), *smallest) if smallest else 0
        return found  # type: ignore[return-value] # only lines are kept under such keys


def check_fonts(layout: Element, faces: Faces) -> None:
    """Nothing, when every font that the layout names is there. TemplateInvalid."""
    for element in walk(layout):
        if isinstance(element, Text):
            element.faces(faces)


def _breaks_a_word(paragraphs: Sequence[str], lines: Sequence[str]) -> bool:
    """True when a line ends where none may; an ellipsis may stand anywhere."""
    whole, at = " ".join(paragraphs).lstrip(breaks.BLANKS), 0
    allowed = breaks.ends(whole)
    for line in filter(None, lines):
        at += len(line)
        if line.endswith(textfit.ELLIPSIS) and whole[at - 1 : at] != textfit.ELLIPSIS:
            return False
        if at not in allowed:
            return True
        at += len(whole[at:]) - len(whole[at:].lstrip(breaks.BLANKS))
    return False


def _placed_lines(setting: textfit.Setting, element: Text, before: float, faces: Faces, red: bool) -> list[Placed]:
    return [
        PlacedLine(
            round((setting.width_dots - ink.width) * before),
            baseline + ink.top,
            ink.width,
            ink.height,
            text,
            element.bold,
            setting.size_dots,
            ink,
            faces,
            red=red,
        )
        for text, ink, baseline in zip(setting.lines, setting.inks, setting.baselines, strict=True)
        if ink.width > 0 and ink.height > 0
    ]


def _made(size_mm: tuple[float, float], breaks: str = "space", words: str = "break", **keys: Any) -> Text:
    return Text(whole_words=words == "whole", min_mm=size_mm[0], max_mm=size_mm[1], keep_breaks=breaks == "keep", **keys)


WORD = Word(
    "text",
    _made,
    required={"value": PHRASE, "size_mm": Range(0.5, 200)},
    optional={
        "lines": Whole(1, 40),
        "breaks": OneOf(("keep", "space")),
        "join": Words(20),
        "bold": Flag(),
        "align": OneOf(ALIGNMENTS),
        "overflow": OneOf(("error", "ellipsis")),
        "words": OneOf(("break", "whole")),
        "font": Words(100),
        "color": OneOf(COLORS),
    },
)
