"""What the worker tells Prometheus about itself.

Names follow the Prometheus conventions: base units, `_total` on counters, labels from closed sets only (never ids or text).
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RECORDS = Counter("causeline_records_consumed_total", "Records taken from the input topics.", ["topic"])
ROWS = Counter("causeline_rows_read_total", "Rows that records were read into.", ["topic"])
REJECTED = Counter("causeline_dead_letter_total", "Records or parts of records that could not be read.", ["reason"])
STAGE_SECONDS = Histogram(
    "causeline_stage_duration_seconds",
    "Time of one stage for one batch.",
    ["stage"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
EVENT_AGE_SECONDS = Gauge("causeline_event_age_seconds", "Newest event time of a batch against the wall clock.", ["topic"])
WATERMARK_SECONDS = Gauge("causeline_watermark_timestamp_seconds", "Lowest watermark of this worker's estates, as a Unix time.")
ESTATES = Gauge("causeline_estates", "Estates that this worker correlates.")
INCIDENTS_OPEN = Gauge("causeline_incidents_open", "Incidents that are not resolved.", ["severity"])
INCIDENT_REVISIONS = Counter("causeline_incident_revisions_total", "Snapshots published.", ["status"])
POSTMORTEMS = Counter("causeline_postmortems_total", "Draft postmortems published.")
CHECKPOINT_SECONDS = Histogram(
    "causeline_checkpoint_duration_seconds", "Time to freeze and write the memory.", buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
)
CHECKPOINT_BYTES = Gauge("causeline_checkpoint_bytes", "Size of the last checkpoint of this worker's estates together.")
SHED = Gauge("causeline_shed_rows", "Rows counted but not kept, by reason; written into the postmortem as well.", ["reason"])
