"""What a row's number is: whether it can be drawn, and which quantile its parameters name."""

from __future__ import annotations

LARGEST = 1e300
"""Beyond this, sums and differences overflow: such values are shown, but not drawn or ranked."""


def drawable(value: float | None) -> bool:
    """Whether a value can lie on an axis with others."""
    return value is not None and abs(value) < LARGEST


def quantile_of(params: str) -> float | None:
    """The probability of 'q=0.95'; None where there is none."""
    for part in params.split(","):
        name, _, value = part.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return None
    return None
