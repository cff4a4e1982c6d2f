"""Payload: what a sender sent, in whatever form, as one table of plain values and at most one picture. Bounded in size, depth and number.

    JSON                a table; numbers, texts, lists and tables in it
    form                PHP's brackets make tables of it: `details[stock_amount]=1`, `tags[]=a&tags[]=b`
    multipart           the same from its fields; a file that is a picture becomes the picture, of others only the name is kept
    picture             the picture itself, with what the address says beside it
    plain text          the field `text`

Sources: RFC 8259, WHATWG URL (urlencoded), RFC 7578, PHP's manual on variables from external sources.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from labelhub.errors import BodyTooLarge, PayloadInvalid, UnsupportedMediaType

MAX_BYTES = 1024 * 1024
MAX_PICTURE_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 20
MAX_VALUES = 5000
MAX_PAIRS = 1000
MAX_PARTS = 100
MAX_QUERY = 16_384
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?', re.I)
_NAMED = re.compile(rb'[; ]name="((?:[^"\\]|\\.){0,200})"', re.I)
_FILENAME = re.compile(rb"[; ]filename\*?=", re.I)
_CONTROL = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\ud800-\udfff]")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Payload:
    """What came: its values, its picture, and the address's part behind the `?` as it stood there."""

    values: Values = field(default_factory=dict)
    picture: bytes | None = None
    query: str = ""

    @property
    def asked(self) -> dict[str, str]:
        """The values of the address."""
        return dict(pairs(self.query))


def parsed(content_type: str, body: bytes, query: str = "") -> Payload:
    """The payload. PayloadInvalid, BodyTooLarge, UnsupportedMediaType; never anything else, whatever was sent."""
    if len(query) > MAX_QUERY:
        raise PayloadInvalid(f"the address has more than {MAX_QUERY} characters behind its ?")
    kind = _kind(content_type, body)
    if kind == "picture":
        return Payload(dict(pairs(query)), _picture(body), query)
    if kind == "multipart":
        return _multipart(content_type, body, query)
    if len(body) > MAX_BYTES:
        raise BodyTooLarge(f"The request body is larger than {MAX_BYTES // 2**20} MiB.", limit_bytes=MAX_BYTES)
    asked: dict[str, Any] = dict(pairs(query))
    if kind == "json":
        return Payload(asked | _json(body), None, query)
    if kind == "form":
        return Payload(asked | nested(pairs(_text(body))), None, query)
    return Payload(asked | ({"text": plain(_text(body))} if body.strip() else {}), None, query)


def pairs(text: str) -> list[tuple[str, str]]:
    """Names and values of a form. PayloadInvalid when there are too many, or it is no UTF-8."""
    try:
        found = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PAIRS, errors="strict")
    except ValueError as error:
        why = "is no UTF-8" if isinstance(error, UnicodeError) else f"has more than {MAX_PAIRS} fields"
        raise PayloadInvalid(f"the form {why}") from error
    return [(plain(name), plain(value)) for name, value in found]


def nested(found: list[tuple[str, str]]) -> dict[str, Any]:
    """PHP's reading of names with brackets: tables in tables, and lists where brackets are empty. The last of a name counts."""
    whole: dict[str, Any] = {}
    for name, value in found:
        first, bracket, _ = name.partition("[")
        steps = _BRACKETS.findall(name[len(first) :]) if bracket and first else []
        if not steps:
            whole[name] = value
            continue
        if len(steps) >= MAX_DEPTH:
            raise PayloadInvalid(f"the field {name[:60]!r} has more than {MAX_DEPTH} levels of brackets")
        table = whole
        for step, below in zip([first, *steps], [*steps, None], strict=True):
            key = step or _next(table)
            if below is None:
                table[key] = value
            else:
                if not isinstance(table.get(key), dict):
                    table[key] = {}
                table = table[key]
    return {name: _listed(value) for name, value in whole.items()}


def _next(table: dict[str, Any]) -> str:
    """The number of a value that names none, behind those that do."""
    number = len(table)
    while str(number) in table:
        number += 1
    return str(number)


def plain(text: str) -> str:
    """The text without control characters and halves of characters, which no label and no answer could show."""
    return _CONTROL.sub("", text)


def _kind(content_type: str, body: bytes) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("image/"):
        return "picture"
    if kind == "application/json" or kind.endswith("+json"):
        return "json"
    if kind == "multipart/form-data":
        return "multipart"
    begun = body[:64].lstrip()
    if kind in ("", "application/octet-stream") or (kind == "application/x-www-form-urlencoded" and begun[:1] in (b"{", b"\x89")):
        # What wget and others call a form, whatever it is.
        return "picture" if body.startswith(_MAGIC) else "json" if begun[:1] == b"{" else "form" if b"=" in body else "text"
    if kind == "application/x-www-form-urlencoded":
        return "form"
    if kind == "text/plain":
        return "json" if begun[:1] == b"{" else "text"
    raise UnsupportedMediaType(
        f"A hook takes JSON, a form, multipart/form-data, plain text or a picture, not {kind[:100]!r}.",
    )


def _json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        found = json.loads(body, parse_constant=_refuse_constant, parse_int=_whole)
    except (ValueError, RecursionError) as error:  # text that is no JSON, no Unicode, or too deep
        why = "it has too many levels" if isinstance(error, RecursionError) else str(error)
        raise PayloadInvalid(f"the body is no JSON: {why[:200]}") from error
    if not isinstance(found, dict):
        raise PayloadInvalid("the body must be a JSON object, {...}")
    cleaned: dict[str, Any] = _cleaned(found, 1, [0])
    return cleaned


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= 60 else digits


def _cleaned(value: Any, depth: int, counted: list[int]) -> Any:
    """The value with texts that can be shown; PayloadInvalid when there is too much of it."""
    counted[0] += 1
    if depth > MAX_DEPTH or counted[0] > MAX_VALUES:
        what = f"{MAX_DEPTH} levels" if depth > MAX_DEPTH else f"{MAX_VALUES} values"
        raise PayloadInvalid(f"the body has more than {what}; send less, or only what the label needs")
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(name)[:200]: _cleaned(part, depth + 1, counted) for name, part in value.items()}
    if isinstance(value, list):
        return [_cleaned(part, depth + 1, counted) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise PayloadInvalid("the body holds a number that is too large")
    return value


def _listed(value: Any) -> Any:
    """A table whose names count from 0 is a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(part) for name, part in value.items()}
    return list(inner.values()) if inner and list(inner) == [str(number) for number in range(len(inner))] else inner


def _picture(body: bytes) -> bytes:
    if len(body) > MAX_PICTURE_BYTES:
        raise BodyTooLarge(f"The picture is larger than {MAX_PICTURE_BYTES // 2**20} MiB.", limit_bytes=MAX_PICTURE_BYTES)
    if not body:
        raise PayloadInvalid("the picture is empty")
    return body


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise PayloadInvalid("the body is no UTF-8 text") from error


def _multipart(content_type: str, body: bytes, query: str) -> Payload:
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise PayloadInvalid("multipart/form-data without a boundary")
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode(), MAX_PARTS + 2)
    if not parts or not parts[-1].startswith(b"--") or len(parts) > MAX_PARTS + 1:
        raise PayloadInvalid(f"the multipart body is cut off, or has more than {MAX_PARTS} parts")
    fields: list[tuple[str, str]] = []
    files: dict[str, Any] = {}
    picture: bytes | None = None
    left_bytes = MAX_BYTES
    for part in parts[:-1]:
        head, gap, content = part.partition(b"\r\n\r\n")
        name = _NAMED.search(head.replace(b"\r\n", b"; "))
        if not gap or name is None or len(head) > 4096:
            raise PayloadInvalid("a part of the multipart body has no name")
        called = plain(unquote_to_bytes(name[1].replace(b'\\"', b'"')).decode(errors="replace"))
        if _FILENAME.search(head):
            files[called] = {"size_bytes": len(content)}
            picture = _picture(content) if picture is None and content.startswith(_MAGIC) else picture
            continue
        left_bytes -= len(content)
        if left_bytes < 0:
            raise BodyTooLarge(f"The fields of the form are larger than {MAX_BYTES // 2**20} MiB.", limit_bytes=MAX_BYTES)
        fields.append((called, plain(_text(content))))
    asked: dict[str, Any] = dict(pairs(query))
    return Payload(asked | files | nested(fields), picture, query)
