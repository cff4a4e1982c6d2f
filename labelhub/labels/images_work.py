"""How much work an SVG is to draw, reckoned from its elements: in nanoseconds of the machine that this was measured on.

A drawing of a few lines can show one part ten times in another, and that one ten times in a third; one rectangle can cover all of the
picture, or a dot of it. So it is gone through as a library would draw it, but each part once for each size it is shown in. What drawing
takes stands in `images_costs`. All is an upper bound: whether something lies outside the picture, or below something else, is not
looked at. Of thousands of plain shapes a part is looked at, and stands for all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

from labelhub.labels import images_costs as costs
from labelhub.labels.images_looks import Looks
from labelhub.labels.images_matrix import NOTHING, Matrix, around, boxed, grown, length, matrix, scale, times
from labelhub.labels.images_node import (
    SHAPES,
    SHOWN,
    TEXTS,
    Amount,
    Corners,
    Effort,
    Node,
    Room,
    moved,
    numbers,
    plain_shape,
    seen,
    too_much,
    viewport,
)
from labelhub.labels.images_path import Box
from labelhub.labels.images_style import LAYERS, LONG, PLAIN, Paint, Style, Told

MAX_NS = 1_000_000_000
SAMPLE = 1_000
"""Of a drawing of more elements, so many plain shapes stand for all of them."""

FEW = 40
"""As many side by side are always looked at, each."""

MAX_LAYER_BYTES = 250 * 1024 * 1024
MAX_TILE_PIXELS = 4_000_000
MAX_CHAIN = 150
MAX_LINKED = 30
Show = Callable[["Work", Node, Matrix, Style, Room, int], Amount]
"""Reckons what is shown of an element."""


class Work:
    """The work of a whole SVG."""

    def __init__(
        self,
        root: Node,
        named: Mapping[str, list[Node]],
        rules: Mapping[str, tuple[Told, ...]],
        size: tuple[float, float],
        pixels: int,
        counts: tuple[int, int],
    ) -> None:
        self._root, self._named, self._rules = root, named, rules
        self._size, self._pixels = size, pixels
        self._elements, self._attributes = counts
        self._part = min(1.0, SAMPLE / max(1, self._elements))
        self._chance = random.Random(self._elements)  # noqa: S311 - the same file is told the same each time
        self._gradients_only = not any(node.tag == "pattern" for nodes in named.values() for node in nodes)
        told = [(key, value) for rule in rules.values() for key, value, _ in rule if value.strip() not in PLAIN]
        self._plain_rules = not any(key in LAYERS or "url" in value for key, value in told)
        self._effort = Effort()
        self._looks = Looks(rules, self._effort)
        self._plain, self._cut = self._looks.same(Style()), self._looks.same(Style(fill=Paint(2)))
        self._texts = 0
        self._corners = Corners(size)
        self._stops: dict[Node, int] = {}
        self._known: dict[object, Amount | None] = {}
        self._room = self._layer_room = Room(1.0, 1.0)

    def judge(self) -> Amount:
        """All of it. ImageInvalid where it is too much."""
        width, height = self._size
        size = (self._pixels / (width * height)) ** 0.5
        room = Room(max(1.0, width * size), max(1.0, height * size))
        root = self._root.children[0]
        whole = viewport(root, width, height)
        self._room = room
        self._layer_room = Room(costs.SPREAD * room.width, costs.SPREAD * room.height)
        by = times((size, 0.0, 0.0, size, 0.0, 0.0), whole)
        look = self._looks.of(root)
        if look.own is not None:
            by = times(by, look.own)
        found = self._content(root, by, self._looks.styled(root, self._plain), self._layer_room if look.layers else room, 0)
        for kind, leads in (look.layers or {}).items():
            found = self._layer(kind, leads, found, by, room, 0)
        fonts_ns = costs.FONT_NS * (self._texts > 0) + costs.FONTS_NS * (self._texts > 1)
        return self._judged(found._replace(ns=found.ns + costs.ATTRIBUTE_NS * self._attributes + fonts_ns))

    def _judged(self, amount: Amount) -> Amount:
        if amount.ns > MAX_NS:
            raise too_much("its shapes cover too much, again and again, or have too many corners, layers or letters")
        if amount.layer_bytes > MAX_LAYER_BYTES:
            raise too_much("it has too many transparent groups, masks or clip paths in one another, or too large ones")
        return amount

    def _content(self, node: Node, by: Matrix, style: Style, room: Room, chain: int) -> Amount:
        """All that is in an element."""
        ns, layer_bytes, box = 0.0, 0.0, NOTHING
        leads = style.marks or ((style.fill.names or style.stroke.names) and not self._gradients_only)
        sampled = self._part < 1 and self._plain_rules and not leads and len(node.children) > FEW
        known: dict[tuple[str, ...], tuple[Amount, float, float]] = {}
        for child in node.children:
            if child.tag in SHOWN:
                weight = 1.0
                if child.tag == "use" and "transform" not in child.attributes and (found := self._like(child, by, style, known)):
                    ns += found.ns
                    box = around(box, found.box)
                    continue
                if sampled and plain_shape(child, self._gradients_only):
                    self._effort.step(0.05)
                    if self._chance.random() > self._part:
                        continue
                    weight = 1 / self._part
                found = self._shown(child, by, style, room, chain + 1)
                if child.tag == "use":
                    known[_wording(child)] = found, *self._place(child, style)
                ns += found.ns * weight
                layer_bytes = max(layer_bytes, found.layer_bytes)
                box = around(box, found.box)
                if ns > MAX_NS:
                    break
        return self._judged(Amount(ns, layer_bytes, box))

    def _like(self, node: Node, by: Matrix, style: Style, known: Mapping[tuple[str, ...], tuple[Amount, float, float]]) -> Amount | None:
        """A `use` like one before it, but elsewhere; None where it is the first."""
        before = known.get(_wording(node))
        if before is None:
            return None
        self._effort.step(0.15)
        x, y = self._place(node, style)
        across, down = x - before[1], y - before[2]
        box = moved(before[0].box, by[0] * across + by[2] * down, by[1] * across + by[3] * down)
        return before[0]._replace(box=before[0].box if before[0].box is NOTHING else box)

    def _place(self, node: Node, style: Style) -> tuple[float, float]:
        attributes = node.attributes
        x, y = attributes.get("x", "0"), attributes.get("y", "0")
        return length(x, self._size[0], style.em) or 0.0, length(y, self._size[1], style.em) or 0.0

    def _shown(self, node: Node, by: Matrix, above: Style, room: Room, chain: int) -> Amount:
        """An element as it is shown below what `by` and `above` hand down, with the layers around it."""
        self._effort.step(1)
        look = self._looks.of(node)
        if look.hidden:
            return Amount(costs.ELEMENT_NS)
        if look.own is not None:
            by = times(by, look.own)
        style = self._looks.styled(node, above) if look.handed else above
        if look.layers is not None:
            room = self._layer_room
        found = _DRAWN.get(node.tag, Work._content)(self, node, by, style, room, chain)
        found = Amount(found.ns + costs.ELEMENT_NS, found.layer_bytes, found.box)
        if look.layers is not None:
            for kind, leads in look.layers.items():
                found = self._layer(kind, leads, found, by, room, chain)
            self._judged(found)
        return found

    def _again(self, node: Node, by: Matrix, style: Style, room: Room, chain: int, show: Show) -> Amount:
        """What something shows that may be shown from many places: reckoned once for each size. ImageInvalid where it shows itself."""
        key = (node, show, tuple([round(one, 4) for one in by[:4]]), id(style), room)
        known = self._known.get(key, _UNKNOWN)
        if known is None:
            raise too_much("a part of it shows itself")
        if known is _UNKNOWN:
            if chain > MAX_CHAIN:
                raise too_much("its parts lead from one to the next without end")
            self._known[key] = None
            known = self._known[key] = show(self, node, (*by[:4], 0.0, 0.0), style, room, chain + 1)
        else:
            self._effort.step(0.3)
        assert isinstance(known, Amount)
        return known if known.box is NOTHING else known._replace(box=moved(known.box, by[4], by[5]))

    def _layer(self, kind: str, leads: tuple[str, ...], within: Amount, by: Matrix, room: Room, chain: int) -> Amount:
        """A picture of its own around something: as large as that is."""
        width = min(within.box[2] - within.box[0] + 2, self._layer_room.width)
        height = min(within.box[3] - within.box[1] + 2, self._layer_room.height)
        if width <= 0 or height <= 0:
            return within
        self._effort.step(0.7)
        ns = within.ns + costs.layer_ns(kind, width, height, self._room)
        layer_bytes = within.layer_bytes
        for name in leads:
            for node in self._named.get(name, ()):
                there = self._cutting(node, within.box, by, Room(width, height), chain)
                ns += there.ns
                layer_bytes = max(layer_bytes, there.layer_bytes)
        return Amount(ns, layer_bytes + width * height * costs.LAYER_BYTES[kind], within.box)

    def _cutting(self, node: Node, box: Box, by: Matrix, room: Room, chain: int) -> Amount:
        """A mask or clip path, for something of a box."""
        if node.tag not in ("mask", "clippath"):
            return Amount()
        units = node.attributes.get("maskContentUnits" if node.tag == "mask" else "clipPathUnits")
        if units == "objectBoundingBox":
            by = (box[2] - box[0], 0.0, 0.0, box[3] - box[1], 0.0, 0.0)
        style = self._looks.styled(node, self._plain if node.tag == "mask" else self._cut)
        by = times(by, matrix(node.attributes.get("transform", "")[: 10 * LONG]))
        within = self._again(node, by, style, room, chain, Work._content)
        for kind, leads in (self._looks.of(node).layers or {}).items():
            if leads:
                within = self._layer(kind, leads, within._replace(box=(0.0, 0.0, *room)), by, room, chain + 1)
        return within

    def _used(self, node: Node, by: Matrix, style: Style, room: Room, chain: int) -> Amount:
        """What a `use` shows."""
        self._effort.step(0.5)
        found = Amount()
        x, y = self._place(node, style)
        by = times(by, (1.0, 0.0, 0.0, 1.0, x, y))
        for target in self._named.get(node.attributes.get("href", "").strip()[1:], ()):
            if target.tag in ("symbol", "svg"):
                sides = [node.attributes.get(key) or target.attributes.get(key) for key in ("width", "height")]
                there = self._framed(target, sides, by, self._looks.styled(target, style), room, chain)
            elif target.tag in SHOWN:
                there = self._again(target, by, style, room, chain, Work._shown)
            else:
                continue
            found = Amount(found.ns + there.ns, max(found.layer_bytes, there.layer_bytes), around(found.box, there.box))
        return found

    def _nested(self, node: Node, by: Matrix, style: Style, room: Room, chain: int) -> Amount:
        return self._framed(node, [node.attributes.get(key) for key in ("width", "height")], by, style, room, chain)

    def _framed(self, node: Node, sides: list[str | None], by: Matrix, style: Style, room: Room, chain: int) -> Amount:
        """What is shown in a viewport of its own, cut off at its edges."""
        self._effort.step(1)
        width, height = (
            (length(side, whole, style.em) if side else None) or whole for side, whole in zip(sides, self._size, strict=True)
        )
        x, y = self._place(node, style)
        by = times(times(by, (1.0, 0.0, 0.0, 1.0, x, y)), matrix(node.attributes.get("transform", "")[: 10 * LONG]))
        if node.attributes.get("overflow") not in ("visible", "auto"):
            room = self._layer_room
        within = self._again(node, times(by, viewport(node, width, height)), style, room, chain, Work._content)
        if node.attributes.get("overflow") in ("visible", "auto"):
            return within
        return self._layer("viewport", (), within, by, room, chain)

    def _shape(self, node: Node, by: Matrix, style: Style, room: Room, chain: int) -> Amount:
        """A shape, with the markers on it."""
        ns, box, corners = 0.0, NOTHING, 0
        for one in self._corners.of(node, style.em):
            there = boxed(by, one.box)
            corners += one.lines + one.curves + 1
            if style.fill.depth or style.fill.names:
                edges_ns, pixels = costs.filled(one, by, there, room)
                ns += edges_ns + self._painted(style.fill, style.clear, pixels, there, by, chain)
            if style.stroke.depth or style.stroke.names:
                there = grown(there, 2 * style.width * scale(by))
                edges_ns, pixels = costs.stroked(one, by, style, there, room)
                ns += edges_ns + self._painted(style.stroke, style.clear, pixels, there, by, chain)
            box = around(box, there)
            if ns > MAX_NS:
                break
        layer_bytes = 0.0
        for name in style.marks:
            for mark in self._named.get(name, ()):
                if mark.tag == "marker":
                    found = self._mark(mark, by, style, room, chain)
                    ns += found.ns * corners
                    layer_bytes = max(layer_bytes, found.layer_bytes)
                    box = around(box, grown(box, max(0.0, found.box[2] - found.box[0], found.box[3] - found.box[1])))
        return Amount(ns, layer_bytes, box)

    def _painted(self, paint: Paint, clear: bool, area: float, box: Box, by: Matrix, chain: int) -> float:
        """What painting so many pixels takes."""
        each = costs.CLEAR_NS if clear or paint.depth > 1 else costs.COLOR_NS
        once = 0.0
        for name in paint.names:
            for node in self._named.get(name, ()):
                if node.tag == "pattern":
                    tile_ns, turned = self._tile(node, box, by, chain)
                    each = max(each, costs.TURNED_PATTERN_NS if turned else costs.PATTERN_NS)
                    once += tile_ns
                elif node.tag.endswith("gradient"):
                    stops = self._stops_of(node)
                    each = max(each, costs.GRADIENT_NS + stops * costs.STOP_NS)
                    once += stops * 1_000
        return area * each + once

    def _stops_of(self, node: Node) -> int:
        """How many colours a gradient has."""
        if node not in self._stops:
            self._stops[node] = sum(len(one.children) for one in self._linked(node))
        return self._stops[node]

    def _linked(self, node: Node) -> Iterator[Node]:
        """A gradient or pattern, and those that it begins from."""
        todo, count = [node], 0
        while todo:
            one = todo.pop()
            count += 1
            if count > MAX_LINKED:
                raise too_much("its gradients or patterns lead from one to the next without end")
            yield one
            todo += self._named.get(one.attributes.get("href", "").strip()[1:], ())

    def _tile(self, node: Node, box: Box, by: Matrix, chain: int) -> tuple[float, bool]:
        """A pattern's tile, drawn once for each shape that is painted with it; and whether its rows are not those of the picture."""
        linked = list(self._linked(node))
        self._effort.step(len(linked) + 0.5)
        told = {key: value for one in reversed(linked) for key, value in one.attributes.items()}
        across, down = box[2] - box[0], box[3] - box[1]
        by = times(by, matrix(told.get("patternTransform", "")[: 10 * LONG]))
        turned = not (by[1] == by[2] == 0 and by[0] > 0 and by[3] > 0)
        sides = [length(told.get(key, "0"), 1.0, 16.0) or 0.0 for key in ("width", "height")]
        if told.get("patternUnits") == "userSpaceOnUse":
            room = Room(abs(sides[0]) * scale(by), abs(sides[1]) * scale(by))
        else:
            room = Room(abs(sides[0]) * across * max(1.0, scale(by)), abs(sides[1]) * down * max(1.0, scale(by)))
        if room.width * room.height > MAX_TILE_PIXELS:
            raise too_much("the tile of a pattern in it is larger than the picture")
        if "viewBox" in told:
            _, _, wide, high = (*numbers(told["viewBox"]), 0.0, 0.0, 1.0, 1.0)[:4]
            by = (room.width / (wide or 1.0), 0.0, 0.0, room.height / (high or 1.0), 0.0, 0.0)
        elif told.get("patternContentUnits") == "objectBoundingBox":
            by = (across, 0.0, 0.0, down, 0.0, 0.0)
        room = Room(max(1.0, round(room.width, 1)), max(1.0, round(room.height, 1)))
        ns = sum(self._again(one, by, self._looks.styled(one, self._plain), room, chain + 1, Work._content).ns for one in linked)
        return ns + room.width * room.height * 4, turned

    def _mark(self, node: Node, by: Matrix, style: Style, room: Room, chain: int) -> Amount:
        """A marker at one corner, whichever way it is turned."""
        self._effort.step(1)
        attributes = node.attributes
        sides = [length(attributes.get(key, "3"), 100.0, style.em) or 0.0 for key in ("markerWidth", "markerHeight")]
        size = scale(by) * (1.0 if attributes.get("markerUnits") == "userSpaceOnUse" else style.width)
        if "viewBox" in attributes:
            _, _, wide, high = (*numbers(attributes["viewBox"]), 0.0, 0.0, 1.0, 1.0)[:4]
            size *= max(sides[0] / (wide or 1.0), sides[1] / (high or 1.0))
        turned = (size * 0.7, size * 0.7, -size * 0.7, size * 0.7, 0.0, 0.0)
        within = self._again(node, turned, self._looks.styled(node, self._plain), room, chain, Work._content)
        if attributes.get("overflow") in ("visible", "auto"):
            return within
        return self._layer("viewport", (), within, by, room, chain)

    def _text(self, node: Node, by: Matrix, style: Style, room: Room, chain: int) -> Amount:
        """A text with its parts."""
        ns, em, letters, spans = float(costs.TEXT_NS), style.em, 0, 0
        todo = [(node, style)]
        while todo:
            one, look = todo.pop()
            spans += one is not node
            letters += one.letters
            self._texts = max(self._texts, 2 if one.wide else 1)
            em = max(em, look.em)
            lists = [one.attributes.get(key, "") for key in ("x", "y", "dx", "dy", "rotate")]
            placed = sum(places.count(" ") + places.count(",") for places in lists)
            ns += min(placed, one.letters) * costs.PLACED_LETTER_NS
            ns += one.letters * self._letter(one, by, look, room, chain)
            todo += [(child, self._looks.styled(child, look)) for child in one.children if child.tag in TEXTS]
        self._effort.step(spans)
        ns += spans * costs.SPAN_NS + spans * spans * costs.SPANS_NS + letters * letters * 3
        x, y = (length(node.attributes.get(key, "0"), self._size[0], em) or 0.0 for key in ("x", "y"))
        wide = letters * em
        return Amount(ns, 0.0, boxed(by, (x - wide, y - 2 * em, x + wide, y + em)))

    def _letter(self, node: Node, by: Matrix, style: Style, room: Room, chain: int) -> float:
        """One letter of a text."""
        if not node.letters:
            return 0.0
        high = style.em * scale(by)
        box = (0.0, 0.0, high, high)
        ns = costs.letter_ns(high, node.wide, bool(style.stroke.depth or style.stroke.names), room)
        for paint in (style.fill, style.stroke):
            if paint.depth or paint.names:
                ns += self._painted(paint, style.clear, seen(box, room) / 2, box, by, chain)
        return ns


_UNKNOWN = object()
_DRAWN: Mapping[str, Show] = {
    **dict.fromkeys(SHAPES, Work._shape),
    "text": Work._text,
    "use": Work._used,
    "svg": Work._nested,
}


def _wording(node: Node) -> tuple[str, ...]:
    """All that is said of a `use` but where it is."""
    return tuple([one for key, value in node.attributes.items() if key not in ("x", "y") for one in (key, value)])
