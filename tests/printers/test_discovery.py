"""Printers found on the network: by mDNS, in a subnet, both ways; moved, exchanged, hostile and silent ones."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from pysnmp.proto.api import v2c  # type: ignore[import-untyped]

from labelhub.drivers import mib
from labelhub.drivers.brother import PT, QL
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import Drivers
from labelhub.emulator.agent import Agent, values_of
from labelhub.emulator.announce import Announcement
from labelhub.emulator.faults import Faults, Snmp
from labelhub.emulator.machine import Machine
from labelhub.emulator.server import Emulator
from labelhub.errors import DiscoveryRunning, ValidationFailed
from labelhub.printers.discovery import Discovery, Found, Search, addresses_of, communities_of, place, sweep
from labelhub.printers.identity import MAX_CHARACTERS
from labelhub.printers.mdns import MAX_ADDRESSES, MAX_PORTS, MAX_SERVICES, RASTER, SERVICES, Announced, browse
from labelhub.printers.printer import Address, Printer
from tests.printers.announcers import Service, announced, packets, pointer, street
from tests.printers.printers_at_hand import dead_port, printer

DRIVERS = Drivers.of([PT, QL])
TAPE = media_from_word("PT-P750W", "12mm")
QUICK_S = 0.1
LISTEN_S = 0.4


class Street:
    """Addresses of the loopback where the virtual printers of one test live, all with one SNMP port."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.prefix = street()
        self.ear = f"{self.prefix}.254"
        self.snmp_port = 0
        self._stack = stack

    def at(self, number: int) -> str:
        return f"{self.prefix}.{number}"

    @property
    def subnet(self) -> str:
        return f"{self.prefix}.0/29"

    async def printer(self, number: int, serial: str, model: str = "PT-P750W", media: str = "12mm", **more: Any) -> Emulator:
        """A virtual printer at that number."""
        made = Emulator(model, media_from_word(model, media), host=self.at(number), snmp_port=self.snmp_port, serial=serial, **more)
        emulator = await self._stack.enter_async_context(made)
        self.snmp_port = self.snmp_port or emulator.snmp_port
        return emulator

    async def agent(self, number: int, answering: Agent) -> None:
        """Something else that answers SNMP."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: answering, local_addr=(self.at(number), self.snmp_port))
        self.snmp_port = self.snmp_port or transport.get_extra_info("sockname")[1]
        self._stack.callback(transport.close)

    async def announce(self, *services: Service, raw: tuple[bytes, ...] = ()) -> None:
        await self._stack.enter_async_context(announced(self.ear, *services, raw=raw))

    def discovery(self, *here: Printer) -> Discovery:
        return Discovery(DRIVERS, lambda: here, QUICK_S, [self.ear])

    async def swept(self, *here: Printer) -> list[Found]:
        return await self.discovery(*here).find(Search(mdns=False, subnet=self.subnet, snmp_port=self.snmp_port))

    async def heard(self, *here: Printer, subnet: str | None = None) -> list[Found]:
        found = await self.discovery(*here).find(Search(seconds=LISTEN_S, subnet=subnet, snmp_port=self.snmp_port or 1))
        return [one for one in found if one.host.startswith(self.prefix) or one.slug]

    async def told(self) -> list[Announced]:
        """What announces itself in this street; the whole loopback hears some of the others."""
        return [one for one in await browse(LISTEN_S, [self.ear]) if one.hosts[0].startswith(self.prefix)]


@pytest.fixture
async def lane() -> AsyncIterator[Street]:
    async with AsyncExitStack() as stack:
        yield Street(stack)


def set_up(emulator: Emulator, number: int = 1, **changes: Any) -> Printer:
    """The printer as it is set up here."""
    address = Address(emulator.host, emulator.port, True, emulator.snmp_port)
    return printer(number, **{"address": address, "serial": emulator.serial} | changes)


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


# Known again


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


# Hostile announcements


async def test_of_a_flood_of_services_a_bounded_number_is_kept(lane: Street) -> None:
    await lane.announce(*(Service(lane.at(1), f"x{number}", server=f"x{number}.local.") for number in range(MAX_SERVICES + 100)))
    assert len(await browse(1.0, [lane.ear])) == MAX_SERVICES


async def test_of_many_addresses_and_ports_of_one_a_bounded_number_is_kept(lane: Street) -> None:
    await lane.announce(
        *(Service(lane.at(number), "Many", port=1) for number in range(1, 100)),
        *(Service(lane.at(1), f"x{number}", port=number) for number in range(2, 50)),
    )
    found = await lane.told()
    assert len(found) == MAX_PORTS
    assert {len(one.hosts) for one in found} == {MAX_ADDRESSES + 1}


@pytest.mark.parametrize("address", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "ff02::1"])
async def test_an_address_nobody_can_have_is_no_printer(lane: Street, address: str) -> None:
    await lane.announce(Service(lane.at(1), "Good"), Service(address, "Bad", server="bad.local.", txt={"ty": "Brother PT-P750W"}))
    hosts = [host for one in await browse(LISTEN_S, [lane.ear]) for host in one.hosts]
    assert lane.at(1) in hosts
    assert address not in hosts


HOSTILE_TEXT: list[dict[str, Any]] = [
    {"text": b""}, {"text": b"\xff"}, {"text": b"\xffty=short"}, {"text": bytes(range(256)) * 4}, {"text": b"\0" * 900},
    {"txt": {"ty": "\x1b[31mred\x07\n\u202eright\u2028"}}, {"txt": {"ty": "x" * 250}}, {"txt": {"": "", "=": "=", "ty": ""}},
    {"txt": {f"k{number}": "v" * 200 for number in range(40)}}, {"name": "x" * 63}, {"name": "a\u202eb"},
    {"server": "x" * 60 + ".local."}, {"server": "\x1b.local."}, {"server": "local."}, {"port": 0}, {"port": 65535},
]  # fmt: skip


async def test_whatever_is_announced_is_kept_printable_and_short(lane: Street) -> None:
    def service(number: int, hostile: dict[str, Any]) -> Service:
        return Service(lane.at(number), **{"name": f"P{number}", "server": f"p{number}.local."} | hostile)

    await lane.announce(*(service(number, hostile) for number, hostile in enumerate(HOSTILE_TEXT, 1)))
    devices = await lane.told()
    assert [one.hosts[0] for one in devices] == [lane.at(number) for number in range(1, len(HOSTILE_TEXT) + 1)]
    for device in devices:
        assert 1 <= device.port <= 65535
        for word in (*device.hosts, device.described, *device.words):
            assert word.isprintable()
            assert len(word) <= 2 * MAX_CHARACTERS + 1
    assert len(await lane.heard()) == len(devices)


async def test_bytes_that_are_no_message_are_passed_over(lane: Street) -> None:
    dice = random.Random(7)
    garbage = tuple(dice.randbytes(dice.randrange(1, 400)) for _ in range(200))
    pointer_loop = b"\0\0\x84\0\0\0\0\1\0\0\0\0" + b"\xc0\x0c\0\x0c\0\1\0\0\0\x78\0\2\xc0\x0c"
    await lane.announce(Service(lane.at(1), txt={"ty": "Brother PT-P750W"}), raw=(*garbage, pointer_loop))
    assert [one.model for one in await lane.heard()] == ["PT-P750W"]


async def test_names_that_are_none_of_a_printers_are_passed_over(lane: Street) -> None:

    foreign = [pointer(RASTER, name) for name in ("evil.example.", "x._http._tcp.local.", RASTER, "local.")]
    odd = [Service(lane.at(number), name, server=f"odd{number}.local.") for number, name in enumerate(("\x1b[31mred", "a\0b"), 2)]
    await lane.announce(Service(lane.at(1), txt={"ty": "Brother PT-P750W"}), *odd, raw=tuple(packets(foreign)))
    assert [one.host for one in await lane.heard()] == [lane.at(1)]


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
