"""Pages for who has no right: they offer nothing that would be refused, and nothing is done that was tried all the same."""

from __future__ import annotations

from pathlib import Path

import httpx

from labelhub.http.rights import Right, all_routes, declared
from tests.house import house, settings_for
from tests.web.browsing import HTML, Page

KEY = "k3y-of-the-workshop-hub"
OPEN = ("/login", "/problems/forbidden", "/nowhere", "/docs")


async def test_who_has_no_right_is_shown_no_button_that_would_be_refused(tmp_path: Path) -> None:
    async with house(tmp_path, settings_for(tmp_path, api_key=KEY)) as found:
        free = {(method, route.path) for route in all_routes(found.app) if declared(route) is Right.NOTHING for method in route.methods}
        transport = httpx.ASGITransport(found.app, client=("192.0.2.7", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8090") as far:
            for path in OPEN:
                page = Page((await far.get(path, headers=HTML)).text, path)
                for form in page.forms:
                    assert (form.method.upper(), form.action) in free, (path, form.action)
                assert "Printers" not in page.links, path
            assert [form.action for form in Page((await far.get("/login")).text).forms] == ["/login"]
            for path in ("/printers/x/delete", "/print/label", "/integrations", "/jobs/x/cancel"):
                refused = await far.post(path, headers=HTML)
                assert refused.status_code in (303, 401), path
                assert refused.headers.get("location", "/login").startswith("/login"), path
            expired = Page((await far.post("/look/nothing", headers=HTML)).text, "/")
            assert "Sign in" not in expired.links  # it is not what is missing there
            came = HTML | {"referer": "http://127.0.0.1:8090/print"}
            assert Page((await far.post("/print/label", headers=came)).text, "/").links["Sign in"] == "/login?next=/print"
            signed_in = await far.post("/login", data={"key": KEY})
            assert signed_in.status_code == 303
            assert "Printers" in Page((await far.get("/", headers=HTML)).text).links
