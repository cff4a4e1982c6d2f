"""The built-in templates dot for dot. `LABELHUB_GOLDEN=write` draws the pictures anew; look at them before they are kept."""

from __future__ import annotations

import base64
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from labelhub.errors import LabelTooLong
from labelhub.labels.page import Page
from labelhub.labels.render import png, render
from tests.labels.labels_at_hand import ANY_MEDIA, any_media_keys, printed, seeds

GOLDEN = Path(__file__).parents[1] / "golden"


TOO_SHORT = ("cable-flag", "roll-62x29mm")
"""Too short a label for a flag: it is refused."""


def photo() -> str:
    """A small picture with lights and shades."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((30, 20)).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


PHOTO = photo()


@pytest.mark.parametrize("key", sorted(seeds().keys() - set(any_media_keys())))
def test_a_built_in_template_looks_as_it_was_approved(key: str) -> None:
    assert_as_approved(printed(key), key)


@pytest.mark.parametrize("media", ANY_MEDIA)
@pytest.mark.parametrize("key", any_media_keys())
def test_a_template_for_any_media_looks_as_it_was_approved_on_each(key: str, media: str) -> None:
    if (key, media) == TOO_SHORT:
        with pytest.raises(LabelTooLong):
            render(seeds()[key], seeds()[key].example, ANY_MEDIA[media])
        return
    fields = seeds()[key].example | ({"image": PHOTO} if key == "any-photo" else {})
    assert_as_approved(render(seeds()[key], fields, ANY_MEDIA[media]), f"{key}--{media}")


def test_a_template_with_red_looks_as_it_was_approved_on_the_roll_that_prints_it() -> None:
    red = replace(ANY_MEDIA["roll-62mm"], colors=("black", "red"))
    assert_as_approved(render(seeds()["any-price"], seeds()["any-price"].example, red), "any-price--roll-62mm-red")


def assert_as_approved(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(png(page.raster, turned=page.turned)))
    path = GOLDEN / f"{name}.png"
    if os.environ.get("LABELHUB_GOLDEN") == "write":
        picture.save(path, optimize=True)
    with Image.open(path) as approved:
        assert picture.size == approved.size
        assert ImageChops.difference(picture.convert("RGB"), approved.convert("RGB")).getbbox() is None
