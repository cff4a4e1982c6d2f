"""Who a printer says it is, and how often it is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from labelhub.drivers import mib
from labelhub.drivers.brother import PT, QL
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import Drivers
from labelhub.emulator.faults import Faults
from labelhub.emulator.faults import Snmp as SnmpFault
from labelhub.emulator.server import Emulator
from labelhub.printers.identity import MAX_CHARACTERS, Identities, Identity, identify, identity_of
from labelhub.printers.printer import Address
from labelhub.printers.snmp import Snmp
from tests.printers.printers_at_hand import printer

DRIVERS = Drivers.of([PT, QL])
QUICK_S = 0.05


def emulator(serial: str = "P0000000A1", **more: Any) -> Emulator:
    return Emulator("PT-P750W", media_from_word("PT-P750W", "12mm"), serial=serial, firmware="1.23", **more)


def asks() -> Identities:
    return Identities(Snmp(QUICK_S), DRIVERS)


def at(one: Emulator) -> Address:
    return Address(one.host, one.port, True, one.snmp_port)


async def test_a_printer_tells_model_serial_number_and_firmware() -> None:
    async with emulator() as one:
        assert await identify(Snmp(QUICK_S), at(one), DRIVERS) == Identity("PT-P750W", "Brother PT-P750W", "P0000000A1", "1.23")


async def test_it_is_asked_once_while_it_stays_where_it_is() -> None:
    identities = asks()
    async with emulator() as one:
        here = printer(address=at(one))
        assert identities.wants(here)
        assert identities.of(here) is None
        learnt = await identities.learn(here)
        assert learnt is not None
        assert (learnt.serial, identities.of(here), identities.wants(here)) == ("P0000000A1", learnt, False)
        assert await identities.learn(here) is None
        moved = replace(here, address=replace(here.address, port=1))
        assert (identities.of(moved), identities.wants(moved)) == (None, True)
        identities.forget(here.id)
        assert (identities.of(here), identities.wants(here)) == (None, True)


@pytest.mark.parametrize("fault", [SnmpFault.SILENT, SnmpFault.GARBAGE])
async def test_silence_and_garbage_are_no_identity_and_it_may_be_asked_again(fault: SnmpFault) -> None:
    identities = asks()
    async with emulator(faults=Faults(snmp=fault)) as one:
        here = printer(address=at(one))
        assert await identities.learn(here) is None
        assert identities.wants(here)
        await one.set_faults(Faults())
        assert (await identities.learn(here)) == identities.of(here) is not None


async def test_what_is_forgotten_while_it_is_asked_is_not_learnt() -> None:
    identities = asks()

    class Forgetful(Snmp):
        async def get(self, *args: Any, **more: Any) -> Any:
            values = await super().get(*args, **more)
            identities.forget(here.id)
            return values

    identities = Identities(Forgetful(QUICK_S), DRIVERS)
    async with emulator() as one:
        here = printer(address=at(one))
        assert await identities.learn(here) is None
        assert identities.of(here) is None


@pytest.mark.parametrize("address", [Address("usb://lp0"), Address("192.0.2.1", snmp=False)])
async def test_one_that_cannot_be_asked_is_not(address: Address) -> None:
    identities = asks()
    assert not identities.wants(printer(address=address))
    assert await identities.learn(printer(address=address)) is None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, Identity(None, "", "", "")),
        ({mib.HR_DEVICE_DESCR: 5, mib.PRT_SERIAL_NUMBER: None}, Identity(None, "", "", "")),
        ({mib.PRT_SERIAL_NUMBER: b"000000000", mib.BROTHER_SERIAL: b"E75642F0 "}, Identity(None, "", "E75642F0", "")),
        ({mib.PRT_SERIAL_NUMBER: b"\0\0", mib.BROTHER_SERIAL: b"XXXXXXXXX"}, Identity(None, "", "", "")),
        ({mib.IEEE1284_ID: b"MFG:Brother;CMD:PJL;MDL:QL-710W;CLS:PRINTER;"}, Identity("QL-710W", "", "", "")),
        ({mib.SYS_DESCR: b"Brother NC-8400w, Firmware Ver.D  ,MID 8C5-G02,FID 2"},
         Identity(None, "Brother NC-8400w, Firmware Ver.D  ,MID 8C5-G02,FID 2", "", "D")),
        ({mib.HR_DEVICE_DESCR: b"Brother\x1b[31m PT-P750W\xff\n"}, Identity("PT-P750W", "Brother[31m PT-P750W\ufffd", "", "")),
    ],
)  # fmt: skip
def test_an_identity_is_what_the_answers_tell(values: dict[str, object], told: Identity) -> None:
    assert identity_of(values, DRIVERS) == told


def test_an_endless_serial_number_is_cut() -> None:
    assert len(identity_of({mib.PRT_SERIAL_NUMBER: b"ab" * 5000}, DRIVERS).serial) == MAX_CHARACTERS
