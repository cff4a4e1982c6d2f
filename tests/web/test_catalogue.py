"""The catalogues: every text there is in every language, and every text there is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import labelhub.web
from labelhub.drivers.status import Reason
from labelhub.emulator.faults import AMOUNTS, CHOICES
from labelhub.emulator.pages import Cut
from labelhub.emulator.panel import State
from labelhub.errors import all_errors
from labelhub.jobs.job import Evidence, JobState
from labelhub.labels.template import APPS, builtin
from labelhub.web import nav, virtual
from labelhub.web.catalogue import DEFAULT, LANGUAGES, Text, accepted, texts, words
from labelhub.web.label_form import SWITCHES

FOLDER = Path(labelhub.web.__file__).parent
SOURCES = [*FOLDER.glob("*.py"), *(FOLDER / "templates").glob("*.html")]
SPOKEN = "\n".join(path.read_text() for path in SOURCES)

KEY = re.compile(r'"([a-z_]+\.[a-z0-9_-]+)"')
"""Whatever looks like a key in quotes is one, if the catalogue has it."""
USED = re.compile(r'\bt\(\s*"([a-z_]+\.[a-z0-9_-]+)"')
SAID = re.compile(r'\bdone\([^\n]*?"([a-z0-9-]+)"\)')
BUILT_IN = {text for one in builtin() for text in (one.name, *(entry.description for entry in one.fields)) if text}
"""Names of built-in templates, and what their fields are for."""
OTHER_TITLES = {kind.slug for kind in all_errors()}
"""English titles of problems stand on the classes."""

BY_WORD: dict[str, set[str] | None] = {
    "reason": {reason.value for reason in Reason},
    "job_state": {state.value for state in JobState},
    "evidence": {evidence.value for evidence in Evidence},
    "evidence_text": {evidence.value for evidence in Evidence},
    "printer_wrong": {"name", "model", "host", "port", "community"},
    "virtual_state": {state.value for state in State},
    "virtual_speed": set(virtual.SPEEDS),
    "virtual_cut": {cut.value for cut in Cut},
    "virtual_choice": {"on", "off", *(choice.value for choices in CHOICES.values() for choice in choices)},
    "virtual_fault": {*virtual.SWITCHES, *virtual.CHOSEN, *AMOUNTS},
    "nav": {entry.name for entry in nav.ENTRIES},
    "media_kind": {"tape", "roll", "unknown"},
    "color": None,
    "field": None,
    "outcome": None,
    "system_state": {"ok", "failed", "unknown", "broken"},
    "template_app": set(APPS),
    "print_option": {name.replace("_", "-") for name in SWITCHES},
    "printer_state": None,
    "job_reason": None,
    "problem": OTHER_TITLES,
    "said": None,
    "thing_type": None,
    "template_text": None,
    "problem_text": OTHER_TITLES,
    "detail": None,
}
"""Sections that are asked for by a word of the program: the words that have to be there, or None where any may be missing."""


NOT_IN_ENGLISH = ("problem", "problem_text", "template_text", "detail")
"""What the program says in English by itself."""


def placeholders(text: Text) -> set[str]:
    forms: Iterable[str] = [text] if isinstance(text, str) else text.values()
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name is not None} - {"count"}


@cache
def said_by_the_program() -> set[str]:
    """Every text in the source of the program, with {} for what is put into it."""
    rooms = [FOLDER.parent / room for room in ("jobs", "printers", "labels", "integrations", "hooks")]
    files = [file for room in rooms for file in room.rglob("*.py")]
    found = {text for file in files for node in ast.walk(ast.parse(file.read_text())) if (text := said_in(node))}
    return found | {first + second for first in found if first.endswith(": switch SNMP on in it, ") for second in found}


def said_in(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_that_a_page_names_is_there(language: str) -> None:
    found = texts(language)
    assert set(USED.findall(SPOKEN)) - found.keys() == set()
    assert {f"said.{word}" for word in SAID.findall(SPOKEN)} - found.keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_program_is_told(language: str) -> None:
    found = texts(language)
    for section, expected in BY_WORD.items():
        if section not in NOT_IN_ENGLISH or language != DEFAULT:
            assert {f"{section}.{word}" for word in expected or ()} - found.keys() == set(), section


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_over(language: str) -> None:
    used = {*KEY.findall(SPOKEN), *(f"said.{word}" for word in re.findall(r'"([a-z0-9-]+)"', SPOKEN))}
    asked = {section for section in re.findall(r'\.of\(\s*"([a-z_]+)"', SPOKEN) if section in BY_WORD} | {"nav", "detail"}
    left = {key for key in texts(language) if key not in used and key.partition(".")[0] not in asked - {"said"}}
    assert left == set()
    known = {f"{section}.{slug}" for section in ("problem", "problem_text") for slug in OTHER_TITLES}
    known |= {f"template_text.{text}" for text in BUILT_IN}
    known |= {f"detail.{said}" for said in (said_by_the_program() if language != DEFAULT else ())}
    assert {key for key in texts(language) if key.partition(".")[0] in NOT_IN_ENGLISH} - known == set()


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != DEFAULT])
def test_every_built_in_template_is_told_in_every_language(language: str) -> None:
    assert {f"template_text.{text}" for text in BUILT_IN} - texts(language).keys() == set()


def test_every_language_has_the_same_texts_with_the_same_places_to_fill_in() -> None:
    english: Mapping[str, Text] = texts(DEFAULT)
    for language in LANGUAGES:
        other = texts(language)
        assert {key for key in other if key.partition(".")[0] not in NOT_IN_ENGLISH} == english.keys(), language
        for key, text in english.items():
            assert placeholders(other[key]) == placeholders(text), (language, key)
            assert isinstance(other[key], str) or set(other[key]) == {"one", "other"}, (language, key)
            assert str(other[key]).strip() == str(other[key]), (language, key)


def test_a_number_chooses_the_form() -> None:
    for language, one, many in (("en", "1 in the queue", "7 in the queue"), ("de", "1 in der Warteschlange", "7 in der Warteschlange")):
        t = words(language)
        assert (t("home.queue", count=1), t("home.queue", count=7)) == (one, many)


def test_what_is_said_of_one_case_is_told_with_what_is_of_that_case_or_as_it_was_said() -> None:
    t = words("de")
    assert t.detail("192.0.2.7:9100 did not answer within 5 s") == "192.0.2.7:9100 hat in 5 s nicht geantwortet."
    away = "http://192.0.2.7:80 cannot be reached: Connection refused. See that it runs, and that the URL is right"
    assert t.detail(away) == "http://192.0.2.7:80 ist nicht zu erreichen: Connection refused. Läuft es, und stimmt die Adresse?"
    assert t.detail("load 12 mm {} tape: the printer holds {0}") == "12 mm {} tape einlegen: Im Drucker ist {0}."
    for unknown in ("something new", "", None, "x" * 9000 + ":1 did not answer within 5 s"):
        assert t.detail(unknown) == ""
    assert words("en").detail("the printer did not answer") == ""


def test_a_text_that_is_not_there_is_no_text() -> None:
    t = words("en")
    with pytest.raises(KeyError):
        t("home.nothing-like-it")
    assert t.of("job_reason", "something-new", "") == ""


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr-FR,de;q=0.3,en;q=0.7", "en"),
        ("en;q=0.1,de;q=nonsense", "en"),
        ("fr;q=1", "en"),
        ("de;q=0", "en"),
        (",;=" * 500 + "de", "en"),
    ],
)
def test_the_language_is_the_one_the_browser_likes_best(header: str, language: str) -> None:
    assert accepted(header) == language
