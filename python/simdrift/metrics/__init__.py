"""What can be computed: methods, rows, plans. `README.md` says which file to read first; the
public names are `simdrift.drift`, `simdrift.performance`, `simdrift.fairness` and
`simdrift.attribution`.

Loading this package loads every metric, so that `registry` knows them all."""

from simdrift.metrics import (
    checked,
    decide,
    drift,
    estimate,
    fairness,
    performance,
    quality,
    structure,
)

__all__ = [
    "checked",
    "decide",
    "drift",
    "estimate",
    "fairness",
    "performance",
    "quality",
    "structure",
]
