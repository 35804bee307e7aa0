"""P-values to 1e-10 down to 1e-300: the laws against 50-digit mpmath, tables and counting."""

from __future__ import annotations

import math
from itertools import combinations

import mpmath
import numpy as np
import pytest
from scipy import stats

from simdrift.metrics import drift
from simdrift.metrics.nulls import kuiper, mann_whitney, quadratic, special, ties

CLOSE = 1e-10


@pytest.fixture(autouse=True)
def fifty_digits():
    with mpmath.workdps(50):
        yield


def same(log_p, expected):
    """Relative error of exp(log_p), also where float64 has no such number."""
    return abs(mpmath.exp(mpmath.mpf(log_p)) / expected - 1) < CLOSE


def smirnov(ends, integrand):
    """The alternating sum of integrals between `ends`, where the integrand is infinite as
    1 / sqrt: in s, the root of the distance from the nearer end."""
    total = mpmath.mpf(0)
    for k, (a, b) in enumerate(ends):
        half = mpmath.sqrt((b - a) / 2)
        steps = [half * f for f in (0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1)]
        left = mpmath.quad(lambda s, a=a: 2 * s * integrand(a + s * s) if s else 0, steps)
        right = mpmath.quad(lambda s, b=b: 2 * s * integrand(b - s * s) if s else 0, steps)
        total += (-1) ** k * (left + right)
    return total


@pytest.mark.parametrize("x", [0.05, 0.2, 0.46136, 1.16786, 3.0, 20.0, 60.0, 138.0])
def test_cramer_von_mises_limit_law_is_smirnovs_sum(x):
    first = mpmath.pi**2  # quad's tolerance is absolute: the first exponential comes out

    def integrand(u):
        return mpmath.exp(-x * (u * u - first) / 2) / mpmath.sqrt(abs(u * mpmath.sin(u)))

    count = 10 if x < 2 else 2
    ends = [((2 * k - 1) * mpmath.pi, 2 * k * mpmath.pi) for k in range(1, count)]
    expected = 2 / mpmath.pi * smirnov(ends, integrand)
    assert same(quadratic.mises_log_sf(x) + x * first / 2, expected)


@pytest.mark.parametrize("x", [0.3, 1.0, 2.492, 3.857, 10.0, 100.0, 650.0])
def test_anderson_darling_limit_law_is_smirnovs_sum(x):
    def integrand(r):
        v = (r * r - 1) / 4
        root = mpmath.sqrt(abs(mpmath.cos(mpmath.pi * r / 2)) / (mpmath.pi * v))
        return mpmath.exp(-x * (v - 2) / 2) / (v * root) * r / 2

    count = 12 if x < 2 else 3
    ends = [(mpmath.mpf(4 * k - 1), mpmath.mpf(4 * k + 1)) for k in range(1, count)]
    assert same(quadratic.darling_log_sf(x) + x, smirnov(ends, integrand) / mpmath.pi)


@pytest.mark.parametrize(("x", "p"), [(1.933, 0.1), (2.492, 0.05), (3.070, 0.025), (3.857, 0.01)])
def test_anderson_darling_limit_law_has_the_published_critical_values(x, p):
    assert math.exp(quadratic.darling_log_sf(x)) == pytest.approx(p, rel=0.03)


@pytest.mark.parametrize(("x", "p"), [(0.34730, 0.1), (0.46136, 0.05), (0.74346, 0.01)])
def test_cramer_von_mises_limit_law_has_the_published_critical_values(x, p):
    assert math.exp(quadratic.mises_log_sf(x)) == pytest.approx(p, rel=2e-4)


@pytest.mark.parametrize("z", [0.3, 0.6, 1.0, 1.0999, 1.1001, 1.747, 2.001, 5.0, 18.5])
def test_kuiper_law_is_its_series(z):
    def term(j):
        square = j * j * mpmath.mpf(z) ** 2
        return 2 * (4 * square - 1) * mpmath.exp(-2 * square)

    expected = mpmath.nsum(term, [1, mpmath.inf]) if z > 0.5 else 1 - small_kuiper(z)
    assert same(kuiper.log_sf(z), expected)


def small_kuiper(z):
    def term(k):
        square = (mpmath.pi * k / z) ** 2
        return square * mpmath.exp(-square / 2)

    return mpmath.sqrt(2 * mpmath.pi) / z * mpmath.nsum(term, [1, mpmath.inf])


@pytest.mark.parametrize("df", [1.5, 3.7, 50.0, 4999.3, 1e6, 2e7])
@pytest.mark.parametrize("p", [0.3, 1e-3, 1e-20, 1e-150, 1e-299])
def test_students_law_is_the_incomplete_beta_function(df, p):
    t = -float(stats.t.ppf(p / 2, df)) if p > 1e-100 or df > 20 else 1e30
    x = mpmath.mpf(df) / (mpmath.mpf(df) + mpmath.mpf(t) ** 2)
    expected = mpmath.betainc(mpmath.mpf(df) / 2, 0.5, 0, x, regularized=True)
    if expected > 1e-300:
        assert abs(special.student_two_sided_p(t, df) / expected - 1) < CLOSE
    assert abs(special.student_two_sided_log_p(t, df) / mpmath.log(expected) - 1) < CLOSE


@pytest.mark.parametrize(("t", "df"), [(1e3, 50.0), (60.0, 1e6), (300.0, 4999.5)])
def test_students_law_has_a_logarithm_where_it_underflows(t, df):
    x = mpmath.mpf(df) / (mpmath.mpf(df) + mpmath.mpf(t) ** 2)
    expected = mpmath.log(mpmath.betainc(mpmath.mpf(df) / 2, 0.5, 0, x, regularized=True))
    assert abs(special.student_two_sided_log_p(t, df) / expected - 1) < CLOSE


@pytest.mark.parametrize(
    ("f", "d1", "d2"),
    [(4.0, 1, 98), (900.0, 1, 100), (1300.0, 1, 10**6), (200.0, 20, 30), (4.0, 999, 799)],
)
def test_fishers_law_is_the_incomplete_beta_function(f, d1, d2):
    x = mpmath.mpf(d2) / (d2 + d1 * mpmath.mpf(f))
    expected = mpmath.betainc(mpmath.mpf(d2) / 2, mpmath.mpf(d1) / 2, 0, x, regularized=True)
    assert abs(special.f_sf(f, d1, d2) / expected - 1) < 10 * CLOSE  # SciPy 1.13 at 1e-284: 2e-10
    assert abs(special.f_log_sf(f, d1, d2) / mpmath.log(expected) - 1) < CLOSE


@pytest.mark.parametrize(("x", "df"), [(3.0, 1), (1300.0, 1), (700.0, 4), (1400.0, 9), (900.0, 99)])
def test_chi_square_law_is_the_incomplete_gamma_function(x, df):
    expected = mpmath.gammainc(mpmath.mpf(df) / 2, mpmath.mpf(x) / 2, regularized=True)
    assert abs(special.chi2_sf(x, df) / expected - 1) < CLOSE
    assert abs(special.chi2_log_sf(x, df) / mpmath.log(expected) - 1) < CLOSE


@pytest.mark.parametrize(("n", "m"), [(3, 4), (5, 5), (6, 2)])
def test_small_samples_are_counted_over_all_orders(n, m):
    rows = n + m
    mises, whitney = [], []
    for chosen in combinations(range(rows), n):
        x = np.array(chosen)
        y = np.setdiff1d(np.arange(rows), x)
        i, j = np.arange(1, n + 1), np.arange(1, m + 1)
        squares = n * np.sum((x + 1 - i) ** 2) + m * np.sum((y + 1 - j) ** 2)
        mises.append(int(4 * squares))
        whitney.append(int(np.sum(x[:, None] < y)))
    mises, whitney = np.array(mises), np.array(whitney)
    for numerator in np.unique(mises):
        p = np.mean(mises >= numerator)
        assert math.exp(quadratic.mises_log_exact(int(numerator), n, m)) == pytest.approx(p)
    for u in np.unique(whitney):
        p = min(1.0, 2 * np.mean(whitney >= max(u, n * m - u)))
        assert math.exp(mann_whitney.log_p(2 * int(u), n, m, 0)) == pytest.approx(p)


def test_a_p_value_below_float64_is_zero_and_has_a_logarithm():
    assert special.exp_p(-800.0) == 0.0
    assert quadratic.mises_log_sf(1e4) == pytest.approx(-0.5e4 * math.pi**2, rel=1e-3)
    assert quadratic.darling_log_sf(1e4) == pytest.approx(-1e4, rel=1e-2)


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.9, 0.05, 0.05], [0.2] * 5, [1 / 64] * 64])
@pytest.mark.parametrize("form", ["mises_weights", "darling_weights"])
def test_laws_of_tied_values_are_those_of_their_quadratic_forms(shares, form):
    """Against the bridge itself, drawn; A2 has the mean 1 whatever the ties."""
    shares = np.array(shares)
    rng = np.random.default_rng([3, len(shares)])
    ends = np.cumsum(shares)[:-1]
    steps = rng.normal(size=(100_000, len(shares))) * np.sqrt(shares)
    walk = np.cumsum(steps, axis=1)
    bridge = walk[:, :-1] - ends * walk[:, -1:]
    padded = np.pad(bridge, ((0, 0), (1, 1)))
    middle = 0.5 * (padded[:, 1:] + padded[:, :-1])
    below = np.cumsum(shares) - 0.5 * shares
    variance = below * (1 - below) - shares / 4
    drawn = (middle**2) @ (shares if form == "mises_weights" else shares / variance)
    weights = getattr(ties, form)(shares)
    assert weights.sum() == pytest.approx(drawn.mean(), rel=0.02)
    if form == "darling_weights":
        assert weights.sum() == pytest.approx(1.0, rel=1e-9)
    for level in (0.5, 0.9, 0.95, 0.99):
        p = math.exp(ties.log_sf(float(np.quantile(drawn, level)), weights))
        assert p == pytest.approx(1 - level, rel=0.08)


@pytest.mark.parametrize("df", [1, 2, 4, 60])
@pytest.mark.parametrize("x", [0.01, 0.5, 1.0, 3.999, 4.0, 20.0, 100.0, 1300.0, 1e5])
def test_the_tail_of_equal_weights_is_chi_squares(x, df):
    expected = mpmath.gammainc(mpmath.mpf(df) / 2, mpmath.mpf(x) / 2, regularized=True)
    found = ties.log_sf(3.0 * x, np.full(df, 3.0))
    assert abs(found - mpmath.log(expected)) < max(CLOSE, 1e-14 * abs(found))


@pytest.mark.parametrize("x", [0.2, 1.0, 3.39, 3.4, 3.41, 10.0, 60.0, 600.0, 1400.0])
def test_the_tail_of_pairs_of_weights_is_that_of_exponential_variables(x):
    """Each pair is an exponential variable: a sum of them has a closed form."""
    weights = [mpmath.mpf(1), mpmath.mpf(1) / 2, mpmath.mpf(1) / 5]
    expected = mpmath.mpf(0)
    for a in weights:
        others = [a / (a - b) for b in weights if b != a]
        expected += mpmath.fprod(others) * mpmath.exp(-mpmath.mpf(x) / (2 * a))
    found = ties.log_sf(x, np.array([1.0, 1.0, 0.5, 0.5, 0.2, 0.2]))
    assert abs(found - mpmath.log(expected)) < CLOSE


def test_the_energy_distance_s_quantile_is_the_tabled_one_of_the_bridge():
    """That of the integral of a squared Brownian bridge: Anderson and Darling (1952), table 1."""
    x = (np.arange(2000) + 0.5) / 2000
    found = drift.energy(x[::2], x[1::2]).null_quantile
    assert found**2 == pytest.approx(2.0 * 0.46136 * (1 / 1000 + 1 / 1000), rel=0.02)


ENERGY_SHAPES = {
    "98 % zeros": lambda rng, n: np.where(rng.random(n) < 0.98, 0.0, rng.exponential(size=n)),
    "1 % ones": lambda rng, n: (rng.random(n) < 0.01).astype(float),
    "Pareto(1.5)": lambda rng, n: rng.pareto(1.5, n),
    "normal": lambda rng, n: rng.normal(size=n),
}


@pytest.mark.parametrize(("n", "m"), [(300, 300), (3000, 200)])
@pytest.mark.parametrize("shape", ENERGY_SHAPES)
def test_the_energy_distance_exceeds_its_quantile_in_one_of_twenty_without_drift(shape, n, m):
    """120 samples: 0.05 +- 0.02; a law of the reference's middle alone has 0.2 of rare values."""
    draw, beyond = ENERGY_SHAPES[shape], 0
    for run in range(120):
        rng = np.random.default_rng([run, n, m])
        found = drift.energy(draw(rng, n), draw(rng, m))
        beyond += found.value > found.null_quantile
    assert 0 < beyond <= 13
