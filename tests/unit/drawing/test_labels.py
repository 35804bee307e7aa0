"""Numbers, windows and metrics as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdrift.drawing.labels import metric_words, number, p_text, percent, span_label, time_label
from simdrift.results.zones import zone_of

NEW_YORK = zone_of("America/New_York")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "∞"),
        (float("-inf"), "-∞"),
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (0.1, "0.1"),
        (0.0001234, "0.000123"),
        (1.23e-7, "1.23e-07"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (1e18, "1e+18"),
        (-27004.0, "-27,004"),
        (0.9999, "1"),
        (99.96, "100"),
    ],
)
def test_number(value, text):
    assert number(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_number_is_read_back_within_its_digits(value):
    assert float(number(value, 4).replace(",", "")) == pytest.approx(value, rel=2e-3)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "–"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.5, "50 %"),
        (0.031, "3.1 %"),
        (1e-7, "<0.01 %"),
    ],
)
def test_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(None, "–"), (0.0, "<1e-300"), (0.5, "0.500"), (1e-5, "1.0e-05"), (1, "1.000")],
)
def test_p_text(p, text):
    assert p_text(p) == text


def test_metrics_have_words_and_unknown_ones_keep_their_name():
    assert metric_words("drift.ks") == "KS distance"
    assert metric_words("quality.quantile", "q=0.95") == "95 % quantile"
    assert metric_words("quality.quantile", "q=?") == "quantile"
    assert metric_words("quality.almost_constant") == "almost constant"
    assert metric_words("odd") == "odd"


def test_windows_are_labelled_in_the_zone():
    start, end = datetime(2013, 2, 8, 5, tzinfo=UTC), datetime(2013, 2, 9, 5, tzinfo=UTC)
    assert time_label(start, NEW_YORK) == "2013-02-08"
    assert time_label(start, UTC) == "2013-02-08 05:00"
    assert span_label(start, end, NEW_YORK) == "2013-02-08"
    assert span_label(start, datetime(2013, 3, 1, 5, tzinfo=UTC), NEW_YORK) == (
        "2013-02-08 to 2013-02-28"
    )
    assert span_label(start, end, UTC) == "2013-02-08 05:00 to 2013-02-09 05:00"
    assert span_label(None, None, UTC) == "all rows"


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../UTC", "/etc/passwd", "\x00"])
def test_a_zone_that_is_none_is_named(name):
    with pytest.raises(ValueError, match="expected an IANA zone such as"):
        zone_of(name)
