"""The curves of a model that gives one score: ROC, precision by recall, calibration."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simdrift._types import Floats
from simdrift.columns import Table
from simdrift.metrics import performance
from simdrift.metrics.evaluate import attempt
from simdrift.metrics.groups import Groups
from simdrift.metrics.performance.predictions import ONE_SCORE
from simdrift.metrics.values import Outcome
from simdrift.monitoring.model import predictions_of, task_of
from simdrift.monitoring.roles import Roles
from simdrift.reports.model import MOST_POINTS, Curve, CurveLine

BINS = 10
_CURVES = (
    ("ROC", "false positive rate", "true positive rate", True),
    ("Precision by recall", "recall", "precision", False),
    ("Calibration", "mean score", "share of positives", True),
)


def curves_of(
    current: Table, reference: Table | None, roles: Roles, threads: int | None = None
) -> tuple[Curve, ...]:
    """The curves of both sides; none where the model gives no score, or one a label, and where the
    score is no share, no calibration."""
    sides = {"before": reference, "now": current}
    lines = {style: list(_lines(table, roles, threads)) for style, table in sides.items() if table}
    found = []
    for place, words in enumerate(_CURVES):
        own = [_thinned(style, *side[place]) for style, side in lines.items() if side]
        own = [line for line in own if len(line.x) > 1]
        if any(line.style == "now" for line in own):
            found.append(Curve(*words, tuple(own)))
    return tuple(found)


def _lines(table: Table, roles: Roles, threads: int | None) -> Iterator[tuple[Floats, Floats]]:
    """Across and up of each curve of one side."""
    made = predictions_of(table, Groups.whole(), roles, threads)
    if made is None or made.target is None or list(made.scores) != [ONE_SCORE]:
        return
    used = made.target, made.scores[ONE_SCORE]
    if task_of(table, roles) == "ranking" or any(own.whole.refused for own in used):
        return
    columns = made.target.whole.column, made.scores[ONE_SCORE].whole.column
    positive = made.settings.positive

    def roc() -> tuple[Floats, Floats]:
        curve = performance.roc_curve(*columns, pos_label=positive, threads=threads)
        return curve.fpr, curve.tpr

    def precision() -> tuple[Floats, Floats]:
        curve = performance.precision_recall_curve(
            *columns, pos_label=positive, drop_intermediate=True, threads=threads
        )
        return curve.recall, curve.precision

    def calibration() -> tuple[Floats, Floats]:
        curve = performance.calibration_curve(
            *columns, pos_label=positive, n_bins=BINS, threads=threads
        )
        return curve.prob_pred, curve.prob_true

    for compute in (roc, precision, calibration):
        found = attempt("curves", str(roles.target), compute)
        none = np.zeros(0)
        yield (none, none) if isinstance(found, Outcome) else found


def _thinned(style: str, x: Floats, y: Floats) -> CurveLine:
    """Points that are seen: those that are known, some of many."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) > MOST_POINTS:
        places = np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int)
        x, y = x[places], y[places]
    return CurveLine(style, tuple(x.tolist()), tuple(y.tolist()))
