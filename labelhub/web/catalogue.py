"""Catalogue: every text of the pages, in English and German, as `catalogues/<language>/<section>.toml`.

A key is `section.name`; its text may hold `{names}` that the page fills in. A text that counts has two forms, `one` and `other`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "catalogues"
LANGUAGES = {"en": "English", "de": "Deutsch"}
"""By code, each in its own name."""
DEFAULT = "en"
MAX_ACCEPTED = 20
MAX_DETAIL = 600
"""A longer one holds so much of its case that there is no telling it from others."""
Text = str | Mapping[str, str]


class Words:
    """The texts of one language. A template calls it `t`: `t("home.title")`, `t("home.queue", count=3)`, `t.of("state", state)`."""

    def __init__(self, language: str, texts: Mapping[str, Text]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key with the values put in; `count` chooses its form. KeyError for a key that is not there."""
        text = self._texts[key]
        if not isinstance(text, str):
            text = text["one" if values["count"] == 1 else "other"]
        return text.format(**values) if values else text

    def detail(self, said: str | None) -> str:
        """What the program says of one case (a problem's `detail`), in this language; "" where it is not known, or English is spoken."""
        if not said or len(said) > MAX_DETAIL:
            return ""
        for pattern, text in _details(self.language):
            if found := pattern.fullmatch(said):
                return text.format(*found.groups())
        return ""

    def number(self, text: str) -> str:
        """A decimal number as this language writes it."""
        return text.replace(".", self("page.decimal"))

    def of(self, section: str, word: object, default: str | None = None) -> str:
        """The text of a word of the program, such as a state; `default` where the catalogue does not know it. KeyError without."""
        key = f"{section}.{word}"
        return default if default is not None and key not in self._texts else self(key)


@cache
def words(language: str) -> Words:
    """The catalogue of a language of LANGUAGES."""
    return Words(language, texts(language))


@cache
def _details(language: str) -> list[tuple[re.Pattern[str], str]]:
    known = [(key.removeprefix("detail."), text) for key, text in texts(language).items() if key.startswith("detail.")]
    known.sort(key=lambda one: -len(one[0]))  # the one that says most first: a shorter one may fit what is of the case too
    return [(re.compile("(.+?)".join(map(re.escape, said.split("{}")))), str(text)) for said, text in known]


def texts(language: str) -> dict[str, Text]:
    """Every text of a language by its key."""
    found: dict[str, Text] = {}
    for file in sorted((FOLDER / language).glob("*.toml")):
        found |= {f"{file.stem}.{name}": text for name, text in tomllib.loads(file.read_text()).items()}
    return found


def accepted(header: str) -> str:
    """The language of LANGUAGES that an Accept-Language header likes best."""
    best, best_weight = DEFAULT, 0.0
    for entry in header[:1000].split(",")[:MAX_ACCEPTED]:
        tag, _, rest = entry.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(rest.strip())
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(text: str) -> float:
    try:
        return float(text.removeprefix("q=")) if text else 1.0
    except ValueError:
        return 0.0
