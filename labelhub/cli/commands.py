"""The command line: `labelhub serve`, and the small tools around it."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelhub import __version__
from labelhub.errors import HubError, HubRefused, SettingsInvalid
from labelhub.settings import effective, load, unknown_variables

if TYPE_CHECKING:
    from labelhub.cli.client import Client

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
    gc.disable()  # all that is imported stays: to look through it again and again takes a tenth of the start
    import uvloop

    from labelhub.cli.serve import run

    settings = load(config, listen=listen, data_dir=data_dir)
    for name in unknown_variables():
        typer.echo(f"labelhub: {name} is not a setting and is ignored; is it misspelt?", err=True)
    shown = None
    if demo:
        from labelhub.cli.demo import Demo

        shown = Demo()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(settings, shown))


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
def printers(
    context: typer.Context, hub: HubUrl = None, config: Config = None, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """List the printers of a running hub with their state."""
    from labelhub.cli.client import Client

    if context.invoked_subcommand is not None:
        context.obj = hub, config, as_json
        return
    with Client.of(load(config), hub) as client:
        found = client.printers()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for printer in found:
        media = _media(printer["media"])
        typer.echo(f"{printer['slug']:24} {printer['model']:14} {printer['state']:9} {media:8} {printer['queue_depth']} waiting")


@printers_app.command()
def discover(
    context: typer.Context,
    subnet: Annotated[str | None, typer.Option("--subnet", metavar="CIDR", help="Ask every address of it, e.g. 192.0.2.0/24.")] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0.2, max=10, help="How long to listen to mDNS.")] = 2.0,
    mdns: Annotated[bool, typer.Option("--mdns/--no-mdns", help="Listen to the printers that make themselves known.")] = True,
    snmp_port: Annotated[int, typer.Option("--snmp-port", min=1, max=65535, help="UDP port of the printers' SNMP.")] = 161,
    follow: Annotated[bool, typer.Option("--follow", help="Set printers that have moved up anew, where they are now.")] = False,
    hub: HubUrl = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Find printers on the network of a running hub, and those of its own that have moved."""
    from labelhub.cli.client import Client

    given_hub, given_config, given_json = context.obj
    query: dict[str, Any] = {"seconds": seconds, "mdns": mdns, "snmp_port": snmp_port} | ({"subnet": subnet} if subnet else {})
    with Client.of(load(config or given_config), hub or given_hub) as client:
        found = client.discover(query)
        if as_json or given_json:
            typer.echo(json.dumps(found, indent=2))
        else:
            _tell_found(found)
        refused = sum(not _followed(client, one) for one in found if follow and one["moved_from"])
    if refused:
        raise typer.Exit(1)


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


def _media(media: dict[str, Any] | None) -> str:
    if media is None:
        return "-"
    length = f"x{media['length_mm']:g}" if media["length_mm"] else ""
    return f"{media['width_mm']:g}{length}mm"


def _tell_found(found: list[dict[str, Any]]) -> None:
    if not found:
        typer.echo("no printer was found; where mDNS does not reach, name its network with --subnet", err=True)
    for one in found:
        host = f"[{one['host']}]" if ":" in str(one["host"]) else one["host"]
        known = one["slug"] or ("new" if one["model"] else "not driven")
        moved = f", moved from {one['moved_from']}" if one["moved_from"] else ""
        model, where = one["model"] or one["described"] or "-", f"{host}:{one['port']}"
        typer.echo(f"{model:14} {one['serial'] or '-':16} {where:24} {_media(one['media']):8} {known}{moved}")


def _followed(client: Client, found: dict[str, Any]) -> bool:
    """True once the printer is set up where it is now; else why not was told."""
    try:
        client.follow(found)
    except HubRefused as error:
        typer.echo(f"labelhub: {found['slug']} was not followed: {error.detail}", err=True)
        return False
    typer.echo(f"{found['slug']} is followed to {found['host']}:{found['port']}", err=True)
    return True


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
