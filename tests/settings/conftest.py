"""No setting of this machine, and ways to give some."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest


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
