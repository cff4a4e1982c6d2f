"""The built-in templates dot for dot. `LABELHUB_GOLDEN=write` draws the pictures anew; look at them before they are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.labels.labels_at_hand import printed, seeds

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("key", sorted(seeds()))
def test_a_built_in_template_looks_as_it_was_approved(key: str) -> None:
    page = printed(key)
    picture = page.raster.picture(turned=page.turned)
    path = GOLDEN / f"{key}.png"
    if os.environ.get("LABELHUB_GOLDEN") == "write":
        picture.save(path)
    with Image.open(path) as approved:
        assert picture.size == approved.size
        assert ImageChops.difference(picture.convert("L"), approved.convert("L")).getbbox() is None
