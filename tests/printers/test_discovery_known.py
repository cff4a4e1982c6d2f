"""Printers that are set up here are known again when they are found: moved, exchanged, by a second address."""

from __future__ import annotations

from dataclasses import replace

from labelhub.emulator.agent import Agent, values_of
from labelhub.emulator.machine import Machine
from labelhub.printers.discovery import Search
from labelhub.printers.printer import Address
from tests.printers.announcers import Service
from tests.printers.printers_at_hand import dead_port, printer
from tests.printers.street_at_hand import TAPE, Street, set_up


async def test_a_printer_set_up_here_is_known_by_its_serial_number(lane: Street) -> None:
    one = await lane.printer(1, "P0000000A1")
    here = set_up(one)
    (found,) = await lane.swept(here)
    assert (found.printer_id, found.slug, found.port, found.moved_from) == (here.id, here.slug, one.port, None)


async def test_a_printer_set_up_here_is_known_by_its_address_while_its_number_is_not_known(lane: Street) -> None:
    one = await lane.printer(1, "P0000000A1")
    here = set_up(one, serial=None)
    (found,) = await lane.swept(here)
    assert (found.printer_id, found.port, found.moved_from) == (here.id, one.port, None)
    await lane.announce(Service(lane.at(2), port=9102, txt={"ty": "Brother PT-P750W"}, server="localhost."))
    silent = printer(2, address=Address("LOCALHOST", 9102, True, dead_port()))
    assert [(each.printer_id, each.host) for each in await lane.heard(silent)] == [(silent.id, "LOCALHOST")]


async def test_a_printer_that_makes_itself_known_is_asked_as_it_was_set_up(lane: Street) -> None:
    """With its own community and SNMP port; what is not set up here gets neither."""
    one = await lane.printer(1, "P0000000A1", community="hunter2")
    await lane.announce(
        Service(one.host, "One", port=one.port, txt={"ty": "x"}, server="one.local."),
        Service(lane.at(2), "Liar", port=one.port, txt={"ty": "Brother PT-P750W"}, server="two.local."),
    )
    liar = Agent(values_of(Machine("PT-P750W", TAPE), "P0000000L1", lambda: 0.0), "hunter2")
    await lane.agent(2, liar)
    here = set_up(one, address=replace(set_up(one).address, snmp_community="hunter2"))
    found = await lane.heard(here)
    assert [(each.serial, each.media, each.slug) for each in found] == [("P0000000A1", TAPE, here.slug), ("", None, None)]
    assert liar.asked > 0


async def test_a_printer_that_moved_is_known_again(lane: Street) -> None:
    one = await lane.printer(2, "P0000000A1")
    here = set_up(one, address=Address(lane.at(1), one.port, True, one.snmp_port))
    (found,) = await lane.swept(here)
    assert (found.slug, found.host, found.port, found.moved_from) == (here.slug, one.host, one.port, f"{lane.at(1)}:{one.port}")


async def test_a_second_address_of_a_printer_is_no_move(lane: Street) -> None:
    one = await lane.printer(1, "P0000000A1")
    await lane.printer(9, "P0000000A1")
    discovery = lane.discovery(here := set_up(one))
    (found,) = await discovery.find(Search(mdns=False, subnet=lane.at(9), snmp_port=lane.snmp_port))
    assert (found.slug, found.host, found.moved_from) == (here.slug, lane.at(9), None)
    (found,) = await discovery.find(Search(mdns=False, subnet=f"{lane.prefix}.0/28", snmp_port=lane.snmp_port))
    assert (found.slug, found.host, found.moved_from) == (here.slug, lane.at(1), None)


async def test_a_printer_whose_snmp_is_off_here_has_moved_when_it_is_seen_elsewhere(lane: Street) -> None:
    one = await lane.printer(2, "P0000000A1")
    (found,) = await lane.swept(set_up(one, address=Address(lane.at(1), 9100, snmp=False)))
    assert found.moved_from == f"{lane.at(1)}:9100"


async def test_two_printers_that_changed_places_are_told_apart(lane: Street) -> None:
    left, right = await lane.printer(1, "P0000000A1"), await lane.printer(2, "P0000000B2")
    moved = set_up(right, address=set_up(left).address)
    found = await lane.swept(moved)
    assert [(one.serial, one.slug, one.moved_from is not None) for one in found] == [
        ("P0000000A1", None, False),
        ("P0000000B2", moved.slug, True),
    ]


async def test_an_exchanged_printer_is_the_one_at_its_address(lane: Street) -> None:
    new = await lane.printer(1, "P0000000B2")
    (found,) = await lane.swept(here := set_up(new, serial="P0000000A1"))
    assert (found.slug, found.serial, found.moved_from) == (here.slug, "P0000000B2", None)


async def test_of_two_set_up_for_one_device_the_enabled_one_is_named(lane: Street) -> None:
    one = await lane.printer(1, "P0000000A1")
    off, on = set_up(one, 1, enabled=False), set_up(one, 2)
    assert [found.slug for found in await lane.swept(off, on)] == [on.slug]


async def test_a_printer_on_usb_is_on_no_network(lane: Street) -> None:
    one = await lane.printer(1, "P0000000A1")
    (found,) = await lane.swept(set_up(one, address=Address("usb://lp0")))
    assert found.slug is None
