"""`check.*`: the records of checks. Their rows are made where checks run (`simdrift.checks`)."""

from __future__ import annotations

from typing import Any, Final

from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import TABLE
from simdrift.metrics.registry import measures
from simdrift.metrics.values import MetricValue

_ANY: Final = ("numeric", "categorical", "temporal", "null", "text")


def _record(name: str, title: str, formula: str, group: str = "values", **rest: Any) -> Metric:
    fields: dict[str, Any] = {"kinds": _ANY, "source": "simdrift", "needs_values": False, **rest}
    fields |= {"title": title, "group": group, "formula": formula, "weights": False}
    return Metric(name=f"check.{name}", **fields)


def _rows(name: str, title: str, formula: str, **rest: Any) -> Metric:
    """A check of single rows: its value is how many fail, its effect size their share."""
    fields = {"unit": "rows", "better": "lower", "bounds": (0.0, None), **rest}
    return _record(name, title, formula, "rows", effect_size="share of failing rows", **fields)


ROWS: Final = (
    _rows("not_null", "not missing", "rows that are null or NaN"),
    _rows("unique", "unique", "rows whose value, or values together, another row has"),
    _rows("between", "between", "rows below `min` or above `max`"),
    _rows("in_set", "in a set", "rows with a value that is not in `values`"),
    _rows("matches", "matches a pattern", "rows without the pattern", kinds=("text",)),
    _rows("increasing", "increasing", "rows below the row before; with `strict` equal ones, too"),
    _rows("foreign_key", "in another table", "rows with a value that the other column lacks"),
)
VALUES: Final = (
    _record("row_count", "number of rows", "rows", unit="rows", kinds=(TABLE,)),
    _record("max_missing_share", "missing share", "missing rows over all", unit="share"),
    _record("mean_between", "mean", "mean of the finite rows", unit="column"),
    _record("quantile_between", "quantile", "quantile `q`, type 7", unit="column"),
    _record("column_exists", "column is there", "1 where it is, else 0"),
    _record("of_type", "type", "1 where the values are of the type, else 0"),
    _record("max_age", "age of the newest row", "now minus the newest time", unit="seconds"),
    _record("metric", "a metric", "the metric's own value", kinds=(*_ANY, TABLE)),
)


@measures(*ROWS, *VALUES)
def check_row(
    name: str,
    column: str,
    value: float | None,
    *,
    share: float | None,
    threshold: float | None,
    alert: bool,
    status: str,
    rows: int,
    params: str,
) -> MetricValue:
    """The row of one check."""
    return MetricValue(
        column, f"check.{name}", value, effect_size=share, threshold=threshold, alert=alert,
        status=status, n_current=rows, params=params,
    )  # fmt: skip
