"""Hostile announcements: floods, lies and garbage cost little and show nothing that harms."""

from __future__ import annotations

import random
from typing import Any

import pytest

from labelhub.printers.identity import MAX_CHARACTERS
from labelhub.printers.mdns import MAX_ADDRESSES, MAX_PORTS, MAX_SERVICES, RASTER, browse
from tests.printers.announcers import Service, packets, pointer
from tests.printers.street_at_hand import LISTEN_S, Street


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
