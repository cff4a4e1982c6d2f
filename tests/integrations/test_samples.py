"""Every recorded answer, served on a real socket, gives the right label: what `expected.yaml` beside it says, read back from its dots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
import zxingcpp

from labelhub.errors import ItemNotFound
from labelhub.integrations.client import Client
from labelhub.integrations.grocy import Grocy
from labelhub.integrations.homebox import Homebox
from labelhub.integrations.integration import Integration, Item, Reference
from labelhub.integrations.inventree import InvenTree
from labelhub.integrations.lookup import reference_of
from labelhub.integrations.snipeit import SnipeIt
from labelhub.integrations.spoolman import Spoolman
from labelhub.labels.page import Page
from labelhub.labels.render import render
from tests.integrations.stand_in import LINKS, SAMPLES, Reply, connected, recorded, sample, stand_in
from tests.labels.labels_at_hand import seeds, tape

KINDS: tuple[type[Integration], ...] = (SnipeIt, Spoolman, Grocy, Homebox, InvenTree)
OTHERWISE = {
    "spoolman/setting_all",  # no thing: below, where links lead
    "homebox/label_service_requests",  # a label that is not printed: tests/hooks/test_deliveries.py
    "inventree/label_print_hub_plugin",  # what InvenTree is told when its plug-in prints: tests/examples/test_inventree.py
    "grocy/failure_behaviour_summary",  # what Grocy makes of answers: tests/hooks/test_deliveries.py
}
"""Samples of no thing whose label is printed, and where they are asserted."""


def cases() -> Iterator[Any]:
    for kind in KINDS:
        for case in yaml.safe_load((SAMPLES / kind.kind / "expected.yaml").read_text(encoding="utf-8")):
            yield pytest.param(kind, case, id=f"{kind.kind}-{case['sample']}")


def label_of(item: Item, template: str) -> Page:
    width_mm = float(template.rpartition("-")[2].removesuffix("mm"))
    return render(seeds()[template], item.fields, tape(width_mm))


def assert_label_is(item: Item, case: dict[str, Any]) -> None:
    assert (item.name, item.fields["title"], item.id, item.type, item.url) == (
        case["title"], case["title"], case["id"], case["type"], case["link"],
    )  # fmt: skip
    assert {name: item.fields.get(name) for name in case["fields"]} == case["fields"]
    page = label_of(item, case["template"])
    picture = page.raster.picture(turned=page.turned).convert("L")
    (code,) = zxingcpp.read_barcodes(picture.resize((picture.width * 3, picture.height * 3)))
    assert code.text == case["code"]
    said = " ".join(line.text for line in page.texts)
    for text in case["says"]:
        assert text in said


@pytest.mark.parametrize(("kind", "case"), list(cases()))
async def test_a_recorded_answer_gives_the_right_label(kind: type[Integration], case: dict[str, Any]) -> None:
    name = f"{kind.kind}/{case['sample']}"
    replies: dict[str, Any] = {case["path"]: recorded(name)} if "path" in case else {}
    if "then" in case:
        replies[case["then"]["path"]] = recorded(f"{kind.kind}/{case['then']['sample']}")
    async with connected(kind, replies) as (found, _):
        if "nothing" in case:
            with pytest.raises(ItemNotFound, match=case["nothing"]):
                await found.fetch(reference_of(found, case["lookup"]))
            return
        if "webhook" in case:
            item = found.parse_webhook(sample(name)["response"]["json"])
            assert isinstance(item, Item)
        elif "lookup" in case:
            item = await found.fetch(reference_of(found, case["lookup"]))
        else:
            page = await found.search(case["search"], None, case.get("limit", 50), case.get("kind", ""))
            item = page.items[0]
            assert page.cursor == case.get("more")
            if "second" in case:
                second, wanted = page.items[1], case["second"]
                assert (second.name, second.id) == (wanted["title"], wanted["id"])
                assert (second.fields["qr_payload"], second.fields["secondary"]) == (wanted["code"], wanted["secondary"])
    assert_label_is(item, case)


def test_no_sample_is_without_an_expectation() -> None:
    """Nor an expectation without a sample."""
    expected = {f"{path.parent.name}/{case['sample']}" for path in SAMPLES.glob("*/expected*.yaml") for case in _cases(path)}
    there = {f"{path.parent.name}/{path.stem}" for path in SAMPLES.glob("*/*.json")}
    assert there == expected | OTHERWISE
    assert not expected & OTHERWISE


def _cases(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def test_grocys_form_which_loses_all_that_is_nested_still_names_the_product() -> None:
    from urllib.parse import parse_qsl

    body = dict(parse_qsl(sample("grocy/product_printlabel_FORM")["webhooks_sent_by_grocy"][0]["body_raw"]))
    item = Grocy("grocy", LINKS, Client(LINKS)).parse_webhook(body)
    assert isinstance(item, Item)
    assert (item.name, item.fields["qr_payload"], item.reference) == ("Hafermilch 1 l _FORM", "grcy:p:2", Reference("product", "2"))


def test_spoolmans_events_are_about_spools_and_one_that_was_deleted_is_nothing_to_print() -> None:
    spoolman = Spoolman("spoolman", LINKS, Client(LINKS))
    found = [spoolman.parse_webhook(one) for one in sample("spoolman/websocket_events_spool")["messages"]]
    assert [item and item.id for item in found] == ["1", "2", "3", "1", "1", None]
    assert isinstance(found[2], Item)
    assert (found[2].name, found[2].fields["color_hexes"], found[2].fields["color_hex"]) == ("Silk Dual", ["FF0000", "00FF00"], "FF0000")


@pytest.mark.parametrize(
    ("value", "there"),
    [
        (sample("spoolman/setting_all")["response"]["json"]["base_url"]["value"], ""),
        ('"https://Spools.example/sub/"', "https://spools.example/sub"),
        ('"javascript:alert(1)"', ""),
        ('"no JSON', ""),
        (None, ""),
    ],
)
async def test_spoolmans_own_base_url_is_where_links_lead_unless_another_is_set(value: Any, there: str) -> None:
    replies: dict[str, Any] = {
        "/api/v1/spool/1": recorded("spoolman/spool_get"),
        "/api/v1/setting/base_url": Reply({"value": value, "is_set": True, "type": "string"}),
    }  # fmt: skip
    async with stand_in(replies) as system:
        client = Client(system.url)
        for link_url, wanted in ((system.url, there or system.url), (LINKS, LINKS)):
            spoolman = Spoolman("spoolman", link_url, client)
            for _ in range(2):
                assert (await spoolman.fetch(Reference("spool", "1"))).url == f"{wanted}/spool/show/1"
        await client.aclose()
        assert [asked.path for asked in system.asked].count("/api/v1/setting/base_url") == 1


def test_homeboxs_links_and_inventrees_plug_in_name_their_things() -> None:
    homebox, inventree = Homebox("h", LINKS, Client(LINKS)), InvenTree("i", LINKS, Client(LINKS))
    queries = [one["query"] for one in sample("homebox/label_service_requests")["requests"][:3]]
    uuid = "0b8f5a0e-3a3c-4f0e-9d53-7cf0a2a1a"
    assert [homebox.parse_webhook(query) for query in queries] == [
        Reference("item", f"{uuid}111"), Reference("location", f"{uuid}222"), Reference("asset", "000-042"),
    ]  # fmt: skip
    assert inventree.parse_webhook(sample("inventree/plugin_post_to_hub")["json"]) == Reference("stockitem", "2")
