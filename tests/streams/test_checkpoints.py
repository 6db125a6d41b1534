"""A checkpoint is read back whole or not at all, and the newest whole one counts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.checkpoints import CHUNK_BYTES, Assembly, Checkpoint, chunks
from streams.sending import Outgoing


def read(records: list[Outgoing]) -> dict[str, Checkpoint]:
    assembly = Assembly()
    for record in records:
        assert record.key is not None
        assembly.add(record.key, record.value, record.headers)
    return assembly.newest()


def compacted(records: list[Outgoing]) -> list[Outgoing]:
    """What a compacted topic keeps: the last record of each key."""
    return list({record.key: record for record in records}.values())


def written(*checkpoints: Checkpoint) -> list[Outgoing]:
    return [record for checkpoint in checkpoints for record in chunks(checkpoint, 0)]


@given(st.binary(max_size=3000), st.integers(0, 5), st.integers(0, 9))
def test_what_was_written_is_read(memory: bytes, epoch: int, sequence: int) -> None:
    checkpoint = Checkpoint("shop", epoch, 1, sequence, memory)
    assert read(written(checkpoint)) == {"shop": checkpoint}


def test_a_large_memory_is_cut_into_records_that_kafka_takes() -> None:
    checkpoint = Checkpoint("shop", 1, 1, 1, random.Random(3).randbytes(3 * CHUNK_BYTES))
    records = written(checkpoint)
    assert len(records) > 3
    assert max(len(record.value or b"") for record in records) <= CHUNK_BYTES
    assert read(records) == {"shop": checkpoint}


def test_a_torn_checkpoint_leaves_its_predecessor_standing() -> None:
    """The writer died after some chunks, and the topic was compacted since."""
    rng = random.Random(1)
    first, second = (Checkpoint("shop", 4, 1, sequence, rng.randbytes(2 * CHUNK_BYTES)) for sequence in (7, 8))
    torn = written(second)[:-1]
    assert read(compacted([*written(first), *torn])) == {"shop": first}


def test_a_flipped_bit_is_noticed() -> None:
    first, second = Checkpoint("shop", 1, 1, 1, b"a" * 100), Checkpoint("shop", 1, 1, 2, b"b" * 100)
    (record,) = written(second)
    assert record.value is not None
    broken = Outgoing(record.topic, record.key, record.value[:-1] + bytes([record.value[-1] ^ 1]), record.headers)
    assert read([*written(first), broken]) == {"shop": first}


def test_a_worker_that_lost_its_partitions_cannot_hide_its_successors_memory() -> None:
    """The old owner writes last, with a higher sequence; the newer epoch's checkpoint counts, compacted or not."""
    newer, stale = Checkpoint("shop", 6, 12, 3, b"newer"), Checkpoint("shop", 5, 11, 40, b"stale")
    assert read(written(newer, stale)) == {"shop": newer}
    assert read(compacted(written(newer, stale))) == {"shop": newer}


def test_a_group_that_starts_anew_is_not_hidden_by_its_former_self() -> None:
    """The group was deleted: generations begin at 1 again, but the epoch goes on from what was found."""
    former, anew = Checkpoint("shop", 8, 57, 90, b"former"), Checkpoint("shop", 9, 1, 1, b"anew")
    assert read(written(former, anew)) == {"shop": anew}


def test_estates_do_not_mix() -> None:
    one, two = Checkpoint("a|b", 1, 1, 1, b"1"), Checkpoint("a", 1, 1, 2, b"2")
    assert read(written(one, two)) == {"a|b": one, "a": two}


@pytest.mark.parametrize("value", [None, b"x"])
def test_foreign_records_are_left_alone(value: bytes | None) -> None:
    assert read([Outgoing("t", b"whatever", value, [])]) == {}
