"""Settings: the only reader of the environment. Sources, strongest first: command line, `LABELHUB_*`, the TOML file.

Every secret can be named by a file instead: `LABELHUB_API_KEY_FILE` holds the path of a file whose text is the API key.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from labelhub.database_url import check_database_url, without_password
from labelhub.declared import (
    MAX_FILE_BYTES,
    DeclaredHook,
    DeclaredIntegration,
    DeclaredNotice,
    DeclaredPrinter,
    Secret,
    WithSecretFiles,
)
from labelhub.errors import SettingsInvalid
from labelhub.urls import NAME, is_address

PREFIX = "LABELHUB_"
CONFIG_VARIABLE = PREFIX + "CONFIG"
MIN_KEY_CHARACTERS, MAX_KEY_CHARACTERS = 16, 512
MAX_LINE_CHARACTERS = 400


def _words(value: object) -> object:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class Settings(WithSecretFiles, BaseSettings):
    """The effective settings of one hub; every field is described where the settings reference is generated from."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    listen: str = Field(default="127.0.0.1:8090", description="Address and port to listen on, HOST:PORT; [::1]:8090 for IPv6.")
    data_dir: Path = Field(
        default_factory=lambda: Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "labelhub",
        validate_default=True,
        description="Folder for the database and everything else the hub keeps.",
    )
    database_url: Secret | None = Field(
        default=None, description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME; default: SQLite in the data folder."
    )
    database_url_file: Path | None = Field(default=None, description="File that holds the database URL.")
    api_key: Secret | None = Field(default=None, description="Key for requests from beyond this machine, 16 characters or more.")
    api_key_file: Path | None = Field(default=None, description="File that holds the API key.")
    tls_certificate: Path | None = Field(default=None, description="File with the certificate (PEM, its chain too) to serve HTTPS with.")
    tls_key: Path | None = Field(
        default=None, validate_default=True, description="File with the key of that certificate (PEM, without a password)."
    )
    public_url: str | None = Field(default=None, description="The hub's address as browsers see it, e.g. https://labels.example.org.")
    trusted_proxies: Words = Field(
        default=(), description="Addresses or networks of reverse proxies whose X-Forwarded-* headers count, comma separated."
    )
    allowed_hosts: Words = Field(default=(), description="Further host names the hub answers to, comma separated.")
    printers: tuple[DeclaredPrinter, ...] = Field(default=(), description="Declared printers; in the environment a JSON array.")
    integrations: tuple[DeclaredIntegration, ...] = Field(
        default=(), description="Connected systems, such as Snipe-IT or Grocy; in the environment a JSON array."
    )
    hooks: tuple[DeclaredHook, ...] = Field(
        default=(), description="Declared hooks, where other systems bring what is to be printed; in the environment a JSON array."
    )
    notices: tuple[DeclaredNotice, ...] = Field(
        default=(), description="Who is told when a printer or a job needs somebody; in the environment a JSON array."
    )
    notice_offline_s: float = Field(default=120.0, ge=0, le=86400, description="Seconds a printer is away before that is told.")
    notice_fault_s: float = Field(
        default=15.0, ge=0, le=86400, description="Seconds any other fault stands before it is told, and is gone before that is told."
    )
    notice_repeat_s: float = Field(default=600.0, ge=0, le=86400, description="Seconds before the same fault of a printer is told again.")
    site: str = Field(
        default="", pattern=r"^[a-z0-9-]{0,60}$", description="Name of the place this node is at: it drives only printers of that site."
    )
    keep_days: float = Field(default=30.0, ge=1, le=36500, description="Days that jobs are kept after they ended.")
    probe_interval_s: float = Field(default=30.0, ge=0.05, le=3600, description="Seconds between two looks at a printer.")
    probe_timeout_s: float = Field(
        default=1.0, ge=0.05, le=30, description="Seconds a printer has to answer a status question; by SNMP it is asked twice."
    )
    max_subscribers: int = Field(default=1000, ge=1, le=100_000, description="Clients that may follow the live events at the same time.")
    usb_folder: Path = Field(default=Path("/dev/usb"), description="Folder of the device files of USB printers, lp0 and so on.")
    mdns_interfaces: Words = Field(
        default=(), description="This machine's addresses on the networks to look for printers by mDNS, comma separated; default: all."
    )
    revision: str | None = Field(default=None, description="Source revision this program was built from; shown by /healthz.")
    build_date: str | None = Field(default=None, description="When it was built; shown by /healthz.")
    repository: str | None = Field(default=None, description="Where its source is; shown by /healthz.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How much the log tells.")
    log_format: Literal["console", "json"] = Field(default="console", description="Log lines for people or for programs.")
    log_requests: Literal["all", "changes", "none"] = Field(
        default="changes",
        description="Requests that get a log line: all, those that may change something or failed in the hub, or none.",
    )

    @field_validator("listen")
    @classmethod
    def _listen_is_host_and_port(cls, value: str) -> str:
        found = re.fullmatch(rf"(?:({NAME})|\[([0-9A-Fa-f:.]+)\]):([0-9]{{1,5}})", value)
        if not found or (found[2] and not is_address(found[2])) or int(found[3]) > 65535:
            raise ValueError("must be HOST:PORT, for example 127.0.0.1:8090, or [::1]:8090 for IPv6")
        return value

    @field_validator("data_dir")
    @classmethod
    def _folder_is_a_path(cls, value: Path) -> Path:
        if "\0" in str(value):
            raise ValueError("must be the path of a folder")
        try:
            return value.expanduser()
        except RuntimeError as error:  # a user without a home, or no such user
            raise ValueError("begins with ~, and there is no such home folder; give the whole path") from error

    @field_validator("tls_key")
    @classmethod
    def _certificate_and_key_come_together(cls, value: Path | None, given: ValidationInfo) -> Path | None:
        if (value is None) != (given.data.get("tls_certificate") is None):
            raise ValueError("HTTPS needs both: LABELHUB_TLS_CERTIFICATE and LABELHUB_TLS_KEY")
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        found = re.fullmatch(rf"https?://(?:{NAME}|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{{1,5}}))?/?", value, re.IGNORECASE)
        if not found or (found[1] and not is_address(found[1])) or int(found[2] or 1) > 65535:
            raise ValueError("must be http(s)://host[:port] with no path, user name or password")
        return value.rstrip("/").lower()

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            if "%" in word or not _is_network(word):
                raise ValueError(f"{word[:60]!r} is no address or network, for example 10.0.0.0/8")
        return value

    @field_validator("mdns_interfaces")
    @classmethod
    def _interfaces_are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            if not is_address(word):
                raise ValueError(f"{word[:60]!r} is no address; give this machine's own one on that network")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts_are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            if not re.fullmatch(NAME, word) and not is_address(word.removeprefix("[").removesuffix("]")):
                raise ValueError(f"{word[:60]!r} is no host name or address; leave out scheme, port and path")
        return tuple(word.strip("[]").lower() for word in value)

    @field_validator("database_url")
    @classmethod
    def _database_is_one_of_two(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_database_url(value.get_secret_value())
        return value

    @field_validator("api_key")
    @classmethod
    def _key_can_be_sent_and_not_guessed(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(rf"[!-~]{{{MIN_KEY_CHARACTERS},{MAX_KEY_CHARACTERS}}}", value.get_secret_value()):
            raise ValueError(
                f"must have {MIN_KEY_CHARACTERS} to {MAX_KEY_CHARACTERS} ASCII characters and no spaces; "
                "`openssl rand -hex 32` makes a good one"
            )
        return value

    @field_validator("printers")
    @classmethod
    def _each_printer_once(cls, value: tuple[DeclaredPrinter, ...]) -> tuple[DeclaredPrinter, ...]:
        seen: dict[str, str] = {}
        for printer in value:
            address = printer.host.lower() if printer.host.startswith("usb://") else f"{printer.host.lower()}:{printer.port}"
            if address in seen:
                raise ValueError(f"{seen[address]!r} and {printer.name!r} have the same address, {address}")
            seen[address] = printer.name
        return value

    @field_validator("hooks")
    @classmethod
    def _each_hook_once(cls, value: tuple[DeclaredHook, ...]) -> tuple[DeclaredHook, ...]:
        names = [hook.name for hook in value]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two hooks are named {name!r}; give each a name of its own")
        return value

    @field_validator("integrations", "notices")
    @classmethod
    def _each_name_once(cls, value: tuple[DeclaredIntegration | DeclaredNotice, ...]) -> tuple[DeclaredIntegration | DeclaredNotice, ...]:
        names = [one.name or one.kind for one in value]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two are named {name!r}; give each a name of its own")
        return value

    @property
    def listen_host(self) -> str:
        """The address part of `listen`, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        """The port part of `listen`; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """`trusted_proxies`, parsed."""
        return tuple(ip_network(word, strict=False) for word in self.trusted_proxies)

    @property
    def database(self) -> str:
        """The URL of the configured database, secrets included: never show it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / 'labelhub.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line over environment over file; the file's values come in through `load`."""
        return (
            _Given(settings_cls, init_settings().pop("given", {})),
            env_settings,
            _Given(settings_cls, init_settings().pop("file", {})),
        )


class _Given(PydanticBaseSettingsSource):
    """A source that is a plain mapping."""

    def __init__(self, settings_cls: type[BaseSettings], values: Mapping[str, Any]) -> None:
        super().__init__(settings_cls)
        self._values = values

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self._values)


def load(config: Path | None = None, **given: Any) -> Settings:
    """The effective settings. `given` are the command line's, None meaning not given. SettingsInvalid lists every fault."""
    path = config or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    values = _toml(path) if path else {}
    try:
        return Settings(given={name: value for name, value in given.items() if value is not None}, file=values)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsInvalid([_line(fault) for fault in error.errors()]) from error
    except (SettingsError, RecursionError) as error:
        raise SettingsInvalid([f"{PREFIX}{_blamed(error)}: must be a JSON array ({error.__cause__ or error})"]) from error


def _blamed(error: Exception) -> str:
    """The name of the setting that an error of its reading is about."""
    found = re.search(r'"(printers|integrations|hooks|notices)"', str(error))
    return found[1].upper() if found else "PRINTERS, INTEGRATIONS, HOOKS and NOTICES"


def unknown_variables() -> list[str]:
    """Names in the environment that begin like a setting but are none: probably misspelt."""
    known = {CONFIG_VARIABLE} | {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def effective(settings: Settings) -> dict[str, Any]:
    """Every value in force as JSON values, with secrets only as set or not set, and a database's password as ***."""
    values = settings.model_dump(mode="json", exclude={"database_url"})
    values["database_url"] = without_password(settings.database)
    return values


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE_BYTES + 1)
        if len(text) > MAX_FILE_BYTES:
            raise SettingsInvalid([_printable(f"{path}: larger than {MAX_FILE_BYTES} bytes")])
        return tomllib.loads(text.decode())
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingsInvalid([_printable(f"{path}: {why}")]) from error


def _line(fault: Any) -> str:
    """`LABELHUB_PRINTERS[0].port: Input should be ... (got 'x')`, without ever showing a secret."""
    first, *rest = [str(part) for part in fault["loc"]]
    name = PREFIX + first.upper() if first in Settings.model_fields else first
    name += "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in rest)
    message = MESSAGES.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")
    given = fault.get("input")
    # What stands where a whole list of printers should may hold a community.
    hidden = r"key|token|secret|headers|database_url|community|notices.*url|(printers|integrations|hooks|notices)(\[\d+\])?$"
    shown = (
        isinstance(given, str | int | float) and not re.search(hidden, name.lower()) and not (name.endswith("url") and "@" in str(given))
    )
    return _printable(f"{name}: {message}" + (f" (got {given!r:.60})" if shown and fault["type"] not in MESSAGES else ""))


MESSAGES = {
    "extra_forbidden": "there is no such setting",
    "tuple_type": "must be a list",
    "model_type": "must be a table: of a printer its name, model, host and more, of a connected system its kind, url and more",
    "missing": "is missing",
}


def _printable(line: str) -> str:
    """The line as one line of bounded length, whatever was in a value or a name."""
    plain = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in line)
    return plain if len(plain) <= MAX_LINE_CHARACTERS else plain[: MAX_LINE_CHARACTERS - 3] + "..."


def _is_network(word: str) -> bool:
    try:
        return bool(ip_network(word, strict=False))
    except ValueError:
        return False
