"""Intervals by resamples: every row counts a number of times that is Poisson of mean 1.

The rows are sorted once; the core makes one pass over them a resample.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from simdrift import _core
from simdrift._types import Floats
from simdrift.catalogue.metric import Param
from simdrift.metrics.checks import checked_count
from simdrift.metrics.performance.predictions import Predictions
from simdrift.metrics.performance.scoring import Score


class Ranked(Protocol):
    """What is read of `roc.ScoreRanks`."""

    target: Any
    binary: Any

    @property
    def first(self) -> Any: ...


MOST = 100_000
ENDS = (0.025, 0.975)
TWO = 2
"""So many labels, at most, can be resampled."""


def checked_resamples(value: int) -> int:
    """How many resamples give an interval; 0: none do."""
    return checked_count("bootstrap", value, 0, MOST)


def checked_seed(value: int) -> int:
    """The seed of the resamples."""
    return checked_count("seed", value, 0, 2**63 - 1)


BOOTSTRAP = Param(
    "bootstrap", 0, "resamples of two labels for the interval; 0: closed form", checked_resamples
)
SEED = Param("seed", 0, "of the resamples", checked_seed)


def resamples_asked(bootstrap: int, seed: int, made: Predictions) -> dict[str, int]:
    """The parameters of a bootstrap, where one is asked for; ValueError where it can't be."""
    checked_seed(seed)
    if not checked_resamples(bootstrap):
        return {}
    if len(made.scores) > TWO or made.weights is not None:
        found = "sample_weight" if made.weights is not None else f"{len(made.scores)} labels"
        raise ValueError(f"bootstrap: expected two labels and no sample_weight, found {found}")
    return {"bootstrap": bootstrap, "seed": seed}


def with_resamples(score: Score, subject: Ranked, place: int, resamples: int, seed: int) -> Score:
    """The score with the interval of its resamples, where they are asked for; `place`: 0 of ROC
    AUC, 1 of average precision."""
    if not resamples:
        return score
    low, high = _quantiles(subject, place, resamples, seed)
    return score._replace(ends=(low, high) if len(low) > 1 else (low[0], high[0]))


def _quantiles(subject: Ranked, place: int, resamples: int, seed: int) -> tuple[Floats, Floats]:
    """The 2.5 % and 97.5 % points of each group's resamples, NaN where none has a value."""
    _, starts, stops = subject.first.ranges
    column, threads = subject.first.whole.column, subject.first.threads
    drawn = _core.roc_bootstrap_groups(
        subject.target, column, starts, stops, resamples, seed, subject.binary, threads=threads
    )[place]
    known = ~np.isnan(drawn).all(axis=1)
    low, high = np.full((2, len(drawn)), np.nan)
    if known.any():
        low[known], high[known] = np.nanquantile(drawn[known], ENDS, axis=1)
    return low, high
