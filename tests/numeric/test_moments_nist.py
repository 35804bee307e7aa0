"""Mean and standard deviation on the univariate sets of NIST's Statistical Reference Datasets:
as many right digits as the binary64 input allows. Higher moments against 50-digit sums."""

from pathlib import Path

import metric_rows
import mpmath
import numpy as np
import pytest

from simdrift import _core
from simdrift.metrics.columns import CurrentColumn

DATA = Path(__file__).parent / "data"
FILES = {
    "lottery": ("518.958715596330", "291.699727470969"),
    "lew": ("-177.435000000000", "277.332168044316"),
    "mavro": ("2.00185600000000", "0.000429123454003053"),
    "pidigits": ("4.53480000000000", "2.86733906028871"),
    "michelso": ("299.852400000000", "0.0790105478190518"),
}


def _read(name: str) -> list[str]:
    lines = (DATA / f"{name}.txt").read_text().splitlines()
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    return list("".join(words)) if name == "pidigits" else words


def _alternating(middle: str, low: str, high: str) -> list[str]:
    return [middle, *[low, high] * 500]


SETS = {name: (_read(name), *certified) for name, certified in FILES.items()} | {
    "numacc1": (["10000001", "10000003", "10000002"], "10000002", "1"),
    "numacc2": (_alternating("1.2", "1.1", "1.3"), "1.2", "0.1"),
    "numacc3": (_alternating("1000000.2", "1000000.1", "1000000.3"), "1000000.2", "0.1"),
    "numacc4": (_alternating("10000000.2", "10000000.1", "10000000.3"), "10000000.2", "0.1"),
}


def _moments(values: list[float]) -> dict[str, float]:
    column = CurrentColumn("x", _core.Column.from_numpy(np.array(values)))
    wanted = ("mean", "std", "variance", "skewness", "kurtosis")
    return {
        r.metric.removeprefix("quality."): r.value for r in metric_rows.column_rows(column, wanted)
    }


def _exact(values: list[float]) -> dict[str, mpmath.mpf]:
    """The same moments of the binary64 values, with 50 digits."""
    with mpmath.workdps(50):
        x = [mpmath.mpf(v) for v in values]
        n = len(x)
        mean = mpmath.fsum(x) / n
        m2, m3, m4 = (mpmath.fsum((v - mean) ** k for v in x) / n for k in (2, 3, 4))
        variance = m2 * n / (n - 1)
        return {
            "mean": mean,
            "std": mpmath.sqrt(variance),
            "variance": variance,
            "skewness": m3 / m2 ** mpmath.mpf(1.5),
            "kurtosis": m4 / m2**2 - 3,
        }


def _digits(found: object, certified: str) -> float:
    """Log relative error: how many decimal digits are right, at most 15."""
    with mpmath.workdps(50):
        expected = mpmath.mpf(certified)
        error = abs(mpmath.mpf(found) - expected) / abs(expected)
        return 15.0 if error == 0 else min(15.0, float(-mpmath.log10(error)))


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_stored_data_give_the_certified_values_to_every_digit(name):
    words, mean, std = SETS[name]
    with mpmath.workdps(50):
        x = [mpmath.mpf(word) for word in words]
        exact = mpmath.fsum(x) / len(x)
        spread = mpmath.sqrt(mpmath.fsum((v - exact) ** 2 for v in x) / (len(x) - 1))
    assert _digits(exact, mean) > 14.0
    assert _digits(spread, std) > 14.0


@pytest.mark.parametrize("name", sorted(SETS))
def test_mean_and_std_have_the_digits_that_the_binary64_input_allows(name):
    words, mean, std = SETS[name]
    values = [float(word) for word in words]
    found, best = _moments(values), _exact(values)
    assert _digits(found["mean"], mean) >= _digits(best["mean"], mean) - 0.1
    assert _digits(found["std"], std) >= _digits(best["std"], std) - 0.1


@pytest.mark.parametrize("name", ["lottery", "lew", "mavro", "michelso", "numacc2"])
def test_higher_moments_match_50_digit_sums(name):
    values = [float(word) for word in SETS[name][0]]
    found, expected = _moments(values), _exact(values)
    for moment in ("variance", "skewness", "kurtosis"):
        want = float(expected[moment])
        assert found[moment] == pytest.approx(want, rel=1e-11, abs=1e-11), moment


def test_skewness_and_kurtosis_keep_ten_digits_at_a_mean_of_1e8_standard_deviations():
    values = (1e8 + np.random.default_rng(9).gamma(2.0, size=20_000)).tolist()
    found, expected = _moments(values), _exact(values)
    assert found["skewness"] == pytest.approx(float(expected["skewness"]), rel=1e-10)
    assert found["kurtosis"] == pytest.approx(float(expected["kurtosis"]), rel=1e-10)
