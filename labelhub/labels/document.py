"""A template's YAML text as checked values: bounded, without anchors, aliases or tags, every fault with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Never, TypeVar

import yaml

from labelhub.errors import TemplateInvalid

MAX_SOURCE_BYTES = 64 * 1024
MAX_DEPTH = 24
MAX_VALUES = 4000
MAX_DIGITS = 400

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the document and its place in it, a JSON pointer. `depth`: how many elements it lies in."""

    content: Any
    pointer: str
    depth: int = 0

    def refuse(self, reason: str) -> Never:
        """TemplateInvalid that names this place and the reason."""
        raise refused(self.pointer, reason)

    def table(self, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> dict[str, Value]:
        """The members of a mapping; an unknown or missing key is refused."""
        if not isinstance(self.content, Mapping):
            self.refuse("must be a mapping of keys and values")
        known = (*required, *optional)
        for key in self.content:
            if key not in known:
                raise refused(f"{self.pointer}/{_escaped(key)}", f"unknown key; known here: {', '.join(known)}")
        for key in required:
            if key not in self.content:
                self.refuse(f"the key {key!r} is missing")
        return {key: Value(content, f"{self.pointer}/{key}", self.depth) for key, content in self.content.items()}

    def items(self, most: int) -> list[Value]:
        """The entries of a list of one to `most` entries."""
        if not isinstance(self.content, list) or not 0 < len(self.content) <= most:
            self.refuse(f"must be a list of 1 to {most} entries")
        return [Value(content, f"{self.pointer}/{place}", self.depth) for place, content in enumerate(self.content)]

    def text(self, most: int = 200) -> str:
        """A text of one to `most` characters."""
        if not isinstance(self.content, str) or not 0 < len(self.content) <= most:
            self.refuse(f"must be a text of 1 to {most} characters")
        return self.content

    def deeper(self) -> Value:
        """The same value, one element further in."""
        return Value(self.content, self.pointer, self.depth + 1)

    def number(self, least: float, most: float) -> float:
        """A number between two limits, both allowed."""
        if isinstance(self.content, bool) or not isinstance(self.content, int | float) or not least <= self.content <= most:
            self.refuse(f"must be a number from {least:g} to {most:g}")
        return float(self.content)

    def whole(self, least: int, most: int) -> int:
        """A whole number between two limits, both allowed."""
        if isinstance(self.content, bool) or not isinstance(self.content, int) or not least <= self.content <= most:
            self.refuse(f"must be a whole number from {least} to {most}")
        return self.content

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.content, bool):
            self.refuse("must be true or false")
        return self.content

    def one_of(self, choices: tuple[str, ...]) -> str:
        """One of the words allowed here."""
        if not isinstance(self.content, str) or self.content not in choices:
            self.refuse(f"must be one of: {', '.join(choices)}")
        return self.content


def taken(table: Mapping[str, Value], key: str, read: Callable[[Value], Kind], otherwise: Kind) -> Kind:
    """What `read` makes of a key's value, or `otherwise` where the key is not there."""
    return read(table[key]) if key in table else otherwise


def read(source: str) -> Value:
    """The whole document. TemplateInvalid when it is too large, is no plain YAML or uses anchors, aliases or tags."""
    if len(source.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
        raise TemplateInvalid(f"the template is larger than {MAX_SOURCE_BYTES // 1024} KiB")
    try:
        _check_events(source)
        content = yaml.load(source, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader that allows still less
    except yaml.YAMLError as error:
        raise TemplateInvalid(_yaml_reason(error)) from error
    except (ValueError, OverflowError) as error:
        raise TemplateInvalid(f"a value of the template cannot be read: {error}") from error
    return Value(content, "")


def refused(pointer: str, reason: str) -> TemplateInvalid:
    """The error for one place of the document."""
    place = pointer or "/"
    return TemplateInvalid(f"{place}: {reason}", errors=[{"pointer": place, "detail": reason}])


class _PlainLoader(yaml.CSafeLoader):  # libyaml: ten times as quick, and every start reads the built-in templates
    """Safe YAML whose mappings have only text keys, each once, and no merge keys."""

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "expected a mapping", node.start_mark)
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(None, None, "a key must be a text", key_node.start_mark)
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {str(key_node.value)[:60]!r} stands twice", key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def _number(loader: yaml.CSafeLoader, node: yaml.Node) -> int | float:
    """A number that is not longer than any that means something: making one of 60,000 digits takes long."""
    if len(str(node.value)) > MAX_DIGITS:
        raise yaml.constructor.ConstructorError(None, None, f"a number has at most {MAX_DIGITS} digits", node.start_mark)
    make = loader.construct_yaml_int if node.tag == INT else loader.construct_yaml_float
    return make(node)  # type: ignore[arg-type]


INT, FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
_PlainLoader.add_constructor(INT, _number)
_PlainLoader.add_constructor(FLOAT, _number)


def _check_events(source: str) -> None:
    depth = count = 0
    for event in yaml.parse(source, Loader=_PlainLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _not_allowed(event, "anchors and aliases are not allowed")
        if isinstance(event, yaml.NodeEvent):
            count += 1
            if getattr(event, "tag", None) is not None:
                raise _not_allowed(event, "tags are not allowed")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _not_allowed(event, f"nested deeper than {MAX_DEPTH} levels")
        if count > MAX_VALUES:
            raise _not_allowed(event, f"more than {MAX_VALUES} values")


def _not_allowed(event: yaml.Event, reason: str) -> TemplateInvalid:
    line = 0 if event.start_mark is None else event.start_mark.line
    return TemplateInvalid(f"line {line + 1}: {reason}")


def _yaml_reason(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return f"the template is not valid YAML: {str(error).splitlines()[0]}"


def _escaped(key: object) -> str:
    return str(key)[:60].replace("~", "~0").replace("/", "~1")
