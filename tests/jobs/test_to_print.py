"""Labels drawn and encoded for the printer: the same bytes whether the hub does it or the process that draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count, product
from typing import Any

import psutil
import pytest

from labelhub.drivers.brother import PT, QL, BrotherDriver
from labelhub.drivers.brother.geometry import PLAIN
from labelhub.drivers.brother.rows import Language
from labelhub.drivers.driver import Encoded, EncodeOptions
from labelhub.errors import HubError, LabelTooLong
from labelhub.jobs.draw_answer import LENGTH, unpacked
from labelhub.jobs.draw_process import Known, answered
from labelhub.jobs.drawing import Ready
from labelhub.jobs.printing import Setting
from labelhub.jobs.sketch import TURN_S, coding_of
from labelhub.labels.page import Page
from labelhub.media import Media, MediaKind
from labelhub.raster import Raster
from tests.jobs.test_drawing import LABELS, apart, drawing, setting
from tests.labels.labels_at_hand import seeds

FAULTY: dict[str, Any] = {"primary_id": "no code"}
EQUAL = [{**LABELS[0], "primary_id": 1}, {**LABELS[0], "primary_id": True}]
COPIES = [LABELS[0], LABELS[0], FAULTY, FAULTY, LABELS[1], LABELS[0]]


def told(ready: Ready) -> list[object]:
    return [(type(one), one.detail, one.extra) if isinstance(one, HubError) else one for one in ready.rows]


class Elsewhere(BrotherDriver):
    """A driver that encodes in the process that draws alone."""

    def encode(self, model: str, media: Media, pages: Sequence[Raster], options: EncodeOptions = PLAIN) -> Encoded:
        assert "labelhub.jobs.draw_process" in psutil.Process().cmdline()
        return super().encode(model, media, pages, options)


async def test_the_process_encodes_to_the_same_bytes() -> None:
    tape, roll = Media(MediaKind.TAPE_LAMINATED, 12), Media(MediaKind.ROLL_CONTINUOUS, 62, two_color=True)
    tapes = [Setting(seeds()["snipeit-12mm"], "tape", PT, model, tape, EncodeOptions()) for model in ("PT-P750W", "PT-P900W")]
    red = Setting(seeds()["any-text"], "roll", QL, "QL-820NWB", roll, EncodeOptions())
    orders: list[tuple[list[dict[str, Any]], list[int]]] = [(LABELS, [0, 1, 2, 3]), (COPIES, [0, 0, 1, 1, 2, 3]), (EQUAL, [0, 1])]
    async with drawing() as here:
        for one, (labels, order) in [*product(tapes, orders), (red, ([{"text": "Größe"}], [0]))]:
            ours = await here.to_print(one, labels)
            different = [labels[order.index(number)] for number in range(max(order) + 1)]
            known = Known(one.sketch, coding_of(one.coding.packed))
            theirs = unpacked(answered(known, different, order, lambda: 0.0)[LENGTH.size :])
            assert told(ours) == told(Ready([theirs.rows[number] for number in order], None))
            rasters = [page.raster for page in await here.all(one, labels) if isinstance(page, Page)]
            assert ours.encoded == theirs.encoded == one.coding.encode(rasters)


async def test_a_label_is_encoded_where_it_is_drawn() -> None:
    elsewhere = replace(setting(), digest="elsewhere", driver=Elsewhere("elsewhere", Language.PT))
    async with drawing() as here, apart() as there:
        assert await there.to_print(elsewhere, LABELS[:1]) == await here.to_print(setting(), LABELS[:1])
        assert len((await there.to_print(elsewhere, [FAULTY])).rows) == 1


def test_labels_whose_turn_is_over_are_handed_out_as_dots() -> None:
    known = Known(setting().sketch, setting().coding)
    answer = unpacked(answered(known, LABELS, range(4), count(0.0, TURN_S / 3).__next__)[LENGTH.size :])
    assert [type(page) for page in answer.outcomes] == [Page] * 3
    assert answer.encoded is None


class Strict(BrotherDriver):
    """A driver that finds every job too long."""

    def encode(self, model: str, media: Media, pages: Sequence[Raster], options: EncodeOptions = PLAIN) -> Encoded:
        raise LabelTooLong(f"{len(pages)} labels are more than fit")


async def test_where_the_process_cannot_encode_the_hub_does() -> None:
    class Local(BrotherDriver):
        """Known in this test alone."""

    local = replace(setting(), digest="local", driver=Local("local", Language.PT))
    assert local.coding.packed is None
    async with apart() as there:
        assert (await there.to_print(local, LABELS)).encoded == (await there.to_print(setting(), LABELS)).encoded is not None
        with pytest.raises(LabelTooLong, match="4 labels are more than fit"):
            await there.to_print(replace(setting(), digest="strict", driver=Strict("strict", Language.PT)), LABELS)


def test_a_driver_that_the_process_does_not_find_is_told_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert coding_of(b"cnowhere.at.all\nDriver\n.") is None
    assert "the hub encodes by itself" in caplog.text


async def test_labels_checked_a_moment_ago_are_not_drawn_again_to_be_printed() -> None:
    async with drawing() as made:
        await made.all(setting(), LABELS)
        await made.close()  # it draws no more
        rasters = [page.raster for page in await made.all(setting(), LABELS) if isinstance(page, Page)]
        assert (await made.to_print(setting(), LABELS)).encoded == setting().coding.encode(rasters)
