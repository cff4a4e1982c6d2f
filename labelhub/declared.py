"""What settings declare: printers and connected systems; and secrets that stand in files of their own."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

from labelhub.urls import header_fault, shown_fault, token_fault, web_address

MAX_FILE_BYTES = 1024 * 1024
HOST = r"[^\s\x00-\x1f/\[\]]+|usb://[^\s\p{Cc}]+"
"""A host name, an address, or a printer on this machine's USB; one written wrong there is shown as that printer's fault."""

Port = Annotated[int, Field(ge=1, le=65535)]


@dataclass(frozen=True, slots=True)
class _Fault:
    """Stands where a secret should be, so that its field tells this fault beside the faults of all others."""

    line: str


def _secret(value: object) -> object:
    if isinstance(value, _Fault):
        raise ValueError(value.line)
    return value


Secret = Annotated[SecretStr, BeforeValidator(_secret)]


def _faultless(value: SecretStr | None, fault: Callable[[str], str]) -> SecretStr | None:
    if value is not None and (line := fault(value.get_secret_value())):
        raise ValueError(line)
    return value


def _text_of(path: object) -> str | _Fault:
    try:
        with open(str(path), "rb") as file:
            text = file.read(MAX_FILE_BYTES).decode().strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text file"
        return _Fault(f"the file {str(path)[:200]!r} cannot be read: {reason}")
    return text or _Fault(f"the file {str(path)[:200]!r} is empty")


class WithSecretFiles(BaseModel):
    """Fills each secret `x` from the file that `x_file` names; both at once is a fault."""

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        read = {}
        for name in cls.model_fields:
            path = values.get(f"{name}_file")
            if path is not None:
                both = _Fault(f"{name} and {name}_file are both set; keep one")
                read[name] = both if values.get(name) is not None else _text_of(path)
        return values | read


class DeclaredPrinter(WithSecretFiles):
    """A printer that settings declare; the hub upserts it at every start under the same id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=100)
    model: str = Field(min_length=1, max_length=60)
    host: str = Field(min_length=1, max_length=253, pattern=rf"^({HOST})$")
    port: Port = 9100
    slug: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")
    snmp: bool = True
    snmp_port: Port = 161
    snmp_community: Secret = SecretStr("public")
    snmp_community_file: Path | None = None


class DeclaredHook(WithSecretFiles):
    """A hook that settings declare; it cannot be changed over the API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=60, pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+){0,9}$")
    preset: str = Field(default="generic", max_length=60)
    enabled: bool = True
    printer: str | None = Field(default=None, max_length=100)
    template: str | None = Field(default=None, max_length=100)
    fields: dict[str, str | tuple[str, ...]] = Field(default_factory=dict, max_length=50)
    copies: int = Field(default=1, ge=1, le=100)
    dedup_s: float | None = Field(default=None, ge=0, le=86400)
    events: tuple[str, ...] = Field(default=(), max_length=20)
    lookup: str | None = Field(default=None, max_length=100)
    identifier: str | None = Field(default=None, max_length=500)
    token: Secret | None = None
    token_file: Path | None = None
    secret: Secret | None = Field(default=None, min_length=8, max_length=256)
    secret_file: Path | None = None

    @field_validator("token")
    @classmethod
    def _token_can_be_shown(cls, value: SecretStr | None) -> SecretStr | None:
        return _faultless(value, shown_fault)


def _from_json(value: object) -> object:
    """An object from its JSON text, as a file holds it."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError("must be a JSON object of header names and values") from error


WebAddress = Annotated[str, AfterValidator(web_address)]


class DeclaredIntegration(WithSecretFiles):
    """Another system that settings connect: Snipe-IT, Grocy, Spoolman, Homebox, InvenTree or a plug-in's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    name: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    url: WebAddress
    link_url: WebAddress | None = None
    token: Secret | None = Field(default=None, min_length=1, max_length=4000)
    token_file: Path | None = None
    headers: Annotated[dict[str, SecretStr], BeforeValidator(_from_json), BeforeValidator(_secret)] = Field(default={}, max_length=20)
    headers_file: Path | None = None
    verify_tls: bool = True

    @field_validator("token")
    @classmethod
    def _token_can_be_sent(cls, value: SecretStr | None) -> SecretStr | None:
        return _faultless(value, token_fault)

    @field_validator("headers")
    @classmethod
    def _headers_can_be_sent(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, text in value.items():
            if fault := header_fault(name, text.get_secret_value()):
                raise ValueError(fault)
        return value


SendUrl = Annotated[SecretStr, BeforeValidator(_secret), Field(min_length=8, max_length=2000)]
NoticeType = Literal["printer.fault", "media.needed", "job.failed", "job.outcome_unknown"]


class DeclaredNotice(WithSecretFiles):
    """Where notices of faults go: a webhook, a topic of ntfy, or an Apprise server. The whole URL counts as a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    kind: Literal["webhook", "ntfy", "apprise"]
    url: SendUrl | None = None
    url_file: Path | None = None
    secret: Secret | None = Field(default=None, min_length=24, max_length=200)
    secret_file: Path | None = None
    token: Secret | None = Field(default=None, min_length=1, max_length=4000)
    token_file: Path | None = None
    urls: Secret | None = Field(default=None, min_length=1, max_length=4000)
    urls_file: Path | None = None
    tags: str | None = Field(default=None, min_length=1, max_length=200)
    types: tuple[NoticeType, ...] = ("printer.fault", "media.needed", "job.failed", "job.outcome_unknown")
    resolved: bool = True

    @field_validator("url")
    @classmethod
    def _url_can_be_posted_to(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            address, _, query = value.get_secret_value().partition("?")
            web_address(address)
            if not re.fullmatch(r"[!-~]*", query) or "#" in query:
                raise ValueError("has something after the ? that cannot be sent")
        return value

    @field_validator("token")
    @classmethod
    def _token_can_be_sent(cls, value: SecretStr | None) -> SecretStr | None:
        return _faultless(value, token_fault)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.url is None:
            raise ValueError("url is missing, or url_file")
        if self.kind == "webhook" and self.secret is None:
            raise ValueError("secret is missing: what a webhook is signed with; `openssl rand -hex 32` makes a good one")
        given = {"secret": self.secret, "urls": self.urls, "tags": self.tags}
        of_kind = {"webhook": {"secret"}, "ntfy": set(), "apprise": {"urls", "tags"}}[self.kind]
        for name, value in given.items():
            if value is not None and name not in of_kind:
                raise ValueError(f"{name} has no meaning for the kind {self.kind}")
        if self.kind == "ntfy" and not re.fullmatch(r"[^/?]+//[^/?]+/[A-Za-z0-9_-]{1,64}/?", self.url.get_secret_value()):
            raise ValueError("url must be the address of a topic, for example https://ntfy.sh/my-labels")
        if self.secret is not None and self.secret.get_secret_value().startswith("whsec_"):
            _base64(self.secret.get_secret_value().removeprefix("whsec_"))
        return self


def _base64(text: str) -> None:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("secret begins with whsec_, and what follows is no base64") from error


def secrets_of(declared: BaseModel) -> set[str]:
    """Every secret in settings, so that the log can hide it; not the one that everybody knows."""
    found: set[str] = set()
    for name in type(declared).model_fields:
        value = getattr(declared, name)
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,):
            if isinstance(one, SecretStr):
                found.add(one.get_secret_value())
            elif isinstance(one, BaseModel):
                found |= secrets_of(one)
    return found - {"public"}
