"""Deliveries of other systems, as they were recorded: answered at once, the right label later, and once."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import httpx
import zxingcpp

from labelhub.jobs.job import ITEM_PENDING, JobState
from tests.hooks.deliveries import ASSET, job_of, named, recorded, send, snipeit, written
from tests.hooks.serving import served
from tests.house import declared, dots_of, house, house_with, settings_for, virtual
from tests.integrations.stand_in import Asked, Reply, stand_in

QUICK_S = 0.2
"""Grocy's user waits 2 s at most; this is what the hub may take of it, on a machine that has nothing else to do."""


async def test_every_recorded_delivery_prints_the_right_label(tmp_path: Path) -> None:
    async with house_with(tmp_path, ql="QL-820NWB 62mm") as found:
        pages = 0
        for delivery in recorded():
            told, expected = await send(found, delivery), delivery.expected
            if expected.get("ignored") or expected.get("duplicate"):
                assert (told["status"] == "ignored", told["duplicate"]) == (
                    bool(expected.get("ignored")),
                    bool(expected.get("duplicate")),
                )
                continue
            job = await found.until(told["job_id"])
            assert (job.state, job.evidence) == ("completed", "page-counter"), (delivery.name, job.detail)
            copies = expected.get("copies", 1)
            pages += copies
            page = (await found.emulators["ql"].wait_for_pages(pages))[-1]
            data = (await found.client.get(f"/api/jobs/{job.id}")).json()["payload"]["labels"][0]["data"]
            assert {name: data[name] for name in expected.get("fields", {})} == expected.get("fields", {}), delivery.name
            if "picture" in expected:
                assert (job.template_key, job.labels_total) == ("any-picture", copies)
                continue
            codes = [code.text for code in zxingcpp.read_barcodes(dots_of(page).convert("L"))]
            assert codes == ([expected["code"]] if expected["code"] else []), delivery.name
            assert written(job.template_key, data) == expected["text"], delivery.name
        assert found.emulators["ql"].machine.page_count == pages
        assert not found.emulators["ql"].machine.violations


async def test_grocy_is_answered_at_once_while_the_printer_is_off_and_each_label_comes_out_later_and_once(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators, house(tmp_path, settings_for(tmp_path, declared(emulators))) as found:
        await emulators["pt"].unplug()
        await found.seen("pt")
        made = (await found.client.post("/api/hooks", json={"name": "grocy", "preset": "grocy"})).json()
        took: list[float] = []
        async with served(found) as address, httpx.AsyncClient(base_url=address, trust_env=False, timeout=20) as grocy:
            for form, old in (("product_printlabel", "grcy:p:1"), ("product_printlabel_FORM", "grcy%3Ap%3A2")):
                delivery = named(f"grocy/{form}")
                for number in range(3):  # one of them is undisturbed by whatever else this machine does
                    body = delivery.body.replace(old.encode(), f"{old}0{number}".encode())
                    begun = time.perf_counter()
                    answer = await grocy.post(made["path"], content=body, headers=delivery.headers | {"user-agent": "GuzzleHttp/7"})
                    took.append(time.perf_counter() - begun)
                    assert answer.status_code == 202, answer.text
                    assert answer.headers["location"] == f"/api/jobs/{answer.json()['job_id']}"
        assert min(took[:3]) < QUICK_S, took
        assert min(took[3:]) < QUICK_S, took
        waiting = (await found.client.get("/api/jobs?state=queued")).json()
        assert len(waiting) == 6
        await emulators["pt"].plug()
        await found.seen("pt")
        for job in waiting:
            assert (await found.until(job["id"])).state == "completed"
        codes = [zxingcpp.read_barcodes(dots_of(page).convert("L"))[0].text for page in await emulators["pt"].wait_for_pages(6)]
        assert sorted(codes) == [f"grcy:p:{product}0{number}" for product in (1, 2) for number in range(3)]


async def test_a_delivery_before_any_printer_was_ever_seen_waits_for_the_first_that_is(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm", ql="QL-820NWB 62mm") as emulators:
        for emulator in emulators.values():
            await emulator.unplug()
        async with house(tmp_path, settings_for(tmp_path, declared(emulators))) as found:
            job_id = (await send(found, named("grocy/stock_entry_printlabel")))["job_id"]
            assert (await found.hub.database.read(job_of, job_id)).printer_id is None
            await emulators["ql"].plug()
            await found.seen("ql")
            job = await found.until(job_id)
            assert (job.state, job.printer_id) == ("completed", found.hub.printer("ql").id)


async def test_what_is_cancelled_while_it_waits_for_its_thing_is_not_printed(tmp_path: Path) -> None:
    free = asyncio.Event()

    async def slowly(_: Asked) -> Reply:
        await free.wait()
        return Reply(ASSET)

    async with house_with(tmp_path, pt="PT-P750W 12mm") as found, snipeit(found, {"*": slowly}):
        first = (await send(found, named("snipeit/checkout_webhook_slack")))["job_id"]
        await found.until(first, JobState.QUEUED, reason=ITEM_PENDING)
        assert (await found.client.post(f"/api/jobs/{first}/cancel")).json()["state"] == "cancelled"
        free.set()
        second = {"lookup": {"app": "snipeit", "identifier": "MS-00042"}}
        answer = await found.client.post("/api/webhook/generic", json=second)
        assert (await found.until(answer.json()["job_id"])).state == "completed"
        assert (await found.until(first)).state == "cancelled"
        assert found.emulators["pt"].machine.page_count == 1


async def test_homebox_gets_its_label_as_a_picture_and_nothing_is_printed(tmp_path: Path) -> None:
    asked = json.loads((Path(__file__).parent.parent / "samples/homebox/label_service_requests.json").read_text())["requests"][:3]
    async with house_with(tmp_path, pt="PT-P750W 24mm") as found:
        token = (await found.client.post("/api/hooks", json={"name": "hb", "preset": "homebox"})).json()["token"]
        for request in asked:
            query = request["raw_path"].partition("?")[2]
            answer = await found.client.get(
                f"/api/label/homebox/{token}?{query}", headers={"user-agent": "Homebox-LabelMaker/1.0", "accept": "image/*"}
            )
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
            picture = await found.picture(f"/api/label/homebox/{token}?{query}")
            assert [code.text for code in zxingcpp.read_barcodes(picture.convert("L"))] == [request["query"]["URL"]]
        printed_back = await found.client.post(
            f"/api/webhook/hb/{token}?url=x&title=T", content=answer.content, headers={"content-type": "image/png"}
        )
        job = await found.until(printed_back.json()["job_id"])
        (page,) = await found.emulators["pt"].wait_for_pages(1)
        codes = [code.text for code in zxingcpp.read_barcodes(dots_of(page).convert("L"))]
        assert (job.state, codes) == ("completed", ["https://hb.example/a/000-042"])
        await found.emulators["pt"].unplug()
        assert (await found.client.get(f"/api/label/homebox/{token}?TitleText=T&URL=U")).status_code == 200
        assert (await found.client.get(f"/api/label/homebox/wrong{token}?TitleText=T&URL=U")).status_code == 401
        in_address = await found.client.get(
            "/api/label/homebox?TitleText=T&URL=U", auth=("labelhub", token)
        )  # as Go sends http://u:p@hub
        assert (in_address.status_code, in_address.headers["content-type"]) == (200, "image/png")
        assert len((await found.client.get("/api/jobs")).json()) == 1


async def test_the_addresses_that_older_programs_have_print_as_well(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        old = {"product": "Milch", "duedate": "2999-12-31", "grocycode": "grcy:p:7", "font_family": "Arial", "label_size": "62"}
        ids = [(await found.client.post("/api/print/grocy", data=old)).json()["job_id"]]
        for name, asked in (("grocy", old), ("text", {"text": "Äpfel", "font_size": "40"})):
            await found.client.delete(f"/api/hooks/{name}")
            made = await found.client.post("/api/hooks", json={"name": name, "preset": name})
            path, token = f"/api/print/{name}", made.json()["token"]
            ids.append((await found.client.get(path, params=asked | {"token": token})).json()["job_id"])
            assert (await found.client.get(path, params=asked)).status_code == 401  # a link that somebody follows prints nothing
        assert len((await found.client.get("/api/jobs")).json()) == 3
        for job_id in ids:
            job = await found.until(job_id)
            assert job.state == "completed", job.detail
        data = (await found.client.get(f"/api/jobs/{ids[0]}")).json()["payload"]["labels"][0]["data"]
        assert written("any-qr", data) == "Milch"


async def test_the_messages_of_a_connected_system_are_read_by_its_own_plug_in(tmp_path: Path) -> None:
    delivery = named("snipeit/checkout_webhook_slack")
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found, snipeit(found, {"*": Reply(ASSET)}):
        await found.client.post("/api/hooks", json={"name": "assets", "preset": "system", "lookup": "snipeit"})
        answer = await found.client.post("/api/webhook/assets", content=delivery.body, headers=delivery.headers)
        assert (await found.until(answer.json()["job_id"])).state == "completed"
        nothing = await found.client.post("/api/webhook/assets", json={"text": "audit of nothing"})
        assert (nothing.status_code, nothing.json()["status"]) == (202, "ignored")
        await found.client.patch("/api/hooks/assets", json={"lookup": "elsewhere"})
        unknown = await found.client.post("/api/webhook/assets", content=delivery.body, headers=delivery.headers)
        assert (unknown.status_code, unknown.json()["type"].rpartition("/")[2]) == (404, "integration-not-found")


async def test_things_of_one_system_are_fetched_while_many_jobs_wait_for_another_that_is_down(tmp_path: Path) -> None:
    async with (
        house_with(tmp_path, pt="PT-P750W 12mm") as found,
        stand_in({"*": Reply(status=503)}) as down,
        snipeit(found, {"*": Reply(ASSET)}),
    ):
        found.hub.supplier.looked_at = 2
        await found.client.post("/api/integrations", json={"kind": "snipeit", "name": "down", "url": down.url})
        for number in range(5):
            waiting = {"lookup": {"app": "down", "identifier": str(number)}}
            assert (await found.client.post("/api/webhook/generic", json=waiting)).status_code == 202
        answer = await found.client.post("/api/webhook/generic", json={"lookup": {"app": "snipeit", "identifier": "MS-00042"}})
        assert (await found.until(answer.json()["job_id"])).state == "completed"
        assert len((await found.client.get("/api/jobs?state=queued")).json()) == 5
