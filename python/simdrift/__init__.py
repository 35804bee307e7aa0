"""simdrift: drift, data quality and performance monitoring over columnar arrays.

>>> import numpy as np
>>> import simdrift as sd
>>> sd.drift.ks(np.arange(100.0), np.arange(100.0) + 50).value
0.5

`compare` and `profile` take any two frames, or one; `Reference` prepares one once; `monitor`
runs a `Spec` over windows of time. Their rows are `Results`, shown by a `Report`, written by
`store`. `drift` and `performance` compute on arrays.

Everything, the C core included, is loaded when it is first asked for.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
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
    from simdrift import store
    from simdrift._config import show_config
    from simdrift.metrics import drift, performance
    from simdrift.monitor.compare import compare, profile
    from simdrift.monitor.reference import Reference
    from simdrift.monitor.run import monitor
    from simdrift.monitor.spec import Spec
    from simdrift.results import Report, Result, Results

    __version__: str

__all__ = [
    "InputError",
    "InvalidColumn",
    "Reference",
    "Report",
    "Result",
    "Results",
    "SimdriftError",
    "Spec",
    "SpecError",
    "StoreError",
    "StoreNotMigrated",
    "StoreUnreachable",
    "UnsupportedColumn",
    "__version__",
    "compare",
    "drift",
    "monitor",
    "performance",
    "profile",
    "show_config",
    "store",
]

_HOMES = {
    "Reference": "simdrift.monitor.reference",
    "Report": "simdrift.results",
    "Result": "simdrift.results",
    "Results": "simdrift.results",
    "Spec": "simdrift.monitor.spec",
    "compare": "simdrift.monitor.compare",
    "profile": "simdrift.monitor.compare",
    "show_config": "simdrift._config",
}
"""Where a public name lives; imported when it is first asked for."""

_MODULES = {
    "_core": "simdrift._core",
    "drift": "simdrift.metrics.drift",
    "performance": "simdrift.metrics.performance",
    "store": "simdrift.store",
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
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """`simdrift.monitor` is a function, and the folder that it lives in is a package of the
    same name, which the import system would bind over it: a property can't be bound over."""

    @property
    def monitor(self) -> Any:
        return import_module("simdrift.monitor.run").monitor

    @monitor.setter
    def monitor(self, module: ModuleType) -> None:
        """Importing the package binds nothing; it stays in sys.modules."""


sys.modules[__name__].__class__ = _Package
