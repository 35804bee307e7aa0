"""Parameters that several methods share, checked."""

from __future__ import annotations

from simdrift.catalogue.metric import Param
from simdrift.metrics.checks import checked_count


def checked_permutations(permutations: int) -> int:
    """0 (no p-value) to 100,000 permutations."""
    return checked_count("permutations", permutations, 0, 100_000)


def checked_resamples(bootstrap: int) -> int:
    """0 (no resampling) to 100,000 resamples."""
    return checked_count("bootstrap", bootstrap, 0, 100_000)


def checked_seed(seed: int) -> int:
    """A seed from 0 to 2^63 - 1."""
    return checked_count("seed", seed, 0, 2**63 - 1)


def checked_positive_share(name: str, value: float) -> float:
    """A number above 0, at most 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: expected a number, found {value!r}")
    if not 0.0 < value <= 1.0:
        raise ValueError(f"{name}: expected a number above 0, at most 1, found {value!r}")
    return float(value)


PERMUTATIONS = Param(
    "permutations", 0, "exchanges of rows for the p-value; 0: none", checked_permutations
)
SEED = Param("seed", 0, "seed of what is drawn at random", checked_seed)
