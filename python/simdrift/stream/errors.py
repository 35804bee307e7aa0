"""Detectors of a rise in the rate of errors: DDM, EDDM, RDDM, HDDM_A, HDDM_W."""

from __future__ import annotations

from typing import Literal

from simdrift.stream.detector import CONVENTIONS, Detector, choice

__all__ = ["DDM", "EDDM", "HDDM_A", "HDDM_W", "RDDM"]


class DDM(Detector):
    """The rate of errors against its lowest value plus some deviations.

    It takes errors, 0 or 1. Parameters are river's: `warm_start` rows before the first signal;
    thresholds in deviations. `convention` "frouros" and "moa" judge one row earlier.

    Source: Gama, Medas, Castillo, Rodrigues, Learning with drift detection, SBIA 2004.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> errors = np.arange(400) % np.repeat([10, 2], 200) == 0
    >>> sd.stream.DDM().update(errors)[:1]
    array([222])
    """

    KIND = "ddm"

    def __init__(
        self,
        warm_start: int = 30,
        warning_threshold: float = 2.0,
        drift_threshold: float = 3.0,
        *,
        convention: Literal["river", "frouros", "moa"] = "river",
    ) -> None:
        which = choice("DDM", "convention", convention, CONVENTIONS)
        super().__init__((warm_start, warning_threshold, drift_threshold, which))


class EDDM(Detector):
    """The distance between errors against its largest value: for slow changes.

    It takes errors, 0 or 1. `alpha` and `beta` are the shares of the largest mean plus two
    deviations below which a warning and a drift are signalled. `convention` "frouros" divides
    the variance by n.

    Source: Baena-Garcia and others, Early drift detection method, 2006.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> errors = np.random.default_rng(0).random(2000) < np.repeat([0.1, 0.5], 1000)
    >>> sd.stream.EDDM(alpha=0.8, beta=0.7).update(errors)
    array([1181])
    """

    KIND = "eddm"

    def __init__(
        self,
        warm_start: int = 30,
        alpha: float = 0.95,
        beta: float = 0.9,
        *,
        convention: Literal["river", "frouros"] = "river",
    ) -> None:
        choices = {"river": 0.0, "frouros": 1.0}
        which = choice("EDDM", "convention", convention, choices)
        super().__init__((warm_start, alpha, beta, which))


class RDDM(Detector):
    """DDM that computes its rates anew from the last errors where a concept grows old.

    It takes errors, 0 or 1. Concepts longer than `max_concept_size` are shortened to
    `min_concept_size` rows; `warning_limit` rows of warning in a row are a drift.
    `convention` "frouros" divides the deviation after that by one row less.

    Source: Barros and others, RDDM: Reactive drift detection method, Expert Systems with
    Applications 90, 2017.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> errors = np.arange(1000) % np.repeat([10, 2], 500) == 0
    >>> sd.stream.RDDM().update(errors)[:1]
    array([520])
    """

    KIND = "rddm"

    def __init__(
        self,
        warm_start: int = 129,
        warning_threshold: float = 1.773,
        drift_threshold: float = 2.258,
        max_concept_size: int = 40000,
        min_concept_size: int = 7000,
        warning_limit: int = 1400,
        *,
        convention: Literal["moa", "frouros"] = "moa",
    ) -> None:
        which = choice("RDDM", "convention", convention, {"moa": 2.0, "frouros": 1.0})
        thresholds = (warm_start, warning_threshold, drift_threshold)
        super().__init__((*thresholds, max_concept_size, min_concept_size, warning_limit, which))


class HDDM_A(Detector):  # noqa: N801 - the field's name
    """The mean of all values against that of the first of them, by Hoeffding's bound.

    It takes values from 0 to 1, as errors are. `two_sided_test` looks for falls too.

    Source: Frias-Blanco and others, Online and non-parametric drift detection methods based on
    Hoeffding's bounds, IEEE Transactions on Knowledge and Data Engineering 27, 2015.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> errors = np.arange(400) % np.repeat([10, 2], 200) == 0
    >>> sd.stream.HDDM_A().update(errors)[:1]
    array([224])
    """

    KIND = "hddm_a"

    def __init__(
        self,
        drift_confidence: float = 0.001,
        warning_confidence: float = 0.005,
        two_sided_test: bool = False,
    ) -> None:
        super().__init__((drift_confidence, warning_confidence, float(two_sided_test)))


class HDDM_W(Detector):  # noqa: N801 - the field's name
    """Two weighted moving averages, before and after a point, by McDiarmid's bound.

    It takes values from 0 to 1, as errors are. `lambda_val` is the weight of the newest value.

    Source: Frias-Blanco and others, Online and non-parametric drift detection methods based on
    Hoeffding's bounds, IEEE Transactions on Knowledge and Data Engineering 27, 2015.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> errors = np.arange(400) % np.repeat([10, 2], 200) == 0
    >>> sd.stream.HDDM_W().update(errors)[:1]
    array([236])
    """

    KIND = "hddm_w"

    def __init__(
        self,
        drift_confidence: float = 0.001,
        warning_confidence: float = 0.005,
        lambda_val: float = 0.05,
        two_sided_test: bool = False,
    ) -> None:
        super().__init__((drift_confidence, warning_confidence, lambda_val, float(two_sided_test)))
