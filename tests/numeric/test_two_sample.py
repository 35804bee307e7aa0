"""KS and Wasserstein-1 of the core against exact rational arithmetic, to the last bit: small and
large, prepared and not, whatever the ISA, the threads and the order of the rows."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.stats

from simdrift import _core

SEED = 20130208
LARGE_N, LARGE_M = 30_000, 25_000  # above the size from which nothing is sorted


def exact(x, y):
    """W1 rounded once, D * n * m, and the smallest value at which |F - G| is largest (NaN where
    D is 0), from all sorted values and integers of any length."""
    n, m = len(x), len(y)
    values = np.concatenate([x, y]) + 0.0
    steps = np.concatenate([np.full(n, m), np.full(m, -n)])
    order = np.argsort(values, kind="stable")
    values, steps = values[order], steps[order]
    a = np.concatenate([[0], np.cumsum(steps)])
    factors = np.abs(a[:-1]) - np.abs(a[1:])
    mantissas, exponents = np.frexp(values)
    mantissas, exponents = (mantissas * 2.0**53).astype(np.int64), exponents - 53
    total = Fraction(0)
    for exponent in np.unique(exponents):
        here = exponents == exponent
        pairs = zip(mantissas[here].tolist(), factors[here].tolist(), strict=True)
        total += Fraction(sum(p * q for p, q in pairs)) * Fraction(2) ** int(exponent)
    last_of_ties = np.append(values[1:] != values[:-1], True)
    heights = np.abs(a[1:]) * last_of_ties
    best = int(heights.max())
    location = float(values[np.argmax(heights)]) if best else float("nan")
    return float(total / (n * m)), best, location


def found(reference, current, **options):
    if not isinstance(reference, _core.Prepared):
        reference = _core.Column.from_numpy(reference)
    result = _core.two_sample(reference, _core.Column.from_numpy(current), **options)
    return result["wasserstein"], result["ks_numerator"], result["ks_location"]


def same(a, b):
    return np.array_equal(np.array(a, object)[:2], np.array(b, object)[:2]) and (
        a[2] == b[2] or (a[2] != a[2] and b[2] != b[2])
    )


def mixture(random, rows, other, share=0.5):
    return np.where(random.random(rows) < share, random.normal(size=rows), other)


LAWS = {
    "normal": lambda r, n: r.normal(size=n),
    "mean far from spread": lambda r, n: r.normal(1e9, 1.0, n),
    "lognormal": lambda r, n: r.lognormal(size=n),
    "cauchy": lambda r, n: r.standard_cauchy(n),
    "two decimals": lambda r, n: r.normal(size=n).round(2),
    "whole numbers": lambda r, n: r.normal(0, 3, n).round(0),
    "mostly zeros": lambda r, n: mixture(r, n, -0.0, 0.2),
    "denormal": lambda r, n: r.normal(size=n) * 1e-310,
    "huge": lambda r, n: r.normal(size=n) * 1e300,
    "all magnitudes": lambda r, n: r.normal(size=n) * 10.0 ** r.integers(-200, 200, n),
    "two clusters 1e15 apart": lambda r, n: mixture(r, n, 1e15 + r.normal(size=n)),
    "constant": lambda r, n: np.full(n, 3.5),
    "disjoint": lambda r, n: r.random(n) + 5.0 * (n == LARGE_M),
}


@pytest.mark.parametrize("law", LAWS)
def test_large_samples_have_the_bits_of_exact_arithmetic(law):
    random = np.random.default_rng([SEED, *law.encode()])
    x, y = LAWS[law](random, LARGE_N), LAWS[law](random, LARGE_M)
    expected = exact(x, y)
    assert same(found(x, y), expected)
    assert same(found(random.permutation(x), random.permutation(y)), expected)
    assert found(x, y, wasserstein=False)[1] == expected[1]
    assert found(x, y, ks=False)[0] == expected[0]
    assert same(found(_core.Prepared(_core.Column.from_numpy(x)), y), expected)


@pytest.mark.parametrize("law", [*LAWS, "far away", "wider", "infinite"])
def test_large_currents_meet_a_large_prepared_reference_with_the_bits_of_exact_arithmetic(law):
    """A reference that was counted when it was prepared, by a map of its own."""
    random = np.random.default_rng([SEED, 3, *law.encode()])
    draw = LAWS.get(law, LAWS["normal"])
    x, y = draw(random, 70_000), draw(random, 66_000)
    if law == "far away":
        y += 1e5
    elif law == "wider":
        y *= 1e3
    elif law == "infinite":
        x[::7], y[::9] = np.inf, -np.inf
    prepared = _core.Prepared(_core.Column.from_numpy(x))
    restored = _core.Prepared.from_sorted(np.asarray(prepared.values))
    answers = [repr(found(reference, y)) for reference in (x, prepared, restored)]
    assert len(set(answers)) == 1
    if law == "infinite":
        return
    expected = exact(x, y)
    assert same(found(prepared, y), expected)
    assert found(prepared, y, wasserstein=False)[1] == expected[1]
    assert found(prepared, y, ks=False)[0] == expected[0]


@pytest.mark.parametrize("shift", [0.0, 0.05])
def test_samples_whose_cells_are_cut_finer_have_the_bits_of_exact_arithmetic(shift):
    random = np.random.default_rng([SEED, 2])
    x, y = random.normal(size=400_000), random.normal(shift, 1.0, 390_000)
    expected = exact(x, y)
    assert same(found(x, y), expected)
    assert found(x, y, wasserstein=False)[1] == expected[1]
    assert found(x, y, ks=False)[0] == expected[0]
    assert same(found(_core.Prepared(_core.Column.from_numpy(x)), y), expected)
    moved = x + 1e-7  # |F - G| has its maximum in many places
    assert same(found(x, moved), exact(x, moved))


@pytest.mark.parametrize("law", ["normal", "two decimals", "cauchy"])
def test_no_isa_and_no_thread_count_changes_a_bit(law):
    random = np.random.default_rng([SEED, *law.encode()])
    rows = 300_000  # enough for the threads to be used
    x, y = LAWS[law](random, rows), LAWS[law](random, rows - 1)
    config = _core.show_config()
    results = []
    try:
        for isa in config["isas"]:
            _core._isa_force(isa)
            results += [repr(found(x, y, threads=threads)) for threads in (1, 2, 3, 7)]
    finally:
        _core._isa_force(config["isa"])
    assert len(set(results)) == 1


@pytest.mark.parametrize("law", LAWS)
def test_small_and_prepared_samples_have_the_bits_of_exact_arithmetic(law):
    random = np.random.default_rng([SEED, 1, *law.encode()])
    for _ in range(40):
        n, m = int(random.integers(1, 300)), int(random.integers(1, 60))
        x, y = LAWS[law](random, n), LAWS[law](random, m)
        expected = exact(x, y)
        assert same(found(x, y), expected)
        assert same(found(_core.Prepared(_core.Column.from_numpy(x)), y), expected)


def test_one_row_against_many():
    random = np.random.default_rng(SEED)
    x, y = random.normal(size=LARGE_N + LARGE_M), np.array([0.25])
    assert same(found(x, y), exact(x, y))
    assert same(found(y, x), exact(y, x))


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_infinities_are_ordered_for_ks_and_left_out_of_wasserstein(sign):
    random = np.random.default_rng(SEED)
    x, y = random.normal(size=LARGE_N), random.normal(size=LARGE_M)
    x[::7] = sign * np.inf
    y[::9] = sign * np.inf
    w1, numerator, _ = found(x, y)
    assert w1 == exact(x[np.isfinite(x)], y[np.isfinite(y)])[0]
    expected = scipy.stats.ks_2samp(x, y, method="asymp").statistic
    assert numerator / (len(x) * len(y)) == pytest.approx(expected, rel=1e-12)


def test_missing_rows_take_no_part():
    random = np.random.default_rng(SEED)
    x, y = random.normal(size=LARGE_N), random.normal(size=LARGE_M)
    with_nan = np.insert(x, np.arange(0, LARGE_N, 5), np.nan)
    assert same(found(with_nan, y), found(x, y))


def test_large_samples_agree_with_scipy():
    random = np.random.default_rng(SEED)
    x, y = random.normal(size=400_000), random.gumbel(size=300_000)
    w1, numerator, location = found(x, y)
    peer = scipy.stats.ks_2samp(x, y, method="asymp")
    assert w1 == pytest.approx(scipy.stats.wasserstein_distance(x, y), rel=1e-11)
    assert numerator / (len(x) * len(y)) == pytest.approx(peer.statistic, rel=1e-12)
    assert location == peer.statistic_location
