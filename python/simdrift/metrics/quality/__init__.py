"""Quality: what the rows of a column, of a pair of columns and of a whole table are like."""

from __future__ import annotations

from simdrift.metrics.groups import QUANTILES
from simdrift.metrics.quality.against import AGAINST, decided_against, rows_against
from simdrift.metrics.quality.columns import (
    STATISTICS,
    all_statistics,
    checked_statistics,
    column_statistics,
    quantile_statistics,
    statistics_of,
)
from simdrift.metrics.quality.pairs import correlation, correlations
from simdrift.metrics.quality.tables import key_statistics, table_statistics

__all__ = [
    "AGAINST",
    "QUANTILES",
    "STATISTICS",
    "all_statistics",
    "checked_statistics",
    "column_statistics",
    "correlation",
    "correlations",
    "decided_against",
    "key_statistics",
    "quantile_statistics",
    "rows_against",
    "statistics_of",
    "table_statistics",
]
