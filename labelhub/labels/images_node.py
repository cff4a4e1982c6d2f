"""An SVG's elements, and what can be told of one by itself: its outline, its viewport, and whether it is a plain shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from labelhub.errors import ImageInvalid
from labelhub.labels import images_path
from labelhub.labels.images_matrix import NOTHING, SAME, Matrix, length
from labelhub.labels.images_path import Box, Outline
from labelhub.labels.images_style import LAYERS, LONG, MARKS, Told

MAX_STEPS = 4_000
MAX_COMMANDS = 60_000
MAX_CORNERS = 70_000
EXACT_COMMANDS = 6_000
"""Commands of paths that are gone along one by one; the others are told coarsely."""

SHAPES = frozenset(("path", "rect", "circle", "ellipse", "line", "polyline", "polygon"))
SHOWN = frozenset(("svg", "g", "a", "switch", "use", "text")) | SHAPES
TEXTS = frozenset(("tspan", "textpath", "tref", "a"))


class Look(NamedTuple):
    """What is said of one element: its own transformation, the layers around it, and what it hands down."""

    own: Matrix | None
    layers: dict[str, tuple[str, ...]] | None
    handed: tuple[Told, ...]
    hidden: bool = False


BARE = Look(None, None, ())


class Node:
    """An element."""

    __slots__ = ("attributes", "children", "letters", "look", "outlines", "tag", "wide")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes = tag, attributes
        self.children: list[Node] = []
        self.letters, self.wide = 0, False
        self.look: Look | None = None
        self.outlines: tuple[Outline, ...] | None = None


class Room(NamedTuple):
    """The pixels of the picture that is drawn on."""

    width: float
    height: float


class Amount(NamedTuple):
    """What drawing something takes: time, memory of the layers open at once, and its box in pixels, from where its own origin lies."""

    ns: float = 0.0
    layer_bytes: float = 0.0
    box: Box = NOTHING


class Effort:
    """How long a look takes, in steps of some thirty microseconds."""

    def __init__(self) -> None:
        self._steps = 0.0

    def step(self, count: float = 1.0) -> None:
        """So many more. ImageInvalid where they are too many."""
        self._steps += count
        if self._steps > MAX_STEPS:
            raise too_much("it shows its parts again and again, or has too many")


class Corners:
    """The outlines of an SVG's shapes, counted together."""

    def __init__(self, size: tuple[float, float]) -> None:
        self._size = size
        self._commands = self._corners = 0

    def of(self, node: Node, em: float) -> Iterator[Outline]:
        """The outlines of a shape; a long path is several. ImageInvalid where all that were asked for have too many corners."""
        if node.outlines is not None:
            yield from node.outlines
            return
        found = []
        for one in self._pieces(node, em):
            self._corners += one.lines + 2 * one.curves
            if self._corners > MAX_CORNERS:
                raise too_much(f"its paths have more than {MAX_CORNERS} corners")
            found.append(one)
            yield one
        node.outlines = tuple(found)

    def _pieces(self, node: Node, em: float) -> Iterator[Outline]:
        if node.tag in ("polyline", "polygon"):
            return images_path.coarse("M" + node.attributes.get("points", ""))
        if node.tag != "path":
            return iter((_plain(node, self._size, em),))
        path = node.attributes.get("d", "")
        self._commands += images_path.commands(path)
        if self._commands > MAX_COMMANDS:
            raise too_much(f"its paths have more than {MAX_COMMANDS} parts")
        if self._commands <= EXACT_COMMANDS and len(path) < images_path.CHUNK:
            return iter((images_path.outline(path),))
        return images_path.coarse(path)


_LAYERED = LAYERS | MARKS
_LAYER_WORDS = ("opacity", "isolation", "mix-blend", "mask", "clip-path", "marker")


def plain_shape(node: Node, painted: bool) -> bool:
    """Whether it is a simple shape that leads to no other part, but perhaps (`painted`) a gradient, and has no layer of its own."""
    attributes = node.attributes
    if node.tag not in SHAPES or not _LAYERED.isdisjoint(attributes) or len(attributes.get("d", "")) > LONG:
        return False
    style = attributes.get("style", "")
    if style and any(word in f"{style};".replace("-opacity", "").replace("opacity:1;", "") for word in _LAYER_WORDS):
        return False
    if not painted and ("url" in style or "url" in attributes.get("fill", "") or "url" in attributes.get("stroke", "")):
        return False
    return len(attributes.get("points", "")) <= LONG


def _plain(node: Node, size: tuple[float, float], em: float) -> Outline:
    """The outline of a rectangle, circle, ellipse or line."""

    def side(key: str, whole: float = max(size)) -> float:
        return length(node.attributes.get(key, "0"), whole, em) or 0.0

    if node.tag == "rect":
        found = images_path.rectangle(side("x"), side("y"), side("width"), side("height"))
        return found if "rx" not in node.attributes and "ry" not in node.attributes else found._replace(curves=4)
    if node.tag == "line":
        return images_path.polyline(f"{side('x1')} {side('y1')} {side('x2')} {side('y2')}")
    if node.tag == "circle":
        return images_path.ellipse(side("cx"), side("cy"), side("r"), side("r"))
    across, down = side("rx"), side("ry")
    return images_path.ellipse(side("cx"), side("cy"), across or down, down or across)


def viewport(node: Node, width: float, height: float) -> Matrix:
    """What a viewBox makes of what is in it."""
    box = numbers(node.attributes.get("viewBox", ""))
    if len(box) != len(("x", "y", "width", "height")) or not (box[2] > 0 and box[3] > 0):
        return SAME
    across, down = width / box[2], height / box[3]
    if node.attributes.get("preserveAspectRatio", "").strip() != "none":
        across = down = max(across, down) if "slice" in node.attributes.get("preserveAspectRatio", "") else min(across, down)
    return (across, 0.0, 0.0, down, -box[0] * across, -box[1] * down)


def numbers(written: str) -> list[float]:
    """The numbers of a list; none where one of them is no number."""
    try:
        return [float(one) for one in re.split(r"[\s,]+", written[:LONG].strip())]
    except ValueError:
        return []


def seen(box: Box, room: Room) -> float:
    """How many pixels of a box can be seen, at most; the edge of one counts."""
    return max(0.0, min(box[2] - box[0] + 1, room.width)) * max(0.0, min(box[3] - box[1] + 1, room.height))


def moved(box: Box, x: float, y: float) -> Box:
    """The box at another place."""
    return (box[0] + x, box[1] + y, box[2] + x, box[3] + y)


def leads_out(what: str) -> ImageInvalid:
    """The error for what shows what is not in the file, or not on labels."""
    return ImageInvalid(f"the SVG has {what}, which labels do not take; save it as plain SVG with shapes alone, or as PNG")


def too_much(why: str) -> ImageInvalid:
    """The error for what is too much work."""
    return ImageInvalid(f"the SVG is more work to draw than a label is worth: {why}; simplify it, or save it as PNG")
