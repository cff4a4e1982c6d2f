from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from labelhub.db.engine import kind_of
from labelhub.db.kind import Limits
from labelhub.errors import NameTaken, PrinterNotFound
from labelhub.printers import store
from labelhub.printers.printer import Address, Printer, declared_id
from tests.printers.printers_at_hand import LATER, THEN, printer


@pytest.fixture
def conn(database_url: str) -> Iterator[sa.Connection]:
    writer = kind_of(database_url, Limits()).writer
    with writer.begin() as conn:
        yield conn
    writer.dispose()


def declared(number: int = 1, **changes: Any) -> Printer:
    """A printer as settings declare it: under the id of its model and address."""
    made = printer(number, **{"declared": True, "created_at": LATER, "updated_at": LATER} | changes)
    return replace(made, id=declared_id(made.model, made.address.host, made.address.port))


def start(conn: sa.Connection, printers: Iterable[Printer] = ()) -> dict[str, Printer]:
    """What a start makes of these declared printers: all there are, by name."""
    store.upsert_declared(conn, printers, LATER)
    return {one.name: one for one in store.every(conn)}


# Adding and changing


def test_a_printer_comes_back_as_it_was_stored(conn: sa.Connection) -> None:
    one = printer(address=Address("fd00::1", 9101, False, 1161, "private"), paused=True)
    assert store.insert(conn, one) == one
    assert store.get(conn, one.id) == store.get(conn, str(one.id).upper()) == store.get(conn, "PRINTER-1") == one
    assert store.every(conn) == [one]


@pytest.mark.parametrize("name", ["nobody", "", "x" * 5000, "a\0b", str(UUID(int=9))])
def test_a_printer_nobody_has_is_not_found(conn: sa.Connection, name: str) -> None:
    with pytest.raises(PrinterNotFound) as caught:
        store.get(conn, name)
    assert len(caught.value.detail) < 200


def test_printers_are_listed_by_name(conn: sa.Connection) -> None:
    for number, name in enumerate(["b", "c", "a"]):
        store.insert(conn, printer(number, name=name))
    assert [one.name for one in store.every(conn)] == ["a", "b", "c"]


def test_a_slug_or_an_address_belongs_to_one(conn: sa.Connection) -> None:
    one, other = printer(1), printer(2)
    store.insert(conn, one)
    for taken, words in (
        (replace(other, slug=one.slug), "slug 'printer-1'"),
        (replace(other, address=one.address), "'Printer 1' has the address"),
    ):
        with pytest.raises(NameTaken, match=words):
            store.insert(conn, taken)
    store.insert(conn, other)
    for taken in (replace(other, slug=one.slug), replace(other, address=one.address)):
        with pytest.raises(NameTaken):
            store.update(conn, taken)
    assert store.every(conn) == [one, other]


def test_an_address_is_the_same_in_any_letter_case(conn: sa.Connection) -> None:
    store.insert(conn, printer(1, address=Address("Front.local")))
    with pytest.raises(NameTaken):
        store.insert(conn, printer(2, address=Address("front.LOCAL")))


def test_a_usb_device_belongs_to_one_whatever_the_port(conn: sa.Connection) -> None:
    store.insert(conn, printer(1, address=Address("usb://lp0", 9100)))
    with pytest.raises(NameTaken):
        store.insert(conn, printer(2, address=Address("usb://lp0", 9101)))
    store.insert(conn, printer(2, address=Address("usb://lp1", 9100)))
    store.insert(conn, printer(3, address=Address("192.0.2.9", 9100)))
    store.insert(conn, printer(4, address=Address("192.0.2.9", 9101)))


def test_a_disabled_printer_leaves_its_address_to_another_until_it_is_enabled_again(conn: sa.Connection) -> None:
    old = store.insert(conn, printer(1, enabled=False))
    new = store.insert(conn, printer(2, address=old.address))
    assert store.update(conn, replace(new, name="renamed")).name == "renamed"
    assert store.update(conn, replace(old, name="still off")).name == "still off"
    with pytest.raises(NameTaken):
        store.update(conn, replace(old, enabled=True))


def test_a_printer_may_keep_its_own_slug_and_address(conn: sa.Connection) -> None:
    one = store.insert(conn, printer())
    assert store.update(conn, replace(one, name="another")) == store.get(conn, one.id)


def test_a_printer_that_is_gone_cannot_be_changed(conn: sa.Connection) -> None:
    store.insert(conn, printer())
    store.delete(conn, printer().id, LATER)
    store.delete(conn, printer().id, LATER)
    with pytest.raises(PrinterNotFound):
        store.update(conn, printer())
    assert store.every(conn) == []


def test_pausing_tells_whether_anything_changed(conn: sa.Connection) -> None:
    one = store.insert(conn, printer())
    assert store.set_paused(conn, one.id, True, LATER).paused
    assert store.set_paused(conn, one.id, True, LATER + timedelta(days=1)).updated_at == LATER
    assert store.get(conn, one.id).paused
    with pytest.raises(PrinterNotFound):
        store.set_paused(conn, UUID(int=9), True, LATER)


def test_a_serial_number_is_kept_and_is_nobodys_change(conn: sa.Connection) -> None:
    one = store.insert(conn, printer())
    store.set_serial(conn, one.id, "A1B2C3D4E5F6")
    assert store.get(conn, one.id) == replace(one, serial="A1B2C3D4E5F6")
    store.set_serial(conn, UUID(int=9), "of a printer that is gone")
    assert store.every(conn) == [replace(one, serial="A1B2C3D4E5F6")]


# Declaring


def test_a_declared_printer_has_the_same_id_on_every_start_and_is_there_once(conn: sa.Connection) -> None:
    first = start(conn, [declared()])
    second = start(conn, [replace(declared(), updated_at=THEN, created_at=THEN)])
    assert first == second
    assert list(second) == ["Printer 1"]
    assert second["Printer 1"].id == declared_id("PT-P750W", "192.0.2.1", 9101)


def test_two_of_one_model_do_not_collide_and_keep_their_slugs_in_any_order(conn: sa.Connection) -> None:
    left, right = declared(1, slug="pt", name="left"), declared(2, slug="pt", name="right")
    for order in ([left, right], [right, left], [left, right]):
        found = start(conn, order)
        assert {name: one.slug for name, one in found.items()} == {"left": "pt", "right": "pt-2"}


def test_a_declared_slug_that_a_person_gave_away_gets_a_number(conn: sa.Connection) -> None:
    store.insert(conn, printer(5, slug="printer-1", name="mine"))
    assert start(conn, [declared(1)])["Printer 1"].slug == "printer-1-2"


def test_what_settings_changed_is_taken_over_and_what_people_chose_is_kept(conn: sa.Connection) -> None:
    one = start(conn, [declared(created_at=THEN)])["Printer 1"]
    store.set_paused(conn, one.id, True, THEN)
    store.update(conn, replace(store.get(conn, one.id), enabled=False, updated_at=THEN))
    changed = declared(name="new name", address=Address("192.0.2.1", 9101, snmp=False))
    found = start(conn, [changed])["new name"]
    assert (found.paused, found.enabled, found.declared, found.created_at) == (True, False, True, one.created_at)
    assert (found.address.snmp, found.updated_at) == (False, LATER)


def test_the_serial_number_of_a_declared_printer_outlives_a_restart(conn: sa.Connection) -> None:
    one = start(conn, [declared()])["Printer 1"]
    store.set_serial(conn, one.id, "A1B2C3D4E5F6")
    assert start(conn, [declared(name="new name")])["new name"].serial == "A1B2C3D4E5F6"


def test_a_row_that_stays_the_same_keeps_its_time(conn: sa.Connection) -> None:
    store.upsert_declared(conn, [replace(declared(), updated_at=THEN)], THEN)
    assert start(conn, [declared()])["Printer 1"].updated_at == THEN


def test_a_printer_no_longer_declared_is_disabled_and_enabled_when_it_is_declared_again(conn: sa.Connection) -> None:
    mine = store.insert(conn, printer(7, name="mine"))
    start(conn, [declared()])
    without = start(conn)
    assert (without["Printer 1"].enabled, without["Printer 1"].declared) == (False, False)
    assert without["mine"] == mine
    again = start(conn, [declared()])["Printer 1"]
    assert (again.enabled, again.declared, again.created_at) == (True, True, without["Printer 1"].created_at)


def test_of_two_printers_at_one_address_the_declared_one_is_driven(conn: sa.Connection) -> None:
    """Two workers on one device would each take the other's pages for their own."""
    store.insert(conn, printer(7, name="mine", address=declared().address))
    assert {name: one.enabled for name, one in start(conn, [declared()]).items()} == {"mine": False, "Printer 1": True}


def test_a_declared_printer_whose_model_was_corrected_can_still_be_changed(conn: sa.Connection) -> None:
    start(conn, [declared(model="PT-P700")])
    found = start(conn, [declared(name="corrected")])
    assert [one.enabled for one in found.values()] == [False, True]
    assert store.update(conn, replace(found["corrected"], name="renamed")).name == "renamed"


# Slugs


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Büro 2. Stock", "buro-2-stock"), ("PT-P750W", "pt-p750w"), ("", "printer"), ("日本", "printer"), ("---", "printer"),
     ("a\0b\n", "a-b"), ("é", "e"), ("x" * 500, "x" * 60), ("x" * 59 + " y", "x" * 59), ("Straße", "strae"), ("🖨 1", "1")],
)  # fmt: skip
def test_a_slug_of_a_name(name: str, slug: str) -> None:
    assert store.slug_of(name) == slug


def test_a_free_slug_takes_the_first_number_that_is_free(conn: sa.Connection) -> None:
    assert store.free_slug(conn, "pt") == "pt"
    for number, slug in enumerate(["pt", "pt-3"]):
        store.insert(conn, printer(number, slug=slug))
    assert store.free_slug(conn, "pt") == "pt-2"
    assert store.free_slug(conn, "pt", own_id=UUID(int=0)) == "pt"


def test_a_free_slug_of_a_long_one_is_no_longer(conn: sa.Connection) -> None:
    store.insert(conn, printer(1, slug="x" * 60))
    assert store.free_slug(conn, "x" * 60) == "x" * 56 + "-2"
