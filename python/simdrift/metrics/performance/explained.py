"""How certain a share of explained variance is: the error of its logarithm.

ln(1 - share) = ln(loss) - ln(variance of the target), and each row moves it by its influence, e^2 /
loss - d^2 / variance, where d is the target less its mean. The sum of the squared influences is
what a bootstrap of the rows comes to as its resamples grow (Efron 1982, infinitesimal jackknife),
without their noise and in one pass. Rows are read group by group: windows may share some.
"""

from __future__ import annotations

import numpy as np

from simdrift._types import Floats
from simdrift.metrics.performance.target_pair import TargetPair


def log_errors(pair: TargetPair, *, centred: bool) -> Floats:
    """(G,) standard errors of ln(1 - share); `centred`: of the error less its mean. NaN of fewer
    than two rows, or where loss or variance is 0."""
    target, prediction, weights = pair.rows
    _, starts, stops = pair.target.ranges
    found = np.full(len(starts), np.nan)
    for place, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        own = slice(start, stop)
        w = None if weights is None else weights[own]
        found[place] = _log_error(target[own], prediction[own] - target[own], w, centred)
    return found


def _log_error(target: Floats, error: Floats, weights: Floats | None, centred: bool) -> float:
    known = np.isfinite(error)
    w = known.astype(float) if weights is None else np.where(known, weights, 0.0)
    total, squares = float(w.sum()), float((w * w).sum())
    if total * total <= squares:
        return np.nan
    d, e = (np.where(known, own, 0.0) for own in (target, error))
    d = d - float((w * d).sum()) / total
    if centred:
        e = e - float((w * e).sum()) / total
    d, e = d * d, e * e
    variance, loss = (float((w * own).sum()) / total for own in (d, e))
    if variance == 0.0 or loss == 0.0:
        return np.nan
    influence = w * (e / loss - d / variance)
    size = total * total / squares
    return float(np.sqrt((influence * influence).sum() * size / (size - 1.0))) / total
