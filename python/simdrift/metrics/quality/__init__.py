"""Quality: what the rows of a column, of a pair of columns and of a whole table are like."""

from __future__ import annotations

from simdrift.metrics.quality.columns import (
    QUANTILES,
    STATISTICS,
    all_statistics,
    checked_statistics,
    column_statistics,
    quantile_statistics,
)
from simdrift.metrics.quality.pairs import correlation, correlations
from simdrift.metrics.quality.tables import table_statistics

__all__ = [
    "QUANTILES",
    "STATISTICS",
    "all_statistics",
    "checked_statistics",
    "column_statistics",
    "correlation",
    "correlations",
    "quantile_statistics",
    "table_statistics",
]
