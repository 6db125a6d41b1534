"""Documents, tests, layout, dashboards and build pipelines do not reach production."""

import pytest

from correlate.evidence import change_kind
from tests.correlate.evidence.bench import nats, outage
from tests.correlate.evidence.outages.tell import Change


def inert(*files: str, message: str = "", diff: str = "") -> bool:
    return nats(change_kind.judge, outage(Change("c", 5, "orders", message, files, diff)), "c") < -3


@pytest.mark.parametrize(
    "path",
    [
        "docs/a.md",
        "orders/tests/test_a.py",
        "src/a.spec.ts",
        ".github/workflows/ci.yml",
        "web/site.css",
        "x_test.go",
        "grafana/dashboards/node.json",
    ],
)
def test_such_paths_are_inert(path: str) -> None:
    assert inert(path)


@pytest.mark.parametrize(
    "path",
    [
        "orders/latest.py",
        "requirements.txt",
        "protest/main.go",
        "deploy/values.yaml",
        "src/contest.ts",
        "src/main/java/com/example/Carts.java",
    ],
)
def test_paths_that_merely_look_alike_are_not(path: str) -> None:
    assert not inert(path)


def test_one_file_that_runs_is_enough() -> None:
    assert not inert("docs/a.md", "orders/a.py")


def test_a_message_that_says_docs_is_believed_only_where_the_diff_does_nothing() -> None:
    assert inert(message="docs: retries")
    assert not inert("orders/a.yaml", message="docs: retries", diff="@@\n-retries: 3\n+retries: 30\n")
