"""Connected systems and targets of notices among the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelhub.errors import SettingsInvalid
from labelhub.settings import effective, load


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
