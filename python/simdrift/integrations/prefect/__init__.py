"""simdrift for Prefect 3: a block for the store, tasks, flows.

from simdrift.integrations.prefect import SimdriftStore, backfill_flow, monitor_flow

SimdriftStore(dsn="postgresql://writer:...@db/metrics").save("metrics")
monitor_flow("monitor.toml", store="metrics")
"""

from simdrift.integrations.prefect.blocks import SimdriftStore
from simdrift.integrations.prefect.flows import AlertsFound, backfill_flow, monitor_flow
from simdrift.integrations.prefect.tasks import compute_windows, publish_artifacts, write_results

__all__ = [
    "AlertsFound",
    "SimdriftStore",
    "backfill_flow",
    "compute_windows",
    "monitor_flow",
    "publish_artifacts",
    "write_results",
]


def __dir__() -> list[str]:
    return sorted(__all__)
