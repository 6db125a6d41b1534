"""What metrics, the call graph and logs say: which entity departs from its normal, since when, and by how many nats.

`telemetry.Telemetry` remembers and judges; the other files are its parts: roles (what a name means), series (the ring-buffer matrix),
baseline and surprise (what is normal, what is not), edges (who answers for a slow call), logs and shares (templates), nulls (what quiet
times look like), blame (from families to one figure an entity), onset (since when).
"""

from correlate.telemetry.rows import LogRows, MetricRows, Span
from correlate.telemetry.telemetry import Telemetry

__all__ = ["LogRows", "MetricRows", "Span", "Telemetry"]
