"""mDNS: a virtual printer is found as a real one would be. On the loopback interface alone."""

from __future__ import annotations

import gc

import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from labelhub.emulator.announce import SERVICE, Announcement
from labelhub.emulator.server import Emulator
from tests.emulator.jobs import TAPE

HERE = ["127.0.0.1"]
MODEL = "PT-P750W"
OURS = "0A0000000002"
"""Of no other test: those that run beside this one hear and say things on the same interface."""


async def asked(name: str, timeout_ms: float = 5000) -> AsyncServiceInfo | None:
    """What the network tells of a service, None when nobody does."""
    client = AsyncZeroconf(interfaces=HERE)
    found = AsyncServiceInfo(SERVICE, name)
    known = await found.async_request(client.zeroconf, timeout_ms)
    await client.async_close()
    return found if known else None


async def test_it_is_found_with_its_model_its_port_and_an_address_others_can_use() -> None:
    async with (
        Emulator(MODEL, TAPE, host="0.0.0.0", snmp=False, serial="0A0000000001") as emulator,
        Announcement(emulator, interfaces=HERE, note="Workshop") as told,
    ):
        found = await asked(told.name)
        assert found is not None
        assert (found.port, found.parsed_addresses(), found.server) == (emulator.port, HERE, f"BRW{emulator.serial}.local.")
        texts = {name: value for name, value in found.decoded_properties.items() if name != "txtvers"}
        assert texts == {
            "ty": "Brother PT-P750W",
            "product": "(Brother PT-P750W)",
            "usb_MFG": "Brother",
            "usb_MDL": "PT-P750W",
            "pdl": "application/vnd.brother-hbp",
            "note": "Workshop",
        }
    assert await asked(told.name, 100) is None


async def test_two_with_one_serial_number_get_two_names() -> None:
    async with (
        Emulator(MODEL, TAPE, snmp=False, serial=OURS) as one,
        Emulator(MODEL, TAPE, snmp=False, serial=OURS) as other,
        Announcement(one, interfaces=HERE) as first,
    ):
        second = Announcement(other, interfaces=HERE)
        # mDNS asks three times within half a second whether a name is taken, and loses an answer that comes later
        # on a machine with too much to do.
        for _attempt in range(6):
            await second.start()
            if second.name != first.name:
                break
            await second.stop()
        assert second.name != first.name
        found = await asked(second.name)
        await second.stop()
        assert found is not None
        assert (found.port, found.parsed_addresses()) == (other.port, HERE)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # zeroconf leaves its socket open
async def test_without_an_interface_it_is_refused_as_the_system_refuses() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        with pytest.raises(OSError, match="No adapter"):
            await Announcement(emulator, interfaces=["fd00::77"]).start()
    gc.collect()


async def test_what_cannot_be_announced_leaves_nothing_open() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        emulator.host = "nowhere.invalid"
        with pytest.raises(OSError, match=r"nowhere|Name|known"):
            await Announcement(emulator, interfaces=HERE).start()
