"""Whatever arrives, decoder, status parser and virtual printer give a result or ReplyInvalid, never another error, and quickly."""

from __future__ import annotations

import random
import time

import pytest

from labelhub.drivers.brother import PT, QL
from labelhub.drivers.brother.decode import Decoder
from labelhub.drivers.driver import EncodeOptions
from labelhub.emulator.machine import Machine
from labelhub.errors import ReplyInvalid
from labelhub.media import Media, MediaKind
from tests.drivers.pictures import page

SLOWEST_S = 0.05
TAPE, ROLL = Media(MediaKind.TAPE_LAMINATED, 12), Media(MediaKind.ROLL_CONTINUOUS, 62)
JOBS = {
    "PT-P750W": PT.encode("PT-P750W", TAPE, [page(70, 40)] * 2, EncodeOptions(half_cut=True)),
    "QL-820NWB": QL.encode("QL-820NWB", ROLL, [page(696, 160)], EncodeOptions()),
}
STATUS = bytes.fromhex("80204230683004000000 0c01 0000000000 00 00 00 0000 00 00 0108 00000000 0000".replace(" ", ""))


def mutated(dice: random.Random, seed: bytes) -> bytes:
    """The seed with bytes changed, taken out, doubled or cut off; now and then nothing but noise."""
    data = bytearray(seed if dice.random() < 0.9 else dice.randbytes(dice.randrange(400)))
    for _ in range(dice.randrange(1, 12)):
        place = dice.randrange(len(data) + 1)
        match dice.randrange(4):
            case 0:
                data[place : place + 1] = dice.randbytes(1)
            case 1:
                del data[place : place + dice.randrange(1, 30)]
            case 2:
                data[place:place] = data[place : place + dice.randrange(1, 30)]
            case _:
                data[place:place] = dice.randbytes(dice.randrange(1, 8))
    return bytes(data)


def attack(count: int, seed: int) -> float:
    """Seconds of the slowest of so many inputs into each of the three."""
    dice = random.Random(seed)
    slowest_s = 0.0
    for number in range(count):
        model, job = list(JOBS.items())[number % 2]
        begun = time.perf_counter()
        data = mutated(dice, job)
        cut = dice.randrange(len(data) + 1)
        decoder = Decoder(model)
        decoder.feed(data[:cut])
        decoder.feed(data[cut:])
        machine = Machine(model, TAPE if model.startswith("PT") else ROLL)
        machine.receive(data)
        while machine.start_page() is not None:
            machine.finish_page()
        machine.connection_closed()
        for driver in (PT, QL):
            try:
                driver.parse_status(mutated(dice, STATUS)[: dice.choice((32, 32, 32, 31, 40))])
            except ReplyInvalid:
                continue
        slowest_s = max(slowest_s, time.perf_counter() - begun)
    return slowest_s


def test_a_sample_of_garbage_raises_nothing_unexpected() -> None:
    assert attack(800, seed=1) < 10 * SLOWEST_S  # generous: the machine may pause a process


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(8))
def test_a_flood_of_garbage_raises_nothing_unexpected_and_is_never_slow(seed: int) -> None:
    assert attack(25_000, seed=1000 + seed) < 10 * SLOWEST_S
