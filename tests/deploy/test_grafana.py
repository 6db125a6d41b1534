"""The Grafana dashboard: the rules of Grafana's own dashboard linter, restated over our JSON, and metrics that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson
import yaml

from tests.deploy.tree import DEPLOY, ROOT, load, metric_names

FOLDER = DEPLOY / "grafana"
DASHBOARD: dict[str, Any] = orjson.loads((FOLDER / "dashboards" / "causeline-overview.json").read_bytes())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
OF_EVERY_PROCESS = {"up", "process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes"}
"""What Prometheus and its client library tell of any process."""


def test_every_panel_says_what_it_shows_and_in_which_unit() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert len({panel["title"] for panel in PANELS}) == len(PANELS) >= 12
    for panel in PANELS:
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["targets"]
        assert all(target["legendFormat"] for target in panel["targets"])


def test_panels_lie_side_by_side_and_not_upon_each_other() -> None:
    cells: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        mine = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not mine & cells, panel["title"]
        assert place["x"] + place["w"] <= 24
        cells |= mine


def test_the_data_source_job_and_worker_are_variables() -> None:
    """The dashboard works in anybody's Grafana: no data source is named in it."""
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert [variables[name]["type"] for name in ("datasource", "job", "instance")] == ["datasource", "query", "query"]
    for panel in PANELS:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    assert DASHBOARD["editable"] is False


def test_every_query_selects_job_and_worker_and_counts_over_the_rate_interval() -> None:
    """$__rate_interval fits any scrape interval; windows that are part of the meaning (a day, a quarter of an hour) are in the title."""
    for query in QUERIES:
        for selector in re.findall(r"\b(?:causeline|process|up)\w*\{([^}]*)\}", query):
            assert selector.startswith('job=~"$job", instance=~"$instance"'), query
        for window in re.findall(r"\[([^]]+)\]", query):
            assert window in {"$__rate_interval", "15m", "24h"}, query


def test_every_metric_is_one_that_the_worker_has() -> None:
    known = metric_names() | OF_EVERY_PROCESS
    used = {name for query in QUERIES for name in re.findall(r"\b((?:causeline|process)_\w+|up)\{", query)}
    assert used <= known, used - known
    assert {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in used} >= {
        "causeline_records_consumed_total", "causeline_event_age_seconds", "causeline_watermark_timestamp_seconds", "causeline_stage_duration_seconds",
        "causeline_incidents_open", "causeline_dead_letter_total", "causeline_shed_rows", "causeline_checkpoint_duration_seconds",
    }  # fmt: skip


def test_every_counter_stands_under_a_rate_or_an_increase() -> None:
    for query in QUERIES:
        for after in re.findall(r"\w+(?:_total|_count|_sum|_bucket)\{[^}]*\}(.?)", query):
            assert after == "[", query


def test_every_query_is_promql_where_promtool_is_installed(tmp_path: Path) -> None:
    """Each query as a recording rule, its variables filled in."""
    rules = [{"record": f"query:{number}", "expr": _filled(query)} for number, query in enumerate(QUERIES)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool = shutil.which("promtool")
    if promtool:
        told = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr


def _filled(query: str) -> str:
    filled = query.replace("$__rate_interval", "5m").replace("$job", ".+").replace("$instance", ".+")
    assert "$" not in filled, query
    return filled


def test_the_compose_stack_provisions_what_lies_here() -> None:
    """Paths inside the container, the data source's address and the mounts agree."""
    compose = load(ROOT / "docker-compose.yml")["services"]
    mounts = dict(volume.split(":")[:2] for volume in compose["grafana"]["volumes"] if volume.startswith("./"))
    (provider,) = load(FOLDER / "provisioning" / "dashboards" / "causeline.yml")["providers"]
    assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    (source,) = load(FOLDER / "provisioning" / "datasources" / "prometheus.yml")["datasources"]
    host, _, port = source["url"].removeprefix("http://").partition(":")
    assert compose[host]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert source["type"] == "prometheus"
    assert source["editable"] is False
