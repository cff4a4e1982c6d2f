"""Standings: which faults stand, since when, and what was told of them. Pure: what happened and the time go in, notices come out.

A fault is told once it has stood for its grace, and told to be over once it has been gone as long: what flaps in between is one fault.
The same fault of the same printer is told again after a pause only. Jobs that fail in that pause are told together at its end.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from labelhub.drivers.status import PASSING
from labelhub.notices.notice import OFFLINE, WORDS

FAILED, UNKNOWN, WANTED = "job-failed", "outcome-unknown", "media-wanted"
SOON = timedelta(seconds=60)
"""Jobs that fail, or whose outcome is lost, so soon after others of their printer were told of are told of together."""

Key = tuple[UUID | None, str]


@dataclass(frozen=True, slots=True)
class Graces:
    """How long a fault has to stand before it is told of, and how long after that the same one is not told of again."""

    offline: timedelta = timedelta(seconds=120)
    fault: timedelta = timedelta(seconds=15)
    repeat: timedelta = timedelta(seconds=600)

    def of(self, fault: str) -> timedelta:
        """The grace of this fault."""
        return self.offline if fault == OFFLINE else self.fault


@dataclass(frozen=True, slots=True)
class Standing:
    """A fault of a printer (of none yet: jobs that no printer has taken). `told_at` is that of what stands now."""

    printer_id: UUID | None
    fault: str
    since: datetime
    gone_at: datetime | None = None
    told_at: datetime | None = None
    last_told_at: datetime | None = None
    jobs: int = 0
    """Of those that failed: how many are not told of yet."""
    job_id: UUID | None = None
    """The first of them, or one that waits."""
    detail: str | None = None

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.printer_id, self.fault if self.fault != WANTED else f"{WANTED}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Happened:
    """An event that may matter: a printer's status, or a job that failed, was lost, or waits for media."""

    type: str
    data: Mapping[str, Any]
    at: datetime
    printer_id: UUID | None
    job_id: UUID | None


class Book:
    """What stands, changed by what happens."""

    def __init__(self, standings: Iterable[Standing], graces: Graces, printers: Container[UUID]) -> None:
        """`printers` are those that are known and looked at: of others nothing can be told."""
        self.standings = {one.key: one for one in standings}
        self._graces = graces
        self._printers = printers

    def status(self, happened: Happened) -> None:
        """A printer was seen, or could not be. Of one that is offline nobody knows whether its other faults still stand."""
        online = happened.data.get("online")
        if online is None or happened.printer_id is None:
            return
        reasons = happened.data.get("reasons") or [] if online else [OFFLINE]
        shown = {str(reason) for reason in reasons if reason not in PASSING and reason in WORDS}
        for fault in shown:
            self._stands(happened.printer_id, fault, happened.at)
        for key, standing in list(self.standings.items()):
            over = online and standing.fault not in shown and standing.gone_at is None
            if over and standing.printer_id == happened.printer_id and standing.fault in WORDS:
                self.standings[key] = replace(standing, gone_at=happened.at)

    def _stands(self, printer_id: UUID, fault: str, at: datetime) -> None:
        known = self.standings.get((printer_id, fault))
        if known is None or (known.told_at is None and known.gone_at is not None):
            known = Standing(printer_id, fault, at, last_told_at=None if known is None else known.last_told_at)
        self.standings[known.key] = replace(known, gone_at=None)

    def ended(self, happened: Happened, fault: str) -> None:
        """A job failed, or its outcome was lost."""
        known = self.standings.get((happened.printer_id, fault)) or Standing(happened.printer_id, fault, happened.at)
        first = known.job_id if known.jobs else happened.job_id
        self.standings[known.key] = replace(known, jobs=known.jobs + 1, job_id=first)

    def wants(self, printer_id: UUID | None, job_id: UUID, detail: str, at: datetime) -> None:
        """A job waits for media; of many for the same one is enough."""
        fresh = Standing(printer_id, WANTED, at, job_id=job_id, detail=detail[:300])
        known = self.standings.get(fresh.key)
        if known is None or known.gone_at is not None:
            self.standings[fresh.key] = replace(fresh, last_told_at=None if known is None else known.last_told_at)

    def due(self, now: datetime) -> list[Standing]:
        """What is to be told now as standing, or as jobs that ended; each is taken to be told with that."""
        found = [one for one in self.standings.values() if self._is_due(one, now)]
        for one in found:
            told = replace(one, told_at=None if one.fault in (FAILED, UNKNOWN) else now, last_told_at=now, jobs=0)
            self.standings[one.key] = told
        return found

    def _is_due(self, one: Standing, now: datetime) -> bool:
        if one.fault in (FAILED, UNKNOWN):
            return one.jobs > 0 and (one.last_told_at is None or now >= one.last_told_at + SOON)
        if one.gone_at is not None or one.told_at is not None or now < one.since + self._graces.of(one.fault):
            return False
        if one.printer_id is not None and one.printer_id not in self._printers:
            return False
        if one.fault == WANTED and self._is_empty_or_open(one.printer_id):
            return False  # who sees to that sees to this as well
        return one.last_told_at is None or now >= one.last_told_at + self._graces.repeat

    def _is_empty_or_open(self, printer_id: UUID | None) -> bool:
        return any(
            one.printer_id == printer_id and one.fault != WANTED and one.fault in WORDS and one.gone_at is None
            for one in self.standings.values()
        )

    def over(self, now: datetime) -> list[Standing]:
        """What was told of and is over by now; what need not be remembered any more is forgotten."""
        found = []
        for key, one in list(self.standings.items()):
            if one.told_at is not None and one.gone_at is not None and now >= one.gone_at + self._graces.fault:
                found.append(one)
                one = self.standings[key] = replace(one, told_at=None)
            ended = one.gone_at is not None if one.fault not in (FAILED, UNKNOWN) else one.jobs == 0
            pause = SOON if one.fault in (FAILED, UNKNOWN) else self._graces.repeat
            if ended and one.told_at is None and (one.last_told_at is None or now >= one.last_told_at + pause):
                del self.standings[key]
        return found

    def forget(self, now: datetime) -> None:
        """Printers that are gone or disabled have no faults: nobody looks at them. One that another node has just added is not gone."""
        self.standings = {
            key: one for key, one in self.standings.items()
            if one.printer_id is None or one.printer_id in self._printers or one.jobs or now < one.since + SOON
        }  # fmt: skip
