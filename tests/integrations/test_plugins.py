"""Plug-ins of others: a small package that is installed beside the hub, and ones that are broken."""

from __future__ import annotations

import asyncio
import importlib
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from labelhub import plugins
from labelhub.integrations.grocy import Grocy
from labelhub.integrations.homebox import Homebox
from labelhub.integrations.integration import Found, Integration, Item, Reference
from labelhub.integrations.inventree import InvenTree
from labelhub.integrations.snipeit import SnipeIt
from labelhub.integrations.spoolman import Spoolman
from labelhub.testing import Answering, Asked, Reply, check_integration, stand_in
from tests.house import House, house
from tests.integrations.stand_in import recorded, sample

PACKAGE = Path(__file__).resolve().parent.parent / "plugins" / "toolcrib"
TOOLS = [{"number": f"T-{number}", "name": f"Zange {number}", "place": "Wand 3"} for number in range(1, 4)]


def toolcrib(asked: Asked) -> Reply:
    parts = urlsplit(asked.target)
    if parts.path == "/tools":
        query = parse_qs(parts.query)
        named = [tool for tool in TOOLS if query.get("q", [""])[0].lower() in tool["name"].lower()]
        return Reply(named[int(query["from"][0]) :])
    found = [tool for tool in TOOLS if parts.path == f"/tools/{tool['number']}"]
    return Reply(found[0]) if found else Reply({"error": "no such tool"}, 404)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Integration]]:
    """The package as an installer leaves it: its module, and what its pyproject says of entry points."""
    site = tmp_path / "site"
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    folder = site / f"labelhub_toolcrib-{project['version']}.dist-info"
    folder.mkdir(parents=True)
    (site / "labelhub_toolcrib.py").write_text((PACKAGE / "labelhub_toolcrib.py").read_text())
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = [
        f"[{group}]\n" + "\n".join(f"{name} = {there}" for name, there in points.items())
        for group, points in project["entry-points"].items()
    ]
    (folder / "entry_points.txt").write_text("\n".join(points))
    broken = site / "labelhub_broken-1.dist-info"
    broken.mkdir()
    (site / "labelhub_broken.py").write_text("class Half:\n    pass\n\n\nraise SystemExit('half of me is missing')\n")
    (site / "labelhub_wrong.py").write_text("class Half:\n    pass\n")
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: labelhub-broken\nVersion: 1\n")
    (broken / "entry_points.txt").write_text("[labelhub.integrations]\nbroken = labelhub_broken:Half\nwrong = labelhub_wrong:Half\n")
    monkeypatch.syspath_prepend(str(site))
    yield importlib.import_module("labelhub_toolcrib").Toolcrib
    for name in ("labelhub_toolcrib", "labelhub_broken", "labelhub_wrong"):
        sys.modules.pop(name, None)


async def test_a_strangers_plug_in_keeps_the_contract(installed: type[Integration]) -> None:
    item = await check_integration(
        installed, toolcrib, known="T-2", unknown="T-9", codes={"crib:T-3": Reference("tool", "T-3")}, query="zange"
    )
    assert (item.name, item.fields["qr_payload"]) == ("Zange 2", "crib:T-2")


@asynccontextmanager
async def hub_with(folder: Path, answer: Answering) -> AsyncIterator[House]:
    async with house(folder / "hub") as found, stand_in(answer) as system:
        body = {"kind": "toolcrib", "url": system.url}
        assert (await found.client.post("/api/integrations", json=body)).status_code == 201
        yield found


async def test_it_loads_by_its_entry_point_and_broken_ones_beside_it_are_shown(installed: type[Integration], tmp_path: Path) -> None:
    assert plugins.load(plugins.INTEGRATIONS).objects["toolcrib"] is installed
    async with hub_with(tmp_path, toolcrib) as found:
        kinds = (await found.client.get("/api/integration-kinds")).json()
        assert [one["kind"] for one in kinds] == ["grocy", "homebox", "inventree", "snipeit", "spoolman", "toolcrib", None, None]
        assert "half of me is missing" in kinds[-2]["fault"]
        assert "must name a whole class of Integration" in kinds[-1]["fault"]
        assert (await found.client.get("/api/lookup/toolcrib/T-1")).json()["name"] == "Zange 1"
        assert (await found.client.get("/api/resolve", params={"code": "crib:T-2"})).json()["id"] == "T-2"


async def test_a_plug_in_that_raises_fails_its_own_questions_alone(installed: type[Integration], tmp_path: Path) -> None:
    def out_of_hand(*_: object) -> None:
        raise ZeroDivisionError("secret of the plug-in")

    async with hub_with(tmp_path, toolcrib) as found:
        installed.resolve = installed.fetch = installed.search = out_of_hand  # type: ignore[assignment,method-assign]
        for path in ("/api/lookup/toolcrib/T-1", "/api/lookup/toolcrib?q=x"):
            answer = await found.client.get(path)
            assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (502, "integration-failed")
            assert "secret" not in answer.text
        assert (await found.client.get("/api/resolve?code=crib:T-1")).status_code == 404
        assert (await found.client.get("/readiness")).json()["status"] == "ready"


TOOL = Item("toolcrib", "tool", "T-1", "Zange", fields={"title": "Zange"})
LOOP: dict[str, object] = {}
LOOP["again"] = LOOP
NONE: Any = None


def off(**changes: Any) -> Item:
    return replace(TOOL, **changes)


MISBEHAVIOUR: tuple[object, ...] = (
    SystemExit(3), asyncio.CancelledError(), TimeoutError(), None, 5, "T-1", off(id=5), off(name=None), off(url="javascript:alert(1)"),
    off(fields=[]), off(fields={"title": object()}), off(fields={"title": "half \ud800"}), off(extra=LOOP),
    off(extra={"much": "x" * 1_000_001}), Found((NONE,)), Found(NONE),
)  # fmt: skip


async def test_whatever_a_plug_in_gives_or_raises_the_hub_goes_on_and_keeps_nothing_of_it(
    installed: type[Integration], tmp_path: Path
) -> None:
    now: list[object] = []

    def misbehave(*_: object) -> object:
        if isinstance(now[0], BaseException):
            raise now[0]
        return now[0]

    async def misbehave_later(*_: object) -> object:
        return misbehave()

    async with hub_with(tmp_path, toolcrib) as found:
        assert (await found.client.post("/api/hooks", json={"name": "toolcrib", "preset": "system"})).status_code == 201
        calls = {
            "GET /api/lookup/toolcrib/T-1": ("fetch", misbehave_later),
            "GET /api/lookup/toolcrib?q=x": ("search", misbehave_later),
            "GET /api/lookup/toolcrib/T-2?type=": ("resolve", misbehave),
            "POST /api/webhook/toolcrib": ("parse_webhook", misbehave),
        }
        for call, (method, wrong) in calls.items():
            kept = getattr(installed, method)
            setattr(installed, method, wrong)
            for thing in MISBEHAVIOUR:
                if thing is None and method in ("resolve", "parse_webhook"):
                    continue  # means: nothing of ours
                now[:] = [thing]
                answer = await found.client.request(*call.split(), json={"a": 1} if call.startswith("POST") else None)
                expected = 504 if isinstance(thing, TimeoutError) and wrong is misbehave_later else 502
                assert answer.status_code == expected, (call, MISBEHAVIOUR.index(thing))
            setattr(installed, method, kept)
        assert (await found.client.get("/api/jobs")).json() == []
        assert (await found.client.get("/api/lookup/toolcrib/T-1")).json()["name"] == "Zange 1"


def answering(**paths: object) -> Answering:
    """Answers by the path: a value, or a whole reply. The rest is not found, as the system says it."""

    def answer(asked: Asked) -> Reply:
        found = paths.get(asked.path, paths["lost"])
        found = found(asked) if callable(found) else found
        return found if isinstance(found, Reply) else Reply(found)

    return answer


SPOOLS = sample("spoolman/spool_list")["response"]["json"]
ENTITY = sample("homebox/entities_list")["response"]["json"]["items"][0]
PARTS = sample("inventree/part_search")["response"]["json"]["results"]
STOCK = sample("inventree/stock_search")["response"]["json"]["results"]


def pages(rows: list[object], key: str, wrap: str | None = None) -> object:
    """A list in pages by `limit` and `offset`."""

    def answer(asked: Asked) -> Reply:
        query = parse_qs(urlsplit(asked.target).query)
        start, limit = int(query.get("offset", ["0"])[0]), int(query.get("limit", ["50"])[0])
        part = rows[start : start + limit]
        if wrap is None:
            return Reply(part, headers={"x-total-count": str(len(rows))})
        following = "more" if start + limit < len(rows) else None
        return Reply({key: len(rows), wrap: part, "next": following})

    return answer


async def test_snipe_it_keeps_the_contract() -> None:
    row = sample("snipeit/hardware_bytag")["response"]["json"]
    lost = recorded("snipeit/not_found_is_200")
    paths = {"/api/v1/hardware/bytag/MS-00042": row, "/api/v1/hardware/42": row, "/api/v1/hardware": pages([row] * 3, "total", "rows")}
    await check_integration(SnipeIt, answering(**paths, lost=lost), known="MS-00042", unknown="NOPE")


async def test_spoolman_keeps_the_contract() -> None:
    paths = {
        "/api/v1/spool": pages(SPOOLS, ""),
        "/api/v1/spool/1": SPOOLS[0],
        "/api/v1/search": sample("spoolman/search")["response"]["json"],
    }
    answer = answering(**paths, lost=recorded("spoolman/spool_get_404"))
    await check_integration(Spoolman, answer, known="1", unknown="999999", query="galaxy")


async def test_grocy_keeps_the_contract() -> None:
    rows = sample("grocy/objects_products_list")["response"]["json"]
    paths = {
        "/api/stock/products/1": sample("grocy/product_details")["response"]["json"],
        "/api/objects/products": pages(rows, ""),
        "/api/system/info": {"grocy_version": {"Version": "4.6.0"}},
    }
    lost = Reply({"error_message": "Product does not exist or is inactive"}, 400)
    await check_integration(Grocy, answering(**paths, lost=lost), known="1", unknown="99")


async def test_homebox_keeps_the_contract() -> None:
    paths = {
        "/api/v1/assets/000-042": sample("homebox/entities_list")["response"]["json"],
        f"/api/v1/entities/{ENTITY['id']}": ENTITY,
        "/api/v1/entities": sample("homebox/entities_list")["response"]["json"],
    }
    lost = Reply({"error": "entity not found"}, 404)
    await check_integration(Homebox, answering(**paths, lost=lost), known="000-042", unknown="000-043")


async def test_inventree_keeps_the_contract() -> None:
    paths = {
        "/api/stock/1/": STOCK[0],
        "/api/stock/": pages(STOCK, "count", "results"),
        "/api/part/": pages(PARTS, "count", "results"),
    }
    lost = Reply({"detail": "No StockItem matches the given query."}, 404)
    await check_integration(
        InvenTree, answering(**paths, lost=lost), known="1", unknown="99", codes={"INV-SI1": Reference("stockitem", "1")}
    )


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("the code .* leads back", {"resolve": lambda _, code: Reference("tool", "T-1") if code.startswith("crib:") else None}),
        ("kind has small letters", {"kind": "Tool Crib"}),
        ("pages lead to types", {"pages": {"asset": "rocket"}}),
        (".* gives a reference or None", {"resolve": lambda _, code: 5 if code == "x" else None}),
    ],
)
async def test_the_contract_finds_what_is_not_kept(installed: type[Integration], fault: str, change: dict[str, object]) -> None:
    other = type("Other", (installed,), change)
    with pytest.raises(AssertionError, match=f"not kept: {fault}"):
        await check_integration(other, toolcrib, known="T-2", unknown="T-9", query="zange")
