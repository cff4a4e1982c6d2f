"""The process that draws labels for a hub with many to draw: `python -m labelhub.jobs.draw_process`, spoken to through its pipes.

    it says       one byte, `R`, once it can draw
    then, for each request in turn
      it reads    4 bytes of length, then a pickle: a number, the Sketch it stands for (None: told before), the fields of its labels
      it writes   4 bytes of length, 4 bytes of length of a head in JSON, the head, and the planes one after the other
The head has an entry for each label drawn, the first of those asked for: what a Page has beside its planes, and their sizes, or the
error's slug, detail and extra.
A fault that is none of a label's ends the process with its traceback: who speaks to it starts another.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import signal
import struct
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from labelhub.errors import HubError, all_errors
from labelhub.jobs.sketch import Sketch, lay_out_some
from labelhub.labels.page import Page
from labelhub.raster import Raster

READY = b"R"
LENGTH = struct.Struct(">I")
MEMORY_BYTES = 1 << 30
NICENESS = 5
"""Who scans, prints or looks at a page comes first."""


def now_after_others() -> float:
    """The time, asked for between two labels: whoever waits for this core has his turn first.

    A process that is only nice keeps its core until Linux looks at its slice, at a tick every 4 ms, and the hub that woke up waits so
    long. One that may run only when nobody else wants to (SCHED_IDLE) would draw nothing on a machine with much else to do.
    """
    os.sched_yield()
    return time.monotonic()


def main() -> None:
    """Draw until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from the terminal, meant for the hub, which ends this as it ends
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    answers.write(READY)
    answers.flush()
    known: dict[int, Sketch] = {}
    while (length := requests.read(LENGTH.size)) and (request := _whole(requests, *LENGTH.unpack(length))):
        number, sketch, labels = pickle.loads(request)  # noqa: S301 - from the hub's own pipe
        if sketch is not None:
            known = {**known, number: sketch}
        answers.write(packed(lay_out_some(known[number], labels, now_after_others)))
        answers.flush()


def packed(outcomes: Sequence[Page | HubError]) -> bytes:
    """The answer to one request."""
    head = json.dumps([_head(outcome) for outcome in outcomes]).encode()
    planes = b"".join(outcome.raster.black + (outcome.raster.red or b"") for outcome in outcomes if isinstance(outcome, Page))
    size = LENGTH.size + len(head) + len(planes)
    return LENGTH.pack(size) + LENGTH.pack(len(head)) + head + planes


def unpacked(answer: bytes) -> list[Page | HubError]:
    """The outcomes of an answer, without its length."""
    start = LENGTH.size + LENGTH.unpack_from(answer)[0]
    outcomes: list[Page | HubError] = []
    for entry in json.loads(answer[LENGTH.size : start]):
        if "slug" in entry:
            outcomes.append(error_of(entry["slug"])(entry["detail"], **entry["extra"]))
            continue
        middle = start + entry["black"]
        end = middle + entry["red"]
        red = answer[middle:end] or None
        raster = Raster(entry["width_dots"], entry["height_dots"], answer[start:middle], red)
        outcomes.append(Page(raster, entry["turned"], entry["length_mm"], (), (), entry["stretch"]))
        start = end
    return outcomes


def error_of(slug: str) -> Callable[..., HubError]:
    """The error class with a slug."""
    return next((kind for kind in all_errors() if kind.slug == slug), HubError)


def _head(outcome: Page | HubError) -> Mapping[str, Any]:
    if isinstance(outcome, HubError):
        return {"slug": outcome.slug, "detail": outcome.detail, "extra": outcome.extra}
    raster = outcome.raster
    return {
        "width_dots": raster.width_dots, "height_dots": raster.height_dots, "black": len(raster.black), "red": len(raster.red or b""),
        "turned": outcome.turned, "length_mm": outcome.length_mm, "stretch": outcome.stretch,
    }  # fmt: skip


def _whole(stream: IO[bytes], size_bytes: int) -> bytes:
    """So many bytes, or none where the stream ends before."""
    found = stream.read(size_bytes)
    return found if len(found) == size_bytes else b""


if __name__ == "__main__":
    main()
