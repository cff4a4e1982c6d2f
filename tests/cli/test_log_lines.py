"""What the program really writes to standard error, read line by line as a log collector would."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import Any

import httpx

from tests.cli.running import END_S, started

KEY = "correct-horse-battery-staple"
FIELDS = {"title": "Drill", "primary_id": "A-1", "qr_payload": "A-1"}


def test_a_label_s_way_can_be_followed_through_the_lines_of_the_real_program(tmp_path: Path) -> None:
    variables = {
        "LABELHUB_LOG_FORMAT": "json",
        "LABELHUB_LOG_REQUESTS": "all",
        "LABELHUB_API_KEY": KEY,
        "LABELHUB_MDNS_INTERFACES": "127.0.0.1",
    }
    lines: list[dict[str, Any]] = []
    with started("serve", "--listen", "127.0.0.1:0", "--data-dir", str(tmp_path), **variables) as hub:
        watchdog = threading.Timer(END_S, hub.kill)
        watchdog.start()
        assert hub.stderr is not None
        for line in hub.stderr:
            lines.append(json.loads(line))
            if lines[-1]["message"].startswith("the hub listens on "):
                break
        address = lines[-1]["message"].rpartition(" ")[2]
        with httpx.Client(base_url=address, trust_env=False, timeout=20) as client:
            for path in (
                "/healthz",
                "/readiness",
                "/metrics",
                f"/api/webhook/grocy/{KEY}?token=t0psecret",
                "/api/templates?limit=x%0aforged",
            ):
                client.get(path)
            body = {"template": "snipeit-12mm", "data": FIELDS, "printer": "none"}
            refused = client.post("/api/print", json=body, headers={"X-Request-ID": "order-4711"})
            forged = client.get("/api/jobs", headers=[("X-Request-ID", "a b"), ("Authorization", f"Bearer {KEY}")])
        hub.send_signal(signal.SIGTERM)
        lines += map(json.loads, hub.stderr)
        watchdog.cancel()
    requests = {line["path"]: line for line in lines if line["logger"] == "labelhub.http.requests"}
    assert set(requests) == {"/api/webhook/grocy/***", "/api/templates", "/api/print", "/api/jobs"}
    told = requests["/api/print"]
    assert (told["request_id"], told["method"], told["status"], told["route"]) == ("order-4711", "POST", 404, "/api/print")
    assert refused.headers["x-request-id"] == "order-4711"
    assert 0 < told["seconds"] < END_S
    assert forged.headers["x-request-id"] == requests["/api/jobs"]["request_id"] != "a b"
    assert len(forged.headers["x-request-id"]) == 16
    assert not [line for line in lines if KEY in json.dumps(line) or "t0psecret" in json.dumps(line)]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
