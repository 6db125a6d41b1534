"""Since when a series deviates: walk back from the last deviating sample to the first of its run; a kernel on one series.

Knows:   one series' samples as deviations in units of its scale.
Ignores: which series it is.
"""

from __future__ import annotations

from typing import Final

from correlate.scene import Floats, Int64s

_LEAST: Final = 3.0
"""Scales from normal at which one sample counts as deviating."""
_PART: Final = 0.3
"""…or this share of the deviation that the window keeps up: the foot of a ramp belongs to it, its noise does not."""


def run(times_ns: Int64s, z: Floats, kept_up: float, bridge_ns: int) -> tuple[int, int] | None:
    """(first, last) index of the last run of deviating samples in the direction of `kept_up`; a single normal sample is bridged
    where the deviating ones beside it lie within `bridge_ns`; None where no sample deviates."""
    limit = max(_LEAST, _PART * abs(kept_up))
    deviates = (z if kept_up >= 0 else -z) > limit
    if not deviates.any():
        return None
    last = len(z) - 1 - int(deviates[::-1].argmax())
    first = last
    while first > 0:
        if deviates[first - 1]:
            first -= 1
        elif first > 1 and deviates[first - 2] and times_ns[first] - times_ns[first - 2] <= bridge_ns:
            first -= 2
        else:
            break
    return first, last
