"""Real proxies as deploy/ sets them up, between a client, a hub that is a process of its own, and who says who signed in."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Any

import httpx
import yaml

ROOT = Path(__file__).parents[1]
BINARIES = ROOT / ".proxies"
HOST = "labels.example.test"
PUBLIC = f"https://{HOST}"
KEY = "the-key-of-the-hub-behind-the-proxy"
TOKEN = "the-token-of-a-hook"
SESSION = {"cookie": "session=of-somebody"}
NOBODY = "nobody signed in"
START_S = 60.0


@dataclass(slots=True)
class SignIn:
    """What a provider of forward-auth does: asked for each request, it knows one session and refuses everybody else."""

    port: int
    asked: list[dict[str, str]] = field(default_factory=list)
    """The headers of each question, names in lower case."""


@dataclass(frozen=True, slots=True)
class Proxied:
    """A hub behind a proxy: `client` goes through it by HTTPS and under the public name."""

    name: str
    sign_in: SignIn
    client: httpx.Client


Start = Callable[[Path, int, int, int], tuple[list[str], dict[str, str]]]
"""Writes a proxy's files to a folder; its own port, the hub's and the sign-in's. The command that runs it, and its environment."""


def caddy(folder: Path, port: int, hub: int, sign_in: int) -> tuple[list[str], dict[str, str]]:
    """deploy/Caddyfile as it is, with what compose sets; the options before it keep certificates and ports to this test."""
    options = f"admin off\nlocal_certs\nskip_install_trust\nhttp_port {free_port()}\nhttps_port {port}\ndefault_bind 127.0.0.1"
    (folder / "Caddyfile").write_text(f"{{\n{options}\n}}\nimport {ROOT / 'deploy' / 'Caddyfile'}\n")
    homes = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    told = {"LABELS_HOST": HOST, "LABELS_KEY": KEY, "LABELS_HUB": f"127.0.0.1:{hub}", "LABELS_AUTH": f"127.0.0.1:{sign_in}"}
    return [str(BINARIES / "caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], homes | told


def traefik(folder: Path, port: int, hub: int, sign_in: int) -> tuple[list[str], dict[str, str]]:
    """The labels of deploy/compose.traefik.yaml in a file, without Docker; an address stands for the container's port."""
    services = yaml.safe_load((ROOT / "deploy" / "compose.traefik.yaml").read_text())["services"]
    found: dict[str, Any] = {}
    for name, value in services["labelhub"]["labels"].items():
        place, *words = name.split(".")[1:]
        inner = found.setdefault(place, {})
        for word in words[:-1]:
            inner = inner.setdefault(word, {})
        if words:
            inner[words[-1]] = Template(str(value)).substitute(LABELS_HOST=HOST, LABELS_KEY=KEY)
    http = found["http"]
    balancer = http["services"]["labelhub"]["loadbalancer"]
    assert balancer.pop("server") == {"port": "8090"}
    balancer["servers"] = [{"url": f"http://127.0.0.1:{hub}"}]
    asked = http["middlewares"]["signed-in"]["forwardauth"]
    asked["address"] = asked["address"].replace("authelia:9091", f"127.0.0.1:{sign_in}")
    for router in http["routers"].values():
        router["middlewares"] = router.pop("middlewares", "").split(",") if "middlewares" in router else []
        router["entrypoints"] = [router["entrypoints"]]
        del router["tls"]["certresolver"]  # certificates come from the internet there
    asked["authResponseHeaders"] = [asked["authResponseHeaders"]]
    asked["trustForwardHeader"] = asked["trustForwardHeader"] == "true"
    (folder / "labels.yaml").write_text(yaml.safe_dump({"http": http}))
    static = [word for word in services["traefik"]["command"] if "docker" not in word and "certificatesresolvers" not in word]
    options = [word.replace(":443", f"127.0.0.1:{port}") for word in static]
    return [str(BINARIES / "traefik"), *options, f"--providers.file.filename={folder / 'labels.yaml'}", "--log.level=INFO"], {}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port: int = holder.getsockname()[1]
        return port


@contextmanager
def proxied(folder: Path, start: Start) -> Iterator[Proxied]:
    """The three of them, running, once the proxy asks who signed in."""
    port, hub = free_port(), free_port()
    with ExitStack() as stack:
        sign_in = stack.enter_context(_sign_in())
        stack.enter_context(_process(folder / "hub.log", [sys.executable, "-m", "labelhub", "serve"], _hub_told(folder, hub)))
        command, told = start(folder, port, hub, sign_in.port)
        stack.enter_context(_process(folder / "proxy.log", command, told))
        transport = httpx.HTTPTransport(verify=_trusting())
        none_kept = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        client = httpx.Client(base_url=f"https://127.0.0.1:{port}", transport=_Named(transport), timeout=START_S, cookies=none_kept)
        stack.enter_context(client)
        with httpx.Client(base_url=f"http://127.0.0.1:{hub}", timeout=START_S, trust_env=False) as direct:
            until(lambda: direct.get("/readiness").status_code == 200, folder / "hub.log")
        until(lambda: NOBODY in client.get("/").text, folder / "proxy.log")
        yield Proxied(start.__name__, sign_in, client)


def _hub_told(folder: Path, port: int) -> dict[str, str]:
    hooks = [{"name": name, "preset": name, "token": TOKEN} for name in ("text", "grocy", "homebox", "generic")]
    printer = {"name": "pt", "slug": "pt", "model": "PT-P750W", "host": "127.0.0.1", "port": free_port()}
    return {
        "LABELHUB_LISTEN": f"127.0.0.1:{port}",
        "LABELHUB_DATA_DIR": str(folder / "data"),
        "LABELHUB_API_KEY": KEY,
        "LABELHUB_PUBLIC_URL": PUBLIC,
        "LABELHUB_TRUSTED_PROXIES": "127.0.0.1",
        "LABELHUB_HOOKS": json.dumps(hooks),
        "LABELHUB_PRINTERS": json.dumps([printer]),
        "LABELHUB_MDNS_INTERFACES": "127.0.0.1",
    }


class _Named(httpx.BaseTransport):
    """Asks the proxy at its address for the public name, as a browser does that found the address by DNS."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self.transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        request.headers["host"] = HOST
        request.extensions = {**request.extensions, "sni_hostname": HOST}
        return self.transport.handle_request(request)

    def close(self) -> None:
        """Every connection."""
        self.transport.close()


def _trusting() -> ssl.SSLContext:
    """Takes any certificate: the real ones are made for a name that does not exist here."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def _process(log: Path, command: list[str], told: dict[str, str]) -> Iterator[None]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LABELHUB_", "LABELS_", "COV_"))}
    with log.open("wb") as said, subprocess.Popen(command, env=env | told, stdout=said, stderr=said) as running:
        try:
            yield
        finally:
            running.terminate()
            try:
                running.wait(START_S)
            finally:
                running.kill()


def until(there: Callable[[], bool], fault: str | Path) -> None:
    """Once `there` says so; while nobody listens yet it is asked again. `fault` is told when it never does, or the log of that name."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            if there():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)  # no event tells what another program has done
    raise AssertionError(fault if isinstance(fault, str) else fault.read_text(errors="replace")[-4000:])


@contextmanager
def _sign_in() -> Iterator[SignIn]:
    asked: list[dict[str, str]] = []

    class Provider(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Pages are sent to sign in; programs are told 401."""
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked.append(headers)
            right = self.path == "/api/authz/forward-auth" and headers.get("cookie") == SESSION["cookie"]
            body = b"" if right else NOBODY.encode()
            self.send_response(200 if right else 302 if "text/html" in headers.get("accept", "") else 401)
            if right:
                self.send_header("Remote-User", "somebody")
            else:
                self.send_header("Location", "https://auth.example.test/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Provider) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield SignIn(server.server_port, asked)
        finally:
            server.shutdown()
            thread.join()
