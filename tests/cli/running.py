"""Commands as a person types them: in this process, or as one of its own where it must run on."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from labelhub.cli import main

END_S = 60


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Type = Callable[..., Ended]


def typing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """`labelhub`, in this process and with no setting in the environment."""
    for name in os.environ:
        if name.startswith("LABELHUB_"):
            monkeypatch.delenv(name)

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["labelhub", *words])
        capsys.readouterr()
        root = logging.getLogger()
        handlers = root.handlers
        with pytest.raises(SystemExit) as ended:
            main()
        root.handlers = handlers  # those of the command write to what is closed after this test
        said = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, said.out, said.err)

    return run


@contextmanager
def started(*words: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m labelhub ...`, running; killed at the end if it has not ended."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LABELHUB_", "COV_"))}
    command = [sys.executable, "-m", "labelhub", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env | variables, stdout=pipe, stderr=pipe, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def line_with(words: str, lines: Iterator[str]) -> str:
    """The first line that holds these words."""
    said = []
    for line in lines:
        said.append(line)
        if words in line:
            return line
    raise AssertionError("".join(said))


class Stranger(BaseHTTPRequestHandler):
    """Some other program, which answers everything with the words in the path's place."""

    status, body, keys = 200, b"", set[str | None]()
    bodies: ClassVar[list[bytes]] = []
    """Answers to the next requests, before `body`."""
    asked: ClassVar[list[str]] = []
    """Method and path of each request, and what it sent."""

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        self.asked.append(f"{self.command} {self.path} {sent}".strip())
        self.keys.add(self.headers.get("authorization"))
        self.send_response(self.status if self.command != "PATCH" else self.patch_status)
        self.end_headers()
        self.wfile.write(self.bodies.pop(0) if self.bodies else self.body)

    patch_status = 200
    do_POST = do_PATCH = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def strange_hub() -> Iterator[tuple[type[Stranger], str]]:
    """Another program and its address; set on the class what it answers."""
    handler = type("Handler", (Stranger,), {"keys": set(), "asked": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
