"""What is said of each element of an SVG, by its attributes, its `style` and the style sheet."""

from __future__ import annotations

from collections.abc import Mapping

from labelhub.labels.images_matrix import matrix
from labelhub.labels.images_node import BARE, Effort, Look, Node, leads_out
from labelhub.labels.images_style import HANDED_DOWN, LAYERS, LONG, LOOKED_AT, MARKS, Style, Told, declared, layers, styled

_TOLD = 20
"""Looking at so many properties takes as long as a step."""

_ATTRIBUTES = LOOKED_AT - {"mix-blend-mode", "isolation"}
_STYLED = HANDED_DOWN | MARKS


class Looks:
    """What is said of the elements of one SVG, found out when it is asked for."""

    def __init__(self, rules: Mapping[str, tuple[Told, ...]], effort: Effort) -> None:
        self._rules, self._effort = rules, effort
        self._styles: dict[tuple[tuple[Told, ...], int], Style] = {}
        self._same: dict[Style, Style] = {}

    def of(self, node: Node) -> Look:
        """What is said of an element that matters here."""
        if node.look is None:
            node.look = self._looked(node)
        return node.look

    def _looked(self, node: Node) -> Look:
        attributes = node.attributes
        told: list[Told] = []
        if self._rules:
            for key in (node.tag, "*", f"#{attributes.get('id')}", *(f".{one}" for one in attributes.get("class", "").split())):
                told += self._rules.get(key, ())
        told += [(key, value, True) for key, value in attributes.items() if key in _ATTRIBUTES]
        if "style" in attributes:
            told += declared(attributes["style"])
        if not told:
            return BARE
        self._effort.step(len(told) / _TOLD)
        own, layered, hidden = None, False, False
        for key, value, _ in told:
            if len(value) > LONG:
                self._effort.step(len(value[: 10 * LONG]) / LONG)
            if key == "transform":
                own = matrix(value[: 10 * LONG])
            elif key in LAYERS:
                layered = True
                if value.strip() == "inherit":
                    raise leads_out(f"{key}: inherit")
            elif key == "filter" and value.strip() != "none":
                raise leads_out("a filter")
            elif key == "display":
                hidden = value.strip() == "none" and not self._rules
        handed = tuple([one for one in told if one[0] in _STYLED])
        return Look(own, (layers(told) or None) if layered else None, handed, hidden)

    def styled(self, node: Node, above: Style) -> Style:
        """What an element hands down: one and the same object for the same."""
        handed = self.of(node).handed
        if not handed:
            return above
        key = (handed, id(above))
        found = self._styles.get(key)
        if found is None:
            made = styled(sorted(handed, key=_sure) if self._rules else handed, above)
            found = self._styles[key] = self.same(made)
        return found

    def same(self, style: Style) -> Style:
        """The one object for all that are equal: it is known by its identity, which is sooner compared."""
        return self._same.setdefault(style, style)


def _sure(told: Told) -> bool:
    return not told[2]
