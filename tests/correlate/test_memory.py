"""The engine's memory comes back as it was, in any process, and nothing foreign comes with it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.alarms.rates import Rate
from correlate.memory import VERSION, MemoryFormatError, freeze, thaw
from correlate.telemetry.logs import Shift
from schemas.incident import Phase
from schemas.signal import Kind, Signal, Subject

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
hashable = st.booleans() | st.integers() | st.text() | st.tuples(st.integers(), st.text())
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(hashable, inner)
        | st.sets(hashable)
        | st.frozensets(hashable)
        | st.lists(inner).map(deque)
    ),
    max_leaves=20,
)


@given(plain)
def test_plain_data_thaws_equal_and_of_the_same_types(value: object) -> None:
    """What goes in comes out: values, types and nesting."""
    thawed = thaw(freeze(value))
    assert thawed == value
    assert repr(thawed) == repr(value) or isinstance(value, (set, frozenset, dict, list, tuple, deque))


@given(st.lists(st.text(), unique=True))
def test_equal_memories_freeze_to_equal_bytes(items: list[str]) -> None:
    """The order in which a set was filled leaves no trace."""
    backwards: set[str] = set()
    for item in reversed([*items]):
        backwards.add(item)
    assert freeze(set(items)) == freeze(backwards)


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    """Processes with different PYTHONHASHSEED freeze the same set to the same bytes, of texts or of objects of several classes."""
    script = """
import sys
from correlate.memory import freeze
from correlate.scene import Position
from schemas.incident import Phase
memory = {'a', 'b', 'c', 'd', Position('t', 0, 1), Position('u', 0, 1), ('x', Phase.OPEN), ('y', Position('v', 1, 1))}
sys.stdout.write(freeze(memory).hex())
"""
    root = Path(__file__).parents[2]
    runs = {
        subprocess.run([sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, cwd=root, capture_output=True, check=True).stdout
        for seed in ("1", "2", "3")
    }
    assert len(runs) == 1
    assert runs != {b""}


def test_containers_with_a_nature_keep_it() -> None:
    """Counters count, default dictionaries default, bounded deques stay bounded."""
    thawed = thaw(freeze([Counter("aab"), defaultdict(list, {1: [2]}), deque([1, 2], maxlen=2)]))
    assert thawed[0]["a"] == 2
    assert thawed[1]["new"] == []
    assert thawed[2].maxlen == 2


def test_arrays_and_frames_keep_shape_type_and_values() -> None:
    array = np.array([[1.5, np.nan], [np.inf, -0.0]])
    frame = pl.DataFrame({"a": [1, None], "b": ["x", "y"]})
    thawed_array, thawed_frame = thaw(freeze((array, frame)))
    np.testing.assert_array_equal(thawed_array, array)
    assert thawed_array.dtype == array.dtype
    assert thawed_array.flags.writeable
    assert thawed_frame.equals(frame)


def test_our_own_objects_keep_their_fields() -> None:
    subject = Subject(Kind.ALERT, "service:cart", "HighLatency", attributes=(("severity", "page"),))
    signal = Signal(subject, 17, value=1.5)
    shift = Shift(9.5, 1, 2, True, 0.5, 0.1)
    rate, phase, thawed_signal, thawed_shift = thaw(freeze((Rate(1.0, 2.0, 3), Phase.OPEN, signal, shift)))
    assert thawed_shift == shift
    assert isinstance(thawed_shift, Shift)
    assert rate == Rate(1.0, 2.0, 3)
    assert phase is Phase.OPEN
    assert thawed_signal == signal
    assert thawed_signal.subject.id == subject.id


@dataclass
class Foreign:
    x: int = 0


@pytest.mark.parametrize("value", [Foreign(), lambda: 0, Path("x"), np.array([object()], object), defaultdict(lambda: 1)])
def test_what_is_not_ours_is_refused_with_its_path(value: object) -> None:
    """A bug of ours is told where it lies, when freezing, not when thawing."""
    with pytest.raises(TypeError, match=r"memory\['here'\]"):
        freeze({"here": value})


def test_a_foreign_class_name_is_never_imported() -> None:
    """Bytes that name another module's class give an error, not an object."""
    hostile = msgspec.msgpack.encode([VERSION, [["os:system", "x"]], [9, 0, 1]])
    with pytest.raises(MemoryFormatError, match="not one of ours"):
        thaw(hostile)


@given(st.binary(max_size=200))
def test_garbage_is_told_apart_from_memory(garbage: bytes) -> None:
    with pytest.raises(MemoryFormatError):
        thaw(garbage)


def test_a_memory_of_another_version_is_refused() -> None:
    with pytest.raises(MemoryFormatError, match="version 99"):
        thaw(msgspec.msgpack.encode([99, None]))
