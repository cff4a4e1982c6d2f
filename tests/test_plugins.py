from __future__ import annotations

import sys
from pathlib import Path

import pytest

from labelhub import plugins
from labelhub.drivers.brother import PT, QL

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages of its own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(site: Path, name: str, points: str, code: str) -> None:
    (site / f"{name}.py").write_text(code)
    folder = site / f"{name}-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA.format(name=name))
    (folder / "entry_points.txt").write_text(f"[labelhub.trial]\n{points}\n")


def test_the_built_in_drivers_come_by_the_same_door() -> None:
    found = plugins.load(plugins.DRIVERS)
    assert found.faults == ()
    assert found.objects == {"brother-pt": PT, "brother-ql": QL}


def test_a_group_nobody_serves_is_empty() -> None:
    assert plugins.load("labelhub.nothing") == plugins.Plugins({}, ())


def test_an_installed_plug_in_is_found(site: Path) -> None:
    install(site, "trial_good", "good = trial_good:THING", "THING = 'a thing'")
    assert plugins.load("labelhub.trial").objects == {"good": "a thing"}


def test_broken_plug_ins_are_told_of_and_disturb_nothing_else(site: Path) -> None:
    install(site, "trial_fine", "z-fine = trial_fine:THING", "THING = 1")
    install(site, "trial_raising", "a-raising = trial_raising:THING", "raise RuntimeError('out of ink')")
    install(site, "trial_lacking", "b-lacking = trial_lacking:THING\nc-gone = trial_gone:THING", "")
    found = plugins.load("labelhub.trial")
    assert found.objects == {"z-fine": 1}
    assert [fault.split(" does not load: ")[0] for fault in found.faults] == [
        "plug-in a-raising (trial_raising:THING)", "plug-in b-lacking (trial_lacking:THING)", "plug-in c-gone (trial_gone:THING)",
    ]  # fmt: skip
    assert "RuntimeError: out of ink" in found.faults[0]
    assert "trial_raising" not in sys.modules
