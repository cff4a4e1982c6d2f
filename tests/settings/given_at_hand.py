"""Settings that are given, and what is told of those that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labelhub.errors import SettingsInvalid
from labelhub.settings import MAX_LINE_CHARACTERS, load

KEY = "correct-horse-battery-staple"
SECRET = "hunter2-hunter2-hunter2"
PRINTER = {"name": "Front", "model": "PT-P750W", "host": "192.0.2.7"}


def faults(config: Path | None = None, **given: Any) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        load(config, **given)
    assert all(line.isprintable() and 0 < len(line) <= MAX_LINE_CHARACTERS for line in caught.value.faults)
    assert SECRET not in str(caught.value)
    return caught.value.faults
