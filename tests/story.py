"""A small outage told in native formats: the deploy of checkout breaks it, its callers suffer, a rollback heals it.

Six services are scraped every 15 s for 40 minutes; the bad deploy comes after 20, the page two minutes later, the rollback after five.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import polars as pl

from correlate.clock import Patience
from correlate.engine import Engine
from correlate.reporting import Emission
from correlate.units import SECOND_NS
from schemas.incident import Incident
from schemas.reading import Reader, Records

START_S = 1_750_000_000
SCRAPE_S = 15
DEPLOY_S = 20 * 60
ALERT_S = DEPLOY_S + 120
ROLLBACK_S = DEPLOY_S + 300
HEALED_S = ROLLBACK_S + 15
END_S = 40 * 60
CALLS = {
    "frontend": ("checkout", "catalog"),
    "checkout": ("payment", "inventory"),
    "catalog": ("inventory",),
    "payment": (),
    "inventory": (),
    "email": (),
}
CATALOGUE = {f"service:{caller}": frozenset(f"service:{callee}" for callee in callees) for caller, callees in CALLS.items()}
GUILTY = "deploy-checkout-42"


@dataclass(frozen=True, slots=True)
class Record:
    at_s: int
    topic: str
    value: bytes


def rfc3339(at_s: float) -> str:
    return datetime.fromtimestamp(START_S + at_s, UTC).isoformat().replace("+00:00", "Z")


def records(*relapses: tuple[int, int], rollback_s: int = ROLLBACK_S) -> list[Record]:
    """The whole story, in order of time.  relapses: further spells of the same trouble, seconds from and to."""
    return sorted([*_metrics(relapses), *_deploys(rollback_s), *_alerts()], key=lambda record: record.at_s)


def _metrics(relapses: Sequence[tuple[int, int]]) -> Iterator[Record]:
    for at_s in range(0, END_S, SCRAPE_S):
        for number, service in enumerate(CALLS):
            wobble = math.sin(at_s * (number + 2)) * 0.05 + math.cos(at_s / 7 + number) * 0.03
            sick = any(begin_s <= at_s < end_s for begin_s, end_s in ((DEPLOY_S + SCRAPE_S, HEALED_S), *relapses))
            factor = {"checkout": 14.0, "frontend": 6.0}.get(service, 1.0) if sick else 1.0
            errors = {"checkout": 0.4, "frontend": 0.2}.get(service, 0.0) if sick else 0.0
            values = {
                "http_request_duration_seconds_p95": 0.1 * factor * (1 + wobble),
                "http_request_error_ratio": errors + abs(wobble) * 0.002,
                "process_cpu_usage_percent": 20 * (1 + wobble),
            }
            for name, value in values.items():
                labels = {"__name__": name, "service": service, "namespace": "shop"}
                body = {"timestamp": rfc3339(at_s), "value": f"{value:.6g}", "name": name, "labels": labels}
                yield Record(at_s, "telemetry.metrics", orjson.dumps(body))


def _deploys(rollback_s: int) -> Iterator[Record]:
    for at_s, service, change, version in (
        (600, "email", "deploy-email-7", "v7"),
        (DEPLOY_S, "checkout", GUILTY, "v42"),
        (DEPLOY_S + 200, "inventory", "deploy-inventory-3", "v3"),
        (rollback_s, "checkout", "rollback-checkout-41", "v41"),
    ):
        verb = "rolledback" if change.startswith("rollback") else "upgraded"
        body = {
            "context": {
                "version": "0.4.1",
                "id": change,
                "source": "/ci",
                "type": f"dev.cdevents.service.{verb}.0.2.0",
                "timestamp": rfc3339(at_s),
            },
            "subject": {
                "id": service,
                "source": "/cluster/shop",
                "type": "service",
                "content": {"environment": {"id": "shop"}, "artifactId": f"pkg:oci/{service}@{version}"},
            },
        }
        yield Record(at_s, "telemetry.deploys", orjson.dumps(body))


def _alerts() -> Iterator[Record]:
    labels = {"alertname": "CheckoutErrors", "severity": "critical", "service": "checkout", "namespace": "shop"}
    for at_s, status in ((ALERT_S, "firing"), (HEALED_S + 45, "resolved")):
        alert = {
            "status": status,
            "labels": labels,
            "annotations": {"summary": "More than 5 % of checkouts fail"},
            "startsAt": rfc3339(ALERT_S),
            "endsAt": rfc3339(at_s) if status == "resolved" else "0001-01-01T00:00:00Z",
            "fingerprint": "c0ffee",
        }
        body = {"version": "4", "groupKey": "{}", "status": status, "receiver": "kafka", "groupLabels": {}, "alerts": [alert]}
        yield Record(at_s, "telemetry.alerts", orjson.dumps(body))


@dataclass(frozen=True, slots=True)
class Batch:
    """Signals of a run of records of one topic, and when the last of them was sent."""

    at_s: int
    signals: pl.DataFrame


def batches(story: list[Record], size: int) -> list[Batch]:
    """Each topic cut into runs of `size` records, in the order in which the runs were complete."""
    reader = Reader()
    runs: list[Batch] = []
    for topic in sorted({record.topic for record in story}):
        mine = [record for record in story if record.topic == topic]
        for start in range(0, len(mine), size):
            run = mine[start : start + size]
            read = reader.read(
                Records(
                    topic=topic,
                    partition=0,
                    offsets=range(start, start + len(run)),
                    timestamps_ns=[(START_S + record.at_s) * SECOND_NS for record in run],
                    values=[record.value for record in run],
                )
            )
            assert not read.rejected
            runs.append(Batch(run[-1].at_s, read.signals))
    return sorted(runs, key=lambda run: run.at_s)


def engine(disorder_s: int = 30) -> Engine:
    made = Engine.of("shop", Patience(disorder_ns=disorder_s * SECOND_NS), CATALOGUE)
    for topic in ("telemetry.alerts", "telemetry.deploys", "telemetry.metrics"):
        made.clock.expect((topic, 0), 0)
    return made


def last(emissions: list[Emission]) -> dict[str, Incident]:
    """The last snapshot of each incident."""
    return {emission.incident.incident_id: emission.incident for emission in emissions}
