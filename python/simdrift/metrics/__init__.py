"""What can be computed: methods, rows, plans. `README.md` says which file to read first; the
public names are `simdrift.drift` and `simdrift.performance`.

Loading this package loads every metric, so that `registry` knows them all."""

from simdrift.metrics import dataset, drift, performance, quality

__all__ = ["dataset", "drift", "performance", "quality"]
