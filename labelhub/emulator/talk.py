"""What a machine says beside printing.

On USB a printer sends a status block when asked (ESC i S), when its phase changes, a page is done, an error begins, the
cover moves or the head cools, unless ESC i ! 01 silenced it. On the network all of this stays inside.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from labelhub.drivers.brother import block as raw
from labelhub.emulator.panel import Panel

KEPT_BLOCKS = 64
COVER_OPENED, COVER_CLOSED = 0x01, 0x02
"""Notifications of byte 22, beside those of `drivers.brother.block`."""


@dataclass(frozen=True, slots=True)
class Said:
    """A status block the machine has to say: in answer to ESC i S, or by itself."""

    block: bytes
    answer: bool


class Voice:
    """What a machine says of a panel, until somebody takes it. A printer that is off says nothing."""

    def __init__(self) -> None:
        self.said: deque[Said] = deque(maxlen=KEPT_BLOCKS)
        """What it had to say and nobody took yet."""
        self.notifies = True
        """False when it speaks only if asked."""
        self._told_errors = (0, 0)

    def begin_anew(self) -> None:
        """As after its power came back; what nobody took yet stays."""
        self.notifies = True
        self._told_errors = (0, 0)

    def answer(self, panel: Panel) -> None:
        """ESC i S is not answered while a page is printed."""
        if panel.powered and not panel.printing:
            self.said.append(Said(panel.block(), answer=True))

    def say(self, panel: Panel, status_type: int, notification: int = 0) -> None:
        """A block of its own accord."""
        if panel.powered and self.notifies:
            self.said.append(Said(panel.block(status_type, notification), answer=False))

    def tell_errors(self, panel: Panel, backlog: int) -> None:
        """Say an error that is new. A cover opened at rest is none: it has a notification of its own."""
        errors = panel.error_1, panel.error_2
        at_rest = not backlog and errors == (0, raw.COVER_OPEN)
        if any(errors) and errors != self._told_errors and not at_rest:
            self.say(panel, raw.TYPE_ERROR)
        self._told_errors = errors if not at_rest else (0, 0)
