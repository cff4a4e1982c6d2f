"""What each system sends in its odd cases, read by its preset. What was recorded is sent whole in test_deliveries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labelhub.errors import PayloadInvalid
from labelhub.hooks.ask import Ask, asked
from labelhub.hooks.hook import Hook
from labelhub.hooks.payload import parsed
from labelhub.hooks.presets import PRESETS
from labelhub.integrations.client import Client
from labelhub.integrations.grocy import Grocy
from labelhub.integrations.integration import Item
from tests.hooks.deliveries import named
from tests.integrations.stand_in import sample

ENTRY = sample("grocy/stock_entry_printlabel")["webhooks_sent_by_grocy"][0]["body_json"]
LINKS = "https://grocy.example"


def read(preset: str, body: dict[str, Any], **hook: Any) -> Ask:
    return asked(Hook("x", preset, **hook), PRESETS[preset], parsed("application/json", json.dumps(body).encode()))


BATTERY = {
    "battery": "AA 1",
    "grocycode": "grcy:b:3",
    "details": {"battery": {"id": 3, "used_in": "Clock"}, "last_charged": "2026-11-01"},
}
CHORE = {
    "chore": "Change filter",
    "grocycode": "grcy:c:2",
    "details": {"chore": {"id": 2}, "next_estimated_execution_time": "2999-12-31"},
}
RECIPE = {"recipe": "Bread", "grocycode": "grcy:r:5", "details": {"name": "Bread", "description": "<p>Flour &amp; water</p>"}}
PURCHASED_IN_BROWSER = {"product": "Milk", "grocycode": "grcy:p:1:x6b036e9434ac1", "due_date": "DD: 2026-12-24"}
NEVER_DUE = ENTRY | {"due_date": "DD: 2999-12-31", "stock_entry": ENTRY["stock_entry"] | {"best_before_date": "2999-12-31"}}
OPENED = ENTRY | {"due_date": "MHD: 2026-11-25"}
"""`stock_entry.best_before_date` still holds the date before it was opened."""


@pytest.mark.parametrize(
    ("body", "title", "code", "primary_id", "lines", "due"),
    [
        (BATTERY, "AA 1", "grcy:b:3", "3", ["Clock"], None),
        (CHORE, "Change filter", "grcy:c:2", "2", [], None),
        (RECIPE, "Bread", "grcy:r:5", "5", [], None),
        (PURCHASED_IN_BROWSER, "Milk", "grcy:p:1:x6b036e9434ac1", "1", ["DD: 2026-12-24"], "2026-12-24"),
        (NEVER_DUE, "Hafermilch 1 l", ENTRY["grocycode"], "1", ["Angebot"], None),
        (OPENED, "Hafermilch 1 l", ENTRY["grocycode"], "1", ["MHD: 2026-11-25", "Angebot"], "2026-11-25"),
    ],
)
def test_grocys_odd_webhooks_make_the_label_that_is_meant(
    body: dict[str, Any], title: str, code: str, primary_id: str, lines: list[str], due: str | None
) -> None:
    """The preset and the plug-in, which reads what comes to a hook of the preset `system`, mean the same."""
    fields = read("grocy", body).fields
    shown = (fields["title"], fields["qr_payload"], fields["primary_id"], fields.get("lines", []), fields.get("due_date"))
    assert shown == (title, code, primary_id, lines, due)
    item = Grocy("grocy", LINKS, Client(LINKS)).parse_webhook(body)
    assert isinstance(item, Item)
    assert (item.name, item.fields["qr_payload"], item.fields.get("due_date") or None) == (title, code, due)


def test_what_grocy_leaves_out_of_a_form_is_fetched_where_the_hook_says_so() -> None:
    thing = read("grocy", PURCHASED_IN_BROWSER, lookup="grocy", identifier="grocycode").thing
    assert thing is not None
    assert (thing.app, thing.type, thing.id) == ("grocy", "", "grcy:p:1:x6b036e9434ac1")


def test_each_unit_of_grocys_has_a_label_of_its_own_and_one_asked_for_twice_is_wanted_twice() -> None:
    units = [read("grocy", PURCHASED_IN_BROWSER | {"grocycode": f"grcy:p:1:x6b036e9434ac{unit}"}).content() for unit in (1, 2)]
    assert len(set(units)) == 2
    assert (PRESETS["grocy"].dedup_s, PRESETS["paperless"].dedup_s > 5 * 3, PRESETS["netbox"].dedup_s) == (0, True, 10)


NETBOX = json.loads(named("netbox/webhook_default_body").body)
OLDER = {name: value for name, value in NETBOX.items() if name not in ("object_type", "request")} | {
    "model": "device", "username": "ada", "request_id": "7b1c",
}  # fmt: skip


def test_netboxs_older_body_is_read_and_what_was_deleted_is_not_printed() -> None:
    newer, older = read("netbox", NETBOX), read("netbox", OLDER)
    assert older.fields == newer.fields
    assert (newer.id.partition("/")[0], older.id.partition("/")[0], older.why_not) == ("dcim.device", "device", None)
    assert "does not print 'deleted'" in (read("netbox", NETBOX | {"event": "deleted"}).why_not or "")
    assert read("netbox", NETBOX | {"event": "deleted"}, events=("deleted",)).why_not is None


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"doc_id": 7, "doc_title": "Bill"}, ("Bill", "#7", "", [])),
        ({"doc_title": "Bill", "doc_url": "https://p.example/documents/7/", "added": "2026-11-20T08:00:00+00:00"},
         ("Bill", "#7", "https://p.example/documents/7/", ["2026-11-20"])),
        ({"title": "Bill", "asn": "123", "correspondent": "Stadtwerke &amp; Co"}, ("Bill", "123", "123", ["Stadtwerke & Co"])),
        ({"filename": "scan.pdf"}, ("scan.pdf", None, "", [])),
    ],
)  # fmt: skip
def test_paperless_parameters_under_its_own_names_are_understood(body: dict[str, Any], shown: tuple[Any, ...]) -> None:
    fields = read("paperless", body).fields
    assert (fields["title"], fields.get("primary_id"), fields.get("qr_payload", ""), fields.get("lines", [])) == shown


def test_homeboxs_title_is_everything_behind_its_name_as_it_is() -> None:
    query = "url=https://hb.example/item/0b8f5a0e&title=A%20& B; title=C%2B%2B + 1%"
    ask = asked(Hook("x", "homebox"), PRESETS["homebox"], parsed("", b"", query))
    assert (ask.fields["title"], ask.fields["qr_payload"]) == ("A & B; title=C++ + 1%", "https://hb.example/item/0b8f5a0e")


def test_mealies_recipe_is_in_snake_case_and_copies_may_stand_in_its_address() -> None:
    body = {
        "action": {"action_type": "post"},
        "content": {"name": "Soup", "recipe_yield": "4 portions", "total_time": None, "slug": "soup"},
    }
    ask = asked(Hook("x", "mealie"), PRESETS["mealie"], parsed("application/json", json.dumps(body).encode(), "token=abc&copies=2"))
    assert (ask.fields["title"], ask.fields["lines"], ask.fields["slug"], ask.copies) == ("Soup", ["4 portions"], "soup", 2)


@pytest.mark.parametrize(
    ("event", "why_not"), [("Asset checked in", None), ("Asset audited", None), ("Component checked out", "nothing here")]
)
def test_snipe_its_events_print_and_a_hook_may_choose_among_them(event: str, why_not: str | None) -> None:
    body = sample("snipeit/checkout_webhook_slack")["request"]["json"] | {"text": event}
    if why_not is None:
        assert read("snipeit", body).why_not is None
        return
    body["attachments"] = [{"title": "Part", "title_link": "https://snipe.example/components/3"}]
    with pytest.raises(PayloadInvalid, match="no attachment"):
        read("snipeit", body)


def test_home_assistant_sends_texts_fields_or_things_as_its_rest_command_writes_them() -> None:
    simple = read("homeassistant", {"text": "Screws M3", "copies": "2"})
    assert (simple.fields, simple.copies) == ({"text": "Screws M3"}, 2)
    whole = read("homeassistant", {"template": "any-asset", "printer": "ql", "data": {"title": "A"}, "idempotency_key": "k1"})
    assert (whole.template, whole.printer, whole.fields["title"], whole.key) == ("any-asset", "ql", "A", "k1")
    thing = read("homeassistant", {"lookup": {"app": "spoolman", "identifier": 7}}).thing
    assert thing is not None
    assert (thing.app, thing.id) == ("spoolman", "7")
