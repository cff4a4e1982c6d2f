# SPDX-License-Identifier: Apache-2.0
"""Prints InvenTree's labels through the Label Printer Hub: copy this file into InvenTree's `plugins` folder and switch it on."""

import base64
import io
import json
import urllib.error
import urllib.request
from typing import ClassVar

from plugin import InvenTreePlugin
from plugin.mixins import LabelPrintingMixin, SettingsMixin
from rest_framework import serializers


class LabelHubPlugin(LabelPrintingMixin, SettingsMixin, InvenTreePlugin):
    """Hands each label, as InvenTree has drawn it, to a hook of the hub."""

    NAME, SLUG, TITLE, VERSION, AUTHOR = "LabelHub", "labelhub", "Label Printer Hub", "1.0", "Label Printer Hub"
    DESCRIPTION = "Prints labels through the Label Printer Hub"
    BLOCKING_PRINT = True  # what the hub refuses is then shown to whoever prints
    SETTINGS: ClassVar = {
        "URL": {"name": "Address of the hook", "description": "http://hub:8090/api/webhook/inventree", "default": ""},
        "TOKEN": {"name": "Token of the hook", "default": "", "protected": True},
    }

    class PrintingOptionsSerializer(serializers.Serializer):
        """What is asked in the printing dialogue."""

        copies = serializers.IntegerField(default=1, min_value=1, max_value=100, label="Copies")

    def print_label(self, **kwargs):
        """Sends one label. RuntimeError with the hub's own words when it does not take it."""
        item, template, picture = kwargs["item_instance"], kwargs["label_instance"], io.BytesIO()
        kwargs["png_file"].save(picture, format="PNG")
        body = {
            "source": "inventree",
            "model": type(item).__name__.lower(),
            "pk": item.pk,
            "name": str(item),
            "barcode": getattr(item, "barcode", ""),
            "template": template.name,
            "width_mm": kwargs["width"],
            "height_mm": kwargs["height"],
            "copies": (kwargs.get("printing_options") or {}).get("copies", 1),
            "png_base64": base64.b64encode(picture.getvalue()).decode(),
        }
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.get_setting('TOKEN')}"}
        request = urllib.request.Request(self.get_setting("URL"), json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.loads(error.read()).get("detail", str(error))) from error
