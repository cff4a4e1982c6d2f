"""Labels drawn off the event loop: by a thread, and by a process of its own while there are many."""

from __future__ import annotations

import asyncio
import ctypes
import pickle
import platform
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest

from labelhub.drivers.brother import PT
from labelhub.drivers.driver import EncodeOptions
from labelhub.errors import BarcodeInvalid, DrawingFailed, FieldMissing, FontInvalid, GlyphMissing, HubError
from labelhub.jobs.apart import COMMAND
from labelhub.jobs.draw_process import SLICE_NS
from labelhub.jobs.drawing import Drawing
from labelhub.jobs.printing import Setting
from labelhub.jobs.sketch import TURN_S, lay_out, lay_out_some
from labelhub.labels.element import Block, Element, Setup
from labelhub.labels.own_fonts import found
from labelhub.labels.page import Page
from labelhub.media import Media, MediaKind
from tests.labels.fonts_at_hand import NEW_CHARACTER, put_fonts
from tests.labels.labels_at_hand import seeds

LABELS = [{"qr_payload": f"https://snipe.example/hardware/{number}", "primary_id": f"A-{number}"} for number in range(4)]


def setting(key: str = "snipeit-12mm", width_mm: float = 12) -> Setting:
    return Setting(seeds()[key], key, PT, "PT-P750W", Media(MediaKind.TAPE_LAMINATED, width_mm), EncodeOptions())


@asynccontextmanager
async def drawing(**more: Any) -> AsyncIterator[Drawing]:
    made = Drawing(**more)
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def apart(**more: Any) -> AsyncIterator[Drawing]:
    """One whose process is ready; kept_bytes=0: nothing is kept, so each label is drawn."""
    async with drawing(many=1, kept_bytes=0, **more) as made:
        await made.all(setting(), LABELS[:1])
        async with asyncio.timeout(20):
            await made.apart.until_ready()
        yield made


def processes() -> Iterator[psutil.Process]:
    yield from (child for child in psutil.Process().children() if "labelhub.jobs.draw_process" in child.cmdline())


async def test_a_process_has_the_fonts_that_the_thread_has(tmp_path: Path) -> None:
    mine = found(put_fonts(tmp_path / "fonts"))
    texts = [{**LABELS[0], "primary_id": f"{NEW_CHARACTER} தமிழ் {number}"} for number in range(3)]
    async with drawing(fonts=mine) as here, apart(fonts=mine) as there:
        drawn, drawn_apart = await here.all(setting(), texts), await there.all(setting(), texts)
    async with drawing() as without:
        lacking = await without.all(setting(), texts)
    assert all(isinstance(page, Page) for page in drawn), drawn
    assert drawn == drawn_apart
    assert all(isinstance(fault, GlyphMissing) for fault in lacking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaking(Element):
    """A text over which FreeType gives up, as Pillow tells it."""

    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        raise OSError("invalid outline")


def test_a_font_that_breaks_over_a_text_is_told_where_there_are_fonts_of_ones_own(tmp_path: Path) -> None:
    sketch = setting().sketch
    broken = replace(sketch, template=replace(sketch.template, layout=Breaking()))
    outcome = lay_out(replace(broken, fonts=found(put_fonts(tmp_path / "fonts"))), LABELS[0])
    assert isinstance(outcome, FontInvalid)
    assert "invalid outline" in outcome.detail
    with pytest.raises(OSError, match="invalid outline"):
        lay_out(broken, LABELS[0])


async def test_the_same_label_in_other_fonts_is_another_label(tmp_path: Path) -> None:
    mine = found(put_fonts(tmp_path / "fonts"))
    keys = {replace(setting(), fonts=fonts).key for fonts in ((), mine, mine[:2], (replace(mine[0], digest="another"), *mine[1:]))}
    assert len(keys) == 4
    assert len(pickle.dumps(mine)) < 2000


async def test_a_process_draws_what_a_thread_draws_dot_for_dot() -> None:
    labels = [*LABELS, {"primary_id": "no code"}, {"primary_id": "x", "qr_payload": "y" * 1900}]
    async with drawing() as here, apart() as there:
        drawn, drawn_apart = await here.all(setting(), labels), await there.all(setting(), labels)
    for one, other in zip(drawn, drawn_apart, strict=True):
        if isinstance(one, HubError):
            assert isinstance(other, HubError)
            assert (type(one), one.detail, one.extra) == (type(other), other.detail, other.extra)
        else:
            assert one == other
    assert [type(one) for one in drawn] == [Page] * 4 + [FieldMissing, BarcodeInvalid]


async def test_few_labels_need_no_process() -> None:
    async with drawing() as made:
        await made.all(setting(), LABELS)
        assert list(processes()) == []


async def test_many_labels_within_a_second_get_a_process_that_gives_way_to_others() -> None:
    async with apart():
        (process,) = processes()
        assert process.nice() > psutil.Process().nice()
        assert slice_ns(process) in (SLICE_NS, None)


def slice_ns(process: psutil.Process) -> int | None:
    """What the process asked of the scheduler; None where Linux knows no such thing, or this test not the number of the call."""
    attributes = ctypes.create_string_buffer(48)
    call = {"x86_64": 315, "aarch64": 275}.get(platform.machine())
    if call is None or ctypes.CDLL(None).syscall(call, process.pid, attributes, len(attributes), 0):
        return None
    return int(struct.unpack_from("=Q", attributes, 24)[0]) or None


async def test_no_process_outlives_its_hub() -> None:
    async with apart():
        (process,) = processes()
    assert not process.is_running()


async def ended(made: Drawing) -> list[list[Page | HubError] | BaseException]:
    """What becomes of labels when the process is ended over the first."""
    (process,) = processes()
    process.suspend()
    asked = [asyncio.create_task(made.all(setting(), [label])) for label in LABELS]
    await asyncio.sleep(0)  # until each has asked
    process.kill()
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_a_label_is_drawn_by_another_process_when_something_ended_the_first() -> None:
    async with apart() as made:
        (process,) = processes()
        assert await ended(made) == [await made.all(setting(), [label]) for label in LABELS]
        assert [one.pid for one in processes()] != [process.pid]


async def test_a_label_that_two_processes_came_to_grief_over_fails_and_those_behind_it_are_drawn_by_another() -> None:
    faulty = Setting(None, "faulty", PT, "PT-P750W", setting().media, EncodeOptions())  # type: ignore[arg-type]
    async with apart() as made:
        settings = [faulty, *[setting()] * 3]
        asked = [made.all(one, [label]) for one, label in zip(settings, LABELS, strict=True)]
        first, *others = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(first, DrawingFailed)
        assert [type(page) for (page,) in others] == [Page] * 3  # type: ignore[misc]


async def test_labels_are_drawn_without_a_process_when_it_was_ended_and_no_other_can_be_had(tmp_path: Path) -> None:
    once = 'test ! -e "$0" && touch "$0" && exec "$@"'
    async with drawing(many=1, kept_bytes=0, command=("sh", "-c", once, str(tmp_path / "started"), *COMMAND)) as made:
        await made.all(setting(), LABELS[:1])
        async with asyncio.timeout(20):
            await made.apart.until_ready()
        first, *others = await ended(made)
        assert isinstance(first, DrawingFailed)
        assert [type(page) for (page,) in others] == [Page] * 3  # type: ignore[misc]


@pytest.mark.parametrize("answer", [r"\0\0\0\0", r"\0\0\0\3abc", r"\0\0\0\6\0\0\0\2{}", r"\0\0\0\377\0\0\0\2{}"])
async def test_a_process_that_answers_nonsense_is_ended_and_the_next_draws_what_waits_behind(tmp_path: Path, answer: str) -> None:
    nonsense = f'test -e "$0" && exec "$@"; touch "$0"; printf R; head -c 1 >/dev/null; printf \'{answer}\''
    async with drawing(many=1, kept_bytes=0, command=("sh", "-c", nonsense, str(tmp_path / "started"), *COMMAND)) as made:
        await made.all(setting(), LABELS[:1])
        async with asyncio.timeout(20):
            await made.apart.until_ready()
        first, *others = await asyncio.gather(*(made.all(setting(), [label]) for label in LABELS), return_exceptions=True)
        assert isinstance(first, (DrawingFailed, list))  # one that ends in the middle of its answer is not the label's fault
        assert [type(page) for (page,) in others] == [Page] * 3  # type: ignore[misc]


async def test_others_get_their_turn_between_labels_that_take_long() -> None:
    ticks = count(0.0, TURN_S / 3)
    assert len(lay_out_some(setting().sketch, LABELS, ticks.__next__)) == 3
    assert len(lay_out_some(setting().sketch, LABELS, count(0.0, TURN_S).__next__)) == 1
    async with drawing() as here, apart() as there:
        drawn, drawn_apart = await here.all(setting(), LABELS), await there.all(setting(), LABELS)
    assert drawn == drawn_apart


async def test_a_process_is_told_of_many_settings() -> None:
    async with apart() as made:
        for number in range(70):
            made_up = Setting(seeds()["snipeit-12mm"], f"version {number}", PT, "PT-P750W", setting().media, EncodeOptions())
            assert isinstance(await made.one(made_up, LABELS[0]), Page)


async def test_a_label_drawn_a_moment_ago_is_not_drawn_again_but_one_that_differs_is() -> None:
    async with drawing() as made:
        first = await made.one(setting(), LABELS[0])
        await made.close()  # it draws no more
        assert await made.one(setting(), dict(reversed(LABELS[0].items()))) == first
        with pytest.raises(RuntimeError):
            await made.one(setting(), LABELS[1])
        with pytest.raises(RuntimeError):
            await made.one(setting("snipeit-18mm", 18), LABELS[0])


async def test_what_is_kept_has_a_bound() -> None:
    async with drawing(kept_bytes=3000) as made:
        await made.all(setting(), LABELS)
        await made.close()
        assert isinstance(await made.one(setting(), LABELS[-1]), Page)
        with pytest.raises(RuntimeError):
            await made.one(setting(), LABELS[0])
