"""The dashboard, the alert rules and the page about them name what /metrics really has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from labelhub.api.gauges import gauges
from labelhub.hub import Hub
from labelhub.metrics import Counter, Histogram
from labelhub.metrics.exposition import Taken
from tests.house import settings_for

DOCS = Path(__file__).parent.parent / "docs"
DASHBOARD: dict[str, Any] = json.loads((DOCS / "monitoring/grafana-dashboard.json").read_text())
ALERTS: dict[str, Any] = yaml.safe_load((DOCS / "monitoring/alerts.yaml").read_text())
PAGE = (DOCS / "howto/monitoring.md").read_text()
OF_PROMETHEUS = {"job", "instance", "le"}
WORDS = {
    "sum", "by", "min", "count", "rate", "increase", "histogram_quantile", "and", "on", "label_values", "up",
}  # fmt: skip
TEMPLATES = re.compile(r"\$__rate_interval|\$\w+|\[[^\]]*\]")

Known = dict[str, set[str]]


@pytest.fixture
def known(tmp_path: Path) -> Known:
    """The labels of every sample /metrics may have, by its name."""
    hub, found = Hub(settings_for(tmp_path)), Known()
    for tally in [*hub.metrics.tallies, *gauges(hub, {})]:
        labels = set(tally.labels)
        if isinstance(tally, Histogram):
            found |= {f"{tally.name}_bucket": labels | {"le"}, f"{tally.name}_sum": labels, f"{tally.name}_count": labels}
        else:
            found[f"{tally.name}_total" if isinstance(tally, Counter) else tally.name] = labels
    text = Taken.of([]).text("")[0].decode()
    return found | {sample.name: set(sample.labels) for one in text_string_to_metric_families(text) for sample in one.samples}


def expressions() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])
    yield from ((one["name"], one["query"]) for one in DASHBOARD["templating"]["list"] if one["type"] == "query")
    for rule in ALERTS["groups"][0]["rules"]:
        yield rule["alert"], rule["expr"]


def named(expression: str) -> tuple[set[str], set[str]]:
    """The metrics and the labels that an expression names."""
    plain = TEMPLATES.sub("", re.sub(r'"[^"]*"', '""', expression))
    labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"\"", plain))
    for listed in re.findall(r"(?:by|on)\s*\(([^)]*)\)", plain):
        labels |= {word.strip() for word in listed.split(",")}
    if plain.startswith("label_values"):
        labels.add(plain.rpartition(",")[2].strip(" )"))
    bare = re.sub(r"\{[^}]*\}|(?:by|on)\s*\([^)]*\)|,\s*\w+\)$", "", plain)
    return {word for word in re.findall(r"[a-z_][a-z0-9_]*", bare) if word not in WORDS}, labels


def test_every_metric_and_label_of_dashboard_and_alerts_is_exported(known: Known) -> None:
    seen = 0
    for title, expression in expressions():
        metrics, labels = named(expression)
        assert metrics <= known.keys(), title
        assert metrics or "up" in expression, title
        allowed = OF_PROMETHEUS.union(*(known[metric] for metric in metrics))
        assert labels <= allowed, title
        assert expression.count("(") == expression.count(")"), title
        seen += 1
    assert seen > 35


def test_the_check_notices_a_name_or_a_label_that_is_wrong() -> None:
    assert named('sum by (printr) (rate(labelhub_jbs_total{outcome="failed"}[5m]))') == ({"labelhub_jbs_total"}, {"printr", "outcome"})
    assert named("label_values(labelhub_build_info, job)") == ({"labelhub_build_info"}, {"job"})


def test_what_alerts_and_panels_show_in_words_are_labels_of_their_metrics(known: Known) -> None:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            metrics, _ = named(target["expr"])
            labels = OF_PROMETHEUS.union(*(known[metric] for metric in metrics))
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels, panel["title"]
    for rule in ALERTS["groups"][0]["rules"]:
        metrics, _ = named(rule["expr"])
        labels = OF_PROMETHEUS.union(*(known[metric] for metric in metrics))
        assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= labels, rule["alert"]


def test_the_page_lists_every_metric_of_the_hub_with_its_labels(known: Known) -> None:
    rows = dict(re.findall(r"^\| `(labelhub_\w+)` \|([^|]*)\|", PAGE, re.MULTILINE))
    told = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows.items()}
    there = {
        name.removesuffix("_bucket"): labels - {"le"}
        for name, labels in known.items()
        if name.startswith("labelhub_") and not (name.endswith(("_sum", "_count")) and name.rpartition("_")[0] + "_bucket" in known)
    }
    assert told == there


def test_no_two_panels_have_one_number_and_none_lies_on_another() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels for x in range(panel["gridPos"]["w"]) for y in range(panel["gridPos"]["h"])
    ]  # fmt: skip
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
