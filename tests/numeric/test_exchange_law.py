"""The core's law of W1 of exchanged rows against its formulas, written out pair by pair."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from simdrift import _core

ENDS = 4
LEVELS = np.array([0.1, 0.25, 0.5, 0.75, 0.9])


def law_of(x, y):
    """`_core.exchange_laws` of one group; the larger side is x."""
    ends = [np.concatenate([np.sort(side)[:ENDS], np.sort(side)[-ENDS:]]) for side in (x, y)]
    middle = np.concatenate([np.quantile(x, LEVELS), LEVELS, LEVELS])
    found = _core.exchange_laws(*ends, middle, [len(x)], [len(y)], len(LEVELS), False)
    return {name: float(values[0]) for name, values in found.items()}


def gaps_of(x, y):
    """Widths and rows below: at the ends of the pooled rows, and between quantiles of x."""
    pooled, total = np.sort(np.concatenate([x, y])), len(x) + len(y)
    points = [*pooled[:ENDS], *np.quantile(x, LEVELS), *pooled[-ENDS:]]
    below = [ENDS / total, *LEVELS, 1 - ENDS / total]
    odds = [a / (1 - a) for a in below]
    middle = [np.sqrt(a * b) / (1 + np.sqrt(a * b)) for a, b in pairwise(odds)]
    rows = [*range(1, ENDS), *(total * share for share in middle), *range(total - 3, total)]
    return np.diff(points), np.array(rows)


@pytest.mark.parametrize(("n", "m"), [(40, 30), (1000, 900), (5000, 200), (100_000, 90_000)])
def test_mean_and_variance_are_sums_over_pairs_of_gaps(n, m):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=n), rng.normal(size=m)
    widths, k = gaps_of(x, y)
    total, smaller = n + m, min(n, m)
    near = np.minimum(k, total - k)
    rare = near * smaller / total
    variance = k * (total - k) * n * m / total**2 / (total - 1)
    none = (1 - smaller / (total - 0.5 * (near - 1))) ** near
    mean = np.where(rare < 1, 2 * rare * none, np.sqrt(2 / np.pi * variance))
    scale = total / (n * m)
    sd = widths * scale * np.sqrt(variance - mean**2)
    spread = 0.0
    for a in range(len(k)):
        for b in range(len(k)):
            low, high = sorted((a, b))
            r2 = (k[low] / (total - k[low])) / (k[high] / (total - k[high]))
            normal = 0.876 * r2 + 0.124 * r2**3
            both = np.exp(-rare[[a, b]])
            parts = np.sqrt(np.prod(1 - both)) * normal + np.sqrt(np.prod(both) * r2)
            spread += sd[a] * sd[b] * parts
    found = law_of(x, y)
    assert found["mean"] * found["unit"] == pytest.approx(np.sum(widths * scale * mean), rel=1e-12)
    assert found["std"] * found["unit"] == pytest.approx(np.sqrt(spread), rel=1e-10)


def test_groups_have_the_law_of_each_alone():
    rng = np.random.default_rng(5)
    reference, current = np.sort(rng.normal(size=8)), np.sort(rng.normal(size=(3, 8)), axis=1)
    middle = np.stack([rng.uniform(-1, 1, (3, 2)), np.full((3, 2), 0.4), np.full((3, 2), 0.6)], 1)
    n, m = np.full(3, 500.0), np.array([40.0, 90.0, 500.0])
    found = _core.exchange_laws(reference, current.ravel(), middle.ravel(), n, m, 2, True)
    for i in range(3):
        alone = _core.exchange_laws(
            reference, current[i], middle[i].ravel(), n[i : i + 1], m[i : i + 1], 2, True
        )
        for name, values in alone.items():
            assert values.tobytes() == found[name][i : i + 1].tobytes(), name


def test_single_rows_of_the_tail_are_jumps():
    rng = np.random.default_rng(2)
    x, y = stats.pareto.rvs(1.0, size=5000, random_state=rng), np.full(40, 1.5)
    found = law_of(x, y)
    assert found["has_jumps"]
    assert found["jump_mean"] < found["mean"]
    assert found["share"] == 40 / 5040


@pytest.mark.parametrize(
    ("length", "levels", "message"),
    [
        (8, 65, "expected 2 to 32 ends and at most 64 levels, found 8 and 65"),
        (7, 1, "expected 2 to 32 ends and at most 64 levels, found 7 and 1"),
        (8, 3, "middle: expected 9 values, found 3"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(length, levels, message):
    ends = np.zeros(length)
    with pytest.raises(ValueError, match=message):
        _core.exchange_laws(ends, ends, np.zeros(3), [5.0], [5.0], levels, False)
