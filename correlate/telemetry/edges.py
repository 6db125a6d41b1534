"""Who answers for slow calls: what all of a caller's callees share is the caller's, the rest is the callee's; one kernel.

Knows:   surprise per edge (caller, callee).
Ignores: where it comes from.
"""

from __future__ import annotations

import numpy as np

from correlate.scene import Floats, Int64s


def charge(callers: Int64s, callees: Int64s, nats: Floats) -> tuple[Int64s, Floats, Int64s, Floats]:
    """(servers, their nats, callers, their nats) for edges that each occur once.

    The lower median over a caller's callees is charged to the caller (its way out is slow), if it has two or more.  What remains of each
    edge is charged to the server: its sum over the callers by the root of their number, as all callers of a slow server agree.
    """
    if not len(nats):
        empty = np.zeros(0, np.int64)
        return empty, np.zeros(0), empty.copy(), np.zeros(0)
    order = np.lexsort((nats, callers))
    outs, first, count = np.unique(callers[order], return_index=True, return_counts=True)
    common = np.where(count >= 2, nats[order[first + (count - 1) // 2]], 0.0)
    left = np.maximum(0.0, nats - common[np.searchsorted(outs, callers)])
    servers, place, asked = np.unique(callees, return_inverse=True, return_counts=True)
    charged = np.bincount(place, weights=left, minlength=len(servers)) / np.sqrt(asked)
    shared = count >= 2
    return servers, charged, outs[shared], common[shared]
