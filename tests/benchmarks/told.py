"""Rows of the table of benchmarks."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

ROUNDS = 200


def row(line: str) -> None:
    """A row of the table."""
    sys.__stdout__.write(f"\n| {line} |\n")  # type: ignore[union-attr]


def told(name: str, ours_ms: list[float], beside: str = "", beside_ms: list[float] | None = None) -> float:
    """Print one row of the table; the median."""
    median, p99 = statistics.median(ours_ms), statistics.quantiles(ours_ms, n=100)[98]
    floor_ms = statistics.median(beside_ms) if beside_ms else None
    ratio = f"{floor_ms:.2f} | {median / floor_ms:.2f}" if floor_ms else " | "
    line = f"| {name} | {median:.2f} | {p99:.2f} | {beside} | {ratio} |"
    sys.__stdout__.write(f"\n{line}\n")  # type: ignore[union-attr]
    return median


def timed(work: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of each round."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return times
