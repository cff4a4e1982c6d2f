"""Labels told apart by their codes, what is wished of their jobs, and what came out of a virtual printer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import zxingcpp

from labelhub.emulator.server import Emulator
from tests.house import House, dots_of

TINY = "qr-only-12mm"
TINY_24 = "qr-only-24mm"
ON_ITS_WAY = 3
"""Pages that still come out when a batch is stopped: the one printing, and two behind it."""


def row(code: str, **more: Any) -> dict[str, Any]:
    """One label of a batch."""
    return {"data": {"qr_payload": code}} | more


def rows(count: int) -> list[dict[str, Any]]:
    """So many labels, with `named` codes."""
    return [row(code) for code in named(count)]


def named(count: int) -> list[str]:
    """So many codes, in order."""
    return [f"L-{number}" for number in range(count)]


async def one(house: House, code: str, **more: Any) -> str:
    """The id of a job of one label with this code."""
    return await house.print(TINY, {"qr_payload": code}, **more)


async def many(house: House, count: int, **more: Any) -> str:
    """The id of a batch of so many labels."""
    return await house.print(TINY, labels=rows(count), **more)


def codes(emulator: Emulator) -> list[str]:
    """What came out, in order. Fails where the printer was sent something wrong, or holds something that did not come out."""
    machine = emulator.machine
    assert list(machine.violations) == []
    assert (machine.backlog, machine.printing, len(machine.pages)) == (0, False, machine.page_count)
    return printed(emulator)


def printed(emulator: Emulator) -> list[str]:
    """What came out until now, in order."""
    found = []
    for page in emulator.machine.pages:
        (code,) = zxingcpp.read_barcodes(dots_of(page).convert("L"))
        found.append(code.text)
    return found


async def wish(house: House, path: str, status: int, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
    """What the hub answers to a wish under /api, which has to have this status."""
    answer = await house.client.request(method, f"/api/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def patch(house: House, job_id: str, status: int, **changes: Any) -> Any:
    """The same for a change of a job."""
    return await wish(house, f"jobs/{job_id}", status, changes, "PATCH")


async def job(house: House, job_id: str) -> dict[str, Any]:
    """A job as it is shown now."""
    shown: dict[str, Any] = await wish(house, f"jobs/{job_id}", 200, method="GET")
    return shown


async def all_end(house: House, ids: Sequence[str]) -> list[str]:
    """The states in which jobs end."""
    return [(await house.until(job_id)).state for job_id in ids]


def slug_of(problem: dict[str, Any]) -> str:
    """The slug of a problem."""
    found: str = problem["type"].rpartition("/")[2]
    return found
