"""OpenLineage facets: the specification's own classes take them, and the numbers are the rows'."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from openlineage.client.generated.data_quality_assertions_dataset import (
    Assertion,
    DataQualityAssertionsDatasetFacet,
)
from openlineage.client.generated.data_quality_metrics_input_dataset import (
    ColumnMetrics,
    DataQualityMetricsInputDatasetFacet,
)

import simdrift as sd
from simdrift.results import Result, Results

DAY = datetime(2024, 1, 1, tzinfo=UTC)


def row(column, metric, value, day=0, **more):
    start = DAY + timedelta(days=day)
    return Result(
        UUID(int=day + 1), more.pop("dataset", "d"), "", "", start, start + timedelta(days=1),
        "1d", more.pop("segment", ""), column, metric, value, **more,
    )  # fmt: skip


def test_a_profile_gives_the_statistics_by_the_specifications_names():
    x = np.array([1.0, 2.0, 4.0, np.nan])
    found = sd.profile({"x": x}).results.to_openlineage()["dataQualityMetrics"]
    assert found["rowCount"] == 4
    column = found["columnMetrics"]["x"]
    assert column["nullCount"] == 1
    assert column["count"] == 3
    assert column["distinctCount"] == 3
    assert (column["min"], column["max"], column["sum"]) == (1.0, 4.0, 7.0)
    assert column["quantiles"]["0.5"] == 2.0


def test_the_specifications_classes_take_the_facets():
    rng = np.random.default_rng(5)
    table = {"x": rng.normal(size=2000), "kind": rng.choice(["a", "b"], 2000)}
    moved = {**table, "x": table["x"] + 1.0}
    report = sd.compare(table, moved)
    both = [*sd.profile(moved).results, *report.results]
    facets = Results(both).to_openlineage()
    metrics = dict(facets["dataQualityMetrics"])
    made = DataQualityMetricsInputDatasetFacet(
        columnMetrics={n: ColumnMetrics(**c) for n, c in metrics["columnMetrics"].items()},
        rowCount=metrics["rowCount"],
    )
    assert made._get_schema() == metrics["_schemaURL"]
    assertions = facets["dataQualityAssertions"]
    also = DataQualityAssertionsDatasetFacet(
        assertions=[Assertion(**one) for one in assertions["assertions"]]
    )
    assert also._get_schema().split("/")[-1] == assertions["_schemaURL"].split("/")[-1]
    failed = {one.get("column") for one in assertions["assertions"] if not one["success"]}
    assert "x" in failed
    assert "kind" not in failed
    assert json.loads(json.dumps(facets)) == facets


def test_only_the_newest_window_and_all_rows_count():
    results = Results(
        [
            row("x", "drift.ks", 0.1, day=0, alert=True),
            row("x", "drift.ks", 0.1, day=1, alert=False),
            row("x", "drift.ks", 0.1, day=1, segment="a=b", alert=True),
            row("", "quality.rows", 7.0, day=1),
            row("", "drift.dataset", 0.0, day=1, alert=False),
        ]
    )
    facets = results.to_openlineage()
    assert facets["dataQualityMetrics"]["rowCount"] == 7
    assert facets["dataQualityAssertions"]["assertions"] == [
        {"assertion": "drift.ks", "success": True, "column": "x"},
        {"assertion": "drift.dataset", "success": True},
    ]


def test_rows_of_two_datasets_are_refused_by_name():
    results = Results([row("x", "drift.ks", 0.1), row("x", "drift.ks", 0.1, dataset="e")])
    with pytest.raises(ValueError, match="one dataset, found d, e"):
        results.to_openlineage()


def test_nothing_gives_an_empty_facet():
    facets = Results().to_openlineage()
    assert facets["dataQualityMetrics"]["columnMetrics"] == {}
    assert "dataQualityAssertions" not in facets
