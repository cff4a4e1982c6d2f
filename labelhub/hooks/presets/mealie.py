"""Mealie's recipe actions of type post: the recipe whole, in snake case, unlike its API. The address of its page is not in it."""

from __future__ import annotations

from labelhub.errors import PayloadInvalid
from labelhub.hooks.ask import Ask, Preset, number, table, text, texts
from labelhub.hooks.payload import Payload


def read(payload: Payload) -> Ask:
    """The label of a recipe, for what was cooked and is put away. PayloadInvalid when there is none."""
    recipe = table(payload.values, "content")
    name = text(recipe.get("name"))
    if not name:
        raise PayloadInvalid("there is no recipe in it: make a recipe action of type post with this address")
    shown = texts(recipe.get("recipe_yield"), recipe.get("total_time"))
    fields = {
        "title": name, "lines": shown, "secondary": shown, "primary_id": name, "slug": text(recipe.get("slug")),
        "description": text(recipe.get("description")), "qr_payload": text(recipe.get("org_url")),
    }  # fmt: skip
    if not shown:
        fields["text"] = name
    template = None if fields["qr_payload"] or not shown else "any-list"
    return Ask(id=text(recipe.get("id")) or name, fields=fields, template=template, copies=number(payload.asked.get("copies")))


PRESET = Preset("mealie", "Mealie", read)
