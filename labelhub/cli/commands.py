"""The command line: `labelhub serve`, and the small tools around it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from labelhub import __version__
from labelhub.errors import HubError, SettingsInvalid
from labelhub.settings import effective, load, unknown_variables

EX_CONFIG = 78

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, help=__doc__, pretty_exceptions_enable=False)
printers_app = typer.Typer(invoke_without_command=True, help="Printers of a running hub.")
app.add_typer(printers_app, name="printers")

Config = Annotated[Path | None, typer.Option("--config", help="TOML file with settings; also LABELHUB_CONFIG.")]
HubUrl = Annotated[str | None, typer.Option("--hub", help="Address of the running hub; default: where these settings listen.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Folder for the database.")]


def main() -> None:
    """Run the command line; every expected fault is one line on standard error."""
    try:
        app()
    except SettingsInvalid as error:
        _die(error.faults, EX_CONFIG)
    except HubError as error:
        _die([error.detail], 1)


@app.command()
def serve(
    demo: Annotated[bool, typer.Option("--demo", help="Add two virtual printers and print a first label.")] = False,
    listen: Annotated[str | None, typer.Option("--listen", metavar="HOST:PORT", help="Where to listen.")] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Run the hub."""
    import uvloop

    from labelhub.cli.demo import Demo
    from labelhub.cli.serve import run

    settings = load(config, listen=listen, data_dir=data_dir)
    for name in unknown_variables():
        typer.echo(f"labelhub: {name} is not a setting and is ignored; is it misspelt?", err=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(settings, Demo() if demo else None))


@app.command()
def emulate(
    model: Annotated[str, typer.Option("--model", help="Model to be, e.g. PT-P750W.")] = "PT-P750W",
    media: Annotated[str, typer.Option("--media", help="Media to hold, e.g. 12mm, 62mm, 29x90mm, or none.")] = "12mm",
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="TCP port for raster; 0 takes a free one.")] = 9100,
    snmp_port: Annotated[int, typer.Option("--snmp-port", min=0, max=65535, help="UDP port for SNMP; 0 takes a free one.")] = 1161,
    speed: Annotated[str, typer.Option("--speed", help="real, none for no time at all, or a factor of the real one.")] = "none",
    announce: Annotated[bool, typer.Option("--announce", help="Make it known on the network by mDNS.")] = False,
) -> None:
    """Run one virtual printer until Ctrl-C."""
    from labelhub.cli.demo import run_virtual_printer

    asyncio.run(run_virtual_printer(model, media, host, port, snmp_port, speed=speed, announce=announce))


@app.command("print")
def print_label(
    template: Annotated[str, typer.Argument(help="Key of a template, e.g. snipeit-12mm.")],
    fields: Annotated[list[str] | None, typer.Argument(help="Fields as name=value; a name given twice makes a list.")] = None,
    printer: Annotated[str | None, typer.Option("--printer", help="Slug or id; default: any that has the media.")] = None,
    copies: Annotated[int, typer.Option("--copies", min=1)] = 1,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the job has ended.")] = True,
    hub: HubUrl = None,
    config: Config = None,
) -> None:
    """Print a label on a running hub."""
    from labelhub.cli.client import Client

    body = {"template": template, "data": _fields(fields or []), "options": {"copies": copies}}
    with Client.of(load(config), hub) as client:
        job = client.print(body | ({"printer": printer} if printer else {}), wait=wait, tell=lambda line: typer.echo(line, err=True))
    typer.echo(f"{job['id']} {job['state']}" + (f" ({job['reason'] or job['evidence']})" if job["reason"] or job["evidence"] else ""))
    if wait and job["state"] != "completed":
        raise typer.Exit(1)


@printers_app.callback()
def printers(hub: HubUrl = None, config: Config = None, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List the printers of a running hub with their state."""
    from labelhub.cli.client import Client

    with Client.of(load(config), hub) as client:
        found = client.printers()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for printer in found:
        media = f"{printer['media']['width_mm']:g}mm" if printer["media"] else "-"
        typer.echo(f"{printer['slug']:24} {printer['model']:14} {printer['state']:9} {media:8} {printer['queue_depth']} waiting")


@app.command()
def settings(config: Config = None) -> None:
    """Show the settings in force, without secrets."""
    typer.echo(json.dumps(effective(load(config)), indent=2))


@app.command()
def migrate(config: Config = None, data_dir: DataDir = None) -> None:
    """Bring the configured database to this program's schema."""
    from labelhub.db.lock import lock
    from labelhub.db.migrate import make_folder
    from labelhub.db.migrate import migrate as run

    url = load(config, data_dir=data_dir).database
    make_folder(url)
    with lock(url):
        typer.echo(f"the database is at revision {run(url)}")


@app.command()
def openapi(config: Config = None) -> None:
    """Print the OpenAPI document."""
    from labelhub.app import create_app
    from labelhub.hub import Hub

    typer.echo(json.dumps(create_app(Hub(load(config))).openapi(), indent=2))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _fields(words: list[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{word!r} is not name=value")
        if name in fields:
            fields[name] = [*(fields[name] if isinstance(fields[name], list) else [fields[name]]), value]
        else:
            fields[name] = value
    return fields


def _die(lines: list[str], code: int) -> None:
    for line in lines:
        print(f"labelhub: {' '.join(line.split())}", file=sys.stderr)  # noqa: T201
    sys.exit(code)
