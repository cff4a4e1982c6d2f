"""Whatever arrives, decoder, status parser and virtual printer give a result or ReplyInvalid, never another error, and quickly.

An input has 50 ms of the decoder's own thread, whatever else the machine does meanwhile. `make soak` sends a million.
"""

from __future__ import annotations

import contextlib
import gc
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial

import pytest

from labelhub.drivers.brother.block import StatusBlock, write
from labelhub.drivers.brother.decode import Decoder, crop, decode_pages
from labelhub.drivers.brother.received import Event
from labelhub.drivers.brother.rows import Language, ModelRow
from labelhub.drivers.brother.tables import MODELS, model_row
from labelhub.drivers.driver import EncodeOptions
from labelhub.drivers.status import Report
from labelhub.emulator.machine import Machine
from labelhub.errors import ReplyInvalid
from labelhub.raster import Raster
from tests.drivers.cases import Case, cases, driver_of

SLOWEST_MS = 50
CHUNK_BYTES = 8192
"""Twice what the virtual printer reads at once."""
PARTS, INPUTS_A_PART = 20, 50_000
SAMPLE = 1500
WISHES = (
    EncodeOptions(),
    EncodeOptions(half_cut=True),
    EncodeOptions(high_resolution=True),
    EncodeOptions(auto_cut=False, chain=True, mirror=True),
    EncodeOptions(cut_each=3, margin_mm=9),
)


def slowest_ms() -> float:
    """What one input may take."""
    # A tracer, as coverage sets one, is called for each line that Python runs: what it takes is no fault of the decoder.
    return SLOWEST_MS * (4 if sys.gettrace() else 1)


@dataclass(frozen=True)
class Seed:
    """A job as it should be, and a status block of the model it is for."""

    case: Case
    job: bytes
    block: bytes


@dataclass
class Count:
    """What became of the inputs."""

    inputs: int = 0
    refused: int = 0
    slowest_ms: float = 0
    slowest: bytes = b""

    def time(self, work: Callable[[], object], data: bytes) -> None:
        """Keep the slowest; what the thread itself took counts, not what others took from it."""
        self.inputs += 1
        begun = time.thread_time()
        try:
            work()
        except ReplyInvalid:
            self.refused += 1
        took_ms = (time.thread_time() - begun) * 1000
        if took_ms > self.slowest_ms:
            self.slowest_ms, self.slowest = took_ms, data


@contextlib.contextmanager
def counting() -> Iterator[Count]:
    """A count for which the collector leaves alone what was there before: a look at all of that is not an input's fault."""
    seeds()
    gc.collect()
    gc.freeze()
    yield Count()


@cache
def seeds() -> tuple[Seed, ...]:
    """Jobs of every model: with each wish, of one page and of two, in two colours, on die-cut labels."""
    return tuple(seed for model in MODELS for seed in seeds_of(model))


def seeds_of(model: ModelRow) -> Iterator[Seed]:
    plain = [case for case in cases(model) if not case.options.high_resolution]
    chosen = [plain[0], *(case for case in plain if case.two_color), plain[-1]]
    for case in chosen:
        for wish in WISHES if case is plain[0] else WISHES[:1]:
            wished = replace(case, options=wish)
            block = StatusBlock(
                series=model.series_code, model=model.model_code, width_mm=case.row.width_code, media_type=case.row.type_code
            )
            yield Seed(wished, wished.job(*[wished.page()] * (1 if case.row.length_dots else 2)), write(block))


def mutated(dice: random.Random, seed: bytes, noise_bytes: int = 400) -> bytes:
    """The seed with bytes changed, taken out, doubled or cut off; now and then nothing but noise."""
    data = bytearray(seed if dice.random() < 0.9 else dice.randbytes(dice.randrange(noise_bytes)))
    for _ in range(dice.randrange(1, 12)):
        place = dice.randrange(len(data) + 1)
        match dice.randrange(6):
            case 0:
                data[place : place + 1] = dice.randbytes(1)
            case 1:
                del data[place : place + dice.randrange(1, 30)]
            case 2:
                data[place:place] = data[place : place + dice.randrange(1, 30)]
            case 3:
                data[place:place] = dice.choice(COMMANDS)
            case 4 if dice.random() < 0.2:
                data[place:place] = dice.choice(COMMANDS) * dice.randrange(200)
            case 5 if dice.random() < 0.2:
                del data[place:]
            case _:
                data[place:place] = dice.randbytes(dice.randrange(1, 8))
    return bytes(data)


COMMANDS = (
    b"Z", b"\x0c", b"\x1a", b"M\x02", b"M\x00", b"\x1b@", b"\x1b", b"\x1bi", b"\x1biS", b"\x1bia\x01", b"\x1biK\x41", b"\x1biM\x40",
    b"G\xff\xff", b"G\x02\x00\x81\xff", b"g\x00\x02\x81\xff", b"w\x01\x02\x81\xff", b"w\x02\x02\x81\xff", b"\x1biU",
    b"\x1biUw\x01", b"\x80\x20\x42", b"\0" * 9,
)  # fmt: skip


def feed(model: str, chunks: list[bytes]) -> list[Event]:
    decoder = Decoder(model)
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def attempt(dice: random.Random, origin: Seed) -> tuple[Callable[[], object], bytes]:
    """One input and what is done with it: a status block one time in four, else a job, whole or in two pieces."""
    model = origin.case.model
    kind = dice.randrange(4)
    if kind == 0:
        block = mutated(dice, origin.block, 40)[: dice.choice((32, 32, 32, 31, 40))]
        block = b"\x80\x20\x42" + block[3:] if dice.random() < 0.8 else block
        return partial(driver_of(model).parse_status, block, dice.choice((None, model.name))), block
    job = mutated(dice, origin.job)
    cut = dice.randrange(len(job) + 1)
    return partial(decode_pages, model.name, job) if kind == 1 else partial(feed, model.name, [job[:cut], job[cut:]]), job


def attack(count: int, seed: int) -> Count:
    """So many inputs, always the same for one seed."""
    dice = random.Random(seed)
    with counting() as found:
        for _ in range(count):
            found.time(*attempt(dice, dice.choice(seeds())))
    return found


def told(found: Count, seed: int, elapsed_s: float) -> None:
    line = f"seed {seed}: {found.inputs} inputs in {elapsed_s:.0f} s, {found.refused} refused, the slowest took {found.slowest_ms:.1f} ms"
    sys.__stdout__.write(f"\n{line} ({len(found.slowest)} bytes)\n")  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(2))
def test_a_sample_of_garbage_raises_nothing_unexpected_and_is_never_slow(seed: int) -> None:
    found = attack(SAMPLE, seed)
    assert found.slowest_ms < slowest_ms(), found.slowest
    assert 0 < found.refused < found.inputs


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_a_million_inputs_raise_nothing_unexpected_and_none_is_slow(part: int) -> None:
    begun = time.perf_counter()
    found = attack(INPUTS_A_PART, 1000 + part)
    told(found, 1000 + part, time.perf_counter() - begun)
    assert found.slowest_ms < slowest_ms(), found.slowest


def floods(model: ModelRow) -> Iterator[tuple[str, bytes]]:
    """What costs a decoder most for its size."""
    dice = random.Random(1)
    line = b"G\x02\x00" if model.language is Language.PT else b"g\x00\x02"
    head_bytes = model.head_bytes
    literal = b"".join(bytes((0, byte)) for byte in dice.randbytes(head_bytes))
    whole = line[:1] + (len(literal).to_bytes(2, "little") if line[:1] == b"G" else b"\x00" + bytes((len(literal) & 0xFF,))) + literal
    pieces = {
        "zeros": b"\0", "junk": b"h", "junk and zeros": b"h\0", "junk and blank lines": b"hZ", "page ends": b"\x0c",
        "job ends": b"\x0c\x1a", "page ends and zeros": b"\x0c\0", "pages of one line": b"Z\x0c", "jobs of one line": b"Z\x1a",
        "initialise": b"\x1b@", "initialised pages": b"\x1b@\x0c", "unknown commands": b"\x1bx", "unknown settings": b"\x1bix",
        "status requests": b"\x1biS", "settings": b"\x1biM\x40", "print information": b"\x1biz" + bytes(10),
        "empty pages": b"\x1biz" + bytes(10) + b"\x0c", "skipped settings": b"\x1biUJ", "huge claims": b"G\xff\xff",
        "empty lines": line[:1] + b"\0\0", "empty red lines": b"w\x01\0w\x02\0", "compression": b"M\x02",
        "short lines": line + b"\x81\xff", "literal lines": whole, "header 128": whole[:3] + b"\x80" * len(literal),
    }  # fmt: skip
    for name, piece in pieces.items():
        yield name, b"M\x02" + piece * (CHUNK_BYTES // len(piece))
    yield "noise", dice.randbytes(CHUNK_BYTES)
    yield "lines no two the same", b"M\x02" + b"".join(line + bytes((0xF1, dice.randrange(256))) for _ in range(CHUNK_BYTES // 5))


@pytest.mark.parametrize(
    "name", ["PT-P750W", "PT-P900W", "QL-1110NWB", *(pytest.param(one, marks=pytest.mark.soak) for one in ("QL-800", "QL-820NWB"))]
)
def test_no_flood_is_slow_at_once_or_byte_by_byte(name: str) -> None:
    slow = []
    with counting() as found:
        for flood, data in floods(model_row(name)):
            for chunks in ([data], [bytes((byte,)) for byte in data]):
                found.slowest_ms = 0
                found.time(partial(feed, name, chunks), data)
                if found.slowest_ms > slowest_ms():
                    slow.append((flood, len(chunks), found.slowest_ms))
    assert slow == []


def test_the_longest_page_of_blank_lines_on_the_widest_head_is_not_slow() -> None:
    model = model_row("QL-1110NWB")
    data = b"M\x02" + b"Z" * (2 * model.max_rows + 1000) + b"\x1a"
    page = Raster(model.head_dots, 2 * model.max_rows, bytes(2 * model.max_rows * model.head_bytes))
    with counting() as found:
        found.time(partial(feed, model.name, [data]), data)
        found.time(partial(crop, page, 64, 1200), b"")
    assert found.slowest_ms < slowest_ms()


def test_a_flood_keeps_no_more_than_one_page_and_one_command() -> None:
    model = model_row("PT-P750W")
    decoder = Decoder(model.name)
    decoder.feed(b"M\x02")
    for _ in range(50):
        events = decoder.feed(b"Z" * 1000 + b"G\x10\x00")
        assert len(events) <= 1
    (page,) = [event for event in decoder.feed(bytes(40) + b"\x1a") if hasattr(event, "raster")]
    assert page.raster.height_dots == 2 * model.max_rows


def test_a_virtual_printer_takes_a_sample_of_garbage() -> None:
    dice = random.Random(2)
    for _ in range(600):
        origin = dice.choice(seeds())
        machine = Machine(origin.case.model.name, origin.case.media)
        machine.receive(mutated(dice, origin.job))
        while machine.start_page() is not None:
            machine.finish_page()
        machine.connection_closed()
        assert isinstance(driver_of(origin.case.model).parse_status(machine.status_block(), origin.case.model.name), Report)
