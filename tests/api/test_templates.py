"""Templates through the API."""

from __future__ import annotations

from pathlib import Path

from jsonschema import Draft202012Validator

from labelhub.jobs.job import LabelOrder
from labelhub.jobs.submit import Wish
from labelhub.labels.template import builtin
from tests.house import house, house_with, same_dots

FIXED = {
    "id", "key", "name", "app", "printer_model", "tape_width_mm", "schema_version", "definition", "source", "created_at", "updated_at",
    "version",
}  # fmt: skip


async def test_the_seeds_are_there_with_the_same_ids_on_every_start(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        async with house(tmp_path) as found:
            templates = (await found.client.get("/api/templates")).json()
            assert all(set(template) == FIXED and template["source"] == "seed" for template in templates)
            seen.append({template["key"]: (template["id"], template["created_at"], template["updated_at"]) for template in templates})
            snipeit = (await found.client.get("/api/templates?app=snipeit")).json()
            assert [template["key"] for template in snipeit] == ["snipeit-12mm", "snipeit-18mm", "snipeit-24mm"]
            one = (await found.client.get("/api/templates/snipeit-18mm")).json()
            assert (one["tape_width_mm"], one["printer_model"], one["app"]) == (18, "PT-P750W", "snipeit")
    wanted = {f"{app}-{width}mm" for app in ("snipeit", "grocy", "spoolman", "qr-only") for width in (12, 18, 24)}
    assert wanted | {"text-62mm", "qr-text-62mm", "address-62mm", "printer-test"} <= set(seen[0])
    assert {template.key for template in builtin()} == set(seen[0])
    assert seen[0] == seen[1]


async def test_every_template_has_a_picture_even_without_a_printer(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        for template in (await found.client.get("/api/templates")).json():
            picture = await found.picture(f"/api/templates/{template['key']}/preview.png")
            assert picture.mode == "1", template["key"]
            assert picture.convert("L").getextrema() == (0, 255)


async def test_a_preview_on_a_printer_uses_the_media_it_holds(tmp_path: Path) -> None:
    body = {"template": "printer-test", "data": {"model": "x", "media": "y", "name": "z", "qr_payload": "1"}}
    async with house_with(tmp_path, narrow="PT-P750W 12mm", wide="PT-P750W 24mm") as found:
        pictures = {}
        for slug in ("narrow", "wide"):
            answer = await found.client.post("/api/preview", json=body | {"printer": slug})
            assert answer.status_code == 200, answer.text
            pictures[slug] = answer.content
        narrow, wide = [(await found.hub.proofs.preview(wish_for(slug))).page for slug in ("narrow", "wide")]
    assert pictures["narrow"] != pictures["wide"]
    assert (narrow.raster.width_dots, wide.raster.width_dots) == (70, 128)
    assert not same_dots(narrow.raster.picture(), wide.raster.picture())


def wish_for(slug: str) -> Wish:
    """The test label on one printer."""
    return Wish("printer-test", (LabelOrder({"model": "x", "media": "y", "name": "z", "qr_payload": "1"}),), slug)


async def test_the_schema_of_templates_is_served_and_says_the_same_as_the_hub(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        answer = await found.client.get("/api/template-schema")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
        checked = Draft202012Validator(answer.json())
        for template in (await found.client.get("/api/templates")).json():
            assert list(checked.iter_errors(template["definition"])) == []
        assert list(checked.iter_errors({"key": "no-layout"}))
