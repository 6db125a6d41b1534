"""A run of records of one partition, as Faust sees it and as a handler sees it.

Knows:   the records, their span of offsets and their weight in memory.
Ignores: where they come from and who keeps count of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aiokafka.structs import ConsumerRecord
from faust.types import TP, ConsumerMessage

from streams.in_flight import Held

RECORD_OVERHEAD_BYTES = 400
"""What a ConsumerRecord costs beside its key and value: object, offset, timestamp, headers (measured with tracemalloc)."""


class BatchMessage(ConsumerMessage):
    """What Faust sees: one message whose offset is the last of the run."""

    __slots__ = ("held", "records")

    def __init__(self, tp: TP, records: list[ConsumerRecord], *, generation_id: int) -> None:
        last = records[-1]
        super().__init__(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            None,
            None,
            b"",
            None,
            serialized_key_size=0,
            serialized_value_size=sum(record.serialized_value_size for record in records),
            tp=tp,
            generation_id=generation_id,
        )
        self.records: list[ConsumerRecord] = records
        keys = sum(record.serialized_key_size for record in records if record.key is not None)
        values = sum(record.serialized_value_size for record in records if record.value is not None)
        self.held = Held(records[0].offset, last.offset, keys + values + RECORD_OVERHEAD_BYTES * len(records))


class Keeper(Protocol):
    """Who keeps count of batches between fetch and commit."""

    def still_holds(self, message: BatchMessage) -> bool: ...

    def release_batch(self, message: BatchMessage) -> None: ...

    def ack_batch(self, message: BatchMessage) -> bool: ...


class Batch:
    """What a handler sees: consecutive records of one partition, and the means to say that they are done with."""

    __slots__ = ("_keeper", "_message", "tp")

    def __init__(self, message: BatchMessage, keeper: Keeper) -> None:
        self._message = message
        self._keeper = keeper
        self.tp: TP = message.tp

    @property
    def records(self) -> Sequence[ConsumerRecord]:
        """The records in offset order; empty once released."""
        return self._message.records

    @property
    def first_offset(self) -> int:
        return self._message.held.first_offset

    @property
    def last_offset(self) -> int:
        return self._message.held.last_offset

    @property
    def byte_count(self) -> int:
        """Bytes this batch holds against the memory credit while its rows are in memory."""
        return self._message.held.byte_count

    @property
    def is_current(self) -> bool:
        """False once the partition was revoked, or assigned anew: an ack would count for nothing."""
        return self._keeper.still_holds(self._message)

    def release(self) -> None:
        """Let go of the rows, and so make room for the next fetch, without acknowledging them."""
        self._keeper.release_batch(self._message)

    def ack(self) -> bool:
        """Allow the commit to move past this batch.  False, and without effect, if the batch is not current (or acked before)."""
        return self._keeper.ack_batch(self._message)

    def __repr__(self) -> str:
        return f"<Batch {self.tp.topic}-{self.tp.partition} {self.first_offset}..{self.last_offset}>"
