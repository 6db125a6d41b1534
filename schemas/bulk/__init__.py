"""Typed decoders for the formats that come by the million: they read whole batches into columns, and equal their plain readers."""

from __future__ import annotations

from typing import Final

from schemas.bulk.adapter import Adapter
from schemas.bulk.batch import Bulk
from schemas.bulk.cloudwatch_logs import CloudWatchLogs
from schemas.bulk.ecs import Ecs
from schemas.bulk.journald import Journal
from schemas.bulk.log_entry import LogEntries
from schemas.bulk.otlp import OtlpLogs, OtlpMetrics
from schemas.bulk.otlp_protobuf import OtlpProtobuf
from schemas.bulk.winlogbeat import Winlogbeat

DECODERS: Final[tuple[Bulk, ...]] = (Adapter(), Journal(), Winlogbeat(), OtlpLogs(), OtlpMetrics(), Ecs(), LogEntries(), CloudWatchLogs())
"""Of records that are one JSON object."""
BINARY: Final[tuple[Bulk, ...]] = (OtlpProtobuf(),)
"""Of records that are a protobuf message."""
