"""The process that draws labels for a hub with many to draw: `python -m labelhub.jobs.draw_process`, spoken to through its pipes.

    it says       one byte, `R`, once it can draw
    then, for each request in turn
      it reads    4 bytes of length, then a pickle: a number, the Sketch and packed Coding it stands for (None: told before), the fields
                  of the labels, and the order of the pages to encode, by the number of their label (empty: the dots are wanted)
      it writes   an answer as in `draw_answer`
A fault that is none of a label's ends the process with its traceback: who speaks to it starts another.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

from labelhub.jobs.draw_answer import LENGTH, packed
from labelhub.jobs.sketch import Coding, Fields, Sketch, coding_of, lay_out_some
from labelhub.labels.page import Page

READY = b"R"
MEMORY_BYTES = 1 << 30
NICENESS = 5
"""Who scans, prints or looks at a page comes first."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a number stands for."""

    sketch: Sketch
    coding: Coding | None


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
    known: dict[int, Known] = {}
    while (length := requests.read(LENGTH.size)) and (request := _whole(requests, *LENGTH.unpack(length))):
        number, told, labels, order = pickle.loads(request)  # noqa: S301 - from the hub's own pipe
        if told is not None:
            known[number] = Known(told[0], coding_of(told[1]))
        answers.write(answered(known[number], labels, order))
        answers.flush()


def answered(known: Known, labels: Sequence[Fields], order: Sequence[int], clock: Callable[[], float] = now_after_others) -> bytes:
    """The answer to one request. What cannot be encoded here is handed out as dots: the hub finds out why, and tells it."""
    outcomes = lay_out_some(known.sketch, labels, clock)
    drawn = [outcomes[number] for number in order] if len(outcomes) == len(labels) else []
    rasters = [outcome.raster for outcome in drawn if isinstance(outcome, Page)]
    if not rasters or known.coding is None:
        return packed(outcomes)
    try:
        return packed(outcomes, known.coding.encode(rasters))
    except Exception:  # noqa: BLE001 - a driver may be anybody's
        return packed(outcomes)


def _whole(stream: IO[bytes], size_bytes: int) -> bytes:
    """So many bytes, or none where the stream ends before."""
    found = stream.read(size_bytes)
    return found if len(found) == size_bytes else b""


if __name__ == "__main__":
    main()
