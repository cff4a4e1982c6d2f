"""Every fault of the settings is one line that a person can act on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from labelhub.errors import SettingsInvalid
from labelhub.settings import MAX_LINE_CHARACTERS, Settings, effective, load
from tests.settings.given_at_hand import PRINTER, faults


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
