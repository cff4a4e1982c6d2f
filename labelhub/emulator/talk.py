"""What a machine says beside printing.

On USB a printer sends a status block when asked (ESC i S), when its phase changes, a page is done, an error begins, the
cover moves or the head cools, unless ESC i ! 01 silenced it. On the network all of this stays inside.
"""

from __future__ import annotations

from dataclasses import dataclass

COVER_OPENED, COVER_CLOSED = 0x01, 0x02
"""Notifications of byte 22, beside those of `drivers.brother.block`."""


@dataclass(frozen=True, slots=True)
class Said:
    """A status block the machine has to say: in answer to ESC i S, or by itself."""

    block: bytes
    answer: bool
