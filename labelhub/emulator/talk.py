"""What a machine says beside printing, and the one command that tells it not to.

On USB a printer sends a status block when asked (ESC i S), when its phase changes, a page is done, an error begins, the
cover moves or the head cools, unless ESC i ! 01 silenced it. On the network all of this stays inside.
"""

from __future__ import annotations

from dataclasses import dataclass

from labelhub.drivers.brother.decode import Decoder
from labelhub.drivers.brother.received import Event

COVER_OPENED, COVER_CLOSED = 0x01, 0x02
"""Notifications of byte 22, beside those of `drivers.brother.block`."""


@dataclass(frozen=True, slots=True)
class Said:
    """A status block the machine has to say: in answer to ESC i S, or by itself."""

    block: bytes
    answer: bool


class Ears(Decoder):
    """A decoder that also hears ESC i !, which changes nothing on a page."""

    def __init__(self, model: str, *, notifies: bool = True) -> None:
        super().__init__(model)
        self.notifies = notifies

    def _setting(self, data: bytes, at: int, command: int, events: list[Event]) -> int:
        size = super()._setting(data, at, command, events)
        if size and command == ord("!"):
            self.notifies = data[at + 3] == 0
        return size
