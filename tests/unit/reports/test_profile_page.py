"""A profile's page: each column with its distribution, all statistics, and why it has none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from page import parsed

import simdrift as sd
from simdrift.reports import ProfileReport
from simdrift.reports.distributions import zone_of_type


@pytest.fixture(scope="module")
def profile() -> ProfileReport:
    hours = pd.date_range("2024-01-01", periods=48, freq="h", tz="Europe/Berlin")
    return sd.profile(
        pd.DataFrame(
            {
                "fare": np.arange(48.0),
                "kind": ["cash"] * 36 + ["card"] * 12,
                "pickup": hours,
                "took": pd.to_timedelta(np.arange(48) * 90, unit="s"),
                "tags": [[1, 2]] * 48,
            }
        )
    )


@pytest.fixture(scope="module")
def page(profile):
    return parsed(profile.to_html())


def details(page, column):
    found = (one for one in page.all("details", "column"))
    return next(one for one in found if one.all("summary")[0].all("bdi")[0].text == column)


def facts_of(page, column) -> dict[str, str]:
    rows = details(page, column).all("table")[-1].all("tbody")[0].all("tr")
    return {row.all("th")[0].text: row.all("td")[0].text for row in rows}


def test_every_column_with_values_has_a_distribution(profile, page):
    assert {one.column for one in profile.results.histograms} == {"fare", "kind", "pickup", "took"}
    rows = page.all("table", "profile")[0].all("tbody")[0].all("tr")
    drawn = [row.all("th")[0].all("bdi")[0].text for row in rows if row.all("svg")]
    assert drawn == ["fare", "kind", "pickup", "took"]


def test_histograms_count_every_row_of_one_table(profile):
    counts = {one.column: one for one in profile.results.histograms}
    assert counts["kind"].labels == ("cash", "card")
    assert counts["kind"].current == (36.0, 12.0)
    assert sum(counts["fare"].current) == 48.0
    assert all(one.reference == () for one in profile.results.histograms)


def test_details_have_all_statistics_with_their_units(page):
    facts = {
        row.all("th")[0].text: row.all("td")[0].text for row in details(page, "took").all("tr")[1:]
    }
    assert (facts["maximum"], facts["median"]) == ("4,230 s", "2,115 s")
    assert (facts["rows"], facts["missing share"]) == ("48", "0 %")
    assert "4,230 s" in page.all("table", "profile")[0].text
    values = [row.text for row in details(page, "kind").all("tr")]
    assert values[:3] == ["Value Share", "cash 75 %", "card 25 %"]


def test_times_are_in_the_zone_of_their_column(profile, page):
    facts = {
        row.all("th")[0].text: row.all("td")[0].text
        for row in details(page, "pickup").all("tr")[1:]
    }
    assert (facts["minimum"], facts["maximum"]) == ("2024-01-01 00:00", "2024-01-02 23:00")
    assert "2024-01-01" in repr(profile)
    assert "2023-12-31" not in repr(profile)


@pytest.mark.parametrize(
    ("kind", "zone"),
    [("timestamp[ns]", "UTC"), ("timestamp[us, +02:00]", "UTC+02:00"),
     ("timestamp[us, Nowhere/None]", "UTC"), ("timestamp[s, Asia/Tokyo]", "Asia/Tokyo")],
)  # fmt: skip
def test_a_zone_that_nobody_knows_is_utc(kind, zone):
    assert str(zone_of_type(kind)) == zone


def test_a_column_that_is_not_computed_on_says_why(page):
    words = "expected booleans, numbers, times, text or a dictionary of those, found list"
    assert words in details(page, "tags").text
    assert words in page.all("table", "profile")[0].text


def test_durations_of_a_comparison_are_in_seconds():
    took = pd.to_timedelta(np.arange(100) * 90, unit="s")
    page = parsed(sd.compare({"took": took}, {"took": took * 2}, methods={"took": "ks"}).to_html())
    ends = [one.text for one in page.all("span", "ends")]
    assert ends
    assert all(text.count(" s") == 2 for text in ends)
