"""A client of a running hub, for the commands that talk to one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Self

import httpx

from labelhub.errors import HubRefused
from labelhub.settings import Settings

POLL_S = 0.25
TIMEOUT_S = 30.0
DISCOVERY_TIMEOUT_S = 180.0
FOUND = {"model", "described", "serial", "host", "port", "snmp_port", "media", "printer_id", "slug", "moved_from"}
PRINTER = {"slug", "model", "state", "media", "queue_depth"}
JOB = {"id", "state", "reason", "detail", "evidence"}
ENDED = ("completed", "failed", "cancelled")


class Client:
    """Asks a hub over HTTP; every refusal is a HubRefused with the hub's own words."""

    def __init__(self, url: str, key: str | None) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._url = url
        try:
            self._http = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False)
        except httpx.InvalidURL as error:
            raise HubRefused(f"{url!r} is no address of a hub ({error}); it looks like http://127.0.0.1:8090") from error

    @classmethod
    def of(cls, settings: Settings, url: str | None) -> Self:
        """A client for the hub at `url`, or for the one these settings describe."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.listen_host) or settings.listen.rpartition(":")[0]  # noqa: S104
        return cls(url or f"http://{host}:{settings.listen_port}", settings.api_key.get_secret_value() if settings.api_key else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def printers(self) -> list[dict[str, Any]]:
        """All printers."""
        found = self._ask("GET", "/api/printers")
        return [self._proper(one, PRINTER) for one in (found if isinstance(found, list) else [None])]

    def discover(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """The printers on the hub's network."""
        found = self._ask("GET", "/api/discovery", query=query, timeout_s=DISCOVERY_TIMEOUT_S)
        return [self._proper(one, FOUND) for one in (found if isinstance(found, list) else [None])]

    def follow(self, found: dict[str, Any]) -> None:
        """Set the printer that was found up anew, where it is now. HubRefused for one that settings declare."""
        connection = {name: found[name] for name in ("host", "port", "snmp_port")}
        self._proper(self._ask("PATCH", f"/api/printers/{found['printer_id']}", {"connection": connection}), {"id"})

    def print(self, body: dict[str, Any], *, wait: bool, tell: Callable[[str], None]) -> dict[str, Any]:
        """The job, once it ended or waits for a person if `wait`. `tell` hears each reason it waits for."""
        accepted = self._proper(self._ask("POST", "/api/print", body), {"job_id"})
        said = None
        while True:
            job = self._proper(self._ask("GET", f"/api/jobs/{accepted['job_id']}"), JOB)
            if not wait or job["state"] in ENDED or job["state"] == "paused":
                return job
            if job["reason"] and job["reason"] != said:
                said = job["reason"]
                tell(f"{job['state']}: {said}: {job['detail'] or ''}")
            time.sleep(POLL_S)

    def _proper(self, answer: Any, members: set[str]) -> dict[str, Any]:
        """The answer, when it is an object with these members."""
        if not isinstance(answer, dict) or not members <= answer.keys():
            raise HubRefused(f"{self._url} answers, but is no label printer hub")
        return answer

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: dict[str, Any] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Any:
        try:
            response = self._http.request(method, path, json=body, params=query, timeout=timeout_s)
        except httpx.HTTPError as error:
            raise HubRefused(
                f"no hub answers at {self._url} ({error}); start one with `labelhub serve`, or name it with --hub"
            ) from error
        try:
            answer = response.json()
        except ValueError as error:
            raise HubRefused(f"{self._url} answers {response.status_code}, but is no label printer hub") from error
        if response.is_error:
            told = answer if isinstance(answer, dict) else {}
            raise HubRefused(f"{told.get('title', response.status_code)}: {told.get('detail', '')}")
        return answer
