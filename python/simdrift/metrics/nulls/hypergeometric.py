"""Fisher's exact p-value: the hypergeometric law of a 2 x 2 table with its margins given.

Probabilities are products of the ratios of neighbours, from the mode outwards, and are divided
by their sum: right to some 1e-13, whatever the counts.
"""

from __future__ import annotations

import math

import numpy as np

SAME = 1.0 + 1e-12
"""Tables this much likelier count as no likelier: rounding."""


def two_sided_log_p(a: int, n: int, k: int, total: int) -> float:
    """log of the probability of all tables no likelier than the one with `a` of its `n` rows
    among the `k` of `total`."""
    low, high = max(0, n + k - total), min(n, k)
    mode = min(high, max(low, (n + 1) * (k + 1) // (total + 2)))
    up = np.arange(mode, high, dtype=float)
    down = np.arange(mode, low, -1, dtype=float)
    above = np.log((k - up) * (n - up) / ((up + 1.0) * (total - k - n + up + 1.0)))
    below = np.log(down * (total - k - n + down) / ((k - down + 1.0) * (n - down + 1.0)))
    logs = np.concatenate([np.cumsum(below)[::-1], [0.0], np.cumsum(above)])
    mine = float(logs[a - low])
    kept = logs[logs <= mine + math.log(SAME)]
    top = float(kept.max())
    whole = float(np.sum(np.exp(logs)))
    return min(0.0, top + math.log(float(np.sum(np.exp(kept - top)))) - math.log(whole))
