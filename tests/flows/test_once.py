"""The same request sent again, because its answer was lost, prints nothing more: seen from the printer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from tests.flows.at_the_printer import TINY, codes, one, slug_of, wish
from tests.house import House, declared, house, house_with, settings_for, virtual

PRINT = {"template": TINY, "data": {"qr_payload": "L-0"}}


async def ask(found: House, path: str, key: str, body: dict[str, Any] | None = None) -> httpx.Response:
    """One request with a key."""
    return await found.client.post(path, json=body, headers={"idempotency-key": key})


def told(answer: httpx.Response) -> tuple[int, Any, str | None]:
    """All of an answer that counts."""
    return answer.status_code, answer.json(), answer.headers.get("location")


async def test_the_same_key_twenty_times_at_once_is_one_label_and_twenty_equal_answers(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        answers = await asyncio.gather(*(ask(found, "/api/print" if n % 2 else "/print", "a", PRINT) for n in range(20)))
        first = told(answers[0])
        job_id = first[1]["job_id"]
        assert first == (202, {"job_id": job_id, "status": "queued"}, f"/api/jobs/{job_id}")
        assert [told(answer) for answer in answers] == [first] * 20
        await found.until(job_id)
        assert told(await ask(found, "/api/print", "a", PRINT)) == first
        await found.until(await one(found, "next"))
        assert codes(found.emulators["pt"]) == ["L-0", "next"]
        assert len(await wish(found, "jobs", 200, method="GET")) == 2


async def test_one_key_for_several_requests_at_once_serves_one_and_refuses_the_others(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        bodies = [{"template": TINY, "data": {"qr_payload": f"L-{number}"}} for number in range(10)]
        answers = await asyncio.gather(*(ask(found, "/api/print", "a", body) for body in bodies))
        taken = [number for number, answer in enumerate(answers) if answer.status_code == 202]
        refused = [slug_of(answer.json()) for answer in answers if answer.status_code == 422]
        assert (len(taken), refused) == (1, ["idempotency-key-reused"] * 9)
        await found.until(answers[taken[0]].json()["job_id"])
        assert codes(found.emulators["pt"]) == [f"L-{taken[0]}"]


async def test_a_key_outlasts_a_restart_and_its_printer_being_disabled(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        named = PRINT | {"printer": "pt"}
        requests: dict[str, tuple[str, Any]] = {
            "a": ("/api/print", named), "b": ("/api/printers/pt/test", None), "c": ("/api/print", PRINT),
        }  # fmt: skip
        async with house(tmp_path, settings) as before:
            await before.seen("pt")
            first = {key: told(await ask(before, path, key, body)) for key, (path, body) in requests.items()}
            for _, answer, _ in first.values():
                await before.until(answer["job_id"])
            path = f"/api/jobs/{first['a'][1]['job_id']}/retry"
            requests |= {"d": (path, None), "e": (path, {"only": None})}
            first |= {key: told(await ask(before, *(path, key, body))) for key, (path, body) in requests.items() if key in "de"}
            assert [answer[0] for answer in first.values()] == [202, 202, 202, 201, 201]
            for _, answer, _ in first.values():
                await before.until(answer["job_id"])
        async with house(tmp_path, settings) as after:
            await wish(after, "printers/pt", 200, {"enabled": False}, "PATCH")
            for key, (path, body) in requests.items():
                assert told(await ask(after, path, key, body)) == first[key]
            assert slug_of((await ask(after, "/api/print", "f", named)).json()) == "printer-disabled"
            await wish(after, "printers/pt", 200, {"enabled": True}, "PATCH")
            # What was refused used up no key.
            assert (await ask(after, "/api/print", "f", named)).status_code == 202
        async with house(tmp_path, settings) as again:
            job_id = (await ask(again, "/api/print", "f", named)).json()["job_id"]
            await again.until(job_id)
        assert emulators["pt"].machine.page_count == 6


async def test_a_retry_and_a_test_label_with_a_key_come_out_once_however_often_they_are_asked_for(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        old = await one(found, "L-0")
        await found.until(old)
        for number, (path, other) in enumerate(((f"/api/jobs/{old}/retry", {"only": "missing"}), ("/api/printers/pt/test", None))):
            bodies = (None, {}, {"only": None}) if other else (None,)
            answers = await asyncio.gather(*(ask(found, path, f"key-{number}", body) for body in bodies * 3))
            assert len({str(told(answer)) for answer in answers}) == 1
            await found.until(answers[0].json()["job_id"])
            assert found.emulators["pt"].machine.page_count == 2 + number
            reused = await ask(found, path if other else "/api/print", f"key-{number}", other or PRINT)
            assert (reused.status_code, slug_of(reused.json())) == (422, "idempotency-key-reused")


async def test_a_key_that_is_none_is_refused_everywhere_and_prints_nothing(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        old = await one(found, "L-0")
        await found.until(old)
        for path, body in (("/api/print", PRINT), ("/print", PRINT), (f"/api/jobs/{old}/retry", None), ("/api/printers/pt/test", None)):
            for key in ("", " a", "a ", "a\tb", "x" * 256, "ümlaut"):
                answer = await found.client.post(path, json=body, headers=[(b"idempotency-key", key.encode())])
                assert (answer.status_code, slug_of(answer.json())) == (422, "validation-failed"), (path, key)
                assert answer.json()["errors"][0]["parameter"] == "header.Idempotency-Key"
        assert len(await wish(found, "jobs", 200, method="GET")) == 1
