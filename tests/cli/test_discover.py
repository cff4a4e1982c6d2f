"""`labelhub printers discover`: what it prints of what the hub found, and that it follows printers that moved."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.running import END_S, Stranger, Type, line_with, started, strange_hub, typing
from tests.printers.announcers import street

SERIAL = "A1B2C3D4E5F6"


@pytest.fixture
def labelhub(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    return typing(monkeypatch, capsys)


@pytest.fixture
def stranger() -> Iterator[tuple[type[Stranger], str]]:
    with strange_hub() as found:
        yield found


def ports_of(emulator: subprocess.Popen[str]) -> tuple[int, int]:
    """Raster and SNMP port of a virtual printer that has just been started."""
    assert emulator.stdout is not None
    found = re.search(r"raster on \S+:(\d+), SNMP on \S+:(\d+)", emulator.stdout.readline())
    assert found
    return int(found[1]), int(found[2])


@pytest.mark.long
def test_a_printer_that_moved_is_found_and_followed(tmp_path: Path, labelhub: Type) -> None:
    lane = street()
    with socket.create_server(("127.0.0.1", 0)) as holder:
        url = f"http://127.0.0.1:{holder.getsockname()[1]}"
    variables = {"LABELHUB_PROBE_INTERVAL_S": "0.1", "LABELHUB_PROBE_TIMEOUT_S": "0.2", "LABELHUB_MDNS_INTERFACES": f"{lane}.254"}
    with ExitStack() as stack:
        old = stack.enter_context(started("emulate", "--host", f"{lane}.1", "--port", "0", "--snmp-port", "0"))
        port, snmp_port = ports_of(old)
        server = stack.enter_context(started("serve", "--listen", url.removeprefix("http://"), "--data-dir", str(tmp_path), **variables))
        assert server.stderr is not None
        line_with(f"the hub listens on {url}", iter(server.stderr))
        client = stack.enter_context(httpx.Client(base_url=url, trust_env=False))
        connection = {"host": f"{lane}.1", "port": port, "snmp_port": snmp_port}
        client.post("/api/printers", json={"name": "Workshop", "model": "PT-P750W", "connection": connection}).raise_for_status()
        until = time.monotonic() + END_S
        while client.get("/api/printers/workshop").json()["serial"] != SERIAL:
            assert time.monotonic() < until
        old.kill()
        old.wait(END_S)
        new = stack.enter_context(
            started("emulate", "--host", f"{lane}.2", "--port", str(port), "--snmp-port", str(snmp_port), "--media", "24mm")
        )
        ports_of(new)

        ask = ("discover", "--hub", url, "--no-mdns", "--subnet", f"{lane}.0/29", "--snmp-port", str(snmp_port))
        ended = labelhub("printers", *ask)
        line = rf"PT-P750W +{SERIAL} +{re.escape(lane)}\.2:{port} +24mm +workshop, moved from {re.escape(lane)}\.1:{port}\n"
        assert (ended.code, ended.err) == (0, "")
        assert re.fullmatch(line, ended.out)

        followed = labelhub("printers", *ask, "--follow", "--json")
        assert (followed.code, followed.err) == (0, f"workshop is followed to {lane}.2:{port}\n")
        assert [one["slug"] for one in json.loads(followed.out)] == ["workshop"]
        assert client.get("/api/printers/workshop").json()["connection"]["host"] == f"{lane}.2"
        assert labelhub("printers", *ask).out.rstrip().endswith("24mm     workshop")

        refused = labelhub("printers", "discover", "--hub", url, "--subnet", "10.0.0.0/8")
        assert (refused.code, "at most 1024" in refused.err) == (1, True)


def found(**more: Any) -> dict[str, Any]:
    """A printer as a hub tells it."""
    known: dict[str, Any] = {"model": "PT-P750W", "described": "Brother PT-P750W", "serial": "P0000000A1", "firmware": None}
    known |= {"host": "192.0.2.40", "port": 9100, "snmp_port": 161, "media": None, "sources": ["snmp"]}
    return known | {"printer_id": None, "slug": None, "moved_from": None} | more


def test_each_printer_is_a_line_that_says_what_it_is_to_the_hub(labelhub: Type, stranger: tuple[type[Stranger], str]) -> None:
    handler, url = stranger
    die_cut = {"kind": "roll-die-cut", "width_mm": 29, "length_mm": 90}
    listed = [
        found(media=die_cut),
        found(host="fd00::7", slug="workshop", serial=None),
        found(model=None, described="Some Laser", moved_from=None, serial=None),
    ]
    handler.body = json.dumps(listed).encode()
    ended = labelhub("printers", "--hub", url, "discover", "--seconds", "0.5")
    assert [re.split(r" {2,}", line) for line in ended.out.splitlines()] == [
        ["PT-P750W", "P0000000A1", "192.0.2.40:9100", "29x90mm", "new"],
        ["PT-P750W", "-", "[fd00::7]:9100", "-", "workshop"],
        ["Some Laser", "-", "192.0.2.40:9100", "-", "not driven"],
    ]
    assert handler.asked == ["GET /api/discovery?seconds=0.5&mdns=true&snmp_port=161"]
    assert json.loads(labelhub("printers", "--json", "--hub", url, "discover").out) == listed


def test_a_printer_that_may_not_be_changed_is_told_and_the_others_are_followed(
    labelhub: Type, stranger: tuple[type[Stranger], str]
) -> None:
    handler, url = stranger
    moved = [found(slug="workshop", printer_id="7", moved_from="192.0.2.1:9100"), found(slug="still", printer_id="8")]
    problem = {"title": "Conflict", "detail": "workshop is declared in the settings: change it there"}
    handler.bodies = [json.dumps(moved).encode(), json.dumps(problem).encode()]
    handler.patch_status = 409
    ended = labelhub("printers", "discover", "--hub", url, "--follow")
    assert ended.code == 1
    assert ended.err == f"labelhub: workshop was not followed: Conflict: {problem['detail']}\n"
    connection = '{"connection":{"host":"192.0.2.40","port":9100,"snmp_port":161}}'
    assert handler.asked[1:] == [f"PATCH /api/printers/7 {connection}"]


def test_nothing_found_says_what_else_to_try(labelhub: Type, stranger: tuple[type[Stranger], str]) -> None:
    handler, url = stranger
    handler.body = b"[]"
    ended = labelhub("printers", "discover", "--hub", url)
    assert (ended.code, ended.out) == (0, "")
    assert "--subnet" in ended.err


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'[{"slug": 1}]', b'"x"'])
def test_another_program_at_that_address_is_one_line(labelhub: Type, stranger: tuple[type[Stranger], str], body: bytes) -> None:
    handler, url = stranger
    handler.body = body
    ended = labelhub("printers", "discover", "--hub", url)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert "no label printer hub" in ended.err


@pytest.mark.parametrize("words", [["--seconds", "0"], ["--seconds", "nan"], ["--snmp-port", "0"], ["nothing"]])
def test_what_makes_no_sense_tells_how_to_type_it(labelhub: Type, words: list[str]) -> None:
    ended = labelhub("printers", "discover", "--hub", "http://127.0.0.1:1", *words)
    assert (ended.code, "Usage: labelhub printers discover" in ended.err) == (2, True)
