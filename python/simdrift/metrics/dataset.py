"""Drift of the whole table: how many of its compared columns drifted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simdrift.catalogue.metric import Metric
from simdrift.metrics.columns import TABLE
from simdrift.metrics.registry import measures
from simdrift.metrics.values import NOT_APPLICABLE, OK, MetricValue


def drifted_columns(values: Iterable[MetricValue]) -> tuple[set[str], set[str]]:
    """(compared, drifted): columns with a decided distribution metric, and those of them with
    an alert. A missing share is not a distribution."""
    compared: set[str] = set()
    drifted: set[str] = set()
    for row in values:
        if row.alert is None or row.metric == "drift.missing_share" or not row.column:
            continue
        compared.add(row.column)
        if row.alert:
            drifted.add(row.column)
    return compared, drifted


_TABLE: dict[str, Any] = {
    "group": "whole table",
    "source": "Evidently: dataset drift",
    "better": "lower",
    "kinds": (TABLE,),
    "needs_values": False,
}


@measures(
    Metric(
        name="drift.dataset",
        title="share of drifted columns",
        formula="share of the columns whose deciding method alerts",
        unit="share",
        bounds=(0.0, 1.0),
        rule="share",
        threshold=0.5,
        leads=True,
        watched=True,
        **_TABLE,
    ),
    Metric(
        name="drift.dataset_count",
        title="drifted columns",
        formula="number of the columns whose deciding method alerts",
        unit="columns",
        bounds=(0.0, None),
        **_TABLE,
    ),
)
def dataset_rows(
    values: Iterable[MetricValue], threshold: float, n_reference: int, n_current: int
) -> list[MetricValue]:
    """`drift.dataset`, the share of drifted columns among those compared, alerting from the
    threshold on, and `drift.dataset_count`, their number."""
    compared, drifted = drifted_columns(values)
    count = len(drifted)
    share = count / len(compared) if compared else None
    status = OK if compared else NOT_APPLICABLE
    alert = None if share is None else share >= threshold
    whole = MetricValue(
        "",
        "drift.dataset",
        share,
        threshold=threshold,
        alert=alert,
        status=status,
        n_reference=n_reference,
        n_current=n_current,
    )
    counted = float(count) if compared else None
    return [
        whole,
        whole._replace(metric="drift.dataset_count", value=counted, threshold=None, alert=None),
    ]
