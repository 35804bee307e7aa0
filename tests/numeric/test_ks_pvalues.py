"""P-values of Kolmogorov-Smirnov: SciPy's laws, 50-digit sums by mpmath, lattice paths by
brute force."""

import math
from fractions import Fraction
from functools import cache
from itertools import combinations

import mpmath
import numpy as np
import pytest
from scipy.stats import ks_2samp, kstwo, multivariate_normal

import simdrift as sd
from simdrift import _core
from simdrift.metrics import drift
from simdrift.metrics.nulls import kolmogorov, kolmogorov_ties

SIZES = [1, 2, 3, 10, 50, 139, 140, 141, 200, 1000, 1024, 1025, 2000, 5000, 20_000]
ARGUMENTS = [0.05, 0.15, 0.2, 0.3, 0.45, 0.6, 0.9, 1.2, 1.45, 1.5, 1.6, 2.1, 3.0, 5.0, 12.0, 19.0]
CASES = [(n, z) for n in SIZES for z in ARGUMENTS if z < math.sqrt(n)]


def _sf(n: int, x: float) -> float:
    return float(_core.ks_limit_p(np.array([float(n)]), np.array([x]), False)[0])


def _log_sf(n: int, x: float) -> float:
    return float(_core.ks_limit_p(np.array([float(n)]), np.array([x]), True)[0])


@pytest.mark.parametrize("n", SIZES)
def test_limit_law_equals_scipy_kstwo_to_1e_11(n):
    for z in (z for size, z in CASES if size == n):
        x = z / math.sqrt(n)
        expected = float(kstwo.sf(x, n))
        if expected > 1e-300:
            assert _sf(n, x) == pytest.approx(expected, rel=1.2e-11, abs=0)


@pytest.mark.parametrize(
    ("n", "x", "expected"),
    [
        (10, 0.5, 0.00777741),
        (30, 0.2, 0.1579691610154736),
        (50, 0.25, 0.0030657620198706339),
        (139, 0.16, 0.0014150407648409085),
        (140, 0.125, 0.022963665948387933),
        (140, 0.171875, 0.00043694030369949009),
    ],
)
def test_small_sizes_equal_durbin_s_matrix_with_50_digits(n, x, expected):
    # 1 - n!/n^n (H^n)_kk in mpmath with 50 digits, H of Marsaglia, Tsang and Wang 2003
    assert _sf(n, x) == pytest.approx(expected, rel=1e-11, abs=0)


@pytest.mark.parametrize(
    ("n", "x", "below"),
    [
        (60, 0.046875, 0.0013860085650112895),
        (140, 0.03125, 0.0014336996690090904),
        (150, 0.0234375, 8.671007819759875e-6),
        (500, 0.016357421875, 0.0009410523741915261),
        (1000, 0.01171875, 0.0010661933586822043),
        (1000, 0.0123291015625, 0.0023345197619310749),
    ],
)
def test_small_arguments_equal_durbin_s_matrix_with_50_digits(n, x, below):
    assert 1.0 - _sf(n, x) == pytest.approx(below, abs=4e-15)  # as above, by n products


@pytest.mark.parametrize(("n", "z"), [(c, z) for c in (200, 2000, 20_000) for z in (1.5, 3, 9, 18)])
def test_tail_equals_scipy_kstwo_to_1e_12(n, z):
    x = z / math.sqrt(n)
    assert _sf(n, x) == pytest.approx(float(kstwo.sf(x, n)), rel=1e-12, abs=0)


@cache
def _log_factorials(n: int) -> list[mpmath.mpf]:
    logs = [mpmath.mpf(0)]
    for k in range(1, n + 1):
        logs.append(logs[-1] + mpmath.log(k))
    return logs


def _smirnov_log_sf(n: int, x: Fraction) -> mpmath.mpf:
    """log P(D+ >= x), every term of Smirnov's sum with 50 digits."""
    with mpmath.workdps(50):
        x_mp = mpmath.mpf(x.numerator) / x.denominator
        log_factorial = _log_factorials(n)
        total = mpmath.mpf(0)
        for j in range(math.floor(n * (1 - x)) + 1):
            a, b = x_mp + mpmath.mpf(j) / n, 1 - x_mp - mpmath.mpf(j) / n
            choose = log_factorial[n] - log_factorial[j] - log_factorial[n - j]
            if b > 0:
                total += mpmath.exp(choose + (j - 1) * mpmath.log(a) + (n - j) * mpmath.log(b))
        return mpmath.log(x_mp * total)


TAILS = [(n, Fraction(k, 16)) for n in (7, 141, 300, 1025, 3000, 20_000) for k in (2, 8, 15)]


@pytest.mark.parametrize(
    ("n", "x"), [*TAILS[1:], (23_603, Fraction(61, 64)), (180, Fraction(1, 9))]
)
def test_log_tail_equals_the_50_digit_sum_far_below_the_range_of_float64(n, x):
    expected = float(_smirnov_log_sf(n, x) + mpmath.log(2))
    assert _log_sf(n, float(x)) == pytest.approx(expected, rel=1e-13, abs=2e-13)


@pytest.mark.parametrize("n", [141, 150, 200, 400, 650, 1000])
def test_tail_of_few_rows_equals_the_50_digit_sum_where_it_begins(n):
    for z in (1.49, 1.7, 2.1):
        x = Fraction(z / math.sqrt(n))
        expected = float(2 * mpmath.exp(_smirnov_log_sf(n, x)))
        assert _sf(n, float(x)) == pytest.approx(expected, rel=1e-13, abs=0)


def test_log_p_goes_on_where_p_is_zero():
    assert _sf(1000, 0.9) == 0.0
    assert _log_sf(1000, 0.9) == pytest.approx(
        math.log(2) + float(_smirnov_log_sf(1000, Fraction(0.9))), rel=1e-13
    )


@pytest.mark.parametrize("n", [30, 5000, 10**6, 10**9])
def test_log_p_and_p_agree_where_both_exist(n):
    for z in (0.4, 1.0, 1.9, 2.5, 8.0):
        x = z / math.sqrt(n)
        p = _sf(n, x)
        assert math.exp(_log_sf(n, x)) == pytest.approx(p, rel=1e-13)


@pytest.mark.parametrize("n", [3, 140, 141, 1024, 1025, 250_000])
def test_limit_law_falls_from_one_to_zero_without_a_step_at_its_borders(n):
    x = np.linspace(0.0, 1.0, 2001)
    p = np.array([_sf(n, float(v)) for v in x])
    assert p[0] == 1.0
    assert p[-1] == 0.0
    assert (np.diff(p) <= 1e-12).all()


@pytest.mark.parametrize("sizes", [(1, 1), (1, 9), (5, 7), (30, 30), (400, 90), (1000, 3000)])
@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("method", ["exact", "asymp", "auto"])
def test_ks_equals_scipy(sizes, shift, method):
    rng = np.random.default_rng(17)
    x, y = rng.normal(size=sizes[0]), rng.normal(shift, size=sizes[1])
    if method == "auto" or sizes == (1, 1):  # SciPy's limit law has no rounded size of 0
        expected = ks_2samp(x, y, method="exact")
    else:
        expected = ks_2samp(x, y, method=method)
    found = drift.ks(x, y, method=method)
    assert found.value == pytest.approx(expected.statistic, rel=1e-14)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-11, abs=1e-300)


def _paths_p(n: int, m: int, numerator: int) -> Fraction:
    """P(D >= numerator / (n m)): share of lattice paths that reach that far."""
    inside = {(0, 0): 1}
    for i in range(n + 1):
        for j in range(m + 1):
            if (i, j) != (0, 0):
                ways = inside.get((i - 1, j), 0) + inside.get((i, j - 1), 0)
                inside[(i, j)] = ways if abs(i * m - j * n) < numerator else 0
    return 1 - Fraction(inside[(n, m)], math.comb(n + m, n))


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (4, 4), (6, 9), (7, 11)])
def test_exact_p_equals_the_count_of_lattice_paths(n, m):
    rng = np.random.default_rng(3)
    for shift in (0.0, 0.5, 1.5, 4.0):
        x, y = rng.normal(size=n), rng.normal(shift, size=m)
        found = drift.ks(x, y, method="exact")
        expected = _paths_p(n, m, round(found.value * n * m))
        assert found.p_value == pytest.approx(float(expected), rel=1e-13)


def test_identical_samples_have_distance_zero_and_p_one():
    x = np.random.default_rng(1).normal(size=500)
    for method in ("exact", "asymp"):
        found = drift.ks(x, x[::-1], method=method)
        assert (found.value, found.p_value, found.log_p_value) == (0.0, 1.0, 0.0)
        assert found.alert is False


def test_auto_takes_the_limit_law_above_ten_million_pairs():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=4000), rng.normal(0.05, size=2600)
    found, exact = drift.ks(x, y), drift.ks(x, y, method="exact")
    assert exact.p_value == pytest.approx(found.p_value, rel=1e-4)
    assert exact.p_value != found.p_value
    asymp = drift.ks(x, y, method="asymp")  # SciPy's, without what a walk passes a bound by
    assert exact.p_value == pytest.approx(asymp.p_value, rel=0.05)


def test_p_values_are_uniform_under_no_drift():
    rng = np.random.default_rng(11)
    p = [drift.ks(rng.normal(size=300), rng.normal(size=200)).p_value for _ in range(400)]
    assert ks_2samp(p, rng.uniform(size=4000)).pvalue > 0.001


def test_an_unknown_method_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match="expected one of auto, exact, asymp, found 'normal'"):
        drift.ks([1.0], [2.0], method="normal")


def test_sizes_and_distances_that_do_not_pair_are_refused():
    with pytest.raises(ValueError, match="d: expected 2 values, as many as n, found 1"):
        _core.ks_limit_p(np.array([1.0, 2.0]), np.array([0.5]), False)


def test_many_values_are_those_of_each_alone():
    rng = np.random.default_rng(2)
    n = np.round(np.exp(rng.uniform(0, 12, 2000)))
    d = rng.uniform(0, 1, 2000) ** 4
    for logarithm in (False, True):
        alone = [_core.ks_limit_p(n[i : i + 1], d[i : i + 1], logarithm)[0] for i in range(2000)]
        assert _core.ks_limit_p(n, d, logarithm, threads=2).tolist() == alone


# --- ties -----------------------------------------------------------------------------


def _ends(x, y):
    return np.cumsum(np.unique(np.concatenate([x, y]), return_counts=True)[1])


def _share_beyond(n: int, m: int, numerator: int, ends) -> Fraction:
    """The share of orders with D n m >= numerator, by whole numbers: paths place by place."""
    inside, tested = {0: 1}, set(ends.tolist())
    for passed in range(1, n + m + 1):
        ways: dict[int, int] = {}
        for j, count in inside.items():
            for k in (j, j + 1):
                if k <= m and passed - k <= n:
                    ways[k] = ways.get(k, 0) + count
        if passed in tested:
            ways = {j: c for j, c in ways.items() if abs((passed - j) * m - j * n) < numerator}
        inside = ways
    return 1 - Fraction(sum(inside.values()), math.comb(n + m, m))


@pytest.mark.parametrize("values", [2, 3, 7, 40, 1000])
@pytest.mark.parametrize(("n", "m"), [(1, 9), (12, 12), (60, 23), (40, 300)])
def test_ties_give_the_share_of_orders_with_a_d_as_large(n, m, values):
    rng = np.random.default_rng(values)
    for scale in (1, 1, 3):
        x, y = rng.integers(0, values, n), rng.integers(0, values, m) * scale
        found = drift.ks(x, y)
        expected = _share_beyond(n, m, round(found.value * n * m), _ends(x, y))
        if expected > 0:
            assert found.p_value == pytest.approx(float(expected), rel=1e-11)
            assert found.log_p_value == pytest.approx(math.log(expected), rel=1e-11, abs=1e-13)


def test_ties_of_eight_rows_are_all_seventy_orders():
    pooled = np.array([1.0, 1, 1, 2, 2, 3, 4, 4])
    x, y = pooled[[0, 1, 2, 3]], pooled[[4, 5, 6, 7]]
    d = [
        ks_2samp(pooled[list(own)], np.delete(pooled, own)).statistic
        for own in combinations(range(8), 4)
    ]
    share = np.mean(np.array(d) >= drift.ks(x, y).value - 1e-12)
    assert drift.ks(x, y).p_value == pytest.approx(share, rel=1e-14)


@pytest.mark.parametrize(
    ("reference", "current", "p"),
    [
        ({0: 1990, 1: 10}, {0: 1970, 1: 30}, 0.0021132326196854753),  # Fisher's
        ({0: 300, 1: 70, 2: 20, 3: 10}, {0: 272, 1: 78, 2: 32, 3: 18}, 0.03518),
        ({0: 99_980, 1: 20}, {0: 99_800, 1: 200}, 1.4462906811e-38),  # Fisher's
    ],
)
def test_counts_and_flags_have_the_p_value_of_their_ties(reference, current, p):
    x, y = (np.repeat([*side.keys()], [*side.values()]) for side in (reference, current))
    assert drift.ks(x, y).p_value == pytest.approx(p, rel=2e-4)
    assert drift.ks(x, y, method="exact").p_value == pytest.approx(p, rel=2e-4)


@pytest.mark.parametrize(
    ("n", "m", "common", "log_p"),
    [(600, 600, 10, -771.55367), (3162, 3162, 158, -3642.6533), (500, 500, 0, -688.774114387)],
)
def test_logarithms_of_equal_sides_are_those_of_gnedenko_and_korolyuk(n, m, common, log_p):
    x = np.arange(float(n))
    y = np.where(x < common, x + 0.5, x + 1e6)
    with mpmath.workdps(40):
        c, whole = n - common, mpmath.binomial(2 * n, n)
        terms = (mpmath.binomial(2 * n, n - k * c) * (-1) ** (k - 1) for k in range(1, n // c + 1))
        expected = float(mpmath.log(2 * mpmath.fsum(terms) / whole))
    found = drift.ks(x, y)
    assert found.log_p_value == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(log_p, rel=1e-4)


@pytest.mark.parametrize(("n", "m"), [(700, 300), (2000, 20_000), (50_000, 40_000)])
def test_samples_apart_have_two_orders_of_all(n, m):
    found = drift.ks(np.arange(float(n)), n + np.arange(float(m)))
    with mpmath.workdps(40):
        expected = float(mpmath.log(2 / mpmath.binomial(n + m, n)))
    assert found.log_p_value == pytest.approx(expected, rel=1e-12)
    assert found.p_value is not None


@pytest.mark.parametrize("rows", [3163, 20_000, 1_000_000])
def test_equal_sides_beyond_the_limit_have_their_closed_form(rows):
    x = np.arange(float(rows))
    y = x - round(1.36 * math.sqrt(2 * rows)) + 0.5
    found = drift.ks(x, y)
    c = round(found.value * rows)
    with mpmath.workdps(60):
        whole = mpmath.binomial(2 * rows, rows)
        terms = [mpmath.binomial(2 * rows, rows - k * c) / whole for k in range(1, 8)]
        expected = float(2 * mpmath.fsum((-1) ** k * term for k, term in enumerate(terms)))
    assert found.p_value == pytest.approx(expected, rel=1e-9)


def test_exact_beyond_its_limit_says_so():
    x = np.arange(20_001.0)
    found = drift.ks(x, x[1:] + 0.5, method="exact")
    assert found.reason == "n m is above 100,000,000: p-value of the limit law"
    assert drift.ks(x, x + 0.5, method="exact").reason == ""  # n = m: a closed form


@pytest.mark.parametrize("values", [2, 5, 30])
def test_a_prepared_reference_has_the_p_values_of_two_arrays(values):
    rng = np.random.default_rng(values)
    x, y = rng.integers(0, values, 5000), rng.integers(0, values, 900)
    report = sd.compare(sd.Reference.fit({"x": x}), {"x": y}, methods="ks")
    [row] = [row for row in report.results.rows if row.metric == "drift.ks"]
    assert row.p_value == drift.ks(x, y).p_value


@pytest.mark.parametrize(("n", "m"), [(3500, 2800), (5000, 2000), (20_000, 600), (4001, 2600)])
def test_beyond_the_limit_p_is_that_of_paths(n, m):
    step = math.gcd(n, m)
    sides = np.array([n]), np.array([m])
    for p in (0.3, 0.05, 1e-3, 1e-6, 1e-10, 1e-50):
        a = round(math.sqrt(-math.log(p / 2) * n * m * (n + m) / 2) / step) * step
        expected = _core.ks_exact_p(n, m, a)
        found = kolmogorov.log_limits(*sides, np.array([a / (n * m)]))[0]
        assert found == pytest.approx(math.log(expected), abs=1e-3 if p > 1e-20 else 0.01)


@pytest.mark.parametrize("share", [0.8, 0.3])
def test_zeros_among_other_values_have_the_law_of_paths_seen_at_their_end(share):
    rows, rng = 3000, np.random.default_rng(5)
    both = np.where(rng.random(2 * rows) < share, 0.0, rng.normal(size=2 * rows))
    ends = _ends(both[:rows], both[rows:])
    below = np.mean(both < 0.0)
    shares = np.array([below, np.mean(both == 0.0), np.mean(both > 0.0)])
    for a in (60, 80, 110):
        expected = _core.ks_ties_p(rows, rows, a * rows, ends, math.inf, False)
        sides = np.array([float(rows)])
        [found] = kolmogorov_ties.sf(np.array([a / rows]), sides, sides, shares[np.newaxis])
        assert found == pytest.approx(expected, rel=0.08)


def test_groups_with_ties_have_the_limit_law_that_each_has_alone():
    rng = np.random.default_rng(7)
    shares = rng.dirichlet(np.full(31, 0.3), size=12)
    n, m = rng.integers(1000, 50_000, 12).astype(float), rng.integers(300, 5000, 12).astype(float)
    d = rng.uniform(0.3, 3.0, 12) * np.sqrt(1.0 / n + 1.0 / m)
    together = kolmogorov_ties.sf(d, n, m, shares)
    alone = [kolmogorov_ties.sf(d[[i]], n[[i]], m[[i]], shares[[i]]).item() for i in range(12)]
    assert together.tolist() == alone
    assert np.all((together > 0.0) & (together <= 1.0))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
def test_three_values_have_the_limit_law_of_two_normal_numbers(share):
    """Seen at two places a bridge is a pair of normal numbers."""
    n, m, ends = 4e4, 9e3, np.array([share, 0.7])
    shares = np.zeros((1, 7))
    shares[0, 1::2] = share, 0.7 - share, 0.3
    covariance = np.minimum.outer(ends, ends) - np.outer(ends, ends)
    scale = math.sqrt(n * m / (n + m))
    for c in (0.4, 0.9, 1.6):
        inner = c - 0.5 / scale
        law = multivariate_normal(cov=covariance, abseps=1e-12, releps=1e-12)
        inside = law.cdf([inner, inner], lower_limit=[-inner, -inner])
        d, sides = np.array([c / scale]), (np.array([n]), np.array([m]))
        [found] = kolmogorov_ties.sf(d, *sides, shares)
        assert found == pytest.approx(1.0 - inside, rel=1e-7)


def test_shares_that_are_none_are_refused():
    with pytest.raises(ValueError, match="shares from 0"):
        kolmogorov_ties.sf(*np.array([[0.1], [50.0], [50.0]]), np.array([[0.7, 0.7, 0.0]]))


def _share_that_leaves(n: int, m: int, limit: int, tested: set[int]) -> Fraction:
    """P(|i m - j n| >= limit at one of these i + j), with whole numbers of paths."""
    inside, total = {0: 1}, math.comb(n + m, m)
    for rows in range(1, n + m + 1):
        moved: dict[int, int] = {}
        for j, paths in inside.items():
            for k in (j, j + 1):
                if k <= m and rows - k <= n:
                    moved[k] = moved.get(k, 0) + paths
        if rows in tested:
            moved = {j: own for j, own in moved.items() if abs((rows - j) * m - j * n) < limit}
        inside = moved
    return Fraction(total - inside.get(m, 0), total)


@pytest.mark.parametrize(("n", "m"), [(600, 5), (5, 600), (1500, 3), (700, 40), (400, 1)])
@pytest.mark.parametrize("d", [0.9, 1.5, 3.0])
@pytest.mark.parametrize("tied", [False, True])
def test_a_side_of_few_rows_has_the_share_of_paths(n, m, d, tied):
    limit = max(1, min(n * m, round(d * math.sqrt((n + m) * n * m))))
    ends = np.unique(np.random.default_rng(n).integers(1, n + m + 1, (n + m) // 2))
    ends = np.append(ends[ends < n + m], n + m)
    tested = set(ends.tolist()) if tied else set(range(1, n + m + 1))
    expected = _share_that_leaves(n, m, limit, tested)
    found = _core.ks_ties_p(n, m, limit, ends if tied else None, math.inf, False)
    assert found == pytest.approx(float(expected), rel=1e-13)
