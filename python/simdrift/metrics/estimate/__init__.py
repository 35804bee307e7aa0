"""Performance without targets: what scores, calibrated on a reference, let expect."""

from simdrift.metrics.estimate.cbpe import Estimate, Estimator, estimated_rows

__all__ = ["Estimate", "Estimator", "estimated_rows"]
