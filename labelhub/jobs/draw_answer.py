"""What the process that draws answers, as bytes: nothing that it says is run, for it has read other people's fonts and pictures.

    4 bytes of length, 4 bytes of length of a head in JSON, the head, then the parts one after the other
The head has an entry for each label drawn, the first of those asked for: the error's slug, detail and extra, or what a Page has beside
its planes, and their sizes; then the parts are the planes. Or it has what was encoded of them, and the parts are that.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelhub.drivers.driver import Encoded, EncodedPage
from labelhub.errors import HubError, all_errors
from labelhub.jobs.sketch import Outcome
from labelhub.labels.page import Page
from labelhub.raster import Raster

LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the first labels asked for: their pages or why there is none. Or, where they were all drawn and then encoded, their
    rows in place of the pages.
    """

    outcomes: Sequence[Outcome] = ()
    rows: Sequence[int | HubError] = ()
    encoded: Encoded | None = None


def packed(outcomes: Sequence[Outcome], encoded: Encoded | None = None) -> bytes:
    """The answer to one request."""
    head: dict[str, Any] = {"labels": [_head(outcome) for outcome in outcomes]}
    if encoded is None:
        parts = [plane for page in outcomes if isinstance(page, Page) for plane in (page.raster.black, page.raster.red or b"")]
    else:
        parts = [encoded.more, encoded.last]
        for page in encoded.pages:
            parts += [page.body] if page.body_if_last is None else [page.body, page.body_if_last]
        head["pages"] = [1 if page.body_if_last is None else 2 for page in encoded.pages]
        head["parts"] = [len(part) for part in parts]
    told = json.dumps(head).encode()
    size = LENGTH.size + len(told) + sum(map(len, parts))
    return b"".join((LENGTH.pack(size), LENGTH.pack(len(told)), told, *parts))


class AnswerInvalid(Exception):
    """Not what a process that draws answers."""


def unpacked(answer: bytes) -> Answer:
    """The answer, without its length. AnswerInvalid."""
    try:
        return _unpacked(answer)
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration, struct.error) as error:
        raise AnswerInvalid(f"{type(error).__name__}: {error}") from error


def _unpacked(answer: bytes) -> Answer:
    start = LENGTH.size + LENGTH.unpack_from(answer)[0]
    head = json.loads(answer[LENGTH.size : start])
    if "pages" not in head:
        sizes = [size for entry in head["labels"] if "slug" not in entry for size in (entry["black"], entry["red"])]
        planes = _parts(answer, start, sizes)
        return Answer([_error(entry) if "slug" in entry else _page(entry, next(planes), next(planes)) for entry in head["labels"]])
    parts = _parts(answer, start, head["parts"])
    more, last = next(parts), next(parts)
    pages = tuple(EncodedPage(next(parts), next(parts) if forms == 2 else None) for forms in head["pages"])
    rows = [_error(entry) if "slug" in entry else int(entry["height_dots"]) for entry in head["labels"]]
    return Answer(rows=rows, encoded=Encoded(pages, more, last))


def error_of(slug: str) -> Callable[..., HubError]:
    """The error class with a slug."""
    return next((kind for kind in all_errors() if kind.slug == slug), HubError)


def _head(outcome: Outcome) -> Mapping[str, Any]:
    if isinstance(outcome, HubError):
        return {"slug": outcome.slug, "detail": outcome.detail, "extra": outcome.extra}
    raster = outcome.raster
    return {
        "width_dots": raster.width_dots, "height_dots": raster.height_dots, "black": len(raster.black), "red": len(raster.red or b""),
        "turned": outcome.turned, "length_mm": outcome.length_mm, "stretch": outcome.stretch,
    }  # fmt: skip


def _error(entry: Mapping[str, Any]) -> HubError:
    return error_of(entry["slug"])(entry["detail"], **entry["extra"])


def _page(entry: Mapping[str, Any], black: bytes, red: bytes) -> Page:
    raster = Raster(entry["width_dots"], entry["height_dots"], black, red or None)
    return Page(raster, entry["turned"], entry["length_mm"], (), (), entry["stretch"])


def _parts(answer: bytes, start: int, sizes: Sequence[int]) -> Iterator[bytes]:
    for size in sizes:
        yield answer[start : start + size]
        start += size
