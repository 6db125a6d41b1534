"""What the alarm detector takes as given: one table, each number with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from correlate.units import SECOND_NS


@dataclass(frozen=True, slots=True)
class AlarmParameters:
    window_ns: int = 60 * SECOND_NS
    """A burst: one evaluation of ordinary alert rules (15–60 s) and the group wait of the notifier.  The slow burst is five times that;
    an incident is over after five, teaches nothing for fifteen, splits after two at the earliest."""
    open_nats: float = 4.0
    """News that opens an incident in a stream shown to be silent: one chance in fifty a window."""
    busy_nats: float = 12.0
    """Nats more per e-fold of busy windows an hour.  The one real trade-off between storms and sensitivity."""
    busy_prior: float = 10.0
    """Busy windows an hour assumed before any was seen: a stream is taken as busy until it is shown quiet."""
    peak_sd: float = 4.0
    """Standard deviations above the usual peak: one in 16,000 if peaks were normal."""
    rise: float = 3.0
    """A second incident begins where a minute holds three times the news of the one before: a step, not a ripple."""
    rise_sustained: float = 2.5
    """…and somewhat less than that against the mean of the three minutes before, which holds the noise of a fading incident."""
    prior_odds: float = 0.5
    """Before looking, a complaint is half as likely to come from the cause as from a bystander."""
    incidents_remembered: float = 20.0
    """Half-life, in incidents, of what fires in any incident."""


ALARMS: Final = AlarmParameters()
