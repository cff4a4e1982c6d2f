"""The image and the compose files: their steps are scripts, and what they set is what the program takes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import yaml
from fastapi.routing import APIRoute

from labelhub.api import webhooks
from labelhub.settings import Settings
from tests.cli.running import line_with
from tests.proxies_at_hand import free_port

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
COMPOSED = sorted(DEPLOY.glob("compose*.yaml"))
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def composed(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


@pytest.mark.parametrize("path", [ROOT / "Dockerfile", *sorted(DEPLOY.iterdir())], ids=lambda path: path.name)
def test_every_setting_named_is_one_of_the_program(path: Path) -> None:
    named = {name.lower() for name in re.findall(r"\bLABELHUB_([A-Z_]+)", path.read_text())}
    assert named <= Settings.model_fields.keys()


def test_the_image_runs_scripts_that_are_there_and_copies_what_is_there() -> None:
    run = re.findall(r"(?m)^RUN bash (\S+)", DOCKERFILE)
    assert len(run) == len(re.findall(r"(?m)^RUN", DOCKERFILE)) == 2
    for script in run:
        file = ROOT / "scripts" / Path(script).name
        assert subprocess.run(["bash", "-n", file], check=False).returncode == 0
        assert file.read_text().startswith("#!/bin/bash\n")
    for source in re.findall(r"(?m)^COPY (?!--from)(\S+)", DOCKERFILE):
        assert (ROOT / source).exists()


def test_the_image_listens_where_it_says_and_runs_as_nobody_special() -> None:
    port = re.search(r"LABELHUB_LISTEN=0\.0\.0\.0:(\d+)", DOCKERFILE)
    assert port is not None
    assert f"EXPOSE {port[1]}" in DOCKERFILE
    assert DOCKERFILE.index("USER labelhub") < DOCKERFILE.index("ENTRYPOINT")
    told = " ".join(path.read_text() for path in DEPLOY.iterdir())
    assert set(re.findall(r"labelhub:(\d+)", told)) == {port[1]}


@pytest.mark.parametrize("path", COMPOSED, ids=lambda path: path.name)
def test_a_compose_file_names_only_what_it_defines_and_trusts_its_proxy_alone(path: Path) -> None:
    found = composed(path)
    for service in found["services"].values():
        assert set(service.get("networks", ())) <= found.get("networks", {}).keys()
        assert set(service.get("secrets", ())) <= found.get("secrets", {}).keys()
        volumes = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert {volume for volume in volumes if volume[0] not in "./"} <= found["volumes"].keys()
    environment = found["services"]["labelhub"]["environment"]
    assert environment.keys() & {"LABELHUB_API_KEY", "LABELHUB_API_KEY_FILE"}
    addresses = [one["networks"]["front"]["ipv4_address"] for one in found["services"].values() if isinstance(one.get("networks"), dict)]
    assert [environment["LABELHUB_TRUSTED_PROXIES"]] == addresses if addresses else "LABELHUB_TRUSTED_PROXIES" not in environment


def test_what_other_systems_ask_needs_no_sign_in_and_everything_else_does() -> None:
    by_token = {re.sub(r"\{\w+\}.*", "*", route.path) for route in webhooks.router.routes if isinstance(route, APIRoute)}
    caddy = (DEPLOY / "Caddyfile").read_text()
    hooks, rest = caddy.split("@hooks path ")[1].split("forward_auth", 1)
    assert set(hooks.partition("\n")[0].split()) == by_token
    assert "Authorization" not in hooks
    assert "Authorization" in rest
    labels = composed(DEPLOY / "compose.traefik.yaml")["services"]["labelhub"]["labels"]
    router = "traefik.http.routers"
    assert labels[f"{router}.labelhub.middlewares"] == "signed-in,with-key"
    assert f"{router}.hooks.middlewares" not in labels
    rules = {kind + path for kind, path in re.findall(r"(Path|PathPrefix)\(`(.*?)`\)", labels[f"{router}.hooks.rule"])}
    assert rules == {f"PathPrefix{path[:-1]}" if path.endswith("*") else f"Path{path}" for path in by_token}


@pytest.fixture
def anybodys_folder() -> Iterator[Path]:
    """One that every user of this machine may look into, as an image's are."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.soak
def test_the_steps_of_the_image_make_a_hub_that_is_healthy_for_who_is_not_root(anybodys_folder: Path) -> None:
    source, place, data = (anybodys_folder / name for name in ("src", "opt", "data"))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")[:-1]
    for name in tracked:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    subprocess.run(["bash", source / "scripts" / "container_build.sh", place], check=True)
    shutil.rmtree(source)  # the last stage has what was built, and nothing else
    data.mkdir(mode=0o700)
    nobody: dict[str, Any] = {"user": 10001, "group": 10001, "extra_groups": []}
    # As somebody else only where that one may run this machine's Python, which is root's own in some places.
    if os.geteuid() != 0 or subprocess.run(["test", "-x", place / "bin" / "python"], check=False, **nobody).returncode != 0:
        nobody = {}
    else:
        os.chown(data, nobody["user"], nobody["group"])
    port = free_port()
    told = {"PATH": "/usr/bin:/bin", "LABELHUB_LISTEN": f"127.0.0.1:{port}", "LABELHUB_DATA_DIR": str(data)}
    as_somebody: dict[str, Any] = {"env": told, "cwd": data, **nobody}
    health = [place / "bin" / "python", place / "health.py"]
    assert subprocess.run(health, **as_somebody, check=False, capture_output=True).returncode != 0
    with subprocess.Popen([place / "bin" / "labelhub", "serve"], **as_somebody, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        try:
            line_with("the hub listens on", iter(running.stderr))
            assert subprocess.run(health, **as_somebody, check=False).returncode == 0
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
                page = client.get("/").text
                addresses = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page))
                assert any("/vendor/" in address for address in addresses), page
                for address in addresses:
                    assert client.get(address).status_code == 200, address
                assert client.get("/api/templates/snipeit-12mm/preview.png").status_code == 200, "no fonts"
        finally:
            running.terminate()
