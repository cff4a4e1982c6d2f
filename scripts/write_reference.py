"""Writes the pages of docs that come from the program itself; the docs tests compare them with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any

import typer.main
from pydantic import BaseModel
from typer.testing import CliRunner

from labelhub.cli.commands import app
from labelhub.declared import DeclaredHook, DeclaredIntegration, DeclaredNotice, DeclaredPrinter
from labelhub.drivers.brother import rolls, tapes
from labelhub.drivers.brother.rows import MediaRow, ModelRow
from labelhub.drivers.brother.tables import MODELS, SOURCES
from labelhub.errors import all_errors
from labelhub.media import millimetres
from labelhub.settings import CONFIG_VARIABLE, PREFIX, Settings

DOCS = Path(__file__).resolve().parent.parent / "docs"


def pages() -> Mapping[str, str]:
    """Every generated page by its place in docs."""
    return {
        "reference/settings.md": settings_page(),
        "reference/problems.md": problems_page(),
        "reference/cli.md": cli_page(),
        "hardware.md": hardware_page(),
    }


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
            "## A connected system",
            "",
            f"`{PREFIX}INTEGRATIONS` is a JSON array of objects; in the TOML file each is an `[[integrations]]` table. `name` is by",
            "default the `kind`; `link_url` is where browsers find the system, by default `url`; a file of `headers` holds JSON.",
            "",
            "| field | default |",
            "|---|---|",
            *_fields(DeclaredIntegration),
            "",
            "## A hook",
            "",
            f"`{PREFIX}HOOKS` is a JSON array of objects; in the TOML file each is a `[[hooks]]` table:",
            "see [what a hook says](../howto/webhooks.md#what-a-hook-says).",
            "",
            "| field | default |",
            "|---|---|",
            *_fields(DeclaredHook),
            "",
            "## A target for notices",
            "",
            f"`{PREFIX}NOTICES` is a JSON array of objects; in the TOML file each is a `[[notices]]` table:",
            "see [notices](../howto/notices.md).",
            "",
            "| field | default |",
            "|---|---|",
            *_fields(DeclaredNotice),
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
    told_over_http = [kind for kind in all_errors() if kind.__module__.startswith("labelhub.errors.")]
    for kind in sorted(told_over_http, key=lambda kind: (kind.status, kind.slug)):
        parts += ["", f"## {kind.slug}", "", f"{kind.status} · {kind.title}", "", cleandoc(kind.__doc__ or "")]
    return "\n".join([*parts, ""])


def cli_page() -> str:
    """Every command with its own help text."""
    parts = ["# Command line", "", "`make install` puts the program at `.venv/bin/labelhub`."]
    for name in (*command_names(), "printers discover"):
        parts += ["", f"## labelhub {name}", "", "```text", _help(name), "```"]
    return "\n".join([*parts, ""])


def hardware_page() -> str:
    """Every model and every media under each head, with what a model leaves out and where each fact is from."""
    return "\n".join(
        [
            "# Hardware",
            "",
            f"The {len(MODELS)} models of Brother that the hub drives, and what they print on. *Untested* means that nobody has held",
            "a label from that device yet: the facts are those of the sources named. What sources and programs disagree on is told in",
            "[Which hardware facts are taken, and from whom](why/hardware-facts.md).",
            "",
            "## Models",
            "",
            "A piece of endless media has the margin before and after what is drawn; a label can ask for a wider margin. A label too",
            "short is filled up with blank, one too long is refused; heat-shrink tube is 500 mm at most. *Half* cuts leave the backing.",
            "",
            _row(MODEL_COLUMNS),
            _row("---" for _ in MODEL_COLUMNS),
            *(_model(model) for model in MODELS),
            "",
            "What a model cannot do is left out of a job, never refused:",
            "",
            *_left_out(),
            *(line for head in HEADS for line in _head(head)),
            "",
            "## Sources",
            "",
            *(f"* **{name}**: {text}" for name, text in SOURCES.items()),
            "",
        ]
    )


HEADS = {128: "P-touch, 24 mm", 560: "P-touch, 36 mm", 720: "QL, 62 mm", 1296: "QL, 103 mm"}
MODEL_COLUMNS = (
    "model", "language", "dots an inch", "head", "connection", "colours", "cutter", "packed lines",
    "piece, mm", "margin, mm", "source", "state",
)  # fmt: skip
MEDIA_COLUMNS = "media", "kind", "printed, dots", "printed, mm", "first pin", "on the wire", "not for", "source", "state"
KINDS = {
    tapes.LAMINATED: "TZe",
    tapes.NON_LAMINATED: "TZe, not laminated",
    tapes.SHRINK_2_TO_1: "HSe tube 2:1",
    tapes.SHRINK_3_TO_1: "HSe tube 3:1",
    rolls.CONTINUOUS: "DK, endless",
    rolls.DIE_CUT: "DK, die-cut",
}


def _left_out() -> Iterator[str]:
    half, fine = _those(lambda model: model.half_cutter), _those(lambda model: not model.high_resolution)
    red, each = _those(lambda model: model.two_color), _those(lambda model: model.max_cut_each == 1)
    yield f"* **Half cuts** are for {half}. Others cut as if it had not been asked for."
    yield f"* **High resolution** is twice the dots along the feed. As usual print {fine}."
    yield f"* **Red** on a black and red roll is for {red}. Others print what is black."
    yield f"* **A cut after every n labels** is unknown to {each}: after each label, or none."
    yield f"* **Chained** jobs, which end uncut, are unknown to {_those(lambda model: not model.expanded_mode)}."
    yield "* **A margin** is kept between the least and the most that the model can; a die-cut label has none."
    yield "* **Mirrored** labels are mirrored by the hub, on every model."


def _model(model: ModelRow) -> str:
    dpi = f"{model.dpi}, {model.dpi} x {2 * model.dpi}" if model.high_resolution else f"{model.dpi}"
    cutter = "half, full" if model.half_cutter else "full" if model.cutter else "none"
    shortest, longest = (_mm(rows + 2 * model.margin_dots, model.dpi) for rows in (model.min_rows, model.max_rows))
    connection = f"{'network, ' if model.network else ''}USB 04f9:{model.usb_id:04x}"
    colors = "black, red" if model.two_color else "black"
    cells = (
        model.name, model.language, dpi, model.head_dots, connection, colors, cutter, "yes" if model.compression else "no",
        f"{shortest} to {longest}", _mm(model.margin_dots, model.dpi), model.source, _state(model),
    )  # fmt: skip
    return _row(cells)


def _head(head_dots: int) -> Iterator[str]:
    """The section of one head: its media in the order of the tables, kinds that lie alike in one row."""
    models = [model for model in MODELS if model.head_dots == head_dots]
    alike: dict[tuple[object, ...], list[MediaRow]] = {}
    for row in dict.fromkeys(row for model in models for row in model.media):
        place = row.media.name, row.printable_dots, row.right_dots, row.width_code, row.length_dots, row.source, row.verified
        alike.setdefault(place, []).append(row)
    yield from ("", f"## Media of heads of {head_dots} dots", "", f"{HEADS[head_dots]}: {_those(lambda model: model in models)}.", "")
    yield from (_row(MEDIA_COLUMNS), _row("---" for _ in MEDIA_COLUMNS), *(_media(rows, models) for rows in alike.values()))


def _media(rows: list[MediaRow], models: list[ModelRow]) -> str:
    row, dpi = rows[0], models[0].dpi
    lengths = (row.printable_dots, *((row.length_dots,) if row.length_dots else ()))
    kind = "; ".join(KINDS[row.type_code] for row in rows)
    if row.two_color and any(model.two_color for model in models):
        kind += ", also black and red"
    length_code = f" x {row.length_code}" if row.length_code else ""
    type_codes = " or ".join(f"{row.type_code:02X}" for row in rows)
    not_for = ", ".join(model.name for model in models if row not in model.media)
    cells = (
        row.media.name, kind, " x ".join(f"{dots}" for dots in lengths), " x ".join(_mm(dots, dpi) for dots in lengths), row.right_dots,
        f"{row.width_code}{length_code} mm, {type_codes}", not_for, row.source, _state(row),
    )  # fmt: skip
    return _row(cells)


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(f'{cell}' for cell in cells)} |"


def _mm(length_dots: int, dpi: int) -> str:
    return f"{millimetres(length_dots, dpi):.1f}"


def _those(which: Callable[[ModelRow], bool]) -> str:
    return ", ".join(model.name for model in MODELS if which(model))


def _state(row: ModelRow | MediaRow) -> str:
    return "verified" if row.verified else "untested"


def command_names() -> list[str]:
    """The commands of the program, in the order its help lists them."""
    return list(getattr(typer.main.get_command(app), "commands"))  # noqa: B009 - not in the type that typer tells


def _help(name: str) -> str:
    result = CliRunner().invoke(app, [*name.split(), "--help"], prog_name="labelhub", terminal_width=100, env={"COLUMNS": "100"})
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())


def _fields(model: type[BaseModel]) -> list[str]:
    return [f"| `{name}` | {_default(field)} |" for name, field in model.model_fields.items()]


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is dict:
        return "`{}`"
    if field.default_factory is not None:
        return "`~/.local/share/labelhub`"  # the one default that depends on where the program runs
    value = field.default.get_secret_value() if hasattr(field.default, "get_secret_value") else field.default
    return "" if value in (None, (), "") else f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text)
