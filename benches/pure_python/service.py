"""Health of a service from its requests."""

from __future__ import annotations

from collections.abc import Sequence

from pure_python.quality import quantiles

LEVELS = (0.5, 0.9, 0.95, 0.99)


def health(latency: Sequence[float], status: Sequence[int], target: float) -> list[float]:
    """Latency's p50, p90, p95, p99 and maximum, the share of failed requests (status 500 and
    above), and Apdex: requests within the target, and half of those within four times it."""
    failures = satisfied = tolerating = 0
    for milliseconds, code in zip(latency, status, strict=True):
        if code >= 500:
            failures += 1
        elif milliseconds <= target:
            satisfied += 1
        elif milliseconds <= 4 * target:
            tolerating += 1
    rows = len(latency)
    apdex = (satisfied + tolerating / 2) / rows
    return [*quantiles(latency, LEVELS), max(latency), failures / rows, apdex]
