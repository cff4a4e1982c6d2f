"""Writes the pages of docs/reference that come from the program itself; the docs tests compare them with it."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any

import typer.main
from pydantic import BaseModel
from typer.testing import CliRunner

from labelhub.cli.commands import app
from labelhub.errors import all_errors
from labelhub.settings import CONFIG_VARIABLE, PREFIX, DeclaredPrinter, Settings

REFERENCE = Path(__file__).resolve().parent.parent / "docs/reference"


def pages() -> Mapping[str, str]:
    """Every generated page by its file name."""
    return {"settings.md": settings_page(), "problems.md": problems_page(), "cli.md": cli_page()}


def settings_page() -> str:
    """The table of settings, and the one of a declared printer."""
    return "\n".join(
        [
            "# Settings",
            "",
            f"Environment variables begin with `{PREFIX}`. In the TOML file that `{CONFIG_VARIABLE}` names, the same settings",
            "stand in lower case without that prefix. The command line wins over the environment, the environment over the file.",
            "A wrong value is told in one line, and the program ends with code 78. `labelhub settings` shows what is in force.",
            "",
            "| variable | default | meaning |",
            "|---|---|---|",
            *(
                f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description or ''} |"
                for name, field in Settings.model_fields.items()
            ),
            "",
            "## A declared printer",
            "",
            f"`{PREFIX}PRINTERS` is a JSON array of objects; in the TOML file each is a `[[printers]]` table.",
            "",
            "| field | default |",
            "|---|---|",
            *_fields(DeclaredPrinter),
            "",
        ]
    )


def problems_page() -> str:
    """Each problem with its status and the text of its own page."""
    parts = [
        "# Problems",
        "",
        "Each is also a page of the hub, `/problems/<slug>`. How to read one: [Read a problem](../howto/problems.md).",
    ]
    told_over_http = [kind for kind in all_errors() if kind.__module__ == "labelhub.errors"]
    for kind in sorted(told_over_http, key=lambda kind: (kind.status, kind.slug)):
        parts += ["", f"## {kind.slug}", "", f"{kind.status} · {kind.title}", "", cleandoc(kind.__doc__ or "")]
    return "\n".join([*parts, ""])


def cli_page() -> str:
    """Every command with its own help text."""
    parts = ["# Command line", "", "`make install` puts the program at `.venv/bin/labelhub`."]
    for name in command_names():
        parts += ["", f"## labelhub {name}", "", "```text", _help(name), "```"]
    return "\n".join([*parts, ""])


def command_names() -> list[str]:
    """The commands of the program, in the order its help lists them."""
    return list(getattr(typer.main.get_command(app), "commands"))  # noqa: B009 - not in the type that typer tells


def _help(name: str) -> str:
    result = CliRunner().invoke(app, [name, "--help"], prog_name="labelhub", terminal_width=100, env={"COLUMNS": "100"})
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())


def _fields(model: type[BaseModel]) -> list[str]:
    return [f"| `{name}` | {_default(field)} |" for name, field in model.model_fields.items()]


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "`~/.local/share/labelhub`"  # the one default that depends on where the program runs
    value = field.default.get_secret_value() if hasattr(field.default, "get_secret_value") else field.default
    return "" if value in (None, (), "") else f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    for name, text in pages().items():
        (REFERENCE / name).write_text(text)
