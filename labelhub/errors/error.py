"""What every error of the hub is, and the list of them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar


class HubError(Exception):
    """Something went wrong inside the hub. It has been logged; try again, and report it if it stays."""

    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"
    status: ClassVar[int] = 500

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra: dict[str, Any] = extra
        """Members that stand beside `detail` in the answer: `expected`, `loaded`, `errors`, ... JSON values only."""

    @property
    def http_status(self) -> int:
        """The status of the answer that tells this error."""
        return self.status


def all_errors(root: type[HubError] = HubError) -> Iterator[type[HubError]]:
    """Every error class, the root first."""
    yield root
    for child in root.__subclasses__():
        yield from all_errors(child)
