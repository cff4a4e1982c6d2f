"""The plug-in for InvenTree, run against what InvenTree gives its plug-ins, sends its label to a real hub.

The stand-in is of InvenTree's side only: the names the plug-in imports, its settings, and the call that prints one label with the
arguments that were recorded of a running InvenTree. What is sent and what comes out is the program's own.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from io import BytesIO
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from tests.hooks.deliveries import drawn
from tests.hooks.serving import served
from tests.house import house_with
from tests.integrations.stand_in import sample

PLUGIN = Path(__file__).resolve().parents[2] / "examples/inventree/labelhub_inventree.py"
RECORDED = sample("inventree/plugin_post_to_hub")["json"]


class SettingsMixin:
    """As InvenTree's: settings by their key, with the defaults that the plug-in declares."""

    SETTINGS: dict[str, Any]

    def __init__(self) -> None:
        self.settings = {key: one.get("default") for key, one in self.SETTINGS.items()}

    def get_setting(self, key: str) -> Any:
        return self.settings[key]


class LabelPrintingMixin:
    """As InvenTree's: draws each label, and hands it to the plug-in."""

    def print_labels(self, items: list[Any], options: dict[str, Any]) -> None:
        for item in items:
            arguments = {
                "png_file": Image.open(BytesIO(drawn(*RECORDED["png_size"]))), "item_instance": item,
                "label_instance": SimpleNamespace(name=RECORDED["template"]), "width": RECORDED["width_mm"],
                "height": RECORDED["height_mm"], "printing_options": options, "user": None, "filename": "label.pdf", "context": {},
                "output": None, "pdf_data": b"%PDF",
            }  # fmt: skip
            assert sorted(arguments) == RECORDED["kwargs_seen"]
            self.print_label(**arguments)  # type: ignore[attr-defined] # the plug-in's


class StockItem(SimpleNamespace):
    """A thing of InvenTree, with the bar code it gives itself."""

    def __str__(self) -> str:
        return str(RECORDED["name"])


@pytest.fixture(name="plugin")
def _plugin(monkeypatch: pytest.MonkeyPatch) -> Any:
    modules = {name: ModuleType(name) for name in ("plugin", "plugin.mixins", "rest_framework", "rest_framework.serializers")}
    modules["plugin"].InvenTreePlugin = type("InvenTreePlugin", (), {})  # type: ignore[attr-defined]
    modules["plugin.mixins"].LabelPrintingMixin = LabelPrintingMixin  # type: ignore[attr-defined]
    modules["plugin.mixins"].SettingsMixin = SettingsMixin  # type: ignore[attr-defined]
    serializers = modules["rest_framework.serializers"]
    serializers.Serializer = object  # type: ignore[attr-defined]
    serializers.IntegerField = SimpleNamespace  # type: ignore[attr-defined]
    modules["rest_framework"].serializers = serializers  # type: ignore[attr-defined]
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    spec = importlib.util.spec_from_file_location("labelhub_inventree", PLUGIN)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found.LabelHubPlugin()


async def test_a_label_that_inventree_draws_comes_out_as_often_as_was_asked_for(plugin: Any, tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 24mm") as found, served(found) as address:
        made = (await found.client.post("/api/hooks", json={"name": "inventree", "preset": "inventree", "printer": "pt"})).json()
        plugin.settings = {"URL": f"{address}/api/webhook/inventree", "TOKEN": made["token"]}
        item = StockItem(pk=RECORDED["pk"], barcode=RECORDED["barcode"])
        await asyncio.to_thread(plugin.print_labels, [item], {"copies": 2})
        (job,) = (await found.client.get("/api/jobs")).json()
        assert (await found.until(job["id"])).state == "completed"
        assert (job["template_key"], job["labels_total"], job["submitted_by"]) == ("any-picture", 2, "hook inventree")
        data = job["payload"]["labels"][0]["data"]
        assert (data["qr_payload"], data["title"]) == (RECORDED["barcode"], RECORDED["name"])
        await found.emulators["pt"].wait_for_pages(2)
        values = (await found.client.get("/api/hooks/inventree/payload")).json()["values"]
        sent = RECORDED.keys() - {"kwargs_seen", "png_size", "user"}  # these were for the recording alone
        same = sent - {"model", "png_base64"}
        assert {name: values[name] for name in same} == {name: RECORDED[name] for name in same}
        assert (values["model"], sent <= values.keys()) == ("stockitem", True)


async def test_what_the_hub_refuses_is_told_in_its_own_words(plugin: Any, tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 24mm") as found, served(found) as address:
        await found.client.post("/api/hooks", json={"name": "inventree", "preset": "inventree", "template": "gone"})
        plugin.settings = {"URL": f"{address}/api/webhook/inventree", "TOKEN": "whatever"}
        with pytest.raises(RuntimeError, match="no template has the key 'gone'"):
            await asyncio.to_thread(plugin.print_labels, [StockItem(pk=1, barcode="x")], {})
        assert (await found.client.get("/api/jobs")).json() == []
