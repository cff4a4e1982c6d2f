"""Commands as a person types them: in this process, or as one of its own where it must run on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from labelhub.cli import main

END_S = 10


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
        with pytest.raises(SystemExit) as ended:
            main()
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
