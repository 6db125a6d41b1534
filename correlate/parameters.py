"""Every number of the engine that a person might turn: its value, unit and physical reason.

Knows:   the one table of parameters, the same for every estate, sampling rate and kind of telemetry.
Ignores: who reads which; capacity limits (they stand beside what they bound) and statistics with one right answer.

Spans of time that depend on how often a series is sampled are counted in *windows*, never in seconds: a window is two samples of
the series, at least `window_ns`.  Surprise is in nats.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


def _number(value: float, unit: str, reason: str) -> float:
    return field(default=value, metadata={"unit": unit, "reason": reason})


def _whole(value: int, unit: str, reason: str) -> int:
    return field(default=value, metadata={"unit": unit, "reason": reason})


@dataclass(frozen=True, slots=True)
class Parameters:
    """At most 25 fields.  Each carries `unit` and `reason` as metadata, so that documents print the table from here."""

    tick_ns: int = _whole(10_000_000_000, "ns", "Faster than anyone can act, slow enough to average the jitter of one-second sampling.")
    window_ns: int = _whole(
        120_000_000_000, "ns", "A deviation must outlast two scrapes of the usual once-a-minute sampling; shorter spikes heal themselves."
    )
    lag_windows: float = _number(1.5, "windows", "A sample is learned as normal only after detection has had its time to object.")
    local_windows: float = _number(
        5.0, "windows", "How much of the recent past is the local level: long against a fault's onset, short against drift."
    )
    level_samples: int = _whole(10, "samples", "Median over ten: five may be wrong, and a new normal is taken over after ten.")
    memory_samples: int = _whole(
        60, "samples", "Residuals kept for the spread: a 90 % quantile needs some dozens, an hour of scrapes has sixty."
    )
    relative_floor: float = _number(
        0.02, "share of level", "Nobody is woken by a change of less than two per cent, however calm the series was."
    )
    peer_floor: float = _number(0.2, "share of peers' spread", "A series calmer than a fifth of its peers is idle rather than precise.")
    resource_cap: float = _number(12.0, "nats", "Resources explain an outage but are none: one alone may not outweigh two symptoms.")
    callee_discount: float = _number(
        0.5, "share", "Half of what a callee shows explains its caller's errors; more would hide a caller that fails as well."
    )
    open_nats: float = _number(6.0, "nats", "e^6 windows of two minutes: what a quiet estate shows by chance once in half a day.")
    hold_nats: float = _number(4.0, "nats", "An open incident needs less to go on than a new one: two thirds of `open_nats`.")
    join_windows: float = _number(0.75, "windows", "Onsets closer than the clock can tell apart are one event.")
    rank_windows: float = _number(
        2.0, "windows", "Causes are read from the beginning of an outage; later everything suffers from everything."
    )
    learn_windows: float = _number(5.0, "windows", "How long an incident keeps everybody from learning; then only those that it is about.")
    endure_windows: float = _number(30.0, "windows", "What has lasted an hour of one-minute samples without an alert is the new normal.")


DEFAULTS: Final = Parameters()
