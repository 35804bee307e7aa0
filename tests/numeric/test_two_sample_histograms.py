"""Counts for histograms that the passes of two samples give, against NumPy and against those that
are computed on their own: the same cut points and the same counts, to the bit."""

import numpy as np
import pyarrow as pa
import pytest

from simdrift import _core
from simdrift.columns.convert import as_column
from simdrift.metrics.columns import CurrentColumn, ReferenceColumn
from simdrift.metrics.pair import ColumnPair

N, M = 75_000, 70_000  # above the size from which prepared rows are counted, too
LOW, HIGH, POINTS = 0.01, 0.99, 19


def normal(random):
    return random.normal(3.0, 2.0, N), random.normal(3.1, 2.0, M)


def whole(random):
    return random.poisson(4.0, N), random.poisson(4.2, M)


def zeros(random):
    return (
        np.where(random.random(N) < 0.9, 0.0, random.exponential(5.0, N)),
        np.where(random.random(M) < 0.8, -0.0, random.exponential(5.0, M)),
    )


def constant(random):
    return np.full(N, 7.25), np.where(random.random(M) < 0.5, 7.25, 8.0)


def far_apart(random):
    return random.normal(0.0, 1.0, N), random.normal(1e9, 1.0, M)


def heavy_tails(random):
    return random.standard_cauchy(N), random.standard_cauchy(M)


def huge(random):
    return random.normal(0.0, 1.0, N) * 1e300, random.normal(0.0, 1.0, M) * 1e300


def tiny(random):
    return random.normal(0.0, 1.0, N) * 5e-322, random.normal(0.0, 1.0, M) * 5e-322


def single_precision(random):
    return tuple(side.astype(np.float32) for side in normal(random))


def missing(random):
    x, y = normal(random)
    x[::7], y[::5], x[3], y[4], y[8] = np.nan, np.nan, np.inf, -np.inf, np.inf
    return x, y


def many_infinite(random):
    x, y = normal(random)
    x[: N // 50], y[::3] = -np.inf, np.inf
    return x, y


def times(random):
    start = np.datetime64("2013-02-01T00:00:00", "us")
    return tuple(
        start + random.integers(0, 28 * 86_400 * 10**6, rows).astype("timedelta64[us]")
        for rows in (N, M)
    )


KINDS = [normal, whole, zeros, constant, far_apart, heavy_tails, huge, tiny, single_precision,
         missing, many_infinite, times]  # fmt: skip
ALWAYS = [normal, whole, zeros, heavy_tails, single_precision, missing]


def sides(kind):
    return kind(np.random.default_rng(20130208))


def on_their_own(x, y):
    """Cut points and counts of both sides, each from a pass of its own."""
    reference, current = ReferenceColumn("x", as_column(x)), CurrentColumn("x", as_column(y))
    cuts, counts = reference.display_cells()
    return cuts, counts, current.count_cells(cuts)


def drawn(pair):
    assert pair.two_sample["status"] == "ok"
    cuts, counts = pair.reference.display_cells()
    return cuts, counts, np.array(pair.histogram().current)


@pytest.mark.parametrize("reads", [{"ks", "histogram"}, {"wasserstein"}, {"ks", "wasserstein"}])
@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_histogram_is_the_one_of_passes_of_its_own(kind, prepared, reads):
    x, y = sides(kind)
    reference, current = ReferenceColumn("x", as_column(x)), CurrentColumn("x", as_column(y))
    if prepared:
        reference.prepare()
    found = drawn(ColumnPair(reference, current, reads=reads, threads=2))
    for got, wanted in zip(found, on_their_own(x, y), strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("kind", ALWAYS, ids=lambda kind: kind.__name__)
def test_a_pass_leaves_the_counts_of_the_histogram_with_its_pair(kind):
    x, y = (as_column(side) for side in sides(kind))
    pair = ColumnPair(ReferenceColumn("x", x), CurrentColumn("x", y), reads={"ks", "histogram"})
    assert not pair.is_counted
    _ = pair.two_sample
    assert pair.is_counted


@pytest.mark.parametrize("kind", ALWAYS, ids=lambda kind: kind.__name__)
def test_the_passes_give_the_histogram_that_numpy_gives(kind):
    x, y = sides(kind)
    histogram = _core.two_sample(as_column(x), as_column(y), histogram=(POINTS, LOW, HIGH))[
        "histogram"
    ]
    assert histogram is not None
    cuts, *counts = histogram
    x, y = (side[~np.isnan(side)].astype(float) for side in (x, y))
    wanted = np.unique(np.linspace(*np.quantile(x, [LOW, HIGH]), POINTS))
    np.testing.assert_array_equal(cuts, wanted)
    for side, found in zip((x, y), counts, strict=True):
        cells = np.searchsorted(wanted, side, side="right")
        np.testing.assert_array_equal(found, np.bincount(cells, minlength=len(wanted) + 1))


def test_a_histogram_over_known_cut_points_and_chunks():
    x, y = sides(normal)
    chunked = pa.chunked_array([y[:1000], y[1000:20_000], y[20_000:]])
    cuts = np.array([0.0, 1.5, 3.0, 9.0])
    for reference in (as_column(x), _core.Prepared(as_column(x))):
        histogram = _core.two_sample(reference, as_column(chunked), histogram=cuts)["histogram"]
        assert histogram is not None
        np.testing.assert_array_equal(histogram[0], cuts)
        edges = np.concatenate([[-np.inf], cuts, [np.inf]])
        np.testing.assert_array_equal(histogram[2], np.histogram(y, edges)[0])


def test_nothing_is_drawn_that_nobody_asked_for():
    x, y = sides(normal)
    assert _core.two_sample(as_column(x), as_column(y))["histogram"] is None
    pair = ColumnPair(
        ReferenceColumn("x", as_column(x)), CurrentColumn("x", as_column(y)), reads={"ks"}
    )
    assert pair.two_sample["histogram"] is None


@pytest.mark.parametrize(
    ("histogram", "error", "says"),
    [
        ((1, 0.01, 0.99), ValueError, "2 to 31 points"),
        ((19, 0.9, 0.1), ValueError, "between two quantiles"),
        ((19, 0.1), TypeError, "points, low, high"),
        (np.zeros(0), ValueError, "1 to 31 cut points"),
        (np.zeros(2), ValueError, "strictly increasing"),
        (np.array([np.nan]), ValueError, "finite"),
        ("wide", ValueError, "wide"),
    ],
)
def test_what_is_no_histogram_is_refused(histogram, error, says):
    x, y = (as_column(side) for side in sides(normal))
    with pytest.raises(error, match=says):
        _core.two_sample(x, y, histogram=histogram)


def test_a_prepared_reference_wants_the_cut_points():
    x, y = (as_column(side) for side in sides(normal))
    with pytest.raises(ValueError, match="expected a histogram's cut points, found none"):
        _core.two_sample(_core.Prepared(x), y, histogram=(POINTS, LOW, HIGH))
