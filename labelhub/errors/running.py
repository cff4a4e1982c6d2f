"""What keeps the hub itself, or the systems it works with, from their work."""

from __future__ import annotations

from typing import Any

from labelhub.errors.error import HubError


class IntegrationError(HubError):
    """A connected system (Snipe-IT, Grocy, Spoolman, ...) did not give what was asked for; the detail says why, and what to do.

    The status is 504 when it did not answer in time, else 502. Printing without it goes on as ever.
    """

    slug, title, status = "integration-failed", "Connected system failed", 502

    def __init__(self, detail: str = "", *, late: bool = False, **extra: Any) -> None:
        """`late`: it did not answer in time."""
        super().__init__(detail, **extra)
        self.late = late

    @property
    def http_status(self) -> int:
        """504 when the system did not answer in time."""
        return 504 if self.late else self.status


class DatabaseUnusable(HubError):
    """The database cannot be used now, or as it is; the detail says what to do. Whether a change was made may not be known:

    send a request that prints again with the `Idempotency-Key` it had, and nothing prints twice.
    """

    slug, title, status = "database-unusable", "Database not usable", 503


class Starting(HubError):
    """The hub is starting, and takes requests as soon as it is open. Send this one again after as many seconds as `Retry-After` says."""

    slug, title, status = "starting", "Starting", 503


class StartRefused(HubError):
    """The hub cannot start as it is set up; the detail says what to change."""

    slug, title, status = "start-refused", "Start refused", 500


class SettingsInvalid(StartRefused):
    """One or more settings hold a value the hub cannot use; `faults` has one readable line for each."""

    slug, title = "settings-invalid", "Settings not valid"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults), faults=faults)
        self.faults = faults


class HubRefused(HubError):
    """The hub that the command line asked refused, or could not be reached; the detail has its own words."""

    slug, title, status = "hub-refused", "The hub refused", 502
