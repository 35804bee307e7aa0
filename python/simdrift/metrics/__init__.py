"""What can be computed: methods, rows, plans. `README.md` says which file to read first; the
public names are `simdrift.drift` and `simdrift.performance`.

Loading this package loads every metric, so that `registry` knows them all."""

from simdrift.metrics import decide, drift, performance, quality

__all__ = ["decide", "drift", "performance", "quality"]
