"""simdrift: drift, data quality and performance monitoring over columnar arrays.

>>> import numpy as np
>>> import simdrift as sd
>>> sd.drift.ks(np.arange(100.0), np.arange(100.0) + 50).value
0.5

`compare` and `profile` take any two frames, or one; `evaluate` measures a model on one;
`Reference` prepares one once; `monitor` runs a `Spec` over windows of time. Their rows are
`Results`, shown by a `Report`, written by `store`. `drift` and `performance` compute on arrays.

Everything, the C core included, is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from simdrift._errors import (
    InputError,
    InvalidColumn,
    SimdriftError,
    SpecError,
    StoreError,
    StoreNotMigrated,
    StoreUnreachable,
    UnsupportedColumn,
)

if TYPE_CHECKING:
    from simdrift import service, store, stream
    from simdrift._config import show_config
    from simdrift.checks import Check, Checks, suggest_checks
    from simdrift.metrics import attribution, drift, fairness, performance, pipelines
    from simdrift.metrics.custom import metric
    from simdrift.monitoring import estimate
    from simdrift.monitoring.check import check
    from simdrift.monitoring.compare import compare, profile
    from simdrift.monitoring.correlations import correlations
    from simdrift.monitoring.entry import monitor
    from simdrift.monitoring.evaluate import evaluate
    from simdrift.monitoring.explain_change import explain_change
    from simdrift.monitoring.outliers import outliers
    from simdrift.monitoring.reference import Reference
    from simdrift.monitoring.spec import Columns, Metrics, ReferenceSpec, Spec
    from simdrift.monitoring.worst_segments import worst_segments
    from simdrift.reports import Report
    from simdrift.results import Result, Results
    from simdrift.schema import Schema
    from simdrift.states import State

    __version__: str

__all__ = [
    "Check",
    "Checks",
    "Columns",
    "InputError",
    "InvalidColumn",
    "Metrics",
    "Reference",
    "ReferenceSpec",
    "Report",
    "Result",
    "Results",
    "Schema",
    "SimdriftError",
    "Spec",
    "SpecError",
    "State",
    "StoreError",
    "StoreNotMigrated",
    "StoreUnreachable",
    "UnsupportedColumn",
    "__version__",
    "attribution",
    "check",
    "compare",
    "correlations",
    "drift",
    "estimate",
    "evaluate",
    "explain_change",
    "fairness",
    "metric",
    "monitor",
    "outliers",
    "performance",
    "pipelines",
    "profile",
    "service",
    "show_config",
    "store",
    "stream",
    "suggest_checks",
    "worst_segments",
]

_HOMES = {
    "Columns": "simdrift.monitoring.spec",
    "Metrics": "simdrift.monitoring.spec",
    "ReferenceSpec": "simdrift.monitoring.spec",
    "Reference": "simdrift.monitoring.reference",
    "Report": "simdrift.reports",
    "Result": "simdrift.results",
    "Results": "simdrift.results",
    "Check": "simdrift.checks",
    "Checks": "simdrift.checks",
    "Schema": "simdrift.schema",
    "State": "simdrift.states",
    "check": "simdrift.monitoring.check",
    "suggest_checks": "simdrift.checks",
    "Spec": "simdrift.monitoring.spec",
    "compare": "simdrift.monitoring.compare",
    "correlations": "simdrift.monitoring.correlations",
    "evaluate": "simdrift.monitoring.evaluate",
    "metric": "simdrift.metrics.custom",
    "monitor": "simdrift.monitoring.entry",
    "outliers": "simdrift.monitoring.outliers",
    "profile": "simdrift.monitoring.compare",
    "show_config": "simdrift._config",
    "explain_change": "simdrift.monitoring.explain_change",
    "worst_segments": "simdrift.monitoring.worst_segments",
}
"""Where a public name lives; imported when it is first asked for."""

_MODULES = {
    "_core": "simdrift._core",
    "attribution": "simdrift.metrics.attribution",
    "drift": "simdrift.metrics.drift",
    "estimate": "simdrift.monitoring.estimate",
    "fairness": "simdrift.metrics.fairness",
    "performance": "simdrift.metrics.performance",
    "pipelines": "simdrift.metrics.pipelines",
    "service": "simdrift.service",
    "store": "simdrift.store",
    "stream": "simdrift.stream",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = import_module("simdrift._core").show_config()["version"]
    elif name in _MODULES:
        value = import_module(_MODULES[name])
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'simdrift' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
