"""Questions to printers by SNMP: v2c, and v1 for those that know no other, one number at a time there.

In v1 one unknown number fails a whole request, so each is asked for alone. What a printer answered to is remembered: one
heard in v1 is asked so at once; one that is silent in v2c is asked in v1 as well, every other time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from gufo.snmp import NoSuchInstance, SnmpError, SnmpVersion
from gufo.snmp.aio import SnmpSession

from labelhub.errors import PrinterUnreachable, ReplyInvalid
from labelhub.names import Names
from labelhub.printers.printer import Address

TIMEOUT_S = 1.0
TRIES = 2
LIMIT = 1.5
"""Of the time-out: what an answer may take at most, however much else arrives meanwhile."""
CANCEL_TRIES = 10

T = TypeVar("T")
Values = Mapping[str, object]


class Snmp:
    """Asks any number of printers; every error is a PrinterUnreachable (silence) or a ReplyInvalid (nonsense)."""

    def __init__(self, timeout_s: float = TIMEOUT_S, names: Names | None = None) -> None:
        self.names = names or Names()
        self._timeout_s = timeout_s
        self._versions: dict[tuple[str, int], SnmpVersion] = {}

    async def get(self, address: Address, oids: Iterable[str], tries: int = TRIES) -> Values:
        """The values of those numbers that the printer knows."""
        with _told(f"{address.host}:{address.snmp_port}"):
            return await self._get(address, list(oids), tries)

    async def knock(self, address: Address, oid: str) -> None:
        """Return once something there answered one datagram, in v1, which every agent knows. PrinterUnreachable, ReplyInvalid."""
        with _told(f"{address.host}:{address.snmp_port}"):
            ip = (await self.names.addresses(address.host))[0]  # one datagram goes to one address
            with suppress(NoSuchInstance):
                await self._within(self._session(ip, address, SnmpVersion.v1).get(oid))

    async def _get(self, address: Address, oids: list[str], tries: int) -> Values:
        ip = (await self.names.addresses(address.host))[0]  # one datagram goes to one address
        key = ip, address.snmp_port
        known = self._versions.get(key)
        if known is not SnmpVersion.v1:
            for _ in range(tries):
                with suppress(TimeoutError):
                    values = await self._by_v2c(ip, address, oids)
                    self._versions[key] = SnmpVersion.v2c
                    return values
        if known is SnmpVersion.v2c:
            self._versions.pop(key, None)  # it may be another device the next time
            raise TimeoutError
        # Remembered before the answer: whoever is away is not asked both ways each time.
        self._versions[key] = SnmpVersion.v2c
        values = await self._by_v1(ip, address, oids, tries if known else 1)
        self._versions[key] = SnmpVersion.v1
        return values

    async def _by_v2c(self, ip: str, address: Address, oids: list[str]) -> Values:
        values = await self._within(self._session(ip, address, SnmpVersion.v2c).get_many(oids))
        return {oid: value for oid, value in values.items() if value is not None}

    async def _by_v1(self, ip: str, address: Address, oids: list[str], tries: int) -> Values:
        values = {}
        for oid in oids:
            with suppress(NoSuchInstance):
                values[oid] = await self._one_by_v1(ip, address, oid, tries)
        return {oid: value for oid, value in values.items() if value is not None}

    async def _one_by_v1(self, ip: str, address: Address, oid: str, tries: int) -> object:
        for _ in range(tries - 1):
            with suppress(TimeoutError):
                return await self._within(self._session(ip, address, SnmpVersion.v1).get(oid))
        return await self._within(self._session(ip, address, SnmpVersion.v1).get(oid))

    def _session(self, ip: str, address: Address, version: SnmpVersion) -> SnmpSession:
        return SnmpSession(ip, address.snmp_port, address.snmp_community, version=version, timeout=self._timeout_s)

    async def _within(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the work. TimeoutError at the limit, even for work that begins its own time-out anew with every datagram."""
        task = asyncio.ensure_future(work)
        try:
            done, _ = await asyncio.wait([task], timeout=LIMIT * self._timeout_s)
        finally:
            task.cancel()
        if done:
            return task.result()
        for _ in range(CANCEL_TRIES):  # `wait_for` of Python 3.11 swallows a cancel that meets a datagram
            await asyncio.sleep(0)
            task.cancel()
        raise TimeoutError


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Every fault as a PrinterUnreachable or a ReplyInvalid."""
    try:
        yield
    except TimeoutError as error:
        raise PrinterUnreachable(
            f"no SNMP answer from {where}: is the printer on? "
            "If SNMP is switched off in it, or its community is not the one set here, correct that (or set snmp to false)"
        ) from error
    except (OSError, UnicodeError, ValueError) as error:
        raise PrinterUnreachable(f"{where} cannot be reached: {error}") from error
    except SnmpError as error:
        raise ReplyInvalid(f"{where} sent no proper SNMP answer: {error}") from error
    except BaseException as error:
        # gufo panics over some garbage, with a class derived from BaseException that cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise ReplyInvalid(f"{where} sent no proper SNMP answer") from error
