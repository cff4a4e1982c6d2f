"""Presets: what each system sends, read as the label it asks for. One file a system; the kinds that have none send what they like."""

from __future__ import annotations

from collections.abc import Mapping

from labelhub.hooks.ask import Preset
from labelhub.hooks.presets import generic, grocy, homebox, inventree, mealie, netbox, paperless, snipeit, spoolman

SYSTEM = "system"
"""What comes is read by the plug-in of the connected system that the hook names with `lookup`, or is named after."""

PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        generic.PRESET, generic.HOME_ASSISTANT, generic.TEXT, grocy.PRESET, homebox.PRESET, inventree.PRESET, mealie.PRESET,
        netbox.PRESET, paperless.PRESET, snipeit.PRESET, spoolman.PRESET,
        Preset(SYSTEM, "A connected system's own messages", generic.read),
    )
}  # fmt: skip
