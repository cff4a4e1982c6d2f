"""Secrets among the settings come from files too, and are shown to nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from labelhub.database_url import POSTGRESQL
from labelhub.errors import SettingsInvalid
from labelhub.settings import effective, load
from tests.settings.given_at_hand import KEY, PRINTER, SECRET, faults


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
