"""What a bar code costs: drawn as a symbol nobody has seen before, and read back from a finished label.

What counts is the time of the thread: drawing and reading share the machine with all else that prints.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

import pytest
import zxingcpp

from labelhub.labels import barcode
from labelhub.raster import Canvas
from tests.benchmarks.told import told
from tests.labels.barcodes_at_hand import CANVASES, PAYLOADS, labelled
from tests.labels.labels_at_hand import printed

pytestmark = pytest.mark.bench
ROUNDS = 300
ADDRESSES = [f"https://snipe.example.org/hardware/{number}" for number in range(1000, 1000 + ROUNDS)]


def thread_ms(work: Callable[[str], object], payloads: Sequence[str]) -> list[float]:
    times = []
    for payload in payloads:
        begun = time.thread_time()
        work(payload)
        times.append((time.thread_time() - begun) * 1000)
    return times


def test_a_qr_code_costs_little_more_than_drawing_it_once() -> None:
    def drawn(payload: str) -> object:
        return zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(scale=1, add_quiet_zones=False)

    ours = thread_ms(lambda payload: barcode.encode(payload, "qr"), ADDRESSES)
    median = told("QR code encoded, ms", ours, "drawn once", thread_ms(drawn, ADDRESSES))
    assert median < 0.5


@pytest.mark.parametrize("key", ["snipeit-12mm", "snipeit-24mm", "qr-text-62mm"])
def test_a_label_is_read_back_in_a_fifth_of_a_millisecond(key: str) -> None:
    page = printed(key)
    assert told(f"{key} read back, ms", thread_ms(lambda _: barcode.check(page), ADDRESSES)) < 0.4


@pytest.mark.parametrize("symbology", PAYLOADS)
def test_every_symbology_is_drawn_and_read_back(symbology: str) -> None:
    canvas: Canvas = CANVASES["24mm"]
    chance = random.Random(symbology)
    payloads = [PAYLOADS["micro-qr" if symbology == "pdf417" else symbology](chance) for _ in range(60)]
    times = thread_ms(lambda payload: barcode.shapes(payload, symbology), payloads)
    page = labelled(next(payload for payload in sorted(payloads, key=len) if payload.strip()), canvas, f"symbology: {symbology}")
    told(f"{symbology} encoded, ms", times, "read back", thread_ms(lambda _: barcode.check(page), payloads))
    assert page.barcodes
