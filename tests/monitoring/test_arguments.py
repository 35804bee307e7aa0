"""Every argument of `compare` is used or refused, beside a prepared reference as beside a frame."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import simdrift as sd
from simdrift._errors import InputError, SpecError
from simdrift.drawing.labels import number

Frame = dict[str, Any]


def frame(seed: int, shift: float = 0.0, rows: int = 400) -> Frame:
    rng = np.random.default_rng(seed)
    return {
        "x": rng.normal(size=rows) + shift,
        "y": rng.normal(size=rows),
        "code": rng.integers(0, 4, rows),
        "zone": np.array(["a", "b"])[rng.integers(0, 2, rows)],
        "p": rng.normal(size=rows),
        "t": rng.normal(size=rows) + 2 * shift,
    }


BEFORE, NOW = frame(1), frame(2, 0.3)


def rows_of(report: sd.Report) -> set[tuple[object, ...]]:
    return {
        (row.segment, row.column, row.metric, row.params, row.value, row.q_value, row.threshold,
         row.alert, row.status)
        for row in report.results
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        {"columns": ["x"]},
        {"columns": "x"},
        {"methods": "psi"},
        {"methods": {"x": ["ks", ("psi", {"bins": 5})], "categorical": "g_test"}},
        {"methods": ["ks", {"psi": {"bins": 5}}]},
        {"columns": ["x", "y"], "methods": "wasserstein", "thresholds": {"wasserstein": 0.1}},
        {"thresholds": {"x": {"ks": 1e-9}}},
        {"correction": "bonferroni"},
        {"methods": "psi", "bins": (-1.0, 0.0, 1.0)},
        {"methods": "hellinger", "bins": "equal_width"},
        {"convention": "evidently"},
        {"roles": {"prediction": "p", "ignore": ["t", "code"]}},
    ],
    ids=str,
)
def test_a_reference_is_compared_as_the_frame_that_it_was_made_of(
    arguments: dict[str, Any],
) -> None:
    prepared = sd.compare(sd.Reference.fit(BEFORE), NOW, **arguments)
    assert rows_of(prepared) == rows_of(sd.compare(BEFORE, NOW, **arguments))
    assert rows_of(prepared) != rows_of(sd.compare(BEFORE, NOW))


def test_what_is_left_out_is_as_the_reference_has_it() -> None:
    spec = sd.Spec(monitor="m", window="all", methods="psi", correction="holm",
                   segments=["zone"], columns=sd.Columns(categorical=["code"]))  # fmt: skip
    reference = sd.Reference.fit(BEFORE, spec=spec)
    own = reference.compare(NOW)
    assert rows_of(sd.compare(reference, NOW)) == rows_of(own)
    narrow = sd.compare(reference, NOW, columns=["x", "code"])
    assert {row.column for row in narrow.results if row.metric == "drift.psi"} == {"x", "code"}
    assert {row.segment for row in narrow.results} == {row.segment for row in own.results}
    assert {row.segment for row in sd.compare(reference, NOW, segments=()).results} == {""}
    for column in ("x", "code"):
        one = {"column": column, "metric": "psi", "segment": ""}
        [before], [now] = own.results.filter(**one), narrow.results.filter(**one)
        assert (before.value, before.p_value) == (now.value, now.p_value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"columns": ["nope"]}, "columns: the reference has no column 'nope'; found x, y"),
        ({"columns": ["X"]}, "no column 'X', did you mean 'x'?"),
        ({"methods": "nope"}, "unknown method 'nope'"),
        ({"methods": {"nope": "ks"}}, "found 'nope'"),
        ({"methods": "mmd"}, "methods: mmd compares whole rows, and this reference keeps none"),
        ({"roles": {"categorical": ["code"]}}, "column 'code' is categorical here, but numeric"),
        (
            {"roles": {"prediction": "nope"}},
            "roles: prediction: the reference has no column 'nope'",
        ),
        ({"roles": {"weight": "y"}}, "the weight is 'y' here, None in the reference"),
        ({"roles": 3}, "roles: expected a dict such as"),
        ({"segments": ["zone"]}, "segments: the reference has none, not zone: fit the reference"),
        ({"convention": "nannyml"}, "expected 'simdrift' or 'evidently', found 'nannyml'"),
        ({"correction": "fdr"}, "'correction': expected 'bh'"),
        ({"thresholds": {"nope": 1.0}}, "unknown metric 'drift.nope'"),
        ({"thresholds": 0.2}, "thresholds: expected a dict of metric = number"),
        ({"bins": 1}, "'bins': expected 2 to 10000, found 1"),
        ({"weights": "y"}, "weights: the reference has none"),
    ],
    ids=str,
)
def test_what_a_reference_was_not_prepared_for_is_refused(
    arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(SpecError, match=re.escape(words)):
        sd.compare(sd.Reference.fit(BEFORE), NOW, **arguments)


def test_a_spec_and_columns_are_not_both_taken() -> None:
    spec = sd.Spec(monitor="m", window="all")
    with pytest.raises(SpecError, match="columns: expected them or a spec, found both"):
        sd.Reference.fit(BEFORE, spec=spec, columns=["x"])
    assert list(sd.Reference.fit(BEFORE, columns="x").columns) == ["x"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([0], "columns: expected names of columns (text), found 0: a column whose name is a number "
         "is called '0' here"),
        (3, "columns: expected a name or a list of names, found 3"),
        ("fare", "columns: the data have no column 'fare'; found 0"),
    ],
)  # fmt: skip
def test_columns_are_refused_by_the_name_of_the_argument(columns: Any, words: str) -> None:
    numbered = {"0": np.arange(9.0)}
    for call in (lambda: sd.compare(numbered, numbered, columns=columns),
                 lambda: sd.profile(numbered, columns=columns)):  # fmt: skip
        with pytest.raises(SpecError, match="^" + re.escape(words)):
            call()


def test_a_text_is_one_column() -> None:
    assert {row.column for row in sd.compare(BEFORE, NOW, columns="x").results} == {"", "x"}
    assert [line.column for line in sd.profile(BEFORE, columns="x").columns] == ["x"]


# -- the target


def test_a_target_that_both_sides_have_is_compared() -> None:
    roles = {"target": "t", "prediction": "p"}
    report = sd.compare(BEFORE, NOW, roles=roles)
    [row] = report.results.filter(column="t", metric="wasserstein_normed")
    assert row.value == sd.drift.wasserstein_normed(BEFORE["t"], NOW["t"]).value
    assert row.alert
    named = sd.compare(BEFORE, NOW, roles=roles, methods={"t": "psi"})
    [row] = named.results.filter(column="t", metric="psi")
    assert row.value == sd.drift.psi(BEFORE["t"], NOW["t"]).value


def test_a_target_is_no_part_of_the_share_of_drifted_columns() -> None:
    only = {"x": BEFORE["y"], "t": BEFORE["t"]}
    now = {"x": BEFORE["y"], "t": NOW["t"]}
    report = sd.compare(only, now, roles={"target": "t"})
    [share] = report.results.filter(metric="drift.dataset")
    assert share.value == 0.0
    assert report.results.filter(column="t", alert=True)


def test_a_target_that_one_side_lacks_is_no_drift() -> None:
    later = {name: values for name, values in NOW.items() if name != "t"}
    report = sd.compare(BEFORE, later, roles={"target": "t"})
    assert not [row for row in report.results if row.column == "t"]


def test_a_monitor_and_a_reference_compare_the_target_where_methods_name_it() -> None:
    days = np.datetime64("2024-01-01", "s") + (np.arange(400) * 864).astype("timedelta64[s]")
    columns = sd.Columns(timestamp="time", target="t")
    for methods, expected in (("auto", 0), ({"t": "ks"}, 3)):
        spec = sd.Spec(monitor="m", columns=columns, reference="previous", methods=methods)
        results = sd.monitor(spec, {**BEFORE, "time": days})
        found = results.filter(column="t", metric="ks", status="ok")
        assert len(found) == expected
    spec = sd.Spec(monitor="m", window="all", columns=sd.Columns(target="t"), methods={"t": "ks"})
    [row] = sd.Reference.fit(BEFORE, spec=spec).compare(NOW).results.filter(column="t", metric="ks")
    assert row.value == sd.drift.ks(BEFORE["t"], NOW["t"]).value


# -- the model on both sides


def test_performance_is_of_both_sides_with_the_change() -> None:
    report = sd.compare(BEFORE, NOW, roles={"target": "t", "prediction": "p"})
    changes = {change.metric: change for change in report.performance}
    assert set(changes) == {"performance.mae", "performance.rmse"}
    for name, score in (("mae", sd.performance.mae), ("rmse", sd.performance.rmse)):
        change = changes[f"performance.{name}"]
        before, now = score(BEFORE["t"], BEFORE["p"]), score(NOW["t"], NOW["p"])
        assert (change.reference, change.current) == (before.value, now.value)
        assert change.change == change.current - change.reference
    mae = changes["performance.mae"]
    before, now = (sd.performance.mae(side["t"], side["p"]) for side in (BEFORE, NOW))
    assert before.ci_high is not None
    assert now.ci_low is not None
    low = mae.change - np.hypot(now.value - now.ci_low, before.ci_high - before.value)
    assert mae.ci_low == pytest.approx(low, rel=1e-12)
    [line] = [line for line in str(report).splitlines() if line.startswith("MAE ")]
    assert line.split()[1:3] == [number(before.value), number(now.value)]


@pytest.mark.parametrize("roles", [{}, {"target": "t"}, {"prediction": "p"}])
def test_there_is_no_performance_without_target_and_prediction(roles: dict[str, str]) -> None:
    assert sd.compare(BEFORE, NOW, roles=roles).performance == ()
    later = {name: values for name, values in NOW.items() if name != "t"}
    report = sd.compare(BEFORE, later, roles={"target": "t", "prediction": "p"})
    assert report.performance == ()


# -- the monitor


@pytest.fixture
def monitor_file(tmp_path: Path) -> Path:
    days = np.datetime64("2024-01-01", "us") + (np.arange(400) * 864).astype("timedelta64[s]")
    parquet.write_table(pa.table({**BEFORE, "time": days}), tmp_path / "rows.parquet")
    path = tmp_path / "monitor.toml"
    path.write_text('monitor = "m"\ndata = "rows.parquet"\nreference = "previous"\n'
                    '[columns]\ntimestamp = "time"\n')  # fmt: skip
    return path


def test_a_monitor_takes_a_path_and_the_data_that_it_names(monitor_file: Path) -> None:
    spec = sd.Spec.from_toml(monitor_file)
    by_path, by_spec = sd.monitor(str(monitor_file)), sd.monitor(spec)
    given = sd.monitor(monitor_file, monitor_file.parent / "rows.parquet")
    assert len(by_path.runs) == 4
    assert list(map(repr, by_path)) == list(map(repr, by_spec)) == list(map(repr, given))


def test_a_reference_file_of_the_spec_is_read_beside_data_too(monitor_file: Path) -> None:
    text = monitor_file.read_text().replace('"previous"', '"rows.parquet"')
    monitor_file.write_text(text)
    rows = monitor_file.parent / "rows.parquet"
    results = sd.monitor(monitor_file, rows)
    assert {row.status for row in results.filter(metric="ks", column="x")} == {"ok"}
    assert list(map(repr, results)) == list(map(repr, sd.monitor(monitor_file)))


def test_a_monitor_without_data_is_refused() -> None:
    spec = sd.Spec(monitor="m", columns=sd.Columns(timestamp="time"), reference="previous")
    with pytest.raises(SpecError, match="'data' is missing"):
        sd.monitor(spec)
    with pytest.raises(SpecError, match="data: expected them beside a reference"):
        sd.monitor(spec, reference=BEFORE)
    wrong: Any = 3
    with pytest.raises(TypeError, match="spec: expected a Spec or the path of its TOML file"):
        sd.monitor(wrong, BEFORE)


def test_a_moving_reference_is_no_file() -> None:
    spec = sd.Spec(monitor="m", columns=sd.Columns(timestamp="time"))
    with pytest.raises(SpecError, match="reference: 'rolling' is a reference that moves"):
        sd.monitor(spec, BEFORE, reference="rolling")


def test_a_reference_says_what_it_is() -> None:
    assert (
        repr(sd.Reference.fit(BEFORE)) == "Reference(400 rows, 6 columns: x, y, code, zone, p, t)"
    )


# -- what rows are filtered by


def test_rows_are_filtered_by_short_names_too() -> None:
    results = sd.compare(BEFORE, NOW).results
    assert list(results.filter(metric="ks")) == list(results.filter(metric="drift.ks")) != []
    both = results.filter(metric="missing_share")
    assert {row.metric for row in both} == {"drift.missing_share", "quality.missing_share"}
    assert len(results.filter(metric="psi")) == 0  # known, and not computed here
    assert len(results.filter(metric={"ks", "psi"})) == len(results.filter(metric="ks"))


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"metric": "kss"}, "metric: found no 'kss', did you mean 'ks'?; these results have "),
        ({"metric": "ks_2samp"}, "did you mean 'ks'?"),
        ({"metric": ["ks", "drift.kz"]}, "found no 'drift.kz', did you mean 'drift.ks'?"),
        ({"status": "okay"}, "status: found 'okay', did you mean 'ok'?"),
    ],
    ids=str,
)
def test_a_condition_that_no_row_can_meet_is_refused(condition: Any, words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        sd.compare(BEFORE, NOW).results.filter(**condition)
