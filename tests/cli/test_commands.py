"""Every command, typed: what it prints, and one readable line and an exit code when it cannot."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from labelhub import __version__
from labelhub.db.lock import lock
from tests.cli.running import END_S, Stranger, Type, line_with, started, strange_hub, typing
from tests.databases import Server

LABEL = (
    "print",
    "snipeit-12mm",
    "title=Drill",
    "primary_id=A-7",
    "qr_payload=https://snipe.example/hardware/7",
    "secondary=one",
    "secondary=two",
)
SECRET = "hunter2-hunter2-hunter2"


@pytest.fixture
def labelhub(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    return typing(monkeypatch, capsys)


def one_line(text: str) -> str:
    """The text without its end, which is one line of the program."""
    assert text.startswith("labelhub: ")
    assert text.count("\n") == 1
    return text.removeprefix("labelhub: ").rstrip()


# A running hub


@pytest.mark.long
def test_a_hub_and_a_virtual_printer_print_a_label_and_end_when_told(tmp_path: Path, labelhub: Type) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        listen = f"127.0.0.1:{holder.getsockname()[1]}"
    hub = ("--hub", f"http://{listen}")
    with started("emulate", "--port", "0", "--snmp-port", "0") as emulator:
        assert emulator.stdout is not None
        found = re.search(r"PT-P750W holds 12mm; raster on \S+:(\d+), SNMP on \S+:(\d+)", emulator.stdout.readline())
        assert found
        printer = {"name": "Front", "model": "pt-p750w", "host": "127.0.0.1", "port": int(found[1]), "snmp_port": int(found[2])}
        variables = {"LABELHUB_PRINTERS": json.dumps([printer]), "LABELHUB_LISTNE": "x", "LABELHUB_PROBE_INTERVAL_S": "0.2"}
        with started("serve", "--listen", listen, "--data-dir", str(tmp_path), **variables) as server:
            assert server.stderr is not None
            assert server.stderr.readline() == "labelhub: LABELHUB_LISTNE is not a setting and is ignored; is it misspelt?\n"
            line_with(f"the hub listens on http://{listen}", iter(server.stderr))

            done = labelhub(*LABEL, *hub)
            assert done.code == 0, done
            assert re.fullmatch(r"[0-9a-f-]{36} completed \(page-counter\)\n", done.out)

            listed = labelhub("printers", *hub)
            assert re.fullmatch(r"front +PT-P750W +idle +12mm +0 waiting\n", listed.out), listed
            (told,) = json.loads(labelhub("printers", "--json", *hub).out)
            assert (told["slug"], told["connection"]["port"]) == ("front", printer["port"])
            assert "snmp_community" not in told["connection"]

            refused = labelhub("print", "nothing-12mm", *hub)
            assert (refused.code, "nothing-12mm" in one_line(refused.err)) == (1, True)
            refused = labelhub("print", "snipeit-12mm", "title=x", "--printer", "nobody", *hub)
            assert (refused.code, "nobody" in one_line(refused.err)) == (1, True)

            emulator.send_signal(signal.SIGINT)
            assert emulator.wait(END_S) == 0
            waits = labelhub(*LABEL, "--printer", "front", "--copies", "2", "--no-wait", *hub)
            assert (waits.code, " queued" in waits.out) == (0, True)

            server.send_signal(signal.SIGTERM)
            assert server.wait(25) == 0  # an open connection is kept for thirty seconds
    with sqlite3.connect(tmp_path / "labelhub.db") as database:
        assert database.execute("SELECT state, count(*) FROM jobs GROUP BY state ORDER BY state").fetchall() == [
            ("completed", 1),
            ("queued", 1),
        ]
    database.close()


def test_beyond_this_machine_without_a_key_it_refuses_with_one_line_and_exit_78(tmp_path: Path) -> None:
    with started("serve", "--listen", "0.0.0.0:0", "--data-dir", str(tmp_path), LABELHUB_DATABASE_URL="") as server:
        out, err = server.communicate(timeout=END_S)
    assert (server.returncode, out) == (78, "")
    assert "no API key is set" in one_line(err)
    assert list(tmp_path.iterdir()) == []


# Without a running hub


def test_wrong_settings_are_a_line_each_and_exit_78(labelhub: Type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LABELHUB_LISTEN", "nowhere")
    monkeypatch.setenv("LABELHUB_API_KEY", "hunter2")
    monkeypatch.setenv("LABELHUB_PRINTERS", json.dumps([{"name": "a", "model": "m", "host": "h", "port": 0, "snmp_community": SECRET}]))
    for words in (["serve"], ["settings"], ["migrate"], ["openapi"], ["printers"], ["print", "x"]):
        ended = labelhub(*words)
        assert (ended.code, ended.out) == (78, "")
        named = [line.split(":")[1].strip() for line in ended.err.splitlines()]
        assert named == ["LABELHUB_LISTEN", "LABELHUB_API_KEY", "LABELHUB_PRINTERS[0].port"]
        assert "hunter2" not in ended.err
    missing = labelhub("settings", "--config", str(tmp_path / "none.toml"))
    assert (missing.code, one_line(missing.err)) == (78, f"{tmp_path}/none.toml: No such file or directory")


def test_settings_shows_what_is_in_force_and_no_secret(labelhub: Type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "labelhub.toml"
    config.write_text(
        f'api_key = "{SECRET}"\nlisten = "127.0.0.1:1"\n[[printers]]\nname = "a"\nmodel = "m"\nhost = "h"\nsnmp_community = "{SECRET}"'
    )
    monkeypatch.setenv("LABELHUB_LISTEN", "127.0.0.1:2")
    ended = labelhub("settings", "--config", str(config))
    shown = json.loads(ended.out)
    assert (ended.code, shown["listen"], shown["printers"][0]["host"]) == (0, "127.0.0.1:2", "h")
    assert SECRET not in ended.out


def test_migrate_makes_the_database_and_may_be_run_again(labelhub: Type, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    for _ in range(2):
        ended = labelhub("migrate", "--data-dir", str(folder))
        assert (ended.code, ended.err) == (0, "")
        assert re.fullmatch(r"the database is at revision \d{4}\n", ended.out)
    assert (folder / "labelhub.db").exists()


def test_migrate_and_settings_take_a_database_on_a_server(
    labelhub: Type, postgres: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = postgres.create("template1")
    monkeypatch.setenv("LABELHUB_DATABASE_URL", postgres.url(name).replace("hub@", f"hub:{SECRET}@"))
    for _ in range(2):
        ended = labelhub("migrate", "--data-dir", str(tmp_path / "none"))
        assert (ended.code, ended.err) == (0, "")
        assert re.fullmatch(r"the database is at revision \d{4}\n", ended.out)
    assert not (tmp_path / "none").exists()
    shown = labelhub("settings")
    assert json.loads(shown.out)["database_url"] == postgres.url(name).replace("hub@", "hub:***@")
    postgres.drop(name)
    ended = labelhub("migrate")
    assert (ended.code, "does not exist" in one_line(ended.err), SECRET in ended.err) == (1, True, False)


def test_migrate_does_not_touch_the_database_of_a_running_hub(labelhub: Type, tmp_path: Path) -> None:
    with lock(f"sqlite:///{tmp_path}/labelhub.db"):
        ended = labelhub("migrate", "--data-dir", str(tmp_path))
    assert (ended.code, "another hub" in one_line(ended.err)) == (1, True)
    assert not (tmp_path / "labelhub.db").exists()


def test_a_file_that_is_no_database_is_one_line(labelhub: Type, tmp_path: Path) -> None:
    (tmp_path / "labelhub.db").write_text("something else " * 100)
    ended = labelhub("migrate", "--data-dir", str(tmp_path))
    assert (ended.code, "restore it from a backup" in one_line(ended.err)) == (1, True)


def test_a_port_in_use_is_one_line(labelhub: Type, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = labelhub("serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--data-dir", str(tmp_path))
    assert (ended.code, "another program listens there" in one_line(ended.err)) == (1, True)


def test_openapi_prints_a_valid_document_with_the_contracts_paths(labelhub: Type) -> None:
    ended = labelhub("openapi")
    document = json.loads(ended.out)
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")
    assert {"/healthz", "/readiness", "/api/printers", "/api/print", "/api/jobs/{id}"} <= {
        re.sub(r"\{\w+\}", "{id}", path) for path in document["paths"]
    }


def test_version_is_the_packages(labelhub: Type) -> None:
    assert labelhub("version").out == f"{__version__}\n"


@pytest.mark.parametrize("words", [[], ["nothing"], ["serve", "--nothing"], ["print"], ["print", "x", "no-equals"],
                                   ["print", "x", "=value"], ["print", "x", "--copies", "0"], ["emulate", "--port", "70000"],
                                   ["emulate", "--snmp-port", "-1"]])  # fmt: skip
def test_a_command_that_makes_no_sense_tells_how_to_type_it(labelhub: Type, words: list[str]) -> None:
    ended = labelhub(*words)
    assert ended.code == 2
    assert "Usage: labelhub" in ended.out + ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--model", "X-1"], "'X-1' is no Brother model"),
        (["--media", "99mm"], "takes no '99mm'"),
        (["--host", "nowhere.invalid"], "cannot listen on nowhere.invalid"),
    ],
)
def test_a_virtual_printer_that_cannot_be_is_one_line(labelhub: Type, words: list[str], told: str) -> None:
    ended = labelhub("emulate", "--port", "0", "--snmp-port", "0", *words)
    assert (ended.code, ended.out) == (1, "")
    assert told in one_line(ended.err)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[::1", "ftp://127.0.0.1", "nonsense", "http://a b", "http://\0"])
def test_no_hub_at_that_address_is_one_line(labelhub: Type, url: str) -> None:
    for words in (["printers"], ["print", "snipeit-12mm", "title=x"]):
        ended = labelhub(*words, "--hub", url)
        assert ended.code == 1, ended
        assert "hub" in one_line(ended.err)


def test_the_hub_asked_is_the_one_these_settings_describe(labelhub: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    for listen, asked in (("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("[::1]:1", "[::1]:1")):
        monkeypatch.setenv("LABELHUB_LISTEN", listen)
        assert f"http://{asked} " in one_line(labelhub("printers").err)


@pytest.fixture
def stranger() -> Iterator[tuple[type[Stranger], str]]:
    with strange_hub() as found:
        yield found


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b"[1]", b"5", b'"x"', b"\xff", b'{"job_id": 1}', b'[{"slug": 1}]'])
@pytest.mark.parametrize("status", [200, 404])
def test_another_program_at_that_address_is_one_line(
    labelhub: Type, stranger: tuple[type[Stranger], str], status: int, body: bytes
) -> None:
    handler, url = stranger
    handler.status, handler.body = status, body
    ended = labelhub("print", "snipeit-12mm", "title=x", "--hub", url)
    assert ended.code == 1, ended
    one_line(ended.err)
    ended = labelhub("printers", "--hub", url)
    if (status, body) == (200, b"[]"):
        assert ended == type(ended)(0, "", "")
    else:
        assert ended.code == 1, ended
        one_line(ended.err)


JOB = {"job_id": "7", "id": "7", "reason": None, "detail": None, "evidence": None}


def test_waiting_tells_each_reason_once_and_fails_with_the_job(labelhub: Type, stranger: tuple[type[Stranger], str]) -> None:
    handler, url = stranger
    away = JOB | {"state": "queued", "reason": "printer-unreachable", "detail": "it is off"}
    cool = JOB | {"state": "queued", "reason": "printer-not-ready"}
    over = JOB | {"state": "failed", "reason": "barcode-invalid"}
    handler.bodies = [json.dumps(job).encode() for job in (away, away, away, cool, over)]
    ended = labelhub("print", "snipeit-12mm", "title=x", "--hub", url)
    assert ended == type(ended)(
        1, "7 failed (barcode-invalid)\n", "queued: printer-unreachable: it is off\nqueued: printer-not-ready: \n"
    )


def test_a_job_that_waits_for_a_person_is_not_waited_for(labelhub: Type, stranger: tuple[type[Stranger], str]) -> None:
    handler, url = stranger
    handler.body = json.dumps(JOB | {"state": "paused", "reason": "outcome-unknown"}).encode()
    ended = labelhub("print", "snipeit-12mm", "--hub", url)
    assert (ended.code, ended.out) == (1, "7 paused (outcome-unknown)\n")


def test_the_key_of_the_settings_goes_along(
    labelhub: Type, stranger: tuple[type[Stranger], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, url = stranger
    handler.body = b"[]"
    labelhub("printers", "--hub", url)
    monkeypatch.setenv("LABELHUB_API_KEY", SECRET)
    labelhub("printers", "--hub", url)
    assert handler.keys == {None, f"Bearer {SECRET}"}
