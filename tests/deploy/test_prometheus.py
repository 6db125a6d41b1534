"""The alert rules: about metrics that exist, each with a runbook, and true to their unit tests."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest

from tests.deploy.docs import anchors
from tests.deploy.tree import DEPLOY, ROOT, load, metric_names

RULES = DEPLOY / "prometheus" / "rules.yml"
UNIT_TESTS = DEPLOY / "prometheus" / "rules_test.yml"
ALERTS: list[dict[str, Any]] = [rule for group in load(RULES)["groups"] for rule in group["rules"]]
NAMES = [alert["alert"] for alert in ALERTS]


def test_every_rule_is_an_alert_with_severity_words_and_runbook() -> None:
    """The runbook's anchor exists: an alert at night must not end in a 404."""
    assert len(NAMES) == len(set(NAMES)) >= 8
    for alert in ALERTS:
        assert alert["labels"]["severity"] in {"page", "ticket"}, alert["alert"]
        assert alert["annotations"]["summary"]
        assert alert["annotations"]["description"]
        path, _, anchor = alert["annotations"]["runbook_url"].partition("#")
        assert anchor == alert["alert"].lower()
        assert anchor in anchors(ROOT / path), f"{path} has no heading {anchor}"


def test_every_rule_is_about_metrics_that_the_worker_has() -> None:
    known = metric_names()
    for alert in ALERTS:
        used = set(re.findall(r"causeline_\w+", alert["expr"]))
        assert used <= known, f"{alert['alert']}: {used - known}"
        assert used or re.search(r"\b(up|process_start_time_seconds)\b", alert["expr"])


def test_every_counter_stands_under_a_rate_or_an_increase() -> None:
    """A counter by itself only grows until the process ends."""
    for alert in ALERTS:
        for counter in re.findall(r"(?:causeline_\w+_total|causeline_\w+_count|causeline_\w+_bucket)\{[^}]*\}(.?)", alert["expr"]):
            assert counter == "[", alert["alert"]


def test_every_alert_has_a_unit_test_in_which_it_fires() -> None:
    fired = {case["alertname"] for test in load(UNIT_TESTS)["tests"] for case in test["alert_rule_test"] if case.get("exp_alerts")}
    assert fired == set(NAMES)


@pytest.mark.parametrize("arguments", [("check", "rules", RULES.name), ("test", "rules", UNIT_TESTS.name)], ids=["check", "test"])
def test_promtool_agrees_where_it_is_installed(arguments: tuple[str, ...]) -> None:
    """Debian's package prometheus has it; what the tests above read does not depend on it."""
    promtool = shutil.which("promtool")
    if promtool:
        told = subprocess.run([promtool, *arguments], cwd=RULES.parent, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
