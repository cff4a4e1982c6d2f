"""Settings: three sources, secrets in files, and every fault one line that a person can act on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from labelhub.database_url import POSTGRESQL
from labelhub.errors import SettingsInvalid
from labelhub.settings import MAX_LINE_CHARACTERS, Settings, effective, load, unknown_variables

KEY = "correct-horse-battery-staple"
SECRET = "hunter2-hunter2-hunter2"
PRINTER = {"name": "Front", "model": "PT-P750W", "host": "192.0.2.7"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("LABELHUB_"):
            monkeypatch.delenv(name)


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set variables: `env(LISTEN="...")`."""

    def set_all(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"LABELHUB_{name}", value)

    return set_all


@pytest.fixture
def toml(tmp_path: Path) -> Any:
    """A settings file with this text."""

    def write(text: str) -> Path:
        path = tmp_path / "labelhub.toml"
        path.write_text(text)
        return path

    return write


def faults(config: Path | None = None, **given: Any) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        load(config, **given)
    assert all(line.isprintable() and 0 < len(line) <= MAX_LINE_CHARACTERS for line in caught.value.faults)
    assert SECRET not in str(caught.value)
    return caught.value.faults


# Sources


def test_without_any_the_hub_listens_on_this_machine_alone() -> None:
    found = load()
    assert (found.listen_host, found.listen_port, found.api_key, found.printers) == ("127.0.0.1", 8090, None, ())
    assert found.database == f"sqlite:///{found.data_dir.absolute()}/labelhub.db"


def test_the_command_line_is_stronger_than_the_environment_and_that_than_the_file(env: Any, toml: Any) -> None:
    path = toml('listen = "127.0.0.1:1"\nlog_level = "debug"\nlog_format = "json"\n')
    assert load(path).listen_port == 1
    env(LISTEN="127.0.0.1:2", LOG_LEVEL="error")
    assert load(path).listen_port == 2
    found = load(path, listen="127.0.0.1:3", data_dir=None)
    assert (found.listen_port, found.log_level, found.log_format) == (3, "error", "json")


def test_the_environment_may_name_the_file_and_the_command_line_another(env: Any, toml: Any, tmp_path: Path) -> None:
    env(CONFIG=str(toml("probe_interval_s = 5")))
    assert load().probe_interval_s == 5
    other = tmp_path / "other.toml"
    other.write_text("probe_interval_s = 6")
    assert load(other).probe_interval_s == 6


def test_an_empty_variable_is_not_set(env: Any) -> None:
    env(LISTEN="", API_KEY="", CONFIG="")
    assert load().listen_port == 8090


def test_printers_come_as_json_in_the_environment(env: Any) -> None:
    env(PRINTERS=json.dumps([PRINTER | {"snmp_port": 1161, "snmp_community": "private"}]))
    (found,) = load().printers
    assert (found.host, found.port, found.snmp_port, found.snmp_community.get_secret_value()) == ("192.0.2.7", 9100, 1161, "private")


def test_printers_come_as_tables_in_the_file(toml: Any) -> None:
    found = load(
        toml('[[printers]]\nname = "a"\nmodel = "m"\nhost = "h"\n[[printers]]\nname = "b"\nmodel = "m"\nhost = "i"\nsnmp = false')
    )
    assert [(printer.name, printer.snmp) for printer in found.printers] == [("a", True), ("b", False)]


def test_lists_are_words_with_commas_or_lists(env: Any, toml: Any) -> None:
    path = toml('trusted_proxies = ["10.0.0.0/8"]\nallowed_hosts = "labels.lan, [::1]"')
    assert load(path).trusted_proxies == ("10.0.0.0/8",)
    assert load(path).allowed_hosts == ("labels.lan", "::1")
    env(TRUSTED_PROXIES=" 192.0.2.1 ,fd00::/8,", ALLOWED_HOSTS="Labels.LAN")
    assert load(path).allowed_hosts == ("labels.lan",)
    assert [str(network) for network in load(path).proxy_networks] == ["192.0.2.1/32", "fd00::/8"]


def test_a_folder_may_begin_with_a_tilde(toml: Any) -> None:
    assert load(toml('data_dir = "~/labels"')).data_dir == Path.home() / "labels"


def test_a_certificate_comes_with_its_key() -> None:
    for name in ("tls_certificate", "tls_key"):
        (line,) = faults(None, **{name: "/etc/labelhub/one.pem"})
        assert "LABELHUB_TLS_CERTIFICATE and LABELHUB_TLS_KEY" in line
    assert load(tls_certificate="/a.pem", tls_key="/b.pem").tls_key == Path("/b.pem")


def test_a_misspelt_variable_is_told(env: Any) -> None:
    env(LISTNE="127.0.0.1:1", API_KEY=KEY, CONFIG="")
    assert unknown_variables() == ["LABELHUB_LISTNE"]


# Secrets


@pytest.mark.parametrize(("name", "value"), [("API_KEY", KEY), ("DATABASE_URL", "sqlite:////srv/labels.db")])
def test_a_secret_may_come_from_a_file(env: Any, tmp_path: Path, name: str, value: str) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{value}\n")
    env(**{f"{name}_FILE": str(path)})
    assert getattr(load(), name.lower()).get_secret_value() == value
    env(**{name: value})
    assert faults() == [f"LABELHUB_{name}: {name.lower()} and {name.lower()}_file are both set; keep one"]


def test_a_community_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET)
    printer = PRINTER | {"snmp_community_file": str(path)}
    assert load(printers=[printer]).printers[0].snmp_community.get_secret_value() == SECRET
    assert faults(printers=[printer | {"snmp_community": SECRET}]) == [
        "LABELHUB_PRINTERS[0].snmp_community: snmp_community and snmp_community_file are both set; keep one"
    ]


def test_a_secret_file_of_the_settings_file_and_a_secret_of_the_environment_are_both_set(env: Any, toml: Any) -> None:
    env(API_KEY=SECRET)
    assert "both set" in faults(toml('api_key_file = "/run/secrets/key"'))[0]


@pytest.mark.parametrize(
    ("content", "told"), [(None, "No such file"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe\xff", "no text file")]
)
def test_a_secret_file_that_gives_no_secret_is_told(env: Any, tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    env(API_KEY_FILE=str(path), LISTEN="nonsense")
    listen, key = faults()
    assert listen.startswith("LABELHUB_LISTEN: ")
    assert key.startswith("LABELHUB_API_KEY: ")
    assert told in key


@pytest.mark.parametrize("key", ["short", "with a space in it, long", "tab\tin-the-middle-of-it", "zwölf-boxkämpfer-jagen", "x" * 513])
def test_a_key_that_is_guessed_or_cannot_be_sent_is_refused(env: Any, tmp_path: Path, key: str) -> None:
    env(API_KEY=key)
    (line,) = faults()
    assert "openssl rand" in line
    assert key not in line
    path = tmp_path / "secret"
    path.write_text(key)
    env(API_KEY="", API_KEY_FILE=str(path))
    assert faults() == [line]


NO_DATABASES = [
    "sqlite://", "sqlite:///", "sqlite:///:memory:", f"sqlite:////srv/labels.db?key={SECRET}", "sqlite:///a\nb", "nonsense",
    "postgresql://", f"postgresql://hub:{SECRET}@db", f"postgresql://hub:{SECRET}@db/", f"postgresql://hub:{SECRET}@db:0/labels",
    f"postgresql://hub:{SECRET}@db:70000/labels", f"postgresql://:{SECRET}@db/labels", f"postgresql://hub:{SECRET}/labels",
    f"postgresql://hub:{SECRET}@x@db/labels", f"postgresql://hub:{SECRET}%00@db/labels", f"postgresql://hub:{SECRET}@[::1/labels",
    f"postgresql://hub:{SECRET}@[1:2]/labels", f"postgresql://hub:{SECRET}@db/labels/2", f"postgresql://hub:{SECRET}@db/la bels",
    f"postgresql+asyncpg://hub:{SECRET}@db/labels", f"mysql://hub:{SECRET}@db/labels", f"postgresql://hub:{SECRET}@a,b/labels",
]  # fmt: skip
DATABASES = {
    f"postgresql://hub:{SECRET}@db/labels": "postgresql://hub:***@db/labels",
    f"postgresql+psycopg://hub:{SECRET}%40@[::1]:5433/labels?sslmode=require": "postgresql+psycopg://hub:***@[::1]:5433/labels?sslmode=require",
    "postgresql:///labels?host=/run/postgresql": "postgresql:///labels?host=/run/postgresql",
    "postgresql://hub@/labels?host=/run/postgresql&port=5433": "postgresql://hub@/labels?host=/run/postgresql&port=5433",
    f"postgresql://hub:{SECRET}@/labels?host=a:1&host=b:2": "postgresql://hub:***@/labels?host=a:1&host=b:2",
    "postgresql://db.example.org/labels": "postgresql://db.example.org/labels",
}


@pytest.mark.parametrize("url", DATABASES)
def test_a_database_on_a_server_is_shown_without_its_password(env: Any, url: str) -> None:
    env(DATABASE_URL=url)
    found = load()
    assert found.database == url
    assert effective(found)["database_url"] == DATABASES[url]
    assert SECRET not in json.dumps(effective(found)) + repr(found)
    parts = make_url(url)
    assert parts.database == "labels"
    assert str(parts.password or "").startswith(SECRET if SECRET in url else "")


@examples(max_examples=100, deadline=None)
@given(st.from_regex(POSTGRESQL, fullmatch=True))
def test_what_is_hidden_is_what_the_database_takes_for_the_password(url: str) -> None:
    try:
        shown = effective(load(database_url=url))["database_url"]
    except SettingsInvalid:
        return
    given, told = make_url(url), make_url(shown)
    assert told.password == ("***" if given.password is not None else None)
    assert told.set(password=given.password) == given


@pytest.mark.parametrize(
    "query", [f"password={SECRET}", f"sslpassword={SECRET}", f"{SECRET}=1", "sslmode=a&sslmode=b", f"host=a&{SECRET}"]
)
def test_what_follows_a_database_is_known_and_no_secret(query: str) -> None:
    (line,) = faults(database_url=f"postgresql://hub@db/labels?{query}")
    assert "a password belongs before the @" in line


@pytest.mark.parametrize("url", NO_DATABASES)
def test_only_a_file_or_a_postgresql_server_is_a_database_wherever_the_url_comes_from(env: Any, tmp_path: Path, url: str) -> None:
    path = tmp_path / "secret"
    path.write_text(url)
    env(DATABASE_URL_FILE=str(path))
    assert faults() == faults(database_url=url, database_url_file=None) or "both" in faults(database_url=url)[0]
    assert "sqlite:///" in faults()[0]
    assert "postgresql://" in faults()[0]


@pytest.mark.parametrize(
    "text",
    [
        f"api_key = 5\n[[printers]]\nname = 'a'\nsnmp_community = ['{SECRET}']",
        f"printers = '[{{snmp_community: {SECRET}}}]'",
        f"[[printers]]\nname = 'a'\nmodel = 'm'\nhost = 'h'\nport = 0\nsnmp_community = '{SECRET}'",
        f"printers = ['{SECRET}']",
        f"api_key = ['{SECRET}']\ndatabase_url = {{a = '{SECRET}'}}",
        f"api_key = '{SECRET}",
        f"apikey = '{SECRET}'",
    ],
)
def test_no_fault_shows_a_secret(toml: Any, text: str) -> None:
    assert faults(toml(text))  # looks for the secret itself


def test_no_secret_is_among_the_effective_settings(env: Any, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET)
    env(API_KEY_FILE=str(path))
    found = load(printers=[PRINTER | {"snmp_community": SECRET}], data_dir=tmp_path)
    shown = effective(found)
    assert SECRET not in json.dumps(shown) + repr(found) + str(found)
    assert shown["database_url"] == f"sqlite:///{tmp_path}/labelhub.db"
    assert shown["api_key"]
    env(API_KEY_FILE="")
    assert effective(load())["api_key"] is None


# Faults


def test_every_fault_is_told_at_once(env: Any) -> None:
    env(LISTEN="nonsense", PROBE_INTERVAL_S="soon", API_KEY="short", PUBLIC_URL="x", TRUSTED_PROXIES="y", ALLOWED_HOSTS="*")
    named = [line.partition(":")[0].removeprefix("LABELHUB_") for line in faults(printers=[{"name": ""}, PRINTER | {"port": 70000}])]
    assert named == ["LISTEN", "API_KEY", "PUBLIC_URL", "TRUSTED_PROXIES", "ALLOWED_HOSTS", "PRINTERS[0].name",
                     "PRINTERS[0].model", "PRINTERS[0].host", "PRINTERS[1].port", "PROBE_INTERVAL_S"]  # fmt: skip


@pytest.mark.parametrize("text", ["nonsense = 1", "file = 1", "given = 1", '"a\\nb" = 1', f'"{"x" * 5000}" = 1', "[listne]\na = 1"])
def test_a_name_that_is_no_setting_is_a_fault(toml: Any, text: str) -> None:
    (line,) = faults(toml(text))
    assert line.endswith(": there is no such setting") or line.endswith("...")


@pytest.mark.parametrize("value", ["[{", "x", "[" * 100_000, '"\\ud800"', '{"name": 1}', "[1]", "5", "null1"])
def test_printers_that_are_no_json_array_of_printers_are_a_fault(env: Any, value: str) -> None:
    env(PRINTERS=value)
    (line,) = faults()
    assert line.startswith("LABELHUB_PRINTERS")


def test_two_printers_at_one_address_are_a_fault() -> None:
    (line,) = faults(printers=[PRINTER, PRINTER | {"name": "Back", "host": "192.0.2.8"}, PRINTER | {"name": "Again"}])
    assert line == "LABELHUB_PRINTERS: 'Front' and 'Again' have the same address, 192.0.2.7:9100"


def test_two_printers_on_one_usb_device_are_a_fault_whatever_the_port() -> None:
    on_usb = PRINTER | {"host": "usb://lp0"}
    (line,) = faults(printers=[on_usb, PRINTER | {"port": 9101}, on_usb | {"name": "Again", "port": 9101}])
    assert line == "LABELHUB_PRINTERS: 'Front' and 'Again' have the same address, usb://lp0"


@pytest.mark.parametrize(
    ("field", "value"),
    [("host", "a b"), ("host", "a\0b"), ("host", "a\n"), ("host", ""), ("host", "x" * 254), ("host", "http://a"), ("slug", "A b"),
     ("host", "usb://"), ("host", "usb://a b"), ("host", "usb://a\n"), ("host", "usb://a\x7f"), ("host", "tcp:usb://a"),
     ("slug", "x" * 61), ("port", 0), ("port", 65536), ("port", "x"), ("name", ""), ("name", "x" * 101), ("model", 5),
     ("snmp", "perhaps"), ("snmp_port", -1), ("snmp_comunity", "x")],
)  # fmt: skip
def test_a_printer_that_cannot_be_is_a_fault(field: str, value: Any) -> None:
    (line,) = faults(printers=[PRINTER | {field: value}])
    assert line.startswith(f"LABELHUB_PRINTERS[0].{field}: ")


@pytest.mark.parametrize("content", [b"broken =", b"\xff\xfe", b"a = " + b"[" * 50_000, b"#" * 2_000_000, b'a = "\x00"', None])
def test_a_settings_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "labelhub.toml"
    if content is not None:
        path.write_bytes(content)
    (line,) = faults(path)
    assert line.startswith(f"{path}: ")


LISTENS = ["127.0.0.1:0", "0.0.0.0:65535", "localhost:80", "[::1]:8090", "[::ffff:127.0.0.1]:80", "my_host-1.lan:80"]
NOT_LISTENS = ["", "8090", ":8090", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "127.0.0.1:-1", "127.0.0.1:٣", "::1:80",
               "[::1:80", "::1]:80", "[zz]:80", "[]:80", "a b:80", "a\nb:80", "a\0b:80", "a:80\n", "user@a:80", "a/b:80",
               "h" * 5000 + ":80", "127.0.0.1:" + "9" * 5000, "[::1%eth0]:80"]  # fmt: skip


@pytest.mark.parametrize("value", LISTENS)
def test_a_place_to_listen(value: str) -> None:
    found = load(listen=value)
    assert found.listen == value
    assert found.listen_host in value
    assert "[" not in found.listen_host


@pytest.mark.parametrize("value", NOT_LISTENS)
def test_no_place_to_listen(value: str) -> None:
    (line,) = faults(listen=value)
    assert line.startswith("LABELHUB_LISTEN: must be HOST:PORT")


@pytest.mark.parametrize(
    ("value", "is_"),
    [("https://labels.example.org", None), ("HTTPS://Labels.example.org/", "https://labels.example.org"), ("http://[fd00::1]:8090", None),
     ("http://192.0.2.1:80", None)],
)  # fmt: skip
def test_a_public_address(value: str, is_: str | None) -> None:
    assert load(public_url=value).public_url == (is_ or value)


@pytest.mark.parametrize(
    "value",
    ["", "labels.example.org", "ftp://a", "https://", "https://a/labels", "https://a?b", "https://a#b", "https://a?", "https://u:p@a",
     "https://a b", "https://a\nb", "https://a\0", "https://a:99999", "https://a:x", "https://[zz]", "https://[::1",
     "https://" + "a" * 5000, "javascript:1"],
)  # fmt: skip
def test_no_public_address(value: str) -> None:
    (line,) = faults(public_url=value)
    assert line.startswith("LABELHUB_PUBLIC_URL: must be http(s)://host[:port]")


@pytest.mark.parametrize("word", ["x", "10.0.0.0/99", "10.0.0.1.5", "::g", "9" * 5000, "a\nb", "10.0.0.0/8/8", "fe80::1%a\0b"])
def test_no_proxy(word: str) -> None:
    (line,) = faults(trusted_proxies=["192.0.2.1", word])
    assert "is no address or network" in line


@pytest.mark.parametrize(
    "word", ["http://a", "a:80", "a/b", "*", "*.lan", "a b", "a\nb", "a\0", "::::", "x" * 254, "ä.lan", "[a]", "[[::1]]"]
)
def test_no_host(word: str) -> None:
    (line,) = faults(allowed_hosts=["labels.lan", word])
    assert "is no host name or address" in line


def test_a_folder_that_cannot_be_is_a_fault(toml: Any) -> None:
    (line,) = faults(toml('data_dir = "a\\u0000b"'))
    assert line.startswith("LABELHUB_DATA_DIR: must be the path of a folder")


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "1e9", "x"])
def test_an_interval_is_a_number_of_seconds(env: Any, value: str) -> None:
    env(PROBE_INTERVAL_S=value)
    assert faults()[0].startswith("LABELHUB_PROBE_INTERVAL_S: ")


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=50), st.lists(st.text(max_size=20), max_size=3),
                   st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3))  # fmt: skip


@examples(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*Settings.model_fields, "other"]), VALUES, max_size=5))
def test_whatever_is_given_is_settings_or_readable_lines(values: dict[str, Any]) -> None:
    try:
        effective(load(**values))
    except SettingsInvalid as error:
        lines = error.faults
    else:
        lines = ["fine"]
    assert lines
    assert all(line.isprintable() and len(line) <= MAX_LINE_CHARACTERS for line in lines)


def test_a_home_folder_that_is_none_is_a_readable_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELHUB_DATA_DIR", "~nobody-of-this-name/x")
    with pytest.raises(SettingsInvalid) as refused:
        load()
    assert refused.value.faults == [line for line in refused.value.faults if line.startswith("LABELHUB_DATA_DIR: begins with ~")]


# Connected systems


def test_connected_systems_come_as_json_or_tables_and_their_secrets_from_files(env: Any, toml: Any, tmp_path: Path) -> None:
    token, headers = tmp_path / "token", tmp_path / "headers"
    token.write_text("the-token\n")
    headers.write_text('{"X-Proxy": "inner"}')
    path = toml(f'[[integrations]]\nkind = "grocy"\nurl = "HTTPS://Grocy.LAN/x/"\ntoken_file = "{token}"\nheaders_file = "{headers}"')
    (found,) = load(path).integrations
    assert (found.url, found.name, found.token.get_secret_value() if found.token else None) == ("https://grocy.lan/x", None, "the-token")
    assert {name: value.get_secret_value() for name, value in found.headers.items()} == {"X-Proxy": "inner"}
    assert "the-token" not in json.dumps(effective(load(path)))
    assert "inner" not in json.dumps(effective(load(path)))
    env(
        INTEGRATIONS=json.dumps(
            [{"kind": "snipeit", "url": "http://a", "token": "t"}, {"kind": "snipeit", "name": "lab", "url": "http://b"}]
        )
    )
    assert [one.name or one.kind for one in load().integrations] == ["snipeit", "lab"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"url": "ftp://a"}, "INTEGRATIONS[0].url: must be http(s)://"),
        ({"url": "http://user:hidden-word@a"}, "INTEGRATIONS[0].url: must be http(s)://"),
        ({"token": "hidden-word with space"}, "INTEGRATIONS[0].token: must have ASCII characters"),
        ({"headers": {"Host": "hidden-word"}}, "the header Host is the program's own"),
        ({"headers": {"X": "hidden-word\n"}}, "the value of X must be"),
        ({"headers": "hidden-word"}, "must be a JSON object"),
        ({"kind": "Über"}, "INTEGRATIONS[0].kind"),
        ({"tokn": "hidden-word"}, "INTEGRATIONS[0].tokn: there is no such setting"),
    ],
)
def test_a_connected_system_that_cannot_be_is_told_without_its_secrets(env: Any, change: dict[str, Any], told: str) -> None:
    env(INTEGRATIONS=json.dumps([{"kind": "snipeit", "url": "http://a"} | change]))
    with pytest.raises(SettingsInvalid) as error:
        load()
    assert told in error.value.detail
    assert "hidden-word" not in error.value.detail


def test_two_systems_of_one_name_are_told_and_text_that_is_no_json_names_its_setting(env: Any) -> None:
    env(INTEGRATIONS=json.dumps([{"kind": "snipeit", "url": "http://a"}] * 2))
    with pytest.raises(SettingsInvalid, match="two are named 'snipeit'"):
        load()
    env(INTEGRATIONS="[")
    with pytest.raises(SettingsInvalid, match="LABELHUB_INTEGRATIONS: must be a JSON array"):
        load()


NOTICE = {
    "name": "hook",
    "kind": "webhook",
    "url": "https://example.org/in/t0ken?key=k3y",
    "secret": "a-secret-of-twenty-four-characters",
}


def test_targets_of_notices_keep_their_addresses_and_secrets_to_themselves() -> None:
    settings = load(notices=[NOTICE])
    shown = str(effective(settings)) + repr(settings)
    assert not [secret for secret in ("t0ken", "k3y", "twenty-four") if secret in shown]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": None}, "url is missing"),
        ({"url": "ftp://example.org/t0ken"}, "must be http"),
        ({"url": "https://user:t0ken@example.org/"}, "must be http"),
        ({"url": "https://example.org/?a=t0ken b"}, "cannot be sent"),
        ({"secret": None}, "secret is missing"),
        ({"secret": "short"}, "at least 24"),
        ({"secret": "whsec_not/base64!!!!!!!!!!!!"}, "no base64"),
        ({"kind": "ntfy", "secret": None, "url": "https://ntfy.example.org/"}, "address of a topic"),
        ({"kind": "ntfy"}, "secret has no meaning for the kind ntfy"),
        ({"kind": "apprise", "secret": None, "token": "t0 ken"}, "no spaces"),
        ({"kind": "pigeon"}, "'webhook', 'ntfy' or 'apprise'"),
        ({"types": ["printer.fire"]}, "printer.fault"),
        ({"name": "Hook!"}, "pattern"),
        ({"extra": 1}, "there is no such setting"),
    ],
)
def test_a_target_that_is_wrongly_set_up_is_told_in_one_line_without_its_secrets(changes: dict[str, object], words: str) -> None:
    one = {name: value for name, value in (NOTICE | changes).items() if value is not None}
    with pytest.raises(SettingsInvalid) as told:
        load(notices=[one])
    (line,) = told.value.faults
    assert line.startswith("LABELHUB_NOTICES[0]")
    assert words in line
    assert not [secret for secret in ("t0ken", "t0 ken", "twenty-four", "k3y") if secret in line]


def test_two_targets_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsInvalid, match="two are named 'hook'"):
        load(notices=[NOTICE, NOTICE])


def test_a_target_s_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("a-secret-of-twenty-four-characters\n")
    settings = load(notices=[{**NOTICE, "secret": None, "secret_file": str(file)}])
    secret = settings.notices[0].secret
    assert secret is not None
    assert secret.get_secret_value() == "a-secret-of-twenty-four-characters"
