"""Previews and estimates: what they show is what comes out, and nothing is printed or kept."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from PIL import Image

from labelhub.jobs import store
from labelhub.labels.render import png
from tests.house import ASSET, House, dots_of, house, house_with, same_dots

PRINT = {"template": "snipeit-12mm", "data": ASSET}
SVG = {"accept": "image/svg+xml"}
TEXT = """\
schema_version: 1
key: draft
name: Draft
media: {family: tape, width_mm: 12}
fields: [{name: text, required: true, example: A 12}]
layout: {text: {value: "{text}", size_mm: {min: 2, max: 5}}}
"""


def picture(answer: httpx.Response) -> Image.Image:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
    return Image.open(BytesIO(answer.content))


async def nothing_kept(found: House) -> bool:
    jobs = await found.hub.database.read(store.history, state=None, printer_id=None, since=None, before_number=None, limit=10)
    return jobs == [] and (await found.client.get("/api/templates?source=user")).json() == []


async def test_a_preview_shows_the_very_dots_as_png_as_svg_and_with_what_is_around_them(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        plain = await found.client.post("/api/preview", json=PRINT)
        assert plain.headers["x-label-media"] == "12mm"
        assert picture(plain).mode == "1"
        large = picture(await found.client.post("/api/preview?scale=3", json=PRINT))
        assert same_dots(large.resize(picture(plain).size, Image.Resampling.NEAREST), picture(plain))
        framed = picture(await found.client.post("/api/preview?ruler=true&frame=true", json=PRINT))
        assert framed.width > picture(plain).width
        assert framed.height > 85
        drawing = await found.client.post("/api/preview", json=PRINT, headers=SVG)
        assert (drawing.headers["content-type"], drawing.headers["x-label-length-mm"]) == (
            "image/svg+xml", plain.headers["x-label-length-mm"],
        )  # fmt: skip
        assert drawing.text.startswith("<svg ")
        either = await found.client.post("/api/preview", json=PRINT, headers={"accept": "image/png, image/svg+xml"})
        assert either.content == plain.content
        assert await nothing_kept(found)
        await found.until(await found.print())
        assert same_dots(picture(plain), dots_of(found.emulators["pt"].machine.pages[0]))


@pytest.mark.parametrize("query", ["scale=0", "scale=9", "scale=x", "ruler=maybe", "frame=2"])
async def test_a_look_that_is_none_is_told(tmp_path: Path, query: str) -> None:
    async with house(tmp_path) as found:
        answer = await found.client.post(f"/api/preview?{query}", json=PRINT)
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, f"query.{query.partition('=')[0]}")


async def test_a_template_has_a_picture_for_each_model_and_media_that_takes_it(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        path = "/api/templates/printer-test/preview"
        sizes = set()
        for query in ("model=PT-P750W&media=9mm", "model=PT-P750W&media=24mm", "model=ql-820nwb&media=29x90mm"):
            answer = await found.client.get(f"{path}.png?{query}&frame=1")
            assert answer.headers["x-label-media"] == query.rpartition("=")[2]
            sizes.add(picture(answer).size)
        assert len(sizes) == 3
        assert (await found.client.get(f"{path}.svg?media=12mm&model=PT-P750W")).headers["content-type"] == "image/svg+xml"
        for key, query, status in (
            ("printer-test", "model=PT-P750W&media=62mm", 422),
            ("printer-test", "model=nothing", 422),
            ("snipeit-12mm", "model=QL-820NWB", 422),
            ("snipeit-12mm", "media=24mm", 422),
            ("snipeit-12mm", "printer=nothing", 404),
            ("nothing", "", 404),
        ):
            answer = await found.client.get(f"/api/templates/{key}/preview.png?{query}")
            assert answer.status_code == status, (key, query, answer.text)


async def test_a_template_is_looked_at_before_it_is_kept_and_then_prints_so(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        for definition in (TEXT, yaml.safe_load(TEXT)):
            answer = await found.client.post("/api/templates/preview", json={"definition": definition, "data": {"text": "B 7"}})
            seen = picture(answer)
        example = picture(await found.client.post("/api/templates/preview", json={"definition": TEXT}))
        assert not same_dots(example, seen)
        drawing = await found.client.post("/api/templates/preview?ruler=1", json={"definition": TEXT}, headers=SVG)
        assert "0 mm" in drawing.text
        assert await nothing_kept(found)
        await found.client.put("/api/templates/draft", json={"definition": TEXT})
        await found.until(await found.print("draft", {"text": "B 7"}))
        assert same_dots(seen, dots_of(found.emulators["pt"].machine.pages[0]))


async def test_a_template_that_cannot_be_shown_says_why(tmp_path: Path) -> None:
    wrong: list[tuple[dict[str, Any], int, str, str | None]] = [
        ({"definition": TEXT.replace("size_mm", "size")}, 422, "template-invalid", "#/definition/layout/text/size"),
        ({"definition": {}}, 422, "template-invalid", "#/definition"),
        ({"definition": TEXT, "data": {}}, 422, "field-missing", None),
        ({"definition": TEXT, "data": {"text": "M" * 1500}}, 422, "label-too-long", None),
        ({"definition": TEXT, "model": "PT-P750W", "media": "24mm"}, 422, "media-unsupported", None),
        ({"definition": TEXT, "printer": "nothing"}, 404, "printer-not-found", None),
        ({"definition": TEXT, "colour": 1}, 422, "validation-failed", "#/colour"),
        ({"definition": 7}, 422, "validation-failed", "#/definition"),
        ({}, 422, "validation-failed", "#/definition"),
    ]
    async with house(tmp_path) as found:
        for body, status, slug, pointer in wrong:
            answer = await found.client.post("/api/templates/preview", json=body)
            assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, slug), (body, answer.text)
            assert pointer is None or answer.json()["errors"][0]["pointer"].startswith(pointer)


async def test_red_of_a_template_is_red_in_every_picture_and_on_the_roll(tmp_path: Path) -> None:
    price = {"template": "any-price", "data": {"title": "Bergkäse", "price": "12.5", "ean": "4006381333931"}}
    async with house_with(tmp_path, ql="QL-820NWB 62mm-red") as found:
        shown = await found.client.post("/api/preview", json=price)
        assert len(picture(shown).convert("RGB").getcolors() or []) == 3
        assert 'fill="#c80000"' in (await found.client.post("/api/preview", json=price, headers=SVG)).text
        job_id = (await found.client.post("/api/print", json=price)).json()["job_id"]
        await found.until(job_id)
        (page,) = found.emulators["ql"].machine.pages
        printed = Image.open(BytesIO(png(page.raster, turned=False)))
        for path in (f"/api/jobs/{job_id}/labels/1.png", f"/jobs/{job_id}/labels/1.png"):
            assert len(picture(await found.client.get(path)).convert("RGB").getcolors() or []) == 3
        kept = picture(await found.client.get(f"/api/jobs/{job_id}/labels/1.png"))
        assert kept.tobytes() == printed.tobytes() == picture(shown).tobytes()
        path = "/api/templates/any-price/preview.png?model=QL-820NWB&media="
        colors = [len(picture(await found.client.get(path + media)).convert("RGB").getcolors() or []) for media in ("62mm", "62mm-red")]
        assert colors == [2, 3]
        for model, media in (("QL-820NWB", "29mm-red"), ("QL-820NWB", "62x29mm-red"), ("QL-800", "50mm-red"), ("QL-700", "62mm-red")):
            refused = await found.client.get(f"/api/templates/any-price/preview.png?model={model}&media={media}")
            assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "media-unsupported")
            assert (" 62mm-red" in refused.json()["detail"].partition("it takes")[2]) == (model != "QL-700")


OPTIONS: list[tuple[str, str, dict[str, Any], int]] = [
    ("PT-P750W 12mm", "snipeit-12mm", {}, 1),
    ("PT-P750W 12mm", "snipeit-12mm", {}, 25),
    ("PT-P750W 12mm", "snipeit-12mm", {"half_cut": True}, 3),
    ("PT-P750W 12mm", "snipeit-12mm", {"auto_cut": False, "margin_mm": 5}, 3),
    ("PT-P750W 12mm", "snipeit-12mm", {"chain": True}, 22),
    ("PT-P750W 12mm", "qr-only-12mm", {"cut_each": 2}, 3),
    ("PT-P750W 12mm", "qr-only-12mm", {"high_resolution": True}, 3),
    ("QL-820NWB 62mm", "text-62mm", {}, 4),
    ("PT-P910BT 12mm", "qr-only-12mm", {}, 3),
]


@pytest.mark.parametrize(("model", "template", "options", "copies"), OPTIONS)
async def test_an_estimate_is_what_a_printer_then_uses(
    tmp_path: Path, model: str, template: str, options: dict[str, Any], copies: int
) -> None:
    data = ASSET | {"text": "Büro 2"}
    body = {"template": template, "data": data, "options": {"copies": copies, **options}}
    async with house_with(tmp_path, pt=model) as found:
        answer = await found.client.post("/api/estimate", json=body | {"price_per_m": 2.5})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert await nothing_kept(found)
        await found.until(await found.print(template, data, options=body["options"]))
        tape = found.emulators["pt"].machine._tape
        assert told["media_mm"] == pytest.approx(tape.used_mm, abs=0.06)
        assert told["cost"] == pytest.approx(tape.used_mm / 1000 * 2.5, abs=0.001)
        assert (told["labels"], told["exact"], told["model"]) == (copies, True, model.partition(" ")[0])
        assert told["blank_mm"] == pytest.approx(told["media_mm"] - copies * told["label_length_mm"], abs=0.1 * copies)


async def test_an_estimate_of_a_large_batch_counts_the_rest_like_the_first_labels(tmp_path: Path) -> None:
    labels = [{"data": ASSET, "copies": 2} for _ in range(30)]
    async with house(tmp_path) as found:
        told = (await found.client.post("/api/estimate", json={"template": "snipeit-12mm", "labels": labels})).json()
        assert (told["labels"], told["exact"], told["cost"]) == (60, False, None)
        one = (await found.client.post("/api/estimate", json={**PRINT, "options": {"copies": 60}})).json()
        assert told["media_mm"] == one["media_mm"]
        labels[3]["data"] = {}
        wrong = await found.client.post("/api/estimate", json={"template": "snipeit-12mm", "labels": labels})
        assert (wrong.status_code, wrong.json()["label"]) == (422, 4)


async def test_die_cut_labels_are_counted_by_the_label(tmp_path: Path) -> None:
    body = {"template": "printer-test", "data": {"model": "x"}, "options": {"copies": 3}, "price_per_label": 0.05}
    async with house_with(tmp_path, ql="QL-820NWB 29x90mm") as found:
        told = (await found.client.post("/api/estimate", json=body | {"printer": "ql"})).json()
        assert (told["media"], told["labels"], told["media_mm"], told["cost"]) == ("29x90mm", 3, 270.0, 0.15)
        refused = await found.client.post("/api/estimate", json=body | {"price_per_m": -1})
        assert refused.json()["errors"][0]["pointer"] == "#/price_per_m"
