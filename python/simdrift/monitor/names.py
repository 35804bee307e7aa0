"""Names that a spec may use: methods and metrics."""

from __future__ import annotations

METHODS = ("ks", "wasserstein", "wasserstein_normed", "psi", "jensen_shannon", "chi_square")
QUALITY = (
    "rows", "missing", "missing_share", "nan", "pos_inf", "neg_inf", "zeros", "negatives",
    "distinct", "min", "max", "sum", "mean", "std", "variance", "skewness", "kurtosis",
)  # fmt: skip
PERFORMANCE = ("mean_error", "mae", "rmse", "mse", "max_error", "r2")


def known_metrics(what: str) -> tuple[str, ...]:
    """Names for 'methods', 'quality', 'performance', or 'thresholds' (whole metric names)."""
    if what == "methods":
        return METHODS
    if what == "quality":
        return QUALITY
    if what == "performance":
        return PERFORMANCE
    drift = tuple(f"drift.{name}" for name in (*METHODS, "missing_share", "dataset"))
    return (
        *drift,
        *(f"quality.{name}" for name in QUALITY),
        *(f"performance.{name}" for name in PERFORMANCE),
    )
