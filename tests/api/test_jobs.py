"""Jobs through the API: lists and their pages, one job, its pictures, and wishes that make no sense."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from labelhub.jobs.job import JobState
from tests.house import ASSET, Clock, House, declared, dots_of, house, house_with, same_dots, settings_for, virtual

FIXED = {
    "id", "printer_id", "template_key", "state", "payload", "result", "error", "created_at", "updated_at", "started_at", "finished_at",
}  # fmt: skip
NEW = {"reason", "detail", "priority", "labels_total", "labels_done", "labels_failed", "parent_job_id", "submitted_by", "evidence"}


@pytest.fixture
async def paused(tmp_path: Path) -> AsyncIterator[House]:
    """A hub whose printer is paused."""
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        await found.client.post("/api/printers/pt/pause")
        yield found


async def listed(found: House, **query: Any) -> list[str]:
    """The ids of a list."""
    answer = await found.client.get("/api/jobs", params=query)
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in answer.json()]


def slug_of(problem: dict[str, Any]) -> str:
    found: str = problem["type"].rpartition("/")[2]
    return found


async def test_a_job_shows_everything_a_client_relies_on(paused: House) -> None:
    job_id = await paused.print(printer="pt", options={"copies": 2, "priority": 3})
    await paused.until(job_id, JobState.QUEUED, reason="printer-paused")  # nothing changes it any more
    shown = (await paused.client.get(f"/api/jobs/{job_id}")).json()
    assert shown.keys() == FIXED | NEW
    assert shown == (await paused.client.get("/api/jobs")).json()[0]
    assert (shown["state"], shown["template_key"], shown["labels_total"], shown["labels_done"]) == ("queued", "snipeit-12mm", 2, 0)
    assert (shown["priority"], shown["submitted_by"], shown["parent_job_id"]) == (3, "local", None)
    assert shown["payload"]["labels"] == [{"data": ASSET, "copies": 2}]
    assert (shown["result"], shown["error"], shown["started_at"], shown["finished_at"]) == (None, None, None, None)


async def test_a_finished_job_tells_its_result_and_how_the_hub_knows(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        job_id = await found.print()
        await found.until(job_id)
        shown = (await found.client.get(f"/api/jobs/{job_id}")).json()
        assert (shown["state"], shown["evidence"], shown["result"]) == ("completed", "page-counter", {"labels": 1, "media": "12mm"})
        assert shown["created_at"] <= shown["started_at"] <= shown["finished_at"] == shown["updated_at"]
        assert shown["printer_id"] == str(found.hub.printer("pt").id)


async def test_pages_of_a_list_follow_each_other_without_a_gap_while_new_jobs_come(paused: House) -> None:
    ids = [await paused.print() for _ in range(7)]
    url, found, sizes = "/api/jobs?limit=3&state=queued", list[str](), list[int]()
    while url:
        answer = await paused.client.get(url)
        found += [job["id"] for job in answer.json()]
        sizes.append(len(answer.json()))
        assert ('rel="next"' in answer.headers.get("link", "")) == (len(found) < 7)
        url = answer.links.get("next", {}).get("url", "")
        assert not url or url.startswith("http://127.0.0.1:8090/api/jobs?limit=3&state=queued&cursor=")
        await paused.print()
    assert (found, sizes) == (ids[::-1], [3, 3, 1])


async def test_lists_are_filtered_by_state_printer_and_time(tmp_path: Path) -> None:
    clock = Clock()
    clock.forward(0)
    async with (
        virtual(a="PT-P750W 12mm", b="PT-P750W 12mm") as emulators,
        house(tmp_path, settings_for(tmp_path, declared(emulators)), clock=clock) as found,
    ):
        for slug in "ab":
            await found.client.post(f"/api/printers/{slug}/pause")
        first = await found.print(printer="a")
        clock.forward(timedelta(hours=1).total_seconds())
        second, for_any = await found.print(printer="b"), await found.print()
        await found.client.post(f"/api/jobs/{second}/cancel")
        a = str(found.hub.printer("a").id)
        assert await listed(found) == [for_any, second, first]
        assert await listed(found, state="queued") == [for_any, first]
        assert await listed(found, printer_id=a) == [first]
        assert await listed(found, printer_id=a, state="cancelled") == []
        at = (await found.client.get(f"/api/jobs/{second}")).json()["created_at"]
        assert await listed(found, since=at) == [for_any, second]
        assert await listed(found, since=at.replace("Z", "+00:00"), state="cancelled") == [second]
        for first_of_all in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:59Z", "1970-01-01T00:00:00Z"):
            assert await listed(found, since=first_of_all) == [for_any, second, first]
        assert await listed(found, since="9999-12-31T23:59:59Z") == []
        clock.forward(1)
        assert await listed(found, since=clock().isoformat()) == []


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"state": "done"}, "query.state"),
        ({"printer_id": "pt"}, "query.printer_id"),
        ({"since": "2026-01-31T08:30:00"}, "query.since"),
        ({"since": "yesterday"}, "query.since"),
        ({"limit": "0"}, "query.limit"),
        ({"limit": "201"}, "query.limit"),
        ({"cursor": "%%%"}, "query.cursor"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused_by_name(paused: House, query: dict[str, str], parameter: str) -> None:
    answer = await paused.client.get("/api/jobs", params=query)
    assert (answer.status_code, slug_of(answer.json())) == (422, "validation-failed")
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


async def test_a_job_that_there_is_not_is_not_found_whatever_is_wished(paused: House) -> None:
    nobody = uuid4()
    requests: list[tuple[str, str, Any]] = [("GET", "", None), ("GET", "/labels/1.png", None), ("PATCH", "", {"priority": 1})]
    requests += [("PATCH", "", {"printer": "pt"}), ("POST", "/confirm", {"printed": True})]
    requests += [("POST", f"/{verb}", None) for verb in ("cancel", "pause", "resume", "retry")]
    for method, path, body in requests:
        answer = await paused.client.request(method, f"/api/jobs/{nobody}{path}", json=body)
        assert (answer.status_code, slug_of(answer.json())) == (404, "job-not-found"), (method, path)
    assert (await paused.client.get("/api/jobs/nobody")).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {}),
        ("PATCH", "", {"priority": None}),
        ("PATCH", "", {"priority": 101}),
        ("PATCH", "", {"priority": "3"}),
        ("PATCH", "", {"priority": 3, "state": "completed"}),
        ("PATCH", "", {"printer": ""}),
        ("POST", "/confirm", {}),
        ("POST", "/confirm", {"printed": 1}),
        ("POST", "/confirm", {"printed": True, "labels_done": -1}),
        ("POST", "/retry", {"only": "failed"}),
        ("POST", "/retry", {"copies": 2}),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused_and_changes_nothing(paused: House, method: str, path: str, body: Any) -> None:
    job_id = await paused.print()
    before = (await paused.client.get(f"/api/jobs/{job_id}")).json()
    answer = await paused.client.request(method, f"/api/jobs/{job_id}{path}", json=body)
    assert (answer.status_code, slug_of(answer.json())) == (422, "validation-failed"), answer.text
    after = (await paused.client.get(f"/api/jobs/{job_id}")).json()
    explained = {"reason", "detail", "updated_at"}  # by the printer, meanwhile
    assert {key: after[key] for key in after.keys() - explained} == {key: before[key] for key in before.keys() - explained}


async def test_the_pictures_of_a_batch_are_the_very_dots_that_come_out_each_copy_by_its_number(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        labels = [{"data": ASSET | {"primary_id": f"A-{number}"}, "copies": 1 + number % 2} for number in range(3)]
        job_id = await found.print(labels=labels)
        await found.until(job_id)
        pages = await found.emulators["pt"].wait_for_pages(4)
        for number, page in enumerate(pages, start=1):
            assert same_dots(await found.picture(f"/api/jobs/{job_id}/labels/{number}.png"), dots_of(page))
        for number in (0, 5, -1):
            answer = await found.client.get(f"/api/jobs/{job_id}/labels/{number}.png")
            assert (answer.status_code, slug_of(answer.json())) == (404, "label-not-found")
        assert "immutable" in (await found.client.get(f"/api/jobs/{job_id}/labels/1.png")).headers["cache-control"]
