"""Every number of the engine that a person might turn: its value, unit and physical reason.

Knows:   the one table of parameters, the same for every estate, sampling rate and kind of telemetry.
Ignores: who reads which; capacity limits (they stand beside what they bound) and statistics with one right answer.

Spans of time that depend on how often a series is sampled are counted in *windows*, never in seconds: a window is two samples of
the series, at least `window_ns`.  Surprise and the weight of evidence are in nats.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


def _number(value: float, unit: str, reason: str) -> float:
    return field(default=value, metadata={"unit": unit, "reason": reason, "about": ""})


def _whole(value: int, unit: str, reason: str) -> int:
    return field(default=value, metadata={"unit": unit, "reason": reason, "about": ""})


def _of(topic: str, value: float, unit: str, reason: str) -> float:
    """A number that only one topic's rows are judged by."""
    return field(default=value, metadata={"unit": unit, "reason": reason, "about": topic})


@dataclass(frozen=True, slots=True)
class Parameters:
    """At most 25 fields.  Each carries `unit`, `reason` and `about` (the topic without which it decides nothing) as metadata, so that
    documents print the table from here.  What follows from another number is a property."""

    # --- time and what is normal
    tick_ns: int = _whole(10_000_000_000, "ns", "Faster than anyone can act, slow enough to average the jitter of one-second sampling.")
    window_ns: int = _whole(
        120_000_000_000, "ns", "A deviation must outlast two scrapes of the usual once-a-minute sampling; shorter spikes heal themselves."
    )
    lag_windows: float = _number(1.5, "windows", "A sample is learned as normal only after detection has had its time to object.")
    recent_windows: float = _number(
        5.0,
        "windows",
        "The recent past: long against a fault's onset, short against drift.  So long is the local level, and so long a new incident"
        " keeps everybody from learning; after that only those that it is about.",
    )
    level_samples: int = _whole(10, "samples", "Median over ten: five may be wrong, and a new normal is taken over after ten.")
    relative_floor: float = _number(
        0.02, "share of level", "Nobody is woken by a change of less than two per cent, however calm the series was."
    )
    peer_floor: float = _number(0.2, "share of peers' spread", "A series calmer than a fifth of its peers is idle rather than precise.")
    outlier_sd: float = _number(3.0, "robust standard deviations", "One in 740 by chance: a replica that behaves otherwise than before.")

    # --- incidents and blame
    open_nats: float = _number(6.0, "nats", "e^6 windows of two minutes: what a quiet estate shows by chance once in half a day.")
    join_windows: float = _number(0.75, "windows", "Onsets closer than the clock can tell apart are one event.")
    rank_windows: float = _number(
        2.0, "windows", "Causes are read from the beginning of an outage; later everything suffers from everything."
    )
    endure_windows: float = _number(30.0, "windows", "What has lasted an hour of one-minute samples without an alert is the new normal.")
    resource_cap: float = _number(12.0, "nats", "Resources explain an outage but are none: one alone may not outweigh two symptoms.")
    hop_share: float = _number(
        0.5,
        "share",
        "Of blame that crosses one call: half of what a callee shows explains its caller; more would hide a caller that fails as well.",
    )
    odds_power: float = _number(
        2.0,
        "power of a ratio",
        "Who shows twice as much as another is four times as likely the cause, whatever the scale of their evidence.",
    )

    # --- bursts of alerts
    quiet_nats: float = _of(
        "alerts", 4.0, "nats", "News that opens an incident in a stream shown to be silent: one chance in fifty a window."
    )
    busy_nats: float = _of(
        "alerts", 12.0, "nats", "More for each e-fold of busy windows an hour.  The one real trade-off between storms and sensitivity."
    )
    busy_prior: float = _of(
        "alerts", 10.0, "windows an hour", "Busy windows assumed before any was seen: a stream is taken as busy until it is shown quiet."
    )
    peak_sd: float = _of("alerts", 4.0, "standard deviations", "Above the usual peak of news: one in 16,000 if peaks were normal.")
    rise: float = _of(
        "alerts",
        2.5,
        "ratio",
        "A second incident begins where a minute holds this many times the news of those before: a step, not a ripple.",
    )
    prior_odds: float = _of(
        "alerts", 0.5, "odds", "Before looking, a complaint is half as likely to come from the cause as from a bystander."
    )
    incidents_remembered: float = _of("alerts", 20.0, "incidents", "Half-life of what fires in any incident.")

    # --- which change
    change_share: float = _of(
        "deploys",
        0.7,
        "share",
        "Incidents that some change begins: 70 % of outages are due to changes in a live system (Google SRE book, ch. 8).",
    )
    delay_s: float = _of(
        "deploys",
        600.0,
        "s",
        "Delay after which a change is half as likely: the common soak time of a release; heavy-tailed, leaks take hours.",
    )
    clue_nats: float = _of(
        "deploys", 0.5, "nats", "One grade of evidence, odds of 1.6: a clue; a fair one counts two, a strong one three, a proof six."
    )

    @property
    def hold_nats(self) -> float:
        """An open incident needs less to go on than a new one: two thirds."""
        return self.open_nats * 2 / 3

    @property
    def memory_samples(self) -> int:
        """Kept for the spread: a 90 % quantile needs some dozens, an hour of scrapes has sixty."""
        return 6 * self.level_samples

    @property
    def burst_ns(self) -> int:
        """Of alerts: one evaluation of ordinary rules (15–60 s) and the group wait of the notifier.  The slow burst is five times that; an
        incident is over after five, teaches nothing for fifteen, splits after two at the earliest."""
        return self.window_ns // 2

    @property
    def mute_s(self) -> float:
        """After this long a replica that has served nothing is not starting but stuck: three one-minute scrapes."""
        return self.lag_windows * self.window_ns * 1e-9


DEFAULTS: Final = Parameters()
