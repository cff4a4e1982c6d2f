"""What the hub's plug-in for InvenTree sends (`examples/inventree`): the label that InvenTree drew, and the thing it is of."""

from __future__ import annotations

from labelhub.errors import PayloadInvalid
from labelhub.hooks.ask import Ask, Preset, number, text
from labelhub.hooks.payload import Payload
from labelhub.hooks.presets.generic import picture_of


def read(payload: Payload) -> Ask:
    """The label as InvenTree drew it. PayloadInvalid when there is neither a picture nor a bar code."""
    values = payload.values
    picture = payload.picture or picture_of(values.get("png_base64"))
    name, code = text(values.get("name")), text(values.get("barcode"), 2000)
    if picture is None and not code:
        raise PayloadInvalid("send png_base64, the label's picture, or barcode and name")
    model, pk = text(values.get("model"), 60), text(values.get("pk"), 60)
    fields = {"title": name or code, "text": name or code, "qr_payload": code, "primary_id": pk}
    return Ask(id=f"{model}/{pk}", fields=fields, picture=picture, copies=number(values.get("copies")))


PRESET = Preset("inventree", "InvenTree", read)
