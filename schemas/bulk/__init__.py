"""Typed decoders for the formats that come by the million: they read whole batches into columns, and equal their plain readers."""

from __future__ import annotations

from typing import Final

from schemas.bulk.adapter import Adapter
from schemas.bulk.batch import Bulk
from schemas.bulk.ecs import Ecs

DECODERS: Final[tuple[Bulk, ...]] = (Adapter(), Ecs())
