"""The process that draws labels for a hub with many to draw: `python -m labelhub.jobs.draw_process`, spoken to through its pipes.

    it says       one byte, `R`, once it can draw
    then, for each request in turn
      it reads    4 bytes of length, then a pickle: a number, the Sketch and packed Coding it stands for (None: told before), the fields
                  of the labels, and the order of the pages to encode, by the number of their label (empty: the dots are wanted)
      it writes   an answer as in `draw_answer`
A fault that is none of a label's ends the process with its traceback: who speaks to it starts another.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import platform
import resource
import signal
import struct
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
NICENESS = 10
"""Who scans, prints or looks at a page comes first. On a machine where others keep every core busy, a tenth of one is left."""
SLICE_NS = 100_000_000
SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
"""Its number on Linux, by machine: Python and the C library have no name for it."""


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


def give_way() -> None:
    """Let whoever wakes up have this core at once, where Linux can (6.12): a process that says it is content with long slices, seldom
    given, is interrupted by those that are not. Elsewhere it is only nice.
    """
    os.nice(NICENESS)
    call = SCHED_SETATTR.get(platform.machine())
    if sys.platform == "linux" and call is not None:
        size, flags, priority, deadline, period = 48, 0, 0, 0, 0
        attributes = struct.pack("=IIQiIQQQ", size, os.sched_getscheduler(0), flags, os.nice(0), priority, SLICE_NS, deadline, period)
        ctypes.CDLL(None).syscall(call, 0, attributes, 0)  # -1 where it is not allowed or not known, and then nothing is lost


def main() -> None:
    """Draw until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from the terminal, meant for the hub, which ends this as it ends
    give_way()
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
