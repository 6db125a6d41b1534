"""Which times are closed to learning: what was sampled while something was wrong is not normal.

Knows:   how long an incident keeps everybody, and then its own entities, from learning.
Ignores: how samples are learned (telemetry/baseline.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from correlate.parameters import Parameters
from correlate.telemetry.rows import Span
from correlate.trouble import Trouble

FOREVER_NS: Final = 1 << 62


def closed_spans(troubles: Iterable[Trouble], now_ns: int, parameters: Parameters) -> list[Span]:
    """Spans of time, and of whom: of everybody while an incident is young, and later of those that it is about, until what has endured is
    the new normal."""
    spans = []
    for trouble in troubles:
        endured_ns = int(parameters.endure_windows * trouble.window_ns)
        if trouble.resolved_ns is not None and trouble.resolved_ns + endured_ns < now_ns:
            continue  # what was sampled then has been learned or left out
        ends_ns = FOREVER_NS if trouble.resolved_ns is None else trouble.resolved_ns + trouble.window_ns // 2
        young_ns = trouble.onset_ns + int(parameters.recent_windows * trouble.window_ns)
        spans.append(Span(trouble.onset_ns - parameters.tick_ns, min(ends_ns, young_ns), None))
        if ends_ns > young_ns:
            spans.append(Span(young_ns, min(ends_ns, trouble.onset_ns + endured_ns), tuple(trouble.entities)))
    return spans
