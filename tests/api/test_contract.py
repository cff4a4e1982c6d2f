"""What every route keeps: rights declared, times in UTC ending in Z, an OpenAPI document that tells the truth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from labelhub.app import create_app
from labelhub.events import tail
from labelhub.http.rights import Right, all_routes, declared
from labelhub.hub import Hub
from tests.house import ASSET, house_with, settings_for, virtual
from tests.integrations.stand_in import Answering, Reply, stand_in

INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
Z = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
OPEN_TO_ALL = {
    "/healthz", "/readiness", "/login", "/logout", "/look", "/manifest.webmanifest",
    "/assets/{root}/{path:path}", "/problems/{slug}", "/openapi.json", "/docs", "/redoc",
}  # fmt: skip


BY_TOKEN = {
    "/api/webhook/{source}", "/api/webhook/{source}/{token}", "/api/print/grocy", "/api/print/text", "/api/label/homebox",
    "/api/label/homebox/{token}",
}  # fmt: skip
"""They ask for a token of a hook instead of the API's key."""


async def test_every_route_declares_what_it_needs(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        routes = list(all_routes(create_app(Hub(settings_for(tmp_path)), emulators)))
    assert len(routes) > 40
    assert [route.path for route in routes if declared(route) is None] == []
    assert {route.path for route in routes if declared(route) is Right.NOTHING} <= OPEN_TO_ALL | BY_TOKEN


async def test_nothing_but_the_open_routes_answers_a_stranger(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        printer = house.hub.printer("pt")
        strange = {"x-forwarded-for": "203.0.113.9"}
        for route in all_routes(house.app):
            path = route.path.replace("{printer_id}", str(printer.id)).replace("{job_id}", str(printer.id)).replace("{number}", "1")
            for method in route.methods:
                answer = await house.client.request(method, re.sub(r"\{.*?\}", "x", path), headers=strange)
                if route.path not in OPEN_TO_ALL:
                    assert answer.status_code == 401, (method, route.path)


async def test_every_time_of_every_endpoint_ends_in_z(tmp_path: Path) -> None:
    picture = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    asset = {"id": 42, "asset_tag": "MS-00042", "image": "/uploads/x.jpg"}  # its times are as its system writes them
    replies: dict[str, Reply | Answering] = {
        "/uploads/x.jpg": Reply(body=picture),
        "/api/v1/hardware": Reply({"total": 1, "rows": [asset]}),
    }
    replies["*"] = Reply(asset)
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house, stand_in(replies) as system:
        connected = {"kind": "snipeit", "name": "logo", "url": system.url}
        assert (await house.client.post("/api/integrations", json=connected)).status_code == 201
        done = await house.until(await house.print())
        await house.client.put("/api/images/logo", content=picture)
        await house.client.post("/api/hooks", json={"name": "logo"})
        await house.client.post("/api/webhook/logo", json={"text": "a"})
        await house.emulators["pt"].unplug()
        waiting = await house.print()
        await house.seen("pt")
        found = 0
        for route in all_routes(house.app):
            if "GET" not in route.methods or route.path in BY_TOKEN or not route.path.startswith(("/api", "/healthz", "/readiness")):
                continue
            if route.path == "/api/events":  # has no end; what it tells is looked at below
                continue
            for job_id in (str(done.id), waiting):
                path = route.path.replace("{printer_id}", "pt").replace("{job_id}", job_id).replace("{key}", "snipeit-12mm")
                path = path.replace("{version}", "1").replace("{name}", "logo").replace("{app}", "logo").replace("{id:path}", "42")
                quick = {"/api/discovery": {"seconds": "0.2"}, "/api/resolve": {"code": "42"}}.get(route.path)
                answer = await house.client.get(path.replace("{number}", "1"), params=quick)
                assert answer.status_code == 200, (path, answer.text)
                if answer.headers["content-type"] == "application/json":
                    texts = [text for text in strings(answer.json()) if INSTANT.match(text)]
                    assert [text for text in texts if not Z.fullmatch(text)] == []
                    found += len(texts)
        retried = (await house.client.post(f"/api/jobs/{done.id}/retry")).json()["job_id"]
        cancelled = (await house.client.post(f"/api/jobs/{retried}/cancel")).json()
        changed = (await house.client.patch("/api/printers/pt", json={"enabled": False})).json()
        for answer_body in (cancelled, changed):
            texts = [text for text in strings(answer_body) if INSTANT.match(text)]
            assert len(texts) >= 2
            assert [text for text in texts if not Z.fullmatch(text)] == []
        for event in await house.hub.database.read(tail, 0):
            assert [text for text in strings(dict(event.data)) if INSTANT.match(text) and not Z.fullmatch(text)] == []
        assert found > 40


async def test_the_openapi_document_is_valid_and_names_every_problem(tmp_path: Path) -> None:
    document = create_app(Hub(settings_for(tmp_path))).openapi()
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")
    print_answers = document["paths"]["/api/print"]["post"]["responses"]
    assert {"202", "400", "401", "403", "404", "409", "413", "415", "422", "500"} <= set(print_answers)
    slugs = {
        slug for answer in print_answers.values() for slug in answer["content"].get("application/problem+json", {}).get("examples", {})
    }
    assert {"template-not-found", "printer-not-found", "media-mismatch", "field-missing", "label-too-long", "barcode-invalid"} <= slugs
    assert document["paths"]["/api/print"]["post"]["security"]
    assert "examples" in document["components"]["schemas"]["PrintBody"]


async def test_the_older_names_of_fields_and_paths_still_print(tmp_path: Path) -> None:
    body: dict[str, Any] = {"template_id": "snipeit-24mm", "data": ASSET, "printer": "pt", "on_tape_mismatch": "queue"}
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        answer = await house.client.post("/print", json=body)
        assert (answer.status_code, answer.headers["location"]) == (202, f"/api/jobs/{answer.json()['job_id']}")
        unknown = await house.client.post("/print", json={"template_id": "snipeit-12mm"})
        assert unknown.status_code == 422


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
