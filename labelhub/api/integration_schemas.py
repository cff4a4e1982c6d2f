"""What goes over the wire about connected systems and their things: the bodies the API reads and the answers it gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, Field

from labelhub.api.schemas import Body, Data, Instant
from labelhub.integrations.connection import MAX_HEADERS, NAME, Connection, Seen
from labelhub.integrations.integration import Integration, Item
from labelhub.urls import MAX_TOKEN, SENDABLE, header_fault, web_address

Name = Annotated[str, Field(pattern=f"^{NAME}$")]
WebAddress = Annotated[str, Field(max_length=500), AfterValidator(web_address)]
Token = Annotated[str, Field(max_length=MAX_TOKEN, pattern=f"^{SENDABLE}$", description="Never shown again.")]


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if fault := header_fault(name, value):
            raise ValueError(fault)
    return headers


Headers = Annotated[
    dict[str, str], Field(max_length=MAX_HEADERS, description="Sent with every request; never shown again."), AfterValidator(_sendable)
]


class IntegrationBody(Body):
    """A system to connect."""

    kind: Name = Field(description="`snipeit`, `grocy`, ...: one of `GET /api/integration-kinds`.")
    name: Name | None = Field(default=None, description="What it is called in paths; left out: its kind.")
    url: WebAddress = Field(description="Where it is for the hub.")
    link_url: WebAddress | None = Field(default=None, description="Where browsers find it; left out: `url`.")
    token: Token = ""
    headers: Headers = Field(default_factory=dict)
    verify_tls: bool = Field(default=True, strict=True, description="False for a certificate that nobody vouches for.")

    def connection(self, now: datetime) -> Connection:
        """The connection that is asked for."""
        name = self.name or self.kind
        return Connection(name, self.kind, self.url, now, now, self.link_url or "", self.token, self.headers, self.verify_tls)


class IntegrationChange(Body):
    """What changes of a connected system; the rest stays. `token`: "" takes it away."""

    url: WebAddress | None = None
    link_url: WebAddress | None = None
    token: Token | None = None
    headers: Headers | None = None
    verify_tls: bool | None = Field(default=None, strict=True)

    def changes(self) -> dict[str, Any]:
        """What was sent; null is as if it were not, but for `link_url`, which it takes away."""
        sent = self.model_dump(exclude_unset=True)
        if sent.get("link_url", "") is None:
            sent["link_url"] = ""
        return {name: value for name, value in sent.items() if value is not None}


class IntegrationOut(BaseModel):
    """One connected system."""

    name: str
    kind: str
    title: str = Field(description="The system's name for people; its kind, when no plug-in knows it.")
    url: str
    link_url: str = Field(description="Where browsers find it.")
    has_token: bool
    headers: list[str] = Field(description="The names of those that are sent.")
    verify_tls: bool
    declared: bool = Field(description="True: the settings declare it, and it is changed there.")
    types: list[str]
    pages: list[str] = Field(description="Of the hub's own pages, `/asset/{id}` and so on, those that show its things.")
    state: str = Field(description="`ok`, `failed`, `unknown` before it was first asked, `broken` without a plug-in.")
    last_success_at: Instant | None = Field(description="When it last answered this node of the hub.")
    last_error_at: Instant | None
    last_error: str | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, connection: Connection, kind: type[Integration] | None, seen: Seen) -> Self:
        """The system as it is shown."""
        return cls(
            name=connection.name,
            kind=connection.kind,
            title=kind.title if kind else connection.kind,
            url=connection.url,
            link_url=connection.links,
            has_token=bool(connection.token),
            headers=sorted(connection.headers),
            verify_tls=connection.verify_tls,
            declared=connection.declared,
            types=list(kind.types) if kind else [],
            pages=sorted(kind.pages) if kind else [],
            state=seen.state if kind else "broken",
            last_success_at=seen.last_success_at,
            last_error_at=seen.last_error_at,
            last_error=seen.last_error if kind else f"no plug-in here knows the kind {connection.kind}: install the one that does",
            created_at=connection.created_at,
            updated_at=connection.updated_at,
        )


class KindOut(BaseModel):
    """A kind of system that can be connected, or a plug-in that cannot be used."""

    kind: str | None = Field(description="Null for a plug-in that cannot be used.")
    title: str
    types: list[str]
    fault: str | None = Field(description="Why it cannot be used.")


class VerdictOut(BaseModel):
    """What a test of a connection found."""

    ok: bool
    detail: str = Field(description="What answered or, where it did not, what to do.")


class ItemOut(BaseModel):
    """A thing of a connected system."""

    app: str
    type: str
    id: str
    name: str
    url: str = Field(description="Its page in its own system; empty where it has none.")
    fields: Data = Field(description="For templates: title, primary_id, qr_payload, secondary and more.")
    image: str | None = Field(description="Path of its picture, re-encoded by the hub.")
    extra: Data = Field(description="What its system said of it.")

    @classmethod
    def of(cls, item: Item) -> Self:
        """The thing as it is shown."""
        return cls(
            app=item.app, type=item.type, id=item.id, name=item.name, url=item.url, fields=dict(item.fields),
            image=item.image_path or None, extra=dict(item.extra),
        )  # fmt: skip
