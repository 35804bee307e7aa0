"""The six dashboards, in the order in which they are listed."""

from __future__ import annotations

from typing import Final

from simdrift.dashboards import (
    column_drift,
    data_quality,
    overview,
    performance,
    service_health,
    throughput,
)
from simdrift.dashboards.alerts import rules
from simdrift.dashboards.panels import Dashboard

dashboards: Final[tuple[Dashboard, ...]] = (
    overview.dashboard,
    column_drift.dashboard,
    data_quality.dashboard,
    performance.dashboard,
    service_health.dashboard,
    throughput.dashboard,
)

__all__ = ["dashboards", "rules"]


def __dir__() -> list[str]:
    return sorted(__all__)
