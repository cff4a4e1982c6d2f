"""What an SVG would have a library draw, reckoned before one does: what leads out of the file, and what never ends, is refused.

A drawing of a few lines can show one part ten times in another, and that one ten times in a third. So the parts that have a name
are kept with what they hold and what they show, and multiplied out. Limits are for labels, and far above what drawings have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat

from labelhub.errors import ImageInvalid
from labelhub.labels.images_head import broken
from labelhub.labels.images_style import LONG, LOOKED_AT, MARKS, Told, declared, rules_of

MAX_SVG_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 20_000
MAX_DEPTH = 60
MAX_ATTRIBUTES = 250
MAX_WORK = 100_000
"""Elements with all that is shown more than once, and one more for each 200 letters of an attribute: a path is as long as its `d`."""

MAX_LETTERS = 20_000
MAX_LAYERS = 2_000
"""Veils, masks, clip paths and patterns: each is a picture of its own."""

MAX_NESTED = 12
MAX_CHAIN = 150
MAX_LINKS = 2_000
"""Gradients that begin from another one; a large drawing has some hundred."""
MAX_RULES = 3_000
MAX_MATCHES = 20_000_000
"""Rules of a style sheet, times the elements and classes that each is held against."""

_REFUSED = frozenset(("image", "filter", "foreignobject", "script", "animate", "animatemotion", "animatetransform", "set", "iframe"))
"""What leads outside, moves, or (filters) costs seconds and shows nothing on a printer without grey."""

_OUTSIDE = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import|\\", re.I)
_NAMED = re.compile(r"url\(\s*['\"]?\s*#([^'\")\s]+)", re.I)
_LAYERED = frozenset(("mask", "clippath", "pattern", "marker"))
_SHAPES = frozenset(("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textpath"))
_PLAIN_VALUES = frozenset(("none", "normal", "auto", "1", "1.0", "inherit", "initial", "100%"))
_MOST_EQUALS = 10 * MAX_ATTRIBUTES


class Amount(NamedTuple):
    """What drawing something takes, all that it shows included; `nested`: how many layers are open at once."""

    work: float = 0.0
    shapes: int = 0
    letters: int = 0
    layers: int = 0
    nested: int = 0

    def times(self, count: int, above: int = 0) -> Amount:
        """The same so many times, below so many layers."""
        return Amount(self.work * count, self.shapes * count, self.letters * count, self.layers * count, self.nested + above)

    def __add__(self, other: object) -> Amount:
        """Both, one after the other."""
        if not isinstance(other, Amount):
            return NotImplemented
        return Amount(
            self.work + other.work,
            self.shapes + other.shapes,
            self.letters + other.letters,
            self.layers + other.layers,
            max(self.nested, other.nested),
        )


class Shown(NamedTuple):
    """A part or a name that something shows, below so many layers, in paint of such names."""

    what: Part | str
    above: int
    paints: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Part:
    """What has a name, without the parts in it that have their own."""

    tag: str
    work: float = 0.0
    shapes: int = 0
    letters: int = 0
    layers: int = 0
    nested: int = 0
    shown: dict[Shown, int] = field(default_factory=dict)

    def show(self, what: Part | str, above: int, paints: tuple[str, ...] = (), times: int = 1) -> None:
        """Once more, or so many times."""
        shown = Shown(what, above, paints)
        self.shown[shown] = self.shown.get(shown, 0) + times


class _Open(NamedTuple):
    """An element that is not closed yet: its part, the layers around its content in that part, and the paint it hands down."""

    part: Part
    above: int
    fill: str
    stroke: str
    text: bool


def check_svg(source: bytes) -> tuple[float, float]:
    """Width and height of an SVG that is well-formed, leads nowhere outside itself and is no more work than a label may be.

    In its own units. ImageInvalid.
    """
    if len(source) > MAX_SVG_BYTES:
        raise ImageInvalid(
            f"the SVG has {len(source) / 1e6:.1f} MB; simplify it to at most {MAX_SVG_BYTES // 2**20} MiB, or save it as PNG"
        )
    if any(tag.count(b"=") > _MOST_EQUALS for tag in source.split(b"<")):  # an element of so many costs as much to parse
        raise _too_many()
    sheet = _style_sheet(source) if b"<style" in source or b":style" in source else ""
    if sheet.count("{") > MAX_RULES:
        raise _too_much(f"its style sheet has more than {MAX_RULES} rules")
    look = _Look(dict(rules_of(sheet)), sheet.count("{"))
    _parse(source, look.start, look.end, look.text)
    look.judge()
    return look.size


class _Look:
    """The parts of an SVG, gathered while it is read."""

    def __init__(self, rules: Mapping[str, tuple[Told, ...]], count: int) -> None:
        self._rules, self._rule_count = rules, count
        self._root = Part("")
        self._open = [_Open(self._root, 0, "", "", False)]
        self._named: dict[str, list[Part]] = {}
        self._elements = self._classes = self._corners = self._layer_count = self._links = 0
        self._marks: set[str] = set()
        self._head: dict[str, str] = {}
        self._totals: dict[Part, Amount | None] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise _too_many()
        tag = name.rpartition(":")[2].lower()
        if tag in _REFUSED:
            raise _leads_out(f"<{tag}>")
        if self._elements == 1:
            self._head = attributes
        parent = self._open[-1]
        told, target, identity = self._told(tag, attributes, parent.part)
        part, above = parent.part, parent.above
        if identity is not None:
            part, above = Part(tag), 0
            parent.part.show(part, parent.above)
            self._named.setdefault(identity, []).append(part)
        fill, stroke = _paint(told, "fill", parent.fill), _paint(told, "stroke", parent.stroke)
        shape = tag in _SHAPES
        above = self._layers(part, above, told, self._corners_of(attributes) if shape else 0)
        part.work += 1
        if shape:
            part.shapes += 1
            for paint in (fill, stroke):
                if paint:
                    part.show(paint, above)
        if target:
            part.show(target, above, tuple(paint for paint in (fill, stroke) if paint) if tag == "use" else ())
        self._open.append(_Open(part, above, fill, stroke, parent.text or tag == "text"))

    def end(self, _: str) -> None:
        """The element that began last ends."""
        self._open.pop()

    def text(self, content: str) -> None:
        """Text within an element."""
        if _OUTSIDE.search(content) and ("@import" in content.lower() or "url" in content.lower()):
            raise _leads_out("a style")
        if self._open[-1].text:
            self._open[-1].part.letters += len(content)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in the SVG's own units: those of its attributes, or of its viewBox. ImageInvalid."""
        sides = [_LENGTH.fullmatch(self._head.get(key, "").strip()[:LONG]) for key in ("width", "height")]
        try:
            if sides[0] and sides[1]:
                width, height = (float(side[1]) * _UNITS[(side[2] or "px").lower()] for side in sides if side)
            else:
                _, _, width, height = (float(part) for part in re.split(r"[\s,]+", self._head.get("viewBox", "")[:LONG].strip()))
        except ValueError as error:
            raise ImageInvalid("the SVG has no size; give it a viewBox, or a width and a height") from error
        return width, height

    def judge(self) -> None:
        """ImageInvalid where it is too much in all."""
        if self._rule_count * (self._elements + self._classes) > MAX_MATCHES:
            raise _too_much("its style sheet has more rules than can be held against its elements")
        whole = self._total(self._root, 0)
        for name in self._marks:
            whole += self._shown(Shown(name, 0), 0).times(self._corners)
        if whole.work > MAX_WORK:
            raise _too_much("it shows its parts again and again, or has too many")
        if whole.letters > MAX_LETTERS:
            raise _too_much(f"it has more than {MAX_LETTERS} letters of text")
        if whole.layers > MAX_LAYERS or whole.nested > MAX_NESTED:
            raise _too_much(_LAYERS)

    def _told(self, tag: str, attributes: Mapping[str, str], part: Part) -> tuple[list[Told], str, str | None]:
        """What is said of an element that matters here, the name of what it shows, and its own."""
        told: list[Told] = []
        target, identity = "", None
        for key, value in attributes.items():
            if len(value) > LONG:
                part.work += len(value) / LONG
            if key in LOOKED_AT:
                told.append((key, value))
            elif key == "id":
                identity = value
            elif key == "style":
                told += declared(value)
            elif key == "href" or key.endswith(":href"):
                if tag == "a":
                    continue
                target = value.strip()
                if not target.startswith("#"):
                    raise _leads_out("a reference to another file")
                target = target[1:]
                self._links += tag.endswith("gradient")
                if self._links > MAX_LINKS:
                    raise _too_much(f"more than {MAX_LINKS} of its gradients lead to others")
            if key != "d" and "url" in value.lower() and _OUTSIDE.search(value):
                raise _leads_out("a reference to another file")
        if self._rules:
            classes = attributes.get("class", "").split()
            self._classes += len(classes)
            for key in (tag, "*", f"#{identity}", *(f".{one}" for one in classes)):
                told += self._rules.get(key, ())
        return told, target, identity

    def _corners_of(self, attributes: Mapping[str, str]) -> int:
        """How many corners a shape has, at most; one at least."""
        corners = 1 + (len(attributes.get("d", "")) + len(attributes.get("points", ""))) // 4
        self._corners += corners
        return corners

    def _layers(self, part: Part, above: int, told: Iterable[Told], corners: int) -> int:
        """How many layers lie around the element's content; `corners` of a shape, 0 of a group, which hands its markers down."""
        for key, value in told:
            if key in ("fill", "stroke") or value.strip() in _PLAIN_VALUES:
                continue
            if key == "filter":
                raise _leads_out("a filter")
            name = _NAMED.search(value)
            if key in MARKS:
                if name is not None and not corners:
                    self._marks.add(name[1])
                elif name is not None:
                    part.show(name[1], above, times=corners if key in ("marker", "marker-mid") else 1)
                continue
            above += 1
            part.layers += 1
            self._layer_count += 1
            if self._layer_count > MAX_LAYERS:
                raise _too_much(_LAYERS)
            part.nested = max(part.nested, above)
            if name is not None:
                part.show(name[1], above)
        return above

    def _total(self, part: Part, chain: int) -> Amount:
        """What a part takes with all that it shows. ImageInvalid where it shows itself."""
        if part in self._totals:
            known = self._totals[part]
            if known is None:
                raise _too_much("a part of it shows itself")
            return known
        if chain > MAX_CHAIN:
            raise _too_much("its parts lead from one to the next without end")
        self._totals[part] = None
        whole = Amount(part.work, part.shapes, part.letters, part.layers, part.nested)
        for shown, count in part.shown.items():
            whole += self._shown(shown, chain + 1).times(count, shown.above)
        self._totals[part] = whole
        return whole

    def _shown(self, shown: Shown, chain: int) -> Amount:
        if isinstance(shown.what, Part):
            return self._total(shown.what, chain)
        whole = Amount()
        for part in self._named.get(shown.what, ()):
            there = self._total(part, chain)
            if part.tag in _LAYERED:
                there = there._replace(layers=there.layers + 1, nested=there.nested + 1)
            whole += there
        for paint in shown.paints:
            whole += self._shown(Shown(paint, 0), chain).times(max(1, whole.shapes), whole.nested)
        return whole


_LENGTH = re.compile(r"([\d.]+(?:e[+-]?\d+)?)(px|pt|mm|cm|in|pc)?", re.I)
_UNITS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}


def _parse(source: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], text: Callable[[str], None]) -> None:
    """Tell of each element. ImageInvalid for what is broken, or declares what stands for something else."""

    def refuse_doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
        if internal:
            raise ImageInvalid("the SVG declares entities, which may grow without end; save it as plain SVG")

    def refuse_instruction(target: str, content: str) -> None:
        raise _leads_out(f"<?{target[:30]}?>")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.CharacterDataHandler = text
    parser.ProcessingInstructionHandler = refuse_instruction
    try:
        parser.Parse(source, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise broken("SVG") from error


def _style_sheet(source: bytes) -> str:
    """The text of all its `style` elements."""
    found: list[str] = []
    within = False

    def start(name: str, _: object) -> None:
        nonlocal within
        within = name == "style" or name.endswith(":style")

    def end(_: str) -> None:
        nonlocal within
        within = False

    def text(content: str) -> None:
        if within:
            found.append(content)

    _parse(source, start, end, text)
    return "".join(found)


def _paint(told: Iterable[Told], key: str, inherited: str) -> str:
    """The name of the gradient or pattern that an element is painted with, "" where it is a colour."""
    values = [value for one, value in told if one == key]
    if not values:
        return inherited
    return next((name[1] for name in map(_NAMED.search, values) if name is not None), "")


_LAYERS = "it has too many transparent groups, masks, clip paths or patterns"


def _too_many() -> ImageInvalid:
    return ImageInvalid(
        f"the SVG has more than {MAX_ELEMENTS} elements or {MAX_ATTRIBUTES} attributes of one, or is deeper than {MAX_DEPTH}; "
        "simplify it, or save it as PNG"
    )


def _leads_out(what: str) -> ImageInvalid:
    return ImageInvalid(f"the SVG has {what}, which labels do not take; save it as plain SVG with shapes alone, or as PNG")


def _too_much(why: str) -> ImageInvalid:
    return ImageInvalid(f"the SVG is more work to draw than a label is worth: {why}; simplify it, or save it as PNG")
