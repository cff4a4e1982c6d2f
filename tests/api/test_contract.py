"""What every route keeps: rights declared, times in UTC ending in Z, an OpenAPI document that tells the truth."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from labelhub.app import create_app
from labelhub.events import tail
from labelhub.http.rights import Right, all_routes
from labelhub.http.rights import declared as right_of
from labelhub.hub import Hub
from tests.api.generated import Generated
from tests.house import ASSET, House, declared, house, house_with, settings_for, virtual
from tests.integrations.stand_in import Answering, Reply, stand_in
from tests.notices.receivers import receiver

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
    assert [route.path for route in routes if right_of(route) is None] == []
    assert {route.path for route in routes if right_of(route) is Right.NOTHING} <= OPEN_TO_ALL | BY_TOKEN


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


async def test_a_generated_client_parses_every_answer_and_every_time_ends_in_z(tmp_path: Path) -> None:
    picture = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    asset = {"id": 42, "asset_tag": "MS-00042", "image": "/uploads/x.jpg"}  # its times are as its system writes them
    replies: dict[str, Reply | Answering] = {
        "/uploads/x.jpg": Reply(body=picture),
        "/api/v1/hardware": Reply({"total": 1, "rows": [asset]}),
    }
    replies["*"] = Reply(asset)
    async with told(tmp_path) as house, stand_in(replies) as system:
        client = await Generated.of(house.app.openapi(), tmp_path)
        house.client.event_hooks["response"].append(client.parse)
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
            for job_id in (str(done.id), waiting)[: 1 + ("{job_id}" in route.path)]:
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
        await do_the_rest(house, str(done.id))
    unread = {(method, path) for path, methods in client.document["paths"].items() for method in methods} - {
        (method, path) for method, path, status in client.read if status < 300
    }
    rest = {("get", "/api/events"), ("get", "/api/label/homebox/{token}"), ("post", "/api/jobs/{job_id}/confirm")}
    assert unread == rest  # frames, a picture, and a job as others answer it
    assert {400, 404, 409, 415, 422} <= {status for _, _, status in client.read}


@asynccontextmanager
async def told(folder: Path) -> AsyncIterator[House]:
    """A hub that has a printer and somebody to tell of it."""
    async with receiver() as hook, virtual(pt="PT-P750W 12mm") as emulators:
        notices = [{"name": "hook", "kind": "webhook", "url": hook.url, "secret": "a-secret-of-twenty-four-characters"}]
        async with house(folder, settings_for(folder, declared(emulators), notices=notices)) as found:
            found.emulators = emulators
            await found.seen("pt")
            await found.client.post("/api/notices/test")
            yield found


async def do_the_rest(house: House, job_id: str) -> None:
    """What was not asked yet, and some of what cannot be done."""
    client = house.client
    await client.patch("/api/printers/pt", json={"enabled": True})
    for act in ("pause", "resume", "queue/clear", "test"):
        await client.post(f"/api/printers/pt/{act}")
    added = {"name": "Second", "slug": "second", "model": "PT-P750W", "connection": {"host": "127.0.0.1", "port": 2, "snmp": False}}
    assert (await client.post("/api/printers", json=added)).status_code == 201
    waiting = (await client.post("/api/print", json={"template": "snipeit-12mm", "data": ASSET, "printer": "second"})).json()["job_id"]
    await client.patch(f"/api/jobs/{waiting}", json={"priority": 3})
    for act in ("pause", "resume", "cancel", "confirm"):
        await client.post(f"/api/jobs/{waiting}/{act}", json={"printed": True} if act == "confirm" else None)
    await client.post(f"/api/jobs/{job_id}/retry")
    await client.delete("/api/printers/second?force=true")
    await client.post("/api/templates/snipeit-12mm/copy", json={"key": "mine"})
    mine = (await client.get("/api/templates/mine")).json()["definition"]
    await client.put("/api/templates/mine", json={"definition": mine})
    await client.post("/api/templates/preview", json={"definition": mine, "data": ASSET})
    await client.delete("/api/templates/mine")
    for path in ("/api/preview", "/api/estimate"):
        await client.post(path, json={"template": "snipeit-12mm", "data": ASSET, "printer": "pt"})
    made = (await client.post("/api/hooks/logo/tokens")).json()
    await client.post(f"/api/webhook/logo/{made['token']}", json={"text": "a"})
    await client.delete(f"/api/hooks/logo/tokens/{made['tokens'][-1]['id']}")
    await client.patch("/api/hooks/logo", json={"enabled": True})
    await client.delete("/api/hooks/logo")
    await client.patch("/api/integrations/logo", json={"verify_tls": False})
    await client.post("/api/integrations/logo/test")
    await client.delete("/api/integrations/logo")
    await client.delete("/api/images/logo")
    await client.get("/metrics")
    await client.post("/api/notices/test")
    await client.post("/api/notices/test", json={"target": "nobody"})
    await client.post("/api/print", content=b"{", headers={"content-type": "application/json"})
    await client.post("/api/print", content=b"a", headers={"content-type": "text/plain"})
    await client.post("/api/print", json={"template": "snipeit-12mm"})


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
    assert document["components"]["schemas"]["JobOut"]["properties"]["created_at"]["format"] == "date-time"


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
