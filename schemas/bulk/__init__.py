"""Typed decoders for the formats that come by the million: they read whole batches into columns, and equal their plain readers."""

from __future__ import annotations

from typing import Final

from schemas.bulk.adapter import Adapter
from schemas.bulk.batch import Bulk
from schemas.bulk.cloudwatch_logs import CloudWatchLogs
from schemas.bulk.ecs import Ecs
from schemas.bulk.log_entry import LogEntries

DECODERS: Final[tuple[Bulk, ...]] = (Adapter(), Ecs(), LogEntries(), CloudWatchLogs())
