"""Small consecutive numbers for 64-bit keys, a whole array at a time.

Knows:   which key got which number, in order of first appearance.
Ignores: what the keys stand for.
"""

from __future__ import annotations

import numpy as np

from correlate.scene import Int64s

ABSENT = -1


class Interner:
    """Keys are looked up in a sorted array; new ones are merged into it."""

    __slots__ = ("_numbers", "_sorted", "keys", "limit")
    keys: Int64s
    """Number → key."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.keys = np.zeros(0, np.int64)
        self._sorted = np.zeros(0, np.int64)
        self._numbers = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, keys: Int64s) -> Int64s:
        """Numbers of keys; ABSENT for unknown ones."""
        if not len(self._sorted):
            return np.full(len(keys), ABSENT)
        place = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        return np.where(self._sorted[place] == keys, self._numbers[place], ABSENT)

    def number(self, keys: Int64s) -> Int64s:
        """Numbers of keys; new keys get the next ones while there is room, in order of appearance; ABSENT beyond the limit."""
        numbers = self.find(keys)
        unknown = numbers == ABSENT
        if not unknown.any() or len(self.keys) >= self.limit:
            return numbers
        _, first = np.unique(keys[unknown], return_index=True)
        new = keys[unknown][np.sort(first)][: self.limit - len(self.keys)]
        self.keys = np.concatenate((self.keys, new))
        order = np.argsort(self.keys, kind="stable")
        self._sorted, self._numbers = self.keys[order], order
        return self.find(keys)
