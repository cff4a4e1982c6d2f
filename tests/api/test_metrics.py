"""/metrics: real prints, read back with Prometheus' own parser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from labelhub.app import create_app
from labelhub.jobs.job import JobState
from labelhub.stream import Wanted
from tests.house import ASSET, House, house_with

pytestmark = pytest.mark.asyncio(loop_scope="module")

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def printed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A hub that printed a label and a batch, and then was paused: one job waits, one was cancelled."""
    async with house_with(tmp_path_factory.mktemp("metrics"), pt="PT-P750W 12mm") as house:
        await house.until(await house.print(printer="pt"), JobState.COMPLETED)
        await house.until(await house.print(printer="pt", labels=[{"data": ASSET, "copies": 2}]), JobState.COMPLETED)
        await house.client.post("/api/printers/pt/pause")
        waiting = await house.print(printer="pt")
        cancelled = await house.print(printer="pt")
        await house.client.post(f"/api/jobs/{cancelled}/cancel")
        assert (await house.client.get(f"/api/jobs/{waiting}")).json()["state"] == "queued"
        await house.client.get("/api/jobs/nonsense/../../etc")
        await house.client.get("/no/such/page")
        await house.client.request("BREW", "/api/printers")
        await house.hub.feel_pulse()
        yield house


async def samples(house: House, accept: str = "") -> Samples:
    answer = await house.client.get("/metrics", headers={"accept": accept} if accept else {})
    assert answer.status_code == 200, answer.text
    parse: Any = openmetrics.text_string_to_metric_families if "openmetrics" in accept else text_string_to_metric_families
    return {(sample.name, frozenset(sample.labels.items())): sample.value for family in parse(answer.text) for sample in family.samples}


def of(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


async def test_prints_are_counted_by_printer_and_outcome(printed: House) -> None:
    found = await samples(printed)
    assert of(found, "labelhub_jobs_total", printer="pt", outcome="completed") == 2
    assert of(found, "labelhub_jobs_total", printer="pt", outcome="cancelled") == 1
    assert of(found, "labelhub_labels_printed_total", printer="pt") == 3
    assert of(found, "labelhub_job_printed_seconds_count", printer="pt") == 2
    assert of(found, "labelhub_send_seconds_count", printer="pt") == 2
    assert 0 < of(found, "labelhub_job_printed_seconds_sum", printer="pt") < 60
    assert of(found, "labelhub_render_seconds_count") >= 2


async def test_the_tape_used_is_what_the_estimate_says(printed: House) -> None:
    one = {"template": "snipeit-12mm", "printer": "pt", "data": ASSET}
    two = {"template": "snipeit-12mm", "printer": "pt", "labels": [{"data": ASSET, "copies": 2}]}
    told = [(await printed.client.post("/api/estimate", json=body)).json() for body in (one, two)]
    used_mm = of(await samples(printed), "labelhub_media_used_mm_total", printer="pt")
    assert used_mm == pytest.approx(sum(body["media_mm"] for body in told), abs=0.5)


async def test_what_waits_and_since_when_is_told(printed: House) -> None:
    found = await samples(printed)
    assert of(found, "labelhub_queue_depth", printer="pt") == 1
    assert of(found, "labelhub_queue_oldest_age_seconds", printer="pt") > 0
    assert of(found, "labelhub_queue_depth", printer="any") == 0


async def test_the_printer_s_state_and_the_looks_at_it_are_told(printed: House) -> None:
    found = await samples(printed)
    states = {dict(labels)["state"]: value for (name, labels), value in found.items() if name == "labelhub_printer_state"}
    assert sum(states.values()) == states["idle"] == 1
    assert of(found, "labelhub_printer_online", printer="pt") == 1
    assert of(found, "labelhub_probes_total", printer="pt", outcome="answered") >= 1
    assert of(found, "labelhub_database_up") == 1


async def test_requests_are_counted_by_the_template_of_their_route_and_never_by_path(printed: House) -> None:
    found = await samples(printed)
    routes = {dict(labels)["route"] for (name, labels) in found if name == "labelhub_http_requests_total"}
    assert {"/api/print", "/api/jobs/{job_id}", "unmatched"} <= routes
    assert not [route for route in routes if "nonsense" in route or "no/such" in route]
    assert of(found, "labelhub_http_requests_total", route="/api/print", method="POST", status="2xx") == 4
    assert of(found, "labelhub_http_requests_total", route="unmatched", method="GET", status="4xx") >= 1
    assert of(found, "labelhub_http_requests_total", route="/api/printers", method="other", status="4xx") == 1
    assert of(found, "labelhub_http_request_seconds_count", route="/api/print", method="POST") == 4


async def test_routes_of_the_demo_are_counted_by_their_whole_template(printed: House) -> None:
    transport = httpx.ASGITransport(create_app(printed.hub, printed.emulators))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8090") as client:
        assert (await client.get("/virtual/api/printers/pt")).json()["model"] == "PT-P750W"
    found = await samples(printed)
    assert of(found, "labelhub_http_requests_total", route="/virtual/api/printers/{name}", method="GET", status="2xx") == 1


async def test_openmetrics_is_given_to_who_accepts_it_and_says_the_same(printed: House) -> None:
    plain = await samples(printed)
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"
    answer = await printed.client.get("/metrics", headers={"accept": accept})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    found = await samples(printed, accept)
    key = ("labelhub_jobs_total", frozenset({("printer", "pt"), ("outcome", "completed")}))
    assert found[key] == plain[key]
    assert ("process_resident_memory_bytes", frozenset()) in found


async def test_a_hostile_accept_header_gets_the_plain_format(printed: House) -> None:
    for accept in ("text/plain;version=x.y", "application/openmetrics;" * 50, "*/*;version=99999999999", ","):
        answer = await printed.client.get("/metrics", headers={"accept": accept})
        assert (answer.status_code, answer.headers["content-type"][:25]) == (200, "text/plain; version=0.0.4")


async def test_who_follows_the_event_stream_is_counted(printed: House) -> None:
    stream = printed.hub.stream
    listeners = [await stream.join(Wanted()) for _ in range(2)]
    followed = await samples(printed)
    for one in listeners:
        stream.leave(one)
    assert of(followed, "labelhub_event_subscribers") == 2
    assert of(await samples(printed), "labelhub_event_subscribers") == 0


async def test_nothing_in_it_is_an_address_or_a_secret(printed: House) -> None:
    text = (await printed.client.get("/metrics")).text
    assert "127.0.0.1" not in text
    assert "public" not in text


async def test_it_answers_while_the_database_is_gone(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        file = tmp_path / "labelhub.db"
        file.rename(tmp_path / "elsewhere")
        await house.hub.feel_pulse()
        async with asyncio.timeout(30):
            found = await samples(house)
        assert of(found, "labelhub_database_up") == 0
        assert of(found, "labelhub_queue_depth", printer="pt") == 0
        assert ("labelhub_database_latency_seconds", frozenset()) not in found
        (tmp_path / "elsewhere").rename(file)


async def test_two_hubs_count_apart(printed: House, tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as other:
        found = await samples(other)
    assert ("labelhub_jobs_total", frozenset({("printer", "pt"), ("outcome", "completed")})) not in found
