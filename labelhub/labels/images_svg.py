"""What an SVG would have a library draw, looked at before one does: what leads out of the file, or is endless, is refused.

Two steps: the file is read as elements, of which none may lead anywhere but into the file itself; then the work of drawing them is
reckoned (`images_work`). Limits are for labels, and far above what drawings have.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers import expat

from labelhub.errors import ImageInvalid
from labelhub.labels.images_head import broken
from labelhub.labels.images_matrix import length
from labelhub.labels.images_node import Node, leads_out, too_much
from labelhub.labels.images_path import MOST
from labelhub.labels.images_style import LONG, rules_of
from labelhub.labels.images_work import Work

MAX_SVG_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 7_000
MAX_DEPTH = 60
MAX_ATTRIBUTES = 250
MAX_ATTRIBUTES_IN_ALL = 100_000
MAX_NAMESPACES = 200
MAX_LETTERS = 10_000
MAX_LINKS = 2_000
"""Gradients and such that begin from another one; a large drawing has some hundred."""

MAX_CLASSES = 20_000
MAX_RULES = 3_000
MAX_MATCHES = 10_000_000
"""Rules of a style sheet, times the elements and classes that each is held against."""

LEAST = 1e-6
"""The least width or height, in the file's own units."""

_REFUSED = frozenset(("image", "filter", "foreignobject", "script", "animate", "animatemotion", "animatetransform", "set", "iframe"))
"""What leads outside, moves, or (filters) costs seconds and shows nothing on a printer without grey."""

_OUTSIDE = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import|\\", re.I)
_SVG = "http://www.w3.org/2000/svg"
_DRAWN = frozenset((_SVG, "http://www.w3.org/1999/xlink", "http://www.w3.org/XML/1998/namespace"))
"""The namespaces whose attributes are taken for those of SVG."""

_MUTE = frozenset(("space", "lang", "base", "id", "title", "show", "type", "actuate", "role", "arcrole"))
_DECLARED = re.compile(r"<\?xml[^>]{0,100}encoding\s*=\s*['\"](iso-8859-1|latin1|windows-1252|us-ascii)['\"]", re.I)


def written(source: bytes) -> str:
    """The text of an SVG. ImageInvalid."""
    if len(source) > MAX_SVG_BYTES:
        raise ImageInvalid(
            f"the SVG has {len(source) / 1e6:.1f} MB; simplify it to at most {MAX_SVG_BYTES // 2**20} MiB, or save it as PNG"
        )
    declared = _DECLARED.search(source[:LONG].decode("latin-1"))
    try:
        return source.decode(declared[1] if declared else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise broken("SVG") from error


def check_svg(source: bytes, pixels: int = 1_000_000) -> tuple[float, float]:
    """Width and height of an SVG that is well-formed, leads nowhere outside itself and is no more work than a label may be.

    In its own units; the work is that of drawing it with so many pixels. ImageInvalid.
    """
    text = written(source)
    elements = text.count("<") - text.count("</") - text.count("<!")
    if elements > MAX_ELEMENTS or text.count("=") > MAX_ATTRIBUTES_IN_ALL or text.count(";") > MAX_ATTRIBUTES_IN_ALL:
        raise _too_many()
    if text.count("xmlns:") > MAX_NAMESPACES:
        raise leads_out("hundreds of namespaces")
    if any(tag.count("=") > 10 * MAX_ATTRIBUTES for tag in text.split("<")):  # an element of so many costs as much to parse
        raise _too_many()
    tree = _Tree()
    _parse(text, tree.start, tree.end, tree.text)
    sheet = "".join(tree.sheet)
    if sheet.count("{") + sheet.count(",") + sheet.count("/*") > MAX_RULES:
        raise too_much(f"its style sheet has more than {MAX_RULES} rules")
    if sheet.count("{") * (tree.elements + tree.classes) > MAX_MATCHES:
        raise too_much("its style sheet has more rules than can be held against its elements")
    size = _size(tree.root)
    Work(tree.root, tree.named, dict(rules_of(sheet)), size, pixels, (tree.elements, text.count("="))).judge()
    return size


class _Tree:
    """The elements of an SVG, gathered while it is read."""

    def __init__(self) -> None:
        self.root = Node("", {})
        self.named: dict[str, list[Node]] = {}
        self.sheet: list[str] = []
        self.elements = self.classes = self._links = self._letters = 0
        self._open: list[Node] = [self.root]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.elements += 1
        if self.elements > MAX_ELEMENTS or len(self._open) > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise _too_many()
        space, _, tag = name.rpartition(" ")
        tag = tag.lower()
        if space not in ("", _SVG):
            tag = "style" if tag == "style" else "?"
        elif tag in _REFUSED:
            raise leads_out(f"<{tag}>")
        node = Node(tag, self._told(tag, attributes))
        self._open[-1].children.append(node)
        self._open.append(node)
        if (identity := node.attributes.get("id")) is not None:
            self.named[identity] = [*self.named.get(identity, ())[:1], node]  # the library takes the first or the last of a name

    def end(self, _: str) -> None:
        """The element that began last ends."""
        self._open.pop()

    def text(self, content: str) -> None:
        """Text within an element."""
        if _OUTSIDE.search(content) and ("@import" in content.lower() or "url" in content.lower()):
            raise leads_out("a style")
        node = self._open[-1]
        if node.tag == "style":
            self.sheet.append(content)
        elif node.tag in ("text", "tspan", "textpath", "tref", "a"):
            node.letters += len(content)
            node.wide = node.wide or not content.isascii()
            self._letters += len(content)
            if self._letters > MAX_LETTERS:
                raise too_much(f"it has more than {MAX_LETTERS} letters of text")

    def _told(self, tag: str, attributes: dict[str, str]) -> dict[str, str]:
        """Its attributes, those of other namespaces left out. ImageInvalid where one leads outside."""
        written = " ".join((*attributes, *attributes.values()))
        if not ("://" in written or "href" in written or "url" in written.lower() or "class" in attributes):
            return attributes
        found: dict[str, str] = {}
        for name, value in attributes.items():
            key = name
            if " " in name:
                space, _, key = name.partition(" ")
                if space not in _DRAWN or key in _MUTE:
                    continue
                if key != "href":
                    raise leads_out(f"an attribute {key[:LONG]} with a prefix")
            if key == "href":
                if tag == "a" or (name != key and key in found):
                    continue
                if not value.strip().startswith("#"):
                    raise leads_out("a reference to another file")
                self._links += tag != "use"
                if self._links > MAX_LINKS:
                    raise too_much(f"more than {MAX_LINKS} of its gradients lead to others")
            elif key != "d" and "url" in value.lower() and _OUTSIDE.search(value):
                raise leads_out("a reference to another file")
            elif key == "class":
                self.classes += value.count(" ") + 1
                if self.classes > MAX_CLASSES:
                    raise _too_many()
            found[key] = value
        return found


_SIZELESS = "the SVG has no size; give it a viewBox, or a width and a height"


def _size(root: Node) -> tuple[float, float]:
    """Width and height in the SVG's own units: those of its attributes, or of its viewBox. ImageInvalid."""
    head = root.children[0].attributes if root.children else {}
    sides = [head.get(key, "").strip()[:LONG] for key in ("width", "height")]
    try:
        if all(sides) and not any(side.endswith("%") for side in sides):
            width, height = (float(one) for side in sides if (one := length(side, 100.0, 16.0)) is not None)
        else:
            _, _, width, height = (float(part) for part in re.split(r"[\s,]+", head.get("viewBox", "")[:LONG].strip()))
    except ValueError as error:
        raise ImageInvalid(_SIZELESS) from error
    if not (LEAST <= width <= MOST and LEAST <= height <= MOST):
        raise ImageInvalid(_SIZELESS)
    return width, height


def _parse(text: str, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], within: Callable[[str], None]) -> None:
    """Tell of each element. ImageInvalid for what is broken, or declares what stands for something else."""

    def refuse_doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
        if internal:
            raise ImageInvalid("the SVG declares entities, which may grow without end; save it as plain SVG")

    def refuse_instruction(target: str, content: str) -> None:
        raise leads_out(f"<?{target[:30]}?>")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.CharacterDataHandler = within
    parser.ProcessingInstructionHandler = refuse_instruction
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise broken("SVG") from error


def _too_many() -> ImageInvalid:
    return ImageInvalid(
        f"the SVG has more than {MAX_ELEMENTS} elements or {MAX_ATTRIBUTES} attributes of one, or is deeper than {MAX_DEPTH}; "
        "simplify it, or save it as PNG"
    )
