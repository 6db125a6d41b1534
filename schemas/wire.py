"""The wire form of signals: one Kafka record value is one columnar batch, Arrow IPC stream with zstd.

Knows:   how a frame of SIGNAL_SCHEMA becomes bytes and back.
Ignores: topics, keys and headers (streams/).
Source:  Apache Arrow columnar format, "IPC streaming format".
"""

from __future__ import annotations

import io

import polars as pl

from schemas.signal import SIGNAL_SCHEMA


def encode(batch: pl.DataFrame) -> bytes:
    """Bytes of one batch; its columns must be those of SIGNAL_SCHEMA."""
    buffer = io.BytesIO()
    batch.write_ipc_stream(buffer, compression="zstd")
    return buffer.getvalue()


def decode(value: bytes) -> pl.DataFrame:
    """The batch, columns of SIGNAL_SCHEMA in order.

    A column that a later version added is left out; one that an earlier version lacked is null.
    Raises ValueError for bytes that are no Arrow stream: only our own intake writes this topic, so that is a bug or a wrong topic.
    """
    try:
        read = pl.read_ipc_stream(io.BytesIO(value))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ValueError(f"not an Arrow IPC stream of signals: {error}") from error
    return read.select(
        [(pl.col(name) if name in read.columns else pl.lit(None).alias(name)).cast(dtype) for name, dtype in SIGNAL_SCHEMA.items()]
    )
