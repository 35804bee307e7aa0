"""Detectors that compare parts of a window: ADWIN, KSWIN, STEPD, FHDDM."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from simdrift.stream.detector import CONVENTIONS, Detector, Floats, choice

__all__ = ["ADWIN", "FHDDM", "KSWIN", "STEPD"]


class ADWIN(Detector):
    """Adaptive window over the last values, cut where the means of its parts differ.

    Parameters are river's: `delta`, the chance of a false cut; `clock`, values between two
    checks; `max_buckets` of one size; `min_window_length` of each part; `grace_period`, values
    before the first check. `convention` "frouros" asks for one value more in each part and leaves
    out some cuts, "moa" asks for two more and keeps the window after a drift.

    Source: Bifet and Gavalda, Learning from time-changing data with adaptive windowing, SDM 2007.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> detector = sd.stream.ADWIN()
    >>> detector.update(np.repeat([0.0, 1.0], 500))
    array([511])
    >>> detector.width
    488
    """

    KIND = "adwin"

    def __init__(
        self,
        delta: float = 0.002,
        clock: int = 32,
        max_buckets: int = 5,
        min_window_length: int = 5,
        grace_period: int = 10,
        *,
        convention: Literal["river", "frouros", "moa"] = "river",
    ) -> None:
        which = choice("ADWIN", "convention", convention, CONVENTIONS)
        super().__init__((delta, clock, max_buckets, min_window_length, grace_period, which))

    @property
    def width(self) -> int | Floats:
        """Values in the window; of a matrix: an array, one a series."""
        found = self._double(0)
        return int(found) if isinstance(found, float) else found

    @property
    def total(self) -> float | Floats:
        """Sum of the values in the window."""
        return self._double(1)

    @property
    def variance(self) -> float | Floats:
        """Sum of the squared deviations in the window from its mean, as river has it."""
        return self._double(2)

    @property
    def estimation(self) -> float | Floats:
        """Mean of the window; 0 where it is empty."""
        width = np.maximum(self._double(0), 1.0)
        found = self._double(1) / width
        return found if self._is_matrix else float(found)


class KSWIN(Detector):
    """The last values of a window against as many drawn from the rest, by the KS test.

    `alpha` is the level of the exact test, which is made with every value; `window_size` and
    `stat_size` are the window and the part compared. Draws are those of Python's
    `random.Random(seed)`, so that signals are river's of the same seed (river's own default
    is a seed of chance).

    Source: Raab, Heusinger, Schleif, Reactive soft prototype computing for concept drift
    streams, Neurocomputing 416, 2020.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> values = np.random.default_rng(0).normal(size=400) + np.repeat([0.0, 3.0], 200)
    >>> sd.stream.KSWIN(alpha=0.0001, seed=1).update(values)
    array([215])
    """

    KIND = "kswin"

    def __init__(
        self, alpha: float = 0.005, window_size: int = 100, stat_size: int = 30, seed: int = 0
    ) -> None:
        super().__init__((alpha, window_size, stat_size, seed))

    @property
    def p_value(self) -> float | Floats:
        """Exact p-value of the last test; NaN before the first."""
        distance = self._states[:, 2 + 314].astype(np.int64)
        size = int(self._parameters[2])
        table = np.array([math.nan, *(_ks_p_value(size, h) for h in range(size + 1))])
        found = table[np.clip(distance, -1, size) + 1]
        return found if self._is_matrix else float(found[0])


def _ks_p_value(n: int, h: int) -> float:
    """P of a distance of h / n or more between two samples of n."""
    if h == 0:
        return 1.0
    paths = ((-1) ** (k + 1) * math.comb(2 * n, n - k * h) for k in range(1, n // h + 1))
    return float(2 * sum(paths) / math.comb(2 * n, n))


class STEPD(Detector):
    """The rate of errors of the last rows against that of the rows before, by a z-test.

    It takes errors, 0 or 1. A rise is signalled where the two-sided p-value, with a correction
    for continuity, is below `alpha_drift`; `window_size` is the number of last rows.
    `convention` "frouros" signals both ways, by one tail.

    Source: Nishida and Yamauchi, Detecting concept drift using statistical testing, Discovery
    Science 2007.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> errors = np.arange(400) % np.repeat([10, 2], 200) == 0
    >>> sd.stream.STEPD().update(errors)
    array([216])
    """

    KIND = "stepd"

    def __init__(
        self,
        window_size: int = 30,
        alpha_drift: float = 0.003,
        alpha_warning: float = 0.05,
        *,
        convention: Literal["moa", "frouros"] = "moa",
    ) -> None:
        which = choice("STEPD", "convention", convention, {"moa": 2.0, "frouros": 1.0})
        super().__init__((window_size, alpha_drift, alpha_warning, which))


class FHDDM(Detector):
    """The share of ones in a sliding window against its largest value, by Hoeffding's bound.

    A fall is signalled, as in river: give 1 for a correct prediction, 0 for an error.
    `short_window_size` adds a second window, the last part of the first.

    Source: Pesaranghader and Viktor, Fast Hoeffding drift detection method for evolving data
    streams, ECML 2016.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> correct = np.arange(600) % np.repeat([10, 2], 300) != 0
    >>> sd.stream.FHDDM().update(correct)
    array([366])
    """

    KIND = "fhddm"

    def __init__(
        self,
        sliding_window_size: int = 100,
        confidence_level: float = 0.000001,
        short_window_size: int | None = None,
    ) -> None:
        super().__init__((sliding_window_size, confidence_level, short_window_size or 0))
