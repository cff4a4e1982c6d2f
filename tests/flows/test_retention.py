"""What ended long ago is forgotten with all that belongs to it; what is younger or waits stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from labelhub.jobs import store
from tests.flows.at_the_printer import TINY, all_end, codes, job, many, one, slug_of, wish
from tests.house import Clock, declared, house, settings_for, virtual

DAY_S = timedelta(days=1).total_seconds()


async def test_jobs_that_ended_long_ago_vanish_with_their_labels_and_younger_and_waiting_ones_stay(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        clock = Clock()
        clock.forward(0)
        settings = settings_for(tmp_path, declared(emulators), keep_days=30)
        async with house(tmp_path, settings, clock=clock) as before:
            old = [
                await one(before, "old"),
                await many(before, 3),
                await before.print(TINY, labels=[{"data": {"qr_payload": "x" * 900}}] * 21),
            ]
            assert await all_end(before, old) == ["completed", "completed", "failed"]
            await wish(before, "printers/pt/pause", 204)
            old.append(await one(before, "never"))
            await wish(before, f"jobs/{old[-1]}/cancel", 202)
            waiting, held = await one(before, "waiting"), await one(before, "held")
            await wish(before, f"jobs/{held}/pause", 202)
            await before.picture(f"/api/jobs/{old[0]}/labels/1.png")
            clock.forward(29 * DAY_S)
            young = await one(before, "young")
            await wish(before, f"jobs/{young}/cancel", 202)
            assert await before.hub.node.forget(settings.keep_days) == 0
            clock.forward(1.5 * DAY_S)
        async with house(tmp_path, settings, clock=clock) as after:  # it looks at once when it starts
            await after.hub.database.until(
                lambda jobs: len(jobs) == 3, store.history, state=None, printer_id=None, since=None, before_number=None, limit=50
            )
            for job_id in old:
                for path in (f"jobs/{job_id}", f"jobs/{job_id}/labels/1.png"):
                    assert slug_of(await wish(after, path, 404, method="GET")) == "job-not-found"
                assert slug_of(await wish(after, f"jobs/{job_id}/retry", 404)) == "job-not-found"
            assert [one["id"] for one in await wish(after, "jobs", 200, method="GET")] == [young, held, waiting]
            assert (await job(after, young))["payload"]["labels"] == [{"data": {"qr_payload": "young"}, "copies": 1}]
            await after.picture(f"/api/jobs/{young}/labels/1.png")
            await wish(after, "printers/pt/resume", 204)
            await wish(after, f"jobs/{held}/resume", 202)
            assert await all_end(after, [waiting, held]) == ["completed"] * 2
        assert codes(emulators["pt"])[-2:] == ["waiting", "held"]


async def test_a_key_whose_job_is_still_remembered_works_until_its_day_is_over_and_then_anew(tmp_path: Path) -> None:
    clock = Clock()
    clock.forward(0)
    async with (
        virtual(pt="PT-P750W 12mm") as emulators,
        house(tmp_path, settings_for(tmp_path, declared(emulators)), clock=clock) as found,
    ):
        body, key = {"template": TINY, "data": {"qr_payload": "L-0"}}, {"idempotency-key": "a"}
        ids = []
        for forward_s in (0, DAY_S - 1, 1):
            clock.forward(forward_s)
            ids.append((await found.client.post("/api/print", json=body, headers=key)).json()["job_id"])
            await found.until(ids[-1])
        assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)
        assert codes(emulators["pt"]) == ["L-0"] * 2
