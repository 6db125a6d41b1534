"""Whether a share has changed: kernels on counts of outcomes among their contexts.

Knows:   how often something happened, out of how often it could have, now and before.
Ignores: that these are log templates (logs.py).
"""

from __future__ import annotations

import numpy as np

from correlate.scene import Floats
from correlate.telemetry import baseline


def divergence(share: Floats, expected: Floats) -> Floats:
    """Kullback-Leibler divergence of Bernoulli shares, in nats a trial."""
    expected = np.clip(expected, 1e-12, 1.0 - 1e-12)
    share = np.clip(share, 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        happened = np.where(share > 0, share * np.log(share / expected), 0.0)
        missed = np.where(share < 1, (1.0 - share) * np.log((1.0 - share) / (1.0 - expected)), 0.0)
    return happened + missed


def two_samples(count: Floats, trials: Floats, before: Floats, trials_before: Floats) -> Floats:
    """Log likelihood ratio of two shares against one common share; 0 where one of the samples is empty."""
    with np.errstate(divide="ignore", invalid="ignore"):
        common = (count + before) / (trials + trials_before)
        ratio = trials * divergence(count / trials, common) + trials_before * divergence(before / trials_before, common)
    return np.where((trials > 0) & (trials_before > 0), np.maximum(ratio, 0.0), 0.0)


def two_rates(count: Floats, exposure: Floats, before: Floats, exposure_before: Floats) -> Floats:
    """Log likelihood ratio of two Poisson rates against one common rate; 0 where one of the samples has no exposure."""
    with np.errstate(divide="ignore", invalid="ignore"):
        common = (count + before) / (exposure + exposure_before)
        now = np.where(count > 0, count * np.log(count / exposure / common), 0.0)
        then = np.where(before > 0, before * np.log(before / exposure_before / common), 0.0)
    return np.where((exposure > 0) & (exposure_before > 0), np.maximum(now + then, 0.0), 0.0)


def capped(weights: Floats) -> Floats:
    """Of each row the weights, none above the row's median of those that are not 0."""
    middle = baseline.medians(np.where(weights > 0, weights, np.nan))
    return np.minimum(weights, np.nan_to_num(middle)[:, None])


def weighted_medians(shares: Floats, weights: Floats) -> Floats:
    """Of each row the smallest share at which half of its weight is reached; 0 for a row without weight."""
    order = np.argsort(shares, axis=1, kind="stable")
    reached = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    middle = np.argmax(reached >= 0.5 * reached[:, -1:], axis=1)
    row = np.arange(len(shares))
    return np.where(reached[:, -1] > 0, shares[row, order[row, middle]], 0.0)


def split(count: Floats, trials: Floats, rising: bool) -> tuple[int, float]:
    """Where a sequence of shares changes in the given direction: (index of the first changed, log likelihood ratio); (0, 0) for nowhere."""
    happened, tried = np.cumsum(count), np.cumsum(trials)
    if len(count) < 2 or tried[-1] <= 0:
        return 0, 0.0
    before, before_of = happened[:-1], tried[:-1]
    after, after_of = happened[-1] - before, tried[-1] - before_of
    ratio = two_samples(after, after_of, before, before_of)
    with np.errstate(divide="ignore", invalid="ignore"):
        risen = after / after_of > before / before_of
    right = (risen == rising) & (after_of > 0) & (before_of > 0)
    if not right.any():
        return 0, 0.0
    best = int(np.argmax(np.where(right, ratio, -1.0)))
    return best + 1, float(ratio[best])
