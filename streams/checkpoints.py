"""The engines' memory on a compacted topic: written whole, read back whole, never half.

Knows:   how a frozen engine is cut into chunks, how chunks of one checkpoint find each other, and which checkpoint is the newest.
Ignores: what is in the memory (correlate/memory.py) and when it is written (correlator).

The memory of the estates of signals partition n lies in checkpoint partition n.  Chunks have the key `estate|slot|number`.  Two slots
are written in turn, so that a checkpoint that is torn by a death leaves its predecessor whole.  A checkpoint counts when all its chunks
are there and their checksum agrees.  Whoever takes a partition over counts its epoch one up from the newest that it finds; the newest is
that of the highest epoch, then consumer-group generation, then sequence number.  So a worker that lost its partitions but does not know
it yet cannot hide what its successor wrote, and a group that starts anew (generation 1) is not hidden by its former self.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import cramjam
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.sending import Outgoing
from streams.topics import CHECKPOINTS

CHUNK_BYTES = 900_000
"""Below Kafka's default record limit of 1 MiB, with room for key and headers."""
READ_TIMEOUT_MS = 1_000
EPOCHS_KEPT = 2
"""A stale writer and its successor never write the same key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    estate: str
    epoch: int
    generation: int
    sequence: int
    memory: bytes

    @property
    def age(self) -> tuple[int, int, int]:
        return self.epoch, self.generation, self.sequence


def chunks(checkpoint: Checkpoint, partition: int) -> Iterator[Outgoing]:
    """The records of one checkpoint, compressed; zstd at its fastest halves the network and costs a few ms a MB."""
    packed = bytes(cramjam.zstd.compress(checkpoint.memory, level=1))
    pieces = [packed[start : start + CHUNK_BYTES] for start in range(0, len(packed), CHUNK_BYTES)] or [b""]
    about = {
        "epoch": checkpoint.epoch,
        "generation": checkpoint.generation,
        "sequence": checkpoint.sequence,
        "chunks": len(pieces),
        "bytes": len(packed),
        "crc32": zlib.crc32(packed),
    }
    slot = f"{checkpoint.epoch % EPOCHS_KEPT}{checkpoint.sequence % 2}"
    for number, piece in enumerate(pieces):
        header = orjson.dumps(about | {"chunk": number})
        yield Outgoing(CHECKPOINTS, f"{checkpoint.estate}|{slot}|{number}".encode(), piece, [("checkpoint", header)], partition=partition)


@dataclass(slots=True)
class Assembly:
    """Chunks as they are read, oldest first; the last one of a key stands."""

    pieces: dict[tuple[str, int, int, int], dict[int, bytes]] = field(default_factory=dict)
    about: dict[tuple[str, int, int, int], dict[str, int]] = field(default_factory=dict)

    def add(self, key: bytes, value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> None:
        header = dict(headers).get("checkpoint")
        if value is None or header is None:
            return
        estate = key.decode().rpartition("|")[0].rpartition("|")[0]
        told = orjson.loads(header)
        name = (estate, told["epoch"], told["generation"], told["sequence"])
        self.pieces.setdefault(name, {})[told["chunk"]] = value
        self.about[name] = told

    def newest(self) -> dict[str, Checkpoint]:
        """The newest whole checkpoint of each estate."""
        found: dict[str, Checkpoint] = {}
        for name, pieces in self.pieces.items():
            estate, epoch, generation, sequence = name
            told = self.about[name]
            packed = b"".join(pieces[number] for number in sorted(pieces))
            if len(pieces) != told["chunks"] or zlib.crc32(packed) != told["crc32"]:
                continue
            old = found.get(estate)
            if old is None or old.age < (epoch, generation, sequence):
                found[estate] = Checkpoint(estate, epoch, generation, sequence, bytes(cramjam.zstd.decompress(packed)))
        return found


async def read_newest(brokers: str, partition: int, **security: object) -> dict[str, Checkpoint]:
    """Reads one partition from its beginning to its present end; a partition without records gives nothing."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers,
        enable_auto_commit=False,
        group_id=None,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
        **security,
    )
    await consumer.start()
    try:
        tp = TopicPartition(CHECKPOINTS, partition)
        consumer.assign([tp])
        end = (await consumer.end_offsets([tp]))[tp]
        assembly = Assembly()
        await consumer.seek_to_beginning(tp)
        while await consumer.position(tp) < end:
            for records in (await consumer.getmany(tp, timeout_ms=READ_TIMEOUT_MS)).values():
                for record in records:
                    assembly.add(record.key, record.value, record.headers)
        return assembly.newest()
    finally:
        await consumer.stop()
