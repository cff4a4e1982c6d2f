"""Settings come from three sources: the command line, the environment and a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labelhub.settings import load, unknown_variables
from tests.settings.given_at_hand import KEY, PRINTER, faults


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
