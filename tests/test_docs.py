"""The docs and the program tell the same story."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from labelhub.app import create_app
from labelhub.errors import all_errors
from labelhub.http.rights import all_routes
from labelhub.hub import Hub
from labelhub.settings import CONFIG_VARIABLE, PREFIX, Settings
from scripts.write_reference import command_names, pages

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
OURS = ("labelhub", "tests", "scripts", "docs", ".ci")
BUILT = ("vendor", "fonts", "__pycache__")
NOT_IN_A_FILE = (
    r"(?<![\w.$}])/(?:work|root|tmp)/",
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|deb\.debian\.org",
    r"(?i)\b(?:phase|issue|ticket|sprint|task) ?#?\d",
)


def files() -> Iterator[Path]:
    """Every text file of ours, lock files included."""
    yield from (path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".coverage"))
    for folder in OURS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not set(BUILT) & set(path.relative_to(ROOT).parts):
                yield path


def id_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(text: str) -> set[str]:
    """The anchors that headings get: lower case, words joined by hyphens."""
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", pages())
def test_a_generated_page_is_what_the_program_says_now(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == pages()[name], "run `make reference`"


@pytest.mark.parametrize("path", DOCS, ids=id_of)
def test_every_link_inside_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = path.parent / name if name else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there.read_text()), target


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (path.parent / target.partition("#")[0]).resolve()
        for path in DOCS
        for target in re.findall(r"\]\(([^)\s:]+)\)", path.read_text())
        if not target.startswith("#")
    }
    assert set(DOCS) - linked == {ROOT / "README.md"} - linked


def test_each_odd_way_of_other_systems_has_the_test_that_is_named() -> None:
    named = re.findall(r"`(tests/[a-z_/]+\.py)::(test_[a-z0-9_]+)`", (ROOT / "docs/reference/quirks.md").read_text())
    assert len(named) > 50
    assert [f"{path}::{test}" for path, test in named if f"def {test}(" not in (ROOT / path).read_text()] == []


def test_make_targets_and_the_docs_agree() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):.*## ", (ROOT / "Makefile").read_text()))
    text = "\n".join(path.read_text() for path in DOCS)
    named = set(re.findall(r"`make ([a-z]+)`|(?m:^)make ([a-z]+)", text))
    assert {first or second for first, second in named} <= targets
    told = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    assert [target for target in targets - {"help", "openapi"} if f"make {target}" not in told] == []


def test_only_settings_that_exist_are_named() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {CONFIG_VARIABLE}
    for path in [*DOCS, *ROOT.glob("labelhub/**/*.py"), *ROOT.glob("labelhub/**/*.html")]:
        assert set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", path.read_text())) <= known, path


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_only_commands_that_exist_are_named() -> None:
    named = {name for path in DOCS for name in re.findall(r"`labelhub ([a-z]+)|bin/labelhub ([a-z]+)", path.read_text())}
    assert {first or second for first, second in named} <= set(command_names())


def test_every_problem_says_what_to_do_in_words_of_its_own() -> None:
    texts = [kind.__dict__["__doc__"] for kind in all_errors()]
    assert all(texts)
    assert len(set(texts)) == len(texts)


def test_only_routes_that_exist_are_named() -> None:
    routes = {(method, route.path) for route in all_routes(create_app(Hub(Settings()))) for method in route.methods or ()}
    for path in DOCS:
        for method, url in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[\w/{}.-]*)", path.read_text()):
            assert (method, url) in routes, f"{path}: {method} {url}"


def test_the_examples_are_json_and_their_templates_exist() -> None:
    for path in DOCS:
        text = path.read_text()
        examples = re.findall(r"-d '(\{.*?\})'", text, re.DOTALL) + re.findall(r"```json\n(.*?)```", text, re.DOTALL)
        for example in examples:
            template = json.loads(example).get("template")
            assert template is None or (ROOT / f"labelhub/labels/builtin/{template}.yaml").is_file(), path


@pytest.mark.parametrize("pattern", NOT_IN_A_FILE)
def test_no_file_tells_of_the_place_or_the_plan_it_was_made_by(pattern: str) -> None:
    found = [f"{id_of(path)}: {match[0]}" for path in files() for match in re.finditer(pattern, path.read_text(errors="replace"))]
    assert found == []


def test_what_is_installed_carries_the_terms_that_its_parts_leave_out() -> None:
    files = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license-files"]
    assert {"LICENSE", "NOTICE"} <= set(files)
    assert "Robin Stuart" in (ROOT / "NOTICE").read_text()
