"""Detectors of a change in the mean of any values: PageHinkley, CUSUM, EWMA, BOCD."""

from __future__ import annotations

from typing import Literal

from simdrift.stream.detector import CONVENTIONS, MODES, Detector, choice

__all__ = ["BOCD", "CUSUM", "EWMA", "PageHinkley"]

Mode = Literal["up", "down", "both"]


class PageHinkley(Detector):
    """The sum of deviations from the running mean against its lowest or highest value.

    Parameters are river's: `min_instances` before the first signal; `delta`, a deviation that
    is allowed; `threshold` of the sum; `alpha`, by which the sum is multiplied every time;
    `mode` "up", "down" or "both". `convention` "frouros" and "moa" compare the sum itself, and
    look upwards alone.

    Source: Page, Continuous inspection schemes, Biometrika 41, 1954.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> sd.stream.PageHinkley().update(np.repeat([0.0, 1.0], 500))
    array([553])
    """

    KIND = "page_hinkley"

    def __init__(
        self,
        min_instances: int = 30,
        delta: float = 0.005,
        threshold: float = 50.0,
        alpha: float = 1 - 0.0001,
        mode: Mode = "both",
        *,
        convention: Literal["river", "frouros", "moa"] = "river",
    ) -> None:
        which = choice("PageHinkley", "convention", convention, CONVENTIONS)
        side = choice("PageHinkley", "mode", mode, MODES)
        super().__init__((min_instances, delta, threshold, alpha, side, which))


class CUSUM(Detector):
    """The sum of deviations from the running mean beyond a slack, kept at 0 or above.

    `delta` is the slack, `threshold` of the sum, `mode` the direction; frouros' CUSUM is that
    of mode "up".

    Source: Page, Continuous inspection schemes, Biometrika 41, 1954.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> sd.stream.CUSUM().update(np.repeat([0.0, 1.0], 500))
    array([552])
    """

    KIND = "cusum"

    def __init__(
        self,
        min_instances: int = 30,
        delta: float = 0.005,
        threshold: float = 50.0,
        mode: Mode = "both",
    ) -> None:
        side = choice("CUSUM", "mode", mode, MODES)
        super().__init__((min_instances, delta, threshold, side))


class EWMA(Detector):
    """Chart of an exponentially weighted mean, which needs no reference.

    Every value is standardised by the mean and the deviation of those before it since the last
    drift. `lambda_val` is the weight of the newest value; thresholds are in deviations of the
    weighted mean.

    Source: Roberts, Control chart tests based on geometric moving averages, Technometrics 1,
    1959; Hawkins, Self-starting CUSUM charts for location and scale, The Statistician 36, 1987.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> values = np.random.default_rng(0).normal(size=400) + np.repeat([0.0, 3.0], 200)
    >>> sd.stream.EWMA(drift_threshold=4.0).update(values)
    array([203])
    """

    KIND = "ewma"

    def __init__(
        self,
        min_instances: int = 30,
        lambda_val: float = 0.2,
        warning_threshold: float = 2.0,
        drift_threshold: float = 3.0,
        mode: Mode = "both",
    ) -> None:
        side = choice("EWMA", "mode", mode, MODES)
        super().__init__((min_instances, lambda_val, warning_threshold, drift_threshold, side))


class BOCD(Detector):
    """Bayesian distribution of the time since the last change, for normal values.

    Values have the variance `data_var` and a mean that is drawn anew at a change from a normal
    distribution of `prior_mean` and `prior_var`; a change comes with probability `hazard` at
    any value. Drift is signalled where the most likely time is not that since the detector
    began. Times of `max_run_length` and more count as one; an update takes as long as the
    smaller of that and the time.

    Source: Adams and MacKay, Bayesian online changepoint detection, arXiv:0710.3742.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> values = np.random.default_rng(0).normal(size=200) + np.repeat([0.0, 5.0], 100)
    >>> sd.stream.BOCD().update(values)[:1]
    array([100])
    """

    KIND = "bocd"

    def __init__(
        self,
        hazard: float = 0.01,
        prior_mean: float = 0.0,
        prior_var: float = 1.0,
        data_var: float = 1.0,
        min_instances: int = 30,
        max_run_length: int = 1000,
    ) -> None:
        super().__init__((hazard, prior_mean, prior_var, data_var, min_instances, max_run_length))
