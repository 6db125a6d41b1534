"""Slow twins of the alarm windows: recomputed from the whole history at every step."""

from __future__ import annotations

import math

Ident = tuple[str, str, str]


def news(history: list[tuple[int, Ident, float]], now_ns: int, window_ns: int) -> float:
    """Nats of the distinct complaints of the last window.

    history: (time, complaint, expected firings a second when it fired).  A complaint counts when no other firing of it is in the window
    at that moment.
    """
    total = 0.0
    for place, (time_ns, ident, per_s) in enumerate(history):
        if time_ns <= now_ns - window_ns:
            continue
        earlier = [t for t, other, _ in history[:place] if other == ident and t > time_ns - window_ns]
        if not earlier:
            total += max(0.0, -math.log(max(1e-12, 1 - math.exp(-per_s * window_ns / 1e9))))
    return total


def onset(window: list[tuple[int, float]], drift_nats: float, window_ns: int) -> int:
    """The firing before which the accumulated news less the drift is lowest; the last of equals."""
    best, best_at = math.inf, window[0][0]
    for place, (time_ns, nats) in enumerate(window):
        before = sum(n for _, n in window[:place]) - drift_nats * (time_ns - window[0][0]) / window_ns
        if nats > 0 and before <= best + 1e-9:
            best, best_at = before, time_ns
    return best_at
