"""What passed, warned and failed, as text, page, JSON and JUnit XML."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

import simdrift as sd
from simdrift.checks import Check, CheckReport


@pytest.fixture(scope="module")
def report() -> CheckReport:
    checks = [
        Check("not_null", "a"),
        Check("between", "a", max=2),
        Check("unique", "<b>\x01", severity="warn"),
    ]
    return sd.check({"a": [1, 2, 3], "<b>\x01": ["&", "&", None]}, checks=checks)


def test_the_text_has_counts_and_those_that_failed_first(report: CheckReport) -> None:
    assert str(report).splitlines() == [
        "3 checks of 3 rows: 1 passed, 1 warned, 1 failed",
        "",
        "fail  a       between(max=2)",
        "        └ 1 of 3 rows fail (row 2: 3)",
        "warn  <b>\\x01 unique",
        "        └ 2 of 3 rows fail (row 0: '&', row 1: '&')",
        "pass  a       not_null",
    ]


def test_junit_is_what_a_pipeline_reads(report: CheckReport) -> None:
    suite = ElementTree.fromstring(report.to_junit()).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "0")
    cases = suite.findall("testcase")
    assert [(one.get("classname"), one.get("name")) for one in cases] == [
        ("a", "not_null"),
        ("a", "between(max=2)"),
        ("<b>\\x01", "unique"),
    ]
    assert [[child.tag for child in one] for one in cases] == [[], ["failure"], ["system-out"]]
    assert cases[1].findtext("failure") == "1 of 3 rows fail (row 2: 3)"


def test_json_has_counts_lines_and_rows(report: CheckReport) -> None:
    found = json.loads(report.to_json())
    assert (found["passed"], found["rows"]) == (False, 3)
    assert found["counts"] == {"pass": 1, "warn": 1, "fail": 1}
    assert found["checks"][1]["examples"] == [[2, 3]]
    assert sd.Results.from_json(found["results"]) == report.results


def test_the_page_has_the_lines_and_escapes_names(report: CheckReport) -> None:
    page = report.to_html()
    assert "between(max=2)" in page
    assert "&lt;b&gt;" in page
    assert "<script" not in page
    assert "1 of 3 rows fail" in report._repr_html_()


def test_infinities_and_dates_are_in_the_json() -> None:
    report = sd.check({"x": [float("inf")]}, checks=Check("between", "x", max=1))
    assert json.loads(report.to_json())["checks"][0]["examples"] == [[0, "inf"]]


def test_no_check_at_all_passes() -> None:
    report = sd.check({"x": [1]})
    assert report.passed
    assert str(report) == "0 checks of 1 rows: 0 passed"
