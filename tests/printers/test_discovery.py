"""Printers found on the network: by mDNS, in a subnet, both ways, and how they are asked."""

from __future__ import annotations

import asyncio
import random
from functools import partial

import pytest
from pysnmp.proto.api import v2c  # type: ignore[import-untyped]

from labelhub.drivers import mib
from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.agent import Agent
from labelhub.emulator.announce import Announcement
from labelhub.emulator.faults import Faults, Snmp
from labelhub.emulator.server import Emulator
from labelhub.errors import DiscoveryRunning, ValidationFailed
from labelhub.printers.discovery import Discovery, Found, Search, addresses_of, communities_of, place, sweep
from labelhub.printers.mdns import RASTER, SERVICES, browse
from labelhub.printers.printer import Address
from tests.printers.announcers import Service, street
from tests.printers.printers_at_hand import dead_port, printer
from tests.printers.street_at_hand import DRIVERS, QUICK_S, TAPE, Street, set_up

# A subnet


async def test_a_subnet_shows_its_printers_with_what_they_hold(lane: Street) -> None:
    await lane.printer(1, "P0000000A1", firmware="1.23")
    await lane.printer(2, "P0000000B2", "QL-820NWB", "29x90mm")
    tape, roll = await lane.swept()
    assert tape == Found(
        "PT-P750W", "Brother PT-P750W", "P0000000A1", "1.23", lane.at(1), 9100, lane.snmp_port, TAPE, ("snmp",), None, None, None
    )
    assert (roll.model, roll.serial, roll.host, roll.media) == (
        "QL-820NWB",
        "P0000000B2",
        lane.at(2),
        media_from_word("QL-820NWB", "29x90mm"),
    )


async def test_a_printer_without_its_makers_block_or_without_v2c_is_found_in_a_subnet_too(lane: Street) -> None:
    await lane.printer(1, "P0000000A1", faults=Faults(snmp=Snmp.NO_RAW))
    await lane.printer(2, "P0000000B2", faults=Faults(snmp=Snmp.V1_ONLY))
    by_name, by_v1 = await lane.swept()
    assert (by_name.serial, by_name.media is not None and by_name.media.name) == ("P0000000A1", "12mm")
    assert (by_v1.serial, by_v1.media) == ("P0000000B2", TAPE)


async def test_in_a_subnet_the_silent_the_mad_and_the_strange_are_left_out(lane: Street) -> None:
    await lane.printer(1, "P0000000A1")
    await lane.printer(2, "P0000000B2", community="hunter2")
    await lane.printer(3, "P0000000C3", faults=Faults(snmp=Snmp.GARBAGE))
    await lane.printer(4, "P0000000D4", snmp=False)
    router = {mib.SYS_DESCR: "Some router", mib.HR_DEVICE_DESCR: "Some router", mib.PRT_SERIAL_NUMBER: "P0000000E5"}
    await lane.agent(
        5, Agent({tuple(map(int, oid.split("."))): partial(v2c.OctetString, word) for oid, word in router.items()}, "public")
    )
    assert [one.serial for one in await lane.swept()] == ["P0000000A1"]


async def test_a_community_that_a_printer_here_was_given_is_tried_in_a_subnet(lane: Street) -> None:
    moved = await lane.printer(2, "P0000000B2", community="hunter2")
    here = set_up(moved, address=Address(lane.at(7), 9100, True, lane.snmp_port, "hunter2"))
    (found,) = await lane.swept(here)
    assert (found.serial, found.slug, found.moved_from) == ("P0000000B2", here.slug, f"{lane.at(7)}:9100")


def test_a_subnet_is_asked_with_few_communities_public_first() -> None:
    given = [printer(number, address=Address("192.0.2.1", number, True, 161, f"c{number % 9}")) for number in range(1, 30)]
    assert communities_of(given) == ("public", "c1", "c2", "c3", "c4")
    assert communities_of([]) == ("public",)


async def test_each_address_of_a_subnet_gets_one_datagram(lane: Street) -> None:
    quiet = Agent({}, "hunter2")
    await lane.agent(1, quiet)
    assert await sweep([lane.at(1)], lane.snmp_port) == []
    assert quiet.asked == 1


@pytest.mark.parametrize(
    ("subnet", "count"),
    [("192.0.2.0/24", 254), ("192.0.2.7/24", 254), (" 192.0.2.7 ", 1), ("192.0.2.0/31", 2), ("10.0.0.0/22", 1022), ("fd00::/118", 1023),
     ("fd00::7", 1)],
)  # fmt: skip
def test_a_subnet_of_bearable_size_is_taken(subnet: str, count: int) -> None:
    assert len(addresses_of(subnet)) == count


@pytest.mark.parametrize(
    ("subnet", "told"),
    [("10.0.0.0/21", "at most 1024.*/22 or more"), ("::/0", "at most 1024.*/118 or more"), ("0.0.0.0/0", "at most 1024"),
     ("everywhere", "no subnet"), ("", "no subnet"), ("192.0.2.0/33", "no subnet"), ("x" * 9999, "no subnet"), ("1\n2", "no subnet"),
     ("224.0.0.0/24", "no printer"), ("255.255.255.255", "no printer"), ("0.0.0.0", "no printer"), ("ff02::1", "no printer")],
)  # fmt: skip
def test_any_other_subnet_is_refused_with_what_to_do(subnet: str, told: str) -> None:
    with pytest.raises(ValidationFailed, match=told) as caught:
        addresses_of(subnet)
    assert caught.value.extra["errors"][0]["parameter"] == "query.subnet"
    assert len(caught.value.detail) < 250


# By mDNS


async def test_a_printer_that_makes_itself_known_is_found_as_the_real_ones_are() -> None:
    """The one test by the emulator's own announcement: everybody on the loopback hears it, so others may be found beside it."""
    serial = f"M{random.randrange(10**9):09}"
    emulator = Emulator("QL-820NWB", media_from_word("QL-820NWB", "62mm"), host=f"{street()}.1", serial=serial)
    async with emulator, Announcement(emulator, interfaces=["127.0.0.1"]):
        discovery = Discovery(DRIVERS, lambda: (), QUICK_S, ["127.0.0.1"])
        found = await discovery.find(Search(seconds=2.0, snmp_port=emulator.snmp_port))
    (own,) = [one for one in found if one.host == emulator.host]
    assert (own.model, own.serial, own.port, own.sources, own.printer_id) == ("QL-820NWB", serial, emulator.port, ("mdns",), None)
    assert own.media == media_from_word("QL-820NWB", "62mm")


async def test_a_printer_whose_snmp_is_silent_is_known_by_what_it_announced(lane: Street) -> None:
    await lane.announce(Service(lane.at(1), port=9101, txt={"ty": "Brother QL-820NWBc", "usb_MFG": "Brother"}))
    assert await lane.heard() == [
        Found("QL-820NWB", "Brother QL-820NWBc", "", "", lane.at(1), 9101, 1, None, ("mdns",), None, None, None)
    ]


async def test_a_printer_that_answers_garbage_is_known_by_what_it_announced(lane: Street) -> None:
    mad = await lane.printer(1, "P0000000A1", faults=Faults(snmp=Snmp.GARBAGE))
    await lane.announce(Service(mad.host, port=mad.port, txt={"product": "(Brother PT-P750W)"}))
    (found,) = await lane.heard()
    assert (found.model, found.described, found.serial, found.media) == ("PT-P750W", "Brother PT-P750W", "", None)


async def test_a_printer_of_another_kind_is_listed_without_a_model(lane: Street) -> None:
    await lane.announce(
        Service(lane.at(1), "Laser", "_ipp._tcp.local.", 631, {"ty": "Some Laser 9000", "product": "(x)"}, "laser.local."),
        Service(lane.at(2), "Only a name", "_printer._tcp.local.", 515, {}, "other.local."),
        Service(lane.at(3), "Third", "_ipps._tcp.local.", 631, {"usb_MFG": "Maker", "usb_MDL": "M-1"}, "third.local."),
    )
    found = await lane.heard()
    assert [(one.model, one.described, one.port) for one in found] == [
        (None, "Some Laser 9000", 9100),
        (None, "Only a name", 9100),
        (None, "Maker M-1", 9100),
    ]


async def test_the_services_of_one_printer_are_one_printer(lane: Street) -> None:
    txt = {"ty": "Brother PT-P750W"}
    await lane.announce(
        *(Service(lane.at(1), "One", kind, 9107 if kind == RASTER else 631, txt) for kind in SERVICES),
        Service("fd00::1", "One", RASTER, 9107, txt),
        Service("fe80::1", "One", RASTER, 9107, txt),
    )
    (device,) = await lane.told()
    assert (device.hosts[0], device.hosts[-1], device.port) == (lane.at(1), "printer.local", 9107)
    assert {"fd00::1"} <= set(device.hosts)
    assert [one.host for one in await lane.heard()] == [lane.at(1)]


async def test_a_printer_seen_both_ways_is_one_printer(lane: Street) -> None:
    one = await lane.printer(1, "P0000000A1")
    await lane.printer(2, "P0000000B2", community="hunter2")
    await lane.announce(
        Service(one.host, "One", port=one.port, txt={"ty": "x"}, server="one.local."),
        Service(lane.at(2), "Two", port=9102, txt={"ty": "Brother PT-P750W"}, server="two.local."),
    )
    private = printer(7, address=Address("192.0.2.1", 1, True, 1, "hunter2"), enabled=False)
    found = await lane.heard(private, subnet=lane.subnet)
    assert [(each.serial, each.port, each.sources) for each in found] == [
        ("P0000000A1", one.port, ("mdns", "snmp")),
        ("P0000000B2", 9102, ("mdns", "snmp")),
    ]


async def test_a_printer_with_two_addresses_is_one_printer(lane: Street) -> None:
    for number in (1, 2):
        await lane.printer(number, "P0000000A1")
    assert [one.host for one in await lane.swept()] == [lane.at(1)]


async def test_two_models_that_claim_one_serial_number_are_two_and_one_never_written_is_none(lane: Street) -> None:
    await lane.printer(1, "P0000000A1")
    await lane.printer(2, "P0000000A1", "QL-820NWB", "62mm")
    await lane.printer(3, "000000000")
    await lane.printer(4, "000000000")
    assert [(one.host, one.serial) for one in await lane.swept()] == [
        (lane.at(1), "P0000000A1"),
        (lane.at(2), "P0000000A1"),
        (lane.at(3), ""),
        (lane.at(4), ""),
    ]


# How it is asked


async def test_two_at_once_are_one_and_a_refusal(lane: Street) -> None:
    discovery = lane.discovery()
    first = asyncio.create_task(discovery.find(Search(seconds=0.2)))
    await asyncio.sleep(0)
    with pytest.raises(DiscoveryRunning):
        await discovery.find(Search(mdns=False, subnet=lane.at(1)))
    for nowhere in (Search(subnet="0.0.0.0/0"), Search(mdns=False)):
        with pytest.raises(ValidationFailed):
            await discovery.find(nowhere)
    await first
    assert await discovery.find(Search(mdns=False, subnet=lane.at(1), snmp_port=dead_port())) == []


async def test_where_mdns_cannot_be_the_rest_is_found_and_the_log_says_so(lane: Street, caplog: pytest.LogCaptureFixture) -> None:
    await lane.printer(1, "P0000000A1")
    discovery = Discovery(DRIVERS, lambda: (), QUICK_S, ["192.0.2.77"])  # an address that this machine does not have
    found = await discovery.find(Search(seconds=0.2, subnet=lane.subnet, snmp_port=lane.snmp_port))
    assert [one.serial for one in found] == ["P0000000A1"]
    assert "mDNS" in caplog.text


async def test_without_any_interface_mdns_is_refused_as_the_system_refuses() -> None:
    for interface in ("192.0.2.77", "fd00::77", "no address"):
        with pytest.raises(OSError, match=r"Errno"):
            await browse(0.1, [interface])


def test_a_place_is_told_so_that_it_can_be_typed() -> None:
    assert (place("192.0.2.7", 9100), place("fd00::7", 9100)) == ("192.0.2.7:9100", "[fd00::7]:9100")
