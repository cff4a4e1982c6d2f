from __future__ import annotations

import re
from pathlib import Path

import pytest

from labelhub.errors import NotFound, StartRefused
from labelhub.web import assets
from tests.http.rooms import client, far_client, small_hub
from tests.http.test_problems import problem_of


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/login", "/problems/bad-request"])
async def test_a_page_needs_no_file_from_elsewhere_and_runs_no_script_of_its_own(path: str) -> None:
    async with client(small_hub()) as http:
        answer = await http.get(path)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy
        for link in re.findall(r'(?:src|href)="([^"]*)"', answer.text):
            assert link.startswith(("/", "#"))
            if link.startswith("/assets/"):
                assert (await http.get(link)).status_code == 200, link
        assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/assets/vendor/swagger-ui/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("/assets/vendor/swagger-ui/swagger-ui.css", "text/css; charset=utf-8"),
        ("/assets/vendor/swagger-ui/favicon-32x32.png", "image/png"),
        ("/assets/vendor/redoc/LICENSE.txt", "text/plain; charset=utf-8"),
        ("/assets/own/icon.svg", "image/svg+xml"),
    ],
)
async def test_assets_have_their_type_and_are_kept_until_they_change(path: str, content_type: str) -> None:
    async with far_client(small_hub()) as http:
        answer = await http.get(path)
        assert answer.headers["content-type"] == content_type
        again = await http.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        plain = await http.get(path, headers={"accept-encoding": "identity"})
        assert plain.content == answer.content
        assert plain.headers["etag"] == answer.headers["etag"].replace("-gzip", "")
        assert (await http.head(path, headers={"accept-encoding": "identity"})).headers["content-length"] == str(len(answer.content))


async def test_an_asset_by_the_name_of_its_version_is_kept_for_good() -> None:
    async with far_client(small_hub()) as http:
        path = assets.address_of("hub.css")
        assert "immutable" in (await http.get(path)).headers["cache-control"]
        assert (await http.get(path.replace("?v=", "?v=0"))).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "own/../../auth.py",
        "own/%2e%2e/%2e%2e/auth.py",
        "own/..%2f..%2fauth.py",
        "own/%2fetc/passwd",
        "own//etc/hosts.txt",
        "own/",
        "own/%2e",
        "vendor/stamp.txt/x.js",
        "vendor/redoc",
        "elsewhere/hub.css",
        "own/a%00.css",
        "own/" + "a" * 5000 + ".css",
        "own/../templates/page.html",
        "own/..%5c..%5cauth.py",
    ],
)
async def test_nothing_outside_is_served(path: str) -> None:
    async with client(small_hub()) as http:
        problem_of(await http.get(f"/assets/{path}"), 404, "not-found")


def test_a_link_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("secret")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside/own.txt").write_text("hello")
    (tmp_path / "inside/link.txt").symlink_to(tmp_path / "outside.txt")
    assert assets.find(tmp_path / "inside", "own.txt").read_text() == "hello"
    with pytest.raises(NotFound):
        assets.find(tmp_path / "inside", "link.txt")


def test_the_build_has_put_everything_in_place() -> None:
    assets.require()


def test_without_its_assets_the_hub_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="make install"):
        assets.require(tmp_path)
