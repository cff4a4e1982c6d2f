"""Hooks over the wire: how they are set up, and what is told of them. Tokens and secrets go in, and a new token comes out once."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, SecretStr, field_validator

from labelhub.api.schemas import Body, Instant, Word
from labelhub.errors import TemplateInvalid
from labelhub.hooks.ask import MAX_COPIES, check_field
from labelhub.hooks.hook import MAX_DEDUP_S, NAME, Hook
from labelhub.hooks.presets import PRESETS
from labelhub.hooks.receive import Received
from labelhub.hooks.rules import (
    FIELD,
    LOOKUP,
    MAX_EVENTS,
    MAX_FIELDS,
    MAX_LINES,
    MAX_NAME,
    MAX_SECRET,
    MAX_WRITTEN,
    MIN_SECRET,
)
from labelhub.hooks.store import Outcome
from labelhub.urls import shown_fault


def _preset(name: str) -> str:
    if name not in PRESETS:
        raise ValueError(f"must be one of {', '.join(sorted(PRESETS))}")
    return name


def _written(text: str) -> str:
    try:
        check_field(text)
    except TemplateInvalid as error:
        raise ValueError(error.detail) from error
    return text


Written = Annotated[str, Field(min_length=1, max_length=MAX_WRITTEN), AfterValidator(_written)]
FieldName = Annotated[str, Field(pattern=f"^{FIELD}$")]
Mapping = dict[FieldName, Written | Annotated[list[Written], Field(min_length=1, max_length=MAX_LINES)]]


class HookChange(Body):
    """What to change about a hook; what is left out stays."""

    preset: Annotated[str, AfterValidator(_preset)] = Field(default="generic", description="How deliveries are read.")
    enabled: bool = Field(default=True, strict=True)
    printer: Word | None = Field(default=None, description="Slug or id; null: the sender's wish, else any that has the media.")
    template: Word | None = Field(default=None, description="Key of a template; null: the sender's wish, else one for any media.")
    fields: Mapping = Field(
        default_factory=dict,
        max_length=MAX_FIELDS,
        description="Fields of the label, each a path into what comes, or a text with {paths} in it; on top of what the preset finds.",
        examples=[{"title": "details.product.name", "lines": ["due_date", "{details.location.name}"]}],
    )
    copies: int = Field(default=1, ge=1, le=MAX_COPIES, strict=True)
    dedup_s: float | None = Field(
        default=None,
        ge=0,
        le=MAX_DEDUP_S,
        description="For so long the same delivery prints once; 0: each prints; null: the preset's.",
    )
    events: list[Word] = Field(
        default_factory=list, max_length=MAX_EVENTS, description="Which are printed, where senders name one; empty: all."
    )
    lookup: str | None = Field(
        default=None,
        pattern=f"^{LOOKUP}$",
        description="Connected system that is asked for it.",
    )
    identifier: Written | None = Field(default=None, description="What it is asked for, written as a field is.")
    secret: SecretStr | None = Field(
        default=None, min_length=MIN_SECRET, max_length=MAX_SECRET, description="Deliveries must be signed with it (HMAC)."
    )

    def change(self) -> dict[str, Any]:
        """The values that were given, as a hook keeps them."""
        given: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set if name in Hook.__dataclass_fields__}
        if "fields" in given:
            given["fields"] = {name: tuple(one) if isinstance(one, list) else one for name, one in self.fields.items()}
        if "events" in given:
            given["events"] = tuple(self.events)
        if "secret" in given:
            given["secret"] = self.secret and self.secret.get_secret_value()
        return given


class HookBody(HookChange):
    """A new hook."""

    name: str = Field(pattern=f"^{NAME}$", max_length=MAX_NAME, description="Its place: /api/webhook/{name}.")
    token: SecretStr | None = Field(default=None, description="A token of one's own; left out: the hub makes one, and tells it once.")

    @field_validator("token")
    @classmethod
    def _token_can_be_sent(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and (fault := shown_fault(value.get_secret_value())):
            raise ValueError(fault)
        return value


class TokenOut(BaseModel):
    """A token as it is kept."""

    id: str
    begins: str = Field(description="Its first characters.")
    created_at: Instant


class OutcomeOut(BaseModel):
    """What became of one delivery."""

    at: Instant
    outcome: str = Field(description="accepted, duplicate, ignored, or the slug of a problem.")
    detail: str | None
    job_id: UUID | None


class HookOut(BaseModel):
    """One hook."""

    name: str
    preset: str
    enabled: bool
    printer: str | None
    template: str | None
    fields: dict[str, str | list[str]]
    copies: int
    dedup_s: float | None
    events: list[str]
    lookup: str | None
    identifier: str | None
    signed: bool = Field(description="Deliveries must be signed.")
    tokens: list[TokenOut]
    declared: bool = Field(description="By the settings; it cannot be changed here.")
    created_at: Instant | None
    updated_at: Instant | None
    deliveries: list[OutcomeOut] = Field(description="The last ones, newest first.")

    @classmethod
    def of(cls, hook: Hook, outcomes: list[Outcome]) -> Self:
        """The hook as it is shown."""
        tokens = [TokenOut(id=one.id, begins=one.begins, created_at=one.created_at) for one in hook.tokens]
        told = [OutcomeOut(at=one.at, outcome=one.outcome, detail=one.detail, job_id=one.job_id) for one in outcomes]
        return cls(
            name=hook.name, preset=hook.preset, signed=hook.secret is not None, tokens=tokens, declared=hook.declared,
            created_at=hook.created_at, updated_at=hook.updated_at, deliveries=told, **hook.definition,
        )  # fmt: skip


class HookMade(HookOut):
    """A hook with a token that is told this once, and where it is shown in an address."""

    token: str
    path: str

    @classmethod
    def with_token(cls, hook: Hook, token: str) -> Self:
        """The hook with what is told once."""
        return cls(**HookOut.of(hook, []).model_dump(), token=token, path=f"/api/webhook/{hook.name}/{token}")


class DeliveryOut(BaseModel):
    """What became of a delivery."""

    job_id: UUID | None
    status: Literal["queued", "paused", "printing", "completed", "failed", "cancelled", "ignored"]
    duplicate: bool = Field(description="The same delivery came before, and made this job.")
    detail: str | None = None

    @classmethod
    def of(cls, received: Received) -> Self:
        """The answer to a sender."""
        if received.job is None:
            return cls(job_id=None, status="ignored", duplicate=False, detail=received.why_not)
        return cls(job_id=received.job.id, status=received.job.state.value, duplicate=received.duplicate)


class PayloadOut(BaseModel):
    """What came to a hook last; long texts are cut, and what opens anything is not shown."""

    at: Instant
    content_type: str
    values: dict[str, Any] = Field(default_factory=dict)
    picture_bytes: int | None = None
    too_large: int | None = Field(default=None, description="Characters; then only the names at the top are kept.")
    names: list[str] = Field(default_factory=list)

    @classmethod
    def of(cls, text: str, at: Any) -> Self:
        """What was kept, as it is shown."""
        return cls(at=at, **json.loads(text))
