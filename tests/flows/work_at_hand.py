"""Mixed work for hubs that are killed, and the account of it: what was ordered against what came out, label by label."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import zxingcpp

from labelhub.emulator.server import Emulator
from labelhub.jobs.job import OUTCOME_UNKNOWN, PAUSED_BY_USER
from tests.house import ASSET, WAIT_S, House, dots_of, virtual

FAST, SLOW = "fast", "slow"
AHEAD = 6
"""So many jobs wait at most."""
ACTS = ("pause", "resume", "resume", "cancel")
KEPT = {"kept_pages": 100_000}


@asynccontextmanager
async def fast_and_slow(**options: Any) -> AsyncIterator[dict[str, Emulator]]:
    """Two virtual printers that outlive every hub: one prints at once, one takes about a fifth of a second a label."""
    every = KEPT | options
    async with virtual(every, fast="PT-P750W 12mm") as quick, virtual(every | {"mm_per_s": 250.0}, slow="PT-P750W 12mm") as lazy:
        yield quick | lazy


@dataclass(slots=True)
class Orders:
    """What was ordered of these printers. Every label has a code of its own."""

    printers: dict[str, Emulator]
    chance: random.Random
    accepted: list[str] = field(default_factory=list)
    unsure: int = 0
    """Orders whose answer was lost, or was a fault of the hub: they may have been taken."""
    _numbers: count[int] = field(default_factory=count)

    def body(self, printer: str | None) -> dict[str, Any]:
        """One job: a label or a few, some of them several times."""
        number, chance = next(self._numbers), self.chance
        labels = [
            {"data": ASSET | {"qr_payload": f"{number}-{place}"}, "copies": chance.choice((1, 1, 1, 2, 3))}
            for place in range(chance.choice((1, 1, 1, 2, 4)))
        ]
        options = {"priority": chance.choice((0, 0, 0, 5)), "auto_cut": chance.random() < 0.7}
        return {"template": "snipeit-12mm", "labels": labels, "options": options} | ({"printer": printer} if printer else {})

    async def submit(self, client: httpx.AsyncClient, printer: str | None) -> str | None:
        """The id of one more job, None when the hub refused it for a reason of its own; httpx.TransportError."""
        body = self.body(printer)
        try:
            answer = await client.post("/api/print", json=body)
        except httpx.TransportError:
            self.unsure += 1
            raise
        assert answer.status_code == 202 or answer.status_code >= 500, answer.text
        if answer.status_code >= 500:
            self.unsure += 1
            return None
        job_id: str = answer.json()["job_id"]
        self.accepted.append(job_id)
        return job_id

    async def keep_ordering(self, address: str) -> None:
        """Of one hub, at random, until it is gone."""
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=3 * WAIT_S) as client:
            try:
                while True:
                    if len((await client.get(f"/api/jobs?state=queued&limit={AHEAD}")).json()) < AHEAD:
                        await self.submit(client, self.chance.choice((FAST, SLOW, SLOW, None)))
                    await self._act(client)
                    # Pauses of people and programs are as random as the kills.
                    await asyncio.sleep(self.chance.uniform(0, 0.15))
            except httpx.TransportError:
                return

    async def _act(self, client: httpx.AsyncClient) -> None:
        if self.accepted and self.chance.random() < 0.25:
            job_id = self.chance.choice(self.accepted[-20:])
            if (await client.get(f"/api/jobs/{job_id}")).json().get("reason") != OUTCOME_UNKNOWN:  # what a person says of it is believed
                await client.post(f"/api/jobs/{job_id}/{self.chance.choice(ACTS)}")
        if self.chance.random() < 0.05:
            slug = self.chance.choice((FAST, SLOW))
            await client.post(f"/api/printers/{slug}/pause")
            await client.post(f"/api/printers/{slug}/resume")


async def account(found: House, orders: Orders) -> dict[str, Any]:
    """Has a last hub finish the rest, then compares every job with the labels that came out; the counts, with the ids in doubt."""
    await finish(found, orders)
    pages = came_out(orders.printers.values())
    listed = await jobs_of(found.client, "?limit=200")
    assert set(orders.accepted) <= {job["id"] for job in listed}, "an accepted job is lost"
    assert len(listed) <= len(orders.accepted) + orders.unsure
    for job in listed:
        _compare(job, pages)
    assert not pages, f"nobody ordered {pages}"
    for printer in orders.printers.values():
        assert not [violation for violation in printer.machine.violations if violation.rule == "wrong-media"]
    doubtful = {job["id"] for job in listed if job["reason"] == OUTCOME_UNKNOWN}
    labels = sum(printer.machine.page_count for printer in orders.printers.values())
    return {"jobs": len(listed), "labels": labels, "outcome unknown": doubtful}


def _compare(job: dict[str, Any], pages: Counter[str]) -> None:
    ordered = {label["data"]["qr_payload"]: label["copies"] for label in job["payload"]["labels"]}
    out = {code: pages.pop(code, 0) for code in ordered}
    for code, times in out.items():
        assert times <= ordered[code], f"{code} was ordered {ordered[code]} times and came out {times} times: {job}"
    state, done = job["state"], sum(out.values())
    if state == "completed":
        assert out == ordered, f"{job} is said to be printed, and {out} came out"
        assert job["evidence"] == "page-counter"
    elif state == "cancelled":
        assert done == job["labels_done"], f"{job} is said to be cancelled after as many, and {out} came out"
    else:
        assert (state, job["reason"]) == ("paused", OUTCOME_UNKNOWN), job
        assert done >= job["labels_done"], f"{job} is said to be printed so far, and {out} came out"


async def finish(found: House, orders: Orders) -> None:
    """Everything that is paused goes on, until nothing is left but what is in doubt, and the printers have nothing to do."""
    for slug in orders.printers:
        await found.client.post(f"/api/printers/{slug}/resume")

    async def resumed() -> bool:
        for job in await jobs_of(found.client, "?limit=200&state=paused"):
            if job["reason"] == PAUSED_BY_USER:
                await found.client.post(f"/api/jobs/{job['id']}/resume")
        waiting = [job for state in ("queued", "printing") for job in await jobs_of(found.client, f"?limit=200&state={state}")]
        paused = await jobs_of(found.client, "?limit=200&state=paused")
        return not waiting and all(job["reason"] == OUTCOME_UNKNOWN for job in paused)

    await until(found, resumed)
    for printer in orders.printers.values():
        await printer.wait_until(lambda machine: not machine.printing and not machine.backlog, WAIT_S)


async def until(found: House, holds: Callable[[], Awaitable[bool]]) -> None:
    """Return once something holds, looked at after each commit."""
    database = found.hub.database
    async with asyncio.timeout(6 * WAIT_S):
        seen = database.commits
        while not await holds():
            seen = await database.next_commit(seen)


def came_out(printers: Any) -> Counter[str]:
    """The labels by their code."""
    read: Counter[str] = Counter()
    for printer in printers:
        assert len(printer.machine.pages) == printer.machine.page_count
        for page in printer.machine.pages:
            (code,) = zxingcpp.read_barcodes(dots_of(page).convert("L"))
            read[code.text] += 1
    return read


async def jobs_of(client: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
    """Every job that matches."""
    jobs: list[dict[str, Any]] = []
    url: str | None = f"/api/jobs{query}"
    while url:
        answer = await client.get(url)
        jobs += answer.json()
        url = answer.links.get("next", {}).get("url")
    return jobs
