"""Rows into groups, by sorting small numbers; kernels.

Knows:   how to sort and count whole columns quickly.
Ignores: what the columns are.
"""

from __future__ import annotations

import numpy as np

from correlate.scene import Int64s


def stable_order(keys: Int64s) -> Int64s:
    """`np.argsort(keys, kind="stable")` of keys that are not negative.

    Small keys carry their place in their low bits: a plain sort then is stable, and with its vector instructions takes a quarter of the
    time (0.4 ms instead of 1.7 for 33,000 keys, which is what a tick of a large estate has).
    """
    bits = len(keys).bit_length()
    if not len(keys) or int(keys.max()) >> (62 - bits):
        return np.argsort(keys, kind="stable")
    order: Int64s = np.sort(keys << bits | np.arange(len(keys)))
    order &= (1 << bits) - 1
    return order


def grouped(keys: Int64s, unit: Int64s, time: Int64s) -> tuple[Int64s, Int64s]:
    """(place of the earliest row of each key, number of different units of each key), in the order of the keys; units come in order."""
    order = stable_order(keys)
    keys, unit, time = keys[order], unit[order], time[order]
    new = np.concatenate(([True], keys[1:] != keys[:-1]))
    start = np.nonzero(new)[0]
    count = np.add.reduceat((new | np.concatenate(([True], unit[1:] != unit[:-1]))).astype(np.int64), start)
    earliest = np.minimum.reduceat(time, start)
    hits = np.nonzero(time == np.repeat(earliest, np.diff(np.append(start, len(keys)))))[0]
    return order[hits[np.searchsorted(hits, start)]], count
