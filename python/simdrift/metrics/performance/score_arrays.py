"""Predictions of arrays whose scores are one column, or one a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simdrift.metrics.performance.label_table import labels_of
from simdrift.metrics.performance.predictions import ONE_SCORE, Predictions, Settings, arrays


def score_predictions(
    target: object,
    score: object,
    sample_weight: object,
    labels: Sequence[Any] | None,
    pos_label: Any,
    threads: int | None,
) -> Predictions:
    """`score`: (n,) of the positive label, (n, K) of the labels in sorted order (or as `labels`
    has them), or a mapping from label to (n,). ValueError where labels and columns are not as
    many."""
    settings = Settings(labels=None if labels is None else tuple(labels), positive=pos_label)
    columns = score if isinstance(score, Mapping) else _columns(target, score, labels)
    return arrays(
        target=target,
        scores={ONE_SCORE: score} if columns is None else columns,
        sample_weight=sample_weight,
        settings=settings,
        threads=threads,
    )


def _columns(
    target: object, score: object, labels: Sequence[Any] | None
) -> Mapping[Any, object] | None:
    """The columns of a table of scores by label; None of a single column."""
    table = _table(score)
    if table is None:
        return None
    if labels is None:
        labels = labels_of(_target_of(target))
    if len(labels) != table.shape[1]:
        raise ValueError(
            f"score: expected a column for each of {len(labels)} labels, found "
            f"{table.shape[1]} columns; pass labels= where the target lacks one of them"
        )
    return {label: np.ascontiguousarray(table[:, k]) for k, label in enumerate(labels)}


def _table(score: object) -> Any:
    """An array of two dimensions; None where the argument is none."""
    if isinstance(score, np.ndarray):
        return score if score.ndim == 2 else None
    shape = getattr(score, "shape", None)
    if isinstance(shape, tuple) and len(shape) == 2:
        return np.asarray(score)
    is_nested = isinstance(score, (list, tuple)) and len(score) > 0
    if is_nested and isinstance(score[0], (list, tuple, np.ndarray)):  # type: ignore[index]
        return np.asarray(score, float)
    return None


def _target_of(target: object) -> Any:
    column = arrays(target=target).target
    assert column is not None
    return column
