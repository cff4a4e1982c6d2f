"""The main job: a request becomes a confirmed label, through real sockets."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image

from labelhub.drivers.brother import PT, QL
from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.machine import Page
from tests.drivers.test_brother_reader import decoded
from tests.house import ASSET, declared, dots_of, house, house_with, same_dots, settings_for, virtual

KEEP = {"keep_bytes": True}
TAPE_SEEDS = [f"{app}-{width}mm" for width in (12, 18, 24) for app in ("snipeit", "grocy", "spoolman", "qr-only")]
ROLL_DATA: dict[str, dict[str, Any]] = {
    "text-62mm": {"text": "Schrauben M3 × 12\nEdelstahl"},
    "qr-text-62mm": {"qr_payload": "https://box.example/item/42", "title": "Kiste 42", "secondary": ["Keller, Regal 3"]},
    "address-62mm": {"name": "Änne Groß", "lines": ["Straße des 17. Juni 135", "10623 Berlin"]},
}


async def test_a_request_becomes_a_confirmed_label_equal_to_its_preview(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        job = await house.until(await house.print("snipeit-12mm"))
        (page,) = await house.emulators["pt"].wait_for_pages(1)
        preview = await house.client.post("/api/preview", json={"template": "snipeit-12mm", "data": ASSET})
        picture = await house.picture(f"/api/jobs/{job.id}/labels/1.png")

    assert (job.state, job.evidence, job.labels_done) == ("completed", "page-counter", 1)
    printed = dots_of(page)
    assert same_dots(printed, picture)
    assert same_dots(printed, Image.open(BytesIO(preview.content)))
    assert float(preview.headers["x-label-length-mm"]) > 10
    assert [code.text for code in zxingcpp.read_barcodes(printed.convert("L"))] == [ASSET["qr_payload"]]
    assert not house.emulators["pt"].machine.violations


async def test_every_seed_prints_on_its_tape_and_an_independent_decoder_reads_the_same_dots(tmp_path: Path) -> None:
    async with house_with(tmp_path, KEEP, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        for number, template in enumerate(TAPE_SEEDS, start=1):
            await emulator.load(media_from_word("PT-P750W", template.rpartition("-")[2]))
            await house.seen("pt")
            job = await house.until(
                await house.print(template, ASSET if "qr-only" not in template else {"qr_payload": ASSET["qr_payload"]})
            )
            page = (await emulator.wait_for_pages(number))[-1]
            assert (job.state, job.evidence) == ("completed", "page-counter"), template
            assert same_dots(dots_of(page), await house.picture(f"/api/jobs/{job.id}/labels/1.png")), template
            assert same_dots(page.raster.picture(), read_by_another(emulator.connections[-1].data, page, tmp_path)), template
            assert [code.text for code in zxingcpp.read_barcodes(dots_of(page).convert("L"))] == [ASSET["qr_payload"]], template
        assert not emulator.machine.violations


async def test_every_roll_template_prints_and_an_independent_decoder_reads_the_same_dots(tmp_path: Path) -> None:
    async with house_with(tmp_path, KEEP, ql="QL-820NWB 62mm") as house:
        emulator = house.emulators["ql"]
        for number, (template, data) in enumerate(ROLL_DATA.items(), start=1):
            job = await house.until(await house.print(template, data))
            page = (await emulator.wait_for_pages(number))[-1]
            assert (job.state, job.evidence) == ("completed", "page-counter"), template
            assert same_dots(dots_of(page), await house.picture(f"/api/jobs/{job.id}/labels/1.png")), template
            assert same_dots(page.raster.picture(), read_by_another(emulator.connections[-1].data, page, tmp_path)), template
        assert not emulator.machine.violations


async def test_copies_and_a_batch_come_out_in_order_as_one_job(tmp_path: Path) -> None:
    labels = [{"data": ASSET | {"primary_id": f"A-{number}"}, "copies": 2} for number in (1, 2)]
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        job = await house.until(await house.print(labels=labels))
        pages = await house.emulators["pt"].wait_for_pages(4)
        pictures = [await house.picture(f"/api/jobs/{job.id}/labels/{number}.png") for number in (1, 2, 3, 4)]
        missing = await house.client.get(f"/api/jobs/{job.id}/labels/5.png")

    assert (job.state, job.labels_total, job.labels_done) == ("completed", 4, 4)
    assert all(same_dots(dots_of(page), picture) for page, picture in zip(pages, pictures, strict=True))
    assert same_dots(pictures[0], pictures[1])
    assert not same_dots(pictures[1], pictures[2])
    assert missing.status_code == 404
    assert missing.json()["type"].endswith("/problems/label-not-found")


async def test_more_labels_than_fit_one_connection_print_once_each(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        job = await house.until(await house.print(options={"copies": 45}))
        await house.emulators["pt"].wait_for_pages(45)
        assert (job.state, job.labels_done, house.emulators["pt"].machine.page_count) == ("completed", 45, 45)
        assert len(house.emulators["pt"].connections) == 3


async def test_without_a_printer_named_the_one_that_has_the_media_prints(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm", wide="PT-P750W 24mm", ql="QL-820NWB 62mm") as house:
        for template, slug in (("snipeit-24mm", "wide"), ("snipeit-12mm", "pt")):
            job = await house.until(await house.print(template))
            assert job.printer_id == house.hub.printer(slug).id
        assert (await house.until(await house.print("text-62mm", {"text": "hello"}))).printer_id == house.hub.printer("ql").id


async def test_two_declared_printers_of_one_model_both_work(tmp_path: Path) -> None:
    async with house_with(tmp_path, left="PT-P750W 12mm", right="PT-P750W 12mm") as house:
        for slug in ("left", "right"):
            assert (await house.until(await house.print(printer=slug))).state == "completed"
            assert house.emulators[slug].machine.page_count == 1


async def test_a_printer_without_snmp_prints_and_says_how_it_knows(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        printers = [one | {"snmp": False} for one in declared(emulators)]
        async with house(tmp_path, settings_for(tmp_path, printers)) as found:
            job = await found.until(await found.print(printer="pt"))
            status = (await found.client.get("/api/printers/pt/status")).json()
    assert (job.state, job.evidence) == ("completed", "connection-closed")
    assert emulators["pt"].machine.page_count == 1
    assert (status["online"], status["state"], status["media"]) == (True, "unknown", None)


async def test_a_test_label_fits_whatever_is_loaded(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 6mm", ql="QL-820NWB 29x90mm") as house:
        for slug in ("pt", "ql"):
            answer = await house.client.post(f"/api/printers/{slug}/test")
            assert answer.status_code == 202, answer.text
            assert (await house.until(answer.json()["job_id"])).state == "completed"
            assert not house.emulators[slug].machine.violations


def read_by_another(job: bytearray | None, page: Page, folder: Path) -> Image.Image:
    """The bytes that went over the wire, as somebody else's decoder sees them; cropped to what the media takes."""
    driver = PT if page.media.kind.family == "tape" else QL
    geometry = driver.geometry("PT-P750W" if driver is PT else "QL-820NWB", page.media)
    left = geometry.head_dots - geometry.right_dots - geometry.printable_dots
    return decoded(bytes(job or b""), folder).crop((left, 0, left + geometry.printable_dots, page.raster.height_dots))
