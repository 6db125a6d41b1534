"""Notifications as Alertmanager sends them (webhook v4): usual rules over the samples, and now and then an alert that means nothing.

Knows:   the rules most teams have: error ratio, latency against the usual, restarts; severe at the entries, milder inside.
Ignores: the fault.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import orjson

from benchmarks.simulate.estate import Floats
from benchmarks.simulate.metrics import Record, Stamp
from benchmarks.simulate.outage import Outage
from benchmarks.simulate.samples import Samples

ERROR_RATIO: Final = 0.05
SLOWER: Final = 3.0
FOR_SAMPLES: Final = 2
REQUESTS_LEAST: Final = 10
"""Fewer requests a sample make no ratio worth an alert."""
_NOISE: Final = ("CertificateExpiresSoon", "NodeClockSkew", "HpaMaxedOut", "ImagePullSlow")


def alerts(outage: Outage, seen: Samples, stamp: Stamp) -> Iterator[Record]:
    estate, dice = outage.estate, random.Random(f"alerts {outage.plan.seed}")
    watched = [service for service in range(estate.size) if estate.layer[service] == 0 or dice.random() < 0.5]
    for service in watched:
        severity = "critical" if estate.layer[service] == 0 else "warning"
        many = seen.requests[:, service] >= REQUESTS_LEAST
        ratio = seen.errors[:, service] / np.maximum(seen.requests[:, service], 1)
        usual = float(np.nanmedian(seen.p90_s[: max(4, len(seen.at_s) // 2), service]))
        rules = (
            ("HighErrorRate", many & (ratio > ERROR_RATIO), "answers more than 5 % of requests with errors"),
            ("HighLatency", many & (np.nan_to_num(seen.p90_s[:, service]) > SLOWER * usual), "is three times slower than usual"),
        )
        for name, true, summary in rules:
            yield from _notified(seen.at_s, true, name, estate.names[service], severity, summary, stamp)
    for _ in range(dice.randint(0, 3)):
        begin = dice.randrange(len(seen.at_s) - 2)
        true = np.zeros(len(seen.at_s), bool)
        true[begin : begin + dice.randint(3, 12)] = True
        name = dice.choice(_NOISE)
        yield from _notified(seen.at_s, true, name, estate.names[dice.randrange(estate.size)], "info", "needs a look", stamp)


def _notified(
    at_s: Floats, true: npt.NDArray[np.bool_], name: str, service: str, severity: str, summary: str, stamp: Stamp
) -> Iterator[Record]:
    """Fires when true for two samples, resolves when false for two."""
    count, started_s = 0, -1.0
    for moment_s, holds in zip(at_s.tolist(), true.tolist(), strict=True):
        count = count + 1 if holds == (started_s < 0) else 0
        if count == FOR_SAMPLES and started_s < 0:
            started_s, count = moment_s, 0
            yield moment_s, _notification(name, service, severity, summary, stamp(moment_s), "")
        elif count == FOR_SAMPLES:
            yield moment_s, _notification(name, service, severity, summary, stamp(started_s), stamp(moment_s))
            started_s, count = -1.0, 0


def _notification(name: str, service: str, severity: str, summary: str, starts: str, ends: str) -> bytes:
    labels = {"alertname": name, "service": service, "severity": severity, "namespace": "prod"}
    status = "resolved" if ends else "firing"
    told = {"summary": f"{service} {summary}"}
    return orjson.dumps(
        {
            "version": "4", "groupKey": f'{{}}:{{alertname="{name}"}}', "truncatedAlerts": 0, "status": status, "receiver": "kafka",
            "groupLabels": {"alertname": name}, "commonLabels": labels, "commonAnnotations": told, "externalURL": "http://alertmanager:9093",
            "alerts": [
                {
                    "status": status, "labels": labels, "annotations": told, "startsAt": starts, "endsAt": ends or "0001-01-01T00:00:00Z",
                    "generatorURL": "http://prometheus:9090/graph", "fingerprint": hashlib.sha256(f"{name} {service}".encode()).hexdigest()[:16],
                }
            ],
        }
    )  # fmt: skip
