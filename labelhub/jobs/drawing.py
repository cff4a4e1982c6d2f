"""Drawing: labels are laid out off the event loop, one thread for the few, a process of its own while there are many.

What was drawn a moment ago is kept: a label that was checked before its job was taken is printed without being drawn anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import zlib
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from labelhub.drivers.driver import Encoded
from labelhub.errors import HubError
from labelhub.jobs.apart import COMMAND, Apart, Asked
from labelhub.jobs.draw_answer import Answer
from labelhub.jobs.printing import Setting
from labelhub.jobs.sketch import Fields, Outcome, lay_out_some
from labelhub.labels.own_fonts import OwnFont
from labelhub.labels.page import Page
from labelhub.raster import Raster

KEPT_BYTES = 3 * 1024 * 1024
AN_ENTRY_BYTES = 500
"""What keeping a page takes beside its dots."""
MANY = 30
"""Labels drawn within a second, from which on a process of its own is worth it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Labels ready to leave: for each its rows in dots along the feed, or why there is none, and all that there are, encoded."""

    rows: Sequence[int | HubError]
    encoded: Encoded | None


class Drawing:
    """Draws labels for everybody in the hub, in its own fonts and in `fonts`. Close it at the end."""

    def __init__(
        self, kept_bytes: int = KEPT_BYTES, many: int = MANY, command: Sequence[str] = COMMAND, fonts: tuple[OwnFont, ...] = ()
    ) -> None:
        self._fonts = fonts
        self._kept = _Kept(kept_bytes)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="draw")
        self.apart = Apart(command)
        self._many = many
        self._drawn_at: deque[float] = deque(maxlen=many)

    async def one(self, setting: Setting, fields: Fields) -> Page:
        """One label. FieldMissing, LabelTooLong, BarcodeInvalid, MediaUnsupported."""
        (outcome,) = await self.all(setting, [fields])
        if isinstance(outcome, HubError):
            raise outcome
        return outcome

    async def all(self, setting: Setting, labels: Sequence[Fields]) -> list[Outcome]:
        """For each label its page, without what was drawn where, or why there is none. MediaUnsupported where there can be none."""
        setting = self._in_fonts(setting)
        keys = _keys(setting, labels)
        found: dict[bytes, Outcome] = {one: page for one in keys if (page := self._kept.get(one)) is not None}
        missing = {one: fields for one, fields in zip(keys, labels, strict=True) if one not in found}
        if missing:
            answer = await self._draw(setting, list(missing.values()))
            for one, outcome in zip(missing, answer.outcomes, strict=True):
                found[one] = outcome
                if isinstance(outcome, Page):
                    self._kept.put(one, outcome)
        return [found[one] for one in keys]

    async def to_print(self, setting: Setting, labels: Sequence[Fields]) -> Ready:
        """Labels of one job, drawn and encoded; those that are printed at once are not kept. MediaUnsupported, LabelTooLong."""
        setting = self._in_fonts(setting)
        first = self._kept.get(*_keys(setting, labels[:1]))
        if first is not None:  # checked as their job was taken, the others as well
            return await _encoded(setting, [first] if len(labels) == 1 else await self.all(setting, labels))
        different: list[Fields] = []
        order: list[int] = []
        for fields in labels:  # copies follow one another and are one object; what is merely equal, as 1 and true are, is drawn otherwise
            if not different or fields is not different[-1]:
                different.append(fields)
            order.append(len(different) - 1)
        answer = await self._draw(setting, different, order)
        if answer.encoded is not None:
            return Ready([answer.rows[number] for number in order], answer.encoded)
        return await _encoded(setting, [answer.outcomes[number] for number in order])

    async def close(self) -> None:
        """Draw no more."""
        await self.apart.close()
        self._thread.shutdown()

    def _in_fonts(self, setting: Setting) -> Setting:
        return replace(setting, fonts=self._fonts) if self._fonts else setting

    async def _draw(self, setting: Setting, labels: Sequence[Fields], order: Sequence[int] = ()) -> Answer:
        """All of the labels; encoded in that order where the process that draws did it in one go, for it has less to hand over then."""
        loop = asyncio.get_running_loop()
        self._drawn_at.extend([loop.time()] * len(labels))
        if len(self._drawn_at) == self._many and loop.time() - self._drawn_at[0] < 1:
            self.apart.start()
        outcomes: list[Outcome] = []
        while rest := labels[len(outcomes) :]:
            if self.apart.ready:
                answer = await self.apart.draw(Asked(setting.key, setting.sketch, setting.coding, rest, () if outcomes else order))
                if answer.encoded is not None:
                    return answer
                outcomes += answer.outcomes
            else:
                outcomes += await loop.run_in_executor(self._thread, lay_out_some, setting.sketch, rest)
        return Answer(outcomes)


async def _encoded(setting: Setting, outcomes: Sequence[Outcome]) -> Ready:
    """A single page is encoded in less time than a thread is asked for it."""
    rasters = [outcome.raster for outcome in outcomes if isinstance(outcome, Page)]
    rows = [outcome.raster.height_dots if isinstance(outcome, Page) else outcome for outcome in outcomes]
    encode = setting.coding.encode
    return Ready(rows, (encode(rasters) if len(rasters) == 1 else await asyncio.to_thread(encode, rasters)) if rasters else None)


def _keys(setting: Setting, labels: Sequence[Fields]) -> list[bytes]:
    """The same for two labels that are drawn alike."""
    whole = hashlib.blake2b(repr(setting.key).encode(), digest_size=16)
    keys = []
    for fields in labels:
        one = whole.copy()
        one.update(json.dumps(fields, sort_keys=True).encode())
        keys.append(one.digest())
    return keys


@dataclass(frozen=True, slots=True)
class _Packed:
    """A page whose dots are packed: a label is mostly paper."""

    width_dots: int
    height_dots: int
    black: bytes
    red: bytes | None
    turned: bool
    length_mm: float
    stretch: int

    @classmethod
    def of(cls, page: Page) -> _Packed:
        raster, red = page.raster, page.raster.red
        black = zlib.compress(raster.black, 1)
        packed_red = None if red is None else zlib.compress(red, 1)
        return cls(raster.width_dots, raster.height_dots, black, packed_red, page.turned, page.length_mm, page.stretch)

    @property
    def page(self) -> Page:
        red = None if self.red is None else zlib.decompress(self.red)
        raster = Raster(self.width_dots, self.height_dots, zlib.decompress(self.black), red)
        return Page(raster, self.turned, self.length_mm, (), (), self.stretch)

    @property
    def size_bytes(self) -> int:
        return AN_ENTRY_BYTES + len(self.black) + len(self.red or b"")


class _Kept:
    """Pages drawn a moment ago; the oldest go when it is full."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._size_bytes = 0
        self._pages: OrderedDict[bytes, _Packed] = OrderedDict()

    def get(self, key: bytes) -> Page | None:
        packed = self._pages.get(key)
        if packed is None:
            return None
        self._pages.move_to_end(key)
        return packed.page

    def put(self, key: bytes, page: Page) -> None:
        if key not in self._pages:
            packed = self._pages[key] = _Packed.of(page)
            self._size_bytes += packed.size_bytes
        while self._size_bytes > self._most_bytes:
            self._size_bytes -= self._pages.popitem(last=False)[1].size_bytes
