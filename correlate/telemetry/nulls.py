"""What quiet times look like: for each family of evidence the distribution of its surprise outside incidents.

Knows:   values of surprise, and how to turn one into calibrated nats: -ln of the share of quiet moments that show as much.
Ignores: what the values are about.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from correlate.scene import Floats

KEPT: Final = 4000
"""Values remembered a family: enough for the 90 % quantile and the tail beyond it, little enough to follow a changing system."""
_PRIOR: Final = -np.log((np.arange(20) + 0.5) / 20)
"""Twenty draws of a unit exponential: what surprise would be if the nulls of each series were right.  A young null is this prior."""
_BODY: Final = 0.9
"""Share of values that is counted; beyond, an exponential tail is fitted."""
_LIMIT: Final = 20.0
"""Above this many nats the tail is extrapolated so far that only its logarithm counts."""


class Null:
    """The remembered quiet values of one family."""

    __slots__ = ("_filled", "_new", "_ordered", "_tail", "_threshold")
    _filled: Floats
    _ordered: Floats
    _threshold: float
    _tail: float

    def __init__(self) -> None:
        self._filled = np.zeros(0)
        self._new = True
        self.fit()

    def add(self, values: Floats) -> None:
        """Remembers values; they count after the next `fit`."""
        self._filled = np.concatenate((self._filled, values))[-KEPT:]
        self._new = True

    def fit(self) -> None:
        if not self._new:
            return
        self._new = False
        self._ordered = np.sort(np.concatenate((self._filled, _PRIOR)))
        self._threshold = float(self._ordered[int(_BODY * len(self._ordered))])
        beyond = self._ordered[self._ordered > self._threshold] - self._threshold
        self._tail = max(float(np.median(beyond)) / np.log(2.0), 1.0) if len(beyond) else 1.0

    def calibrate(self, values: Floats) -> Floats:
        """Nats of values against the null; 0 for values that are not positive."""
        if not (values > 0).any():
            return np.zeros(len(values))
        count = len(self._ordered)
        as_much = count - np.searchsorted(self._ordered, values)
        body = -np.log((as_much + 0.5) / (count + 1.0))
        tail = -np.log(1.0 - _BODY) + (values - self._threshold) / self._tail
        tail = np.where(tail < _LIMIT, tail, _LIMIT + 5.0 * np.log(np.maximum(tail, _LIMIT) / _LIMIT))
        return np.where(values <= 0, 0.0, np.where(values <= self._threshold, body, tail))
