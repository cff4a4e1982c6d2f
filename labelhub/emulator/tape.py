"""How much media moves. What lies between head and cutter comes out blank before a job that begins behind a full cut or on
fresh tape; behind a half cut, or none, the next page goes on without, be it of the same job or, chained, of the next.
A piece shorter than that distance cannot be cut off: it is fed to it. Rolls have the cutter at the head.
"""

from __future__ import annotations

from labelhub.emulator.pages import Cut, Page


class Tape:
    """The media of one machine, counted in mm over all cassettes and rolls."""

    def __init__(self, leader_mm: float) -> None:
        self._leader_mm = leader_mm
        self.used_mm = 0.0
        self.change()

    def change(self) -> None:
        """Other media: its end is a cut one."""
        self._end_is_cut = True
        self._piece_mm = 0.0

    def moves_mm(self, length_mm: float, cut: Cut) -> tuple[float, float]:
        """The blank tape before a page, and the page with what is fed behind it."""
        if cut is Cut.FULL:
            length_mm = max(length_mm, self._leader_mm - self._piece_mm)
        return self._leader_mm if self._end_is_cut else 0.0, length_mm

    def came_out(self, page: Page) -> None:
        """A page is out, and cut as it says."""
        self._end_is_cut = page.last and page.cut is Cut.FULL
        self._piece_mm = 0.0 if page.cut is Cut.FULL else self._piece_mm + page.length_mm
