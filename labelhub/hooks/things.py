"""Things of connected systems as what hooks ask for: the fields of their labels, and what stands in their place until they are there."""

from __future__ import annotations

from labelhub.hooks.ask import Ask, Thing, text
from labelhub.integrations.integration import Item, Reference

LOOKUP, FIELDS = "lookup", "fields"
"""What stands in the place of a label's fields until its thing is there: the thing, and the fields that win over its own."""


def fields_of(item: Item, given: object = None) -> dict[str, object]:
    """The fields of a thing's label; those that came with the delivery count where they say something."""
    fields: dict[str, object] = dict(item.fields)
    if not fields.get("lines"):
        tag, title = text(fields.get("primary_id")), text(fields.get("title"))
        secondary = fields.get("secondary")
        fields["lines"] = [*([tag] if tag and tag != title else []), *(secondary if isinstance(secondary, list) else [])]
    fields.setdefault("text", text(fields.get("title")))
    return fields | (given if isinstance(given, dict) else {})


def ask_of(app: str, found: Item | Reference | None) -> Ask:
    """The label of what a system's own plug-in found in a message: the thing whole, one to be fetched, or none."""
    if found is None:
        return Ask(why_not=f"{app} finds nothing in it that is to be printed")
    if isinstance(found, Item):
        return Ask(id=str(found.reference), fields=fields_of(found))
    return Ask(id=str(found), thing=Thing(app, found.type, found.id))
