"""Row weights through compare, Reference and monitor."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

import simdrift as sd
from simdrift import InputError, Reference, Spec, SpecError
from simdrift.monitoring.spec import Columns


def frames(n=3000, m=2000, seed=0):
    rng = np.random.default_rng(seed)

    def one(rows, shift):
        return {
            "x": rng.normal(shift, 1.0, rows),
            "n": rng.integers(0, 50, rows),
            "c": np.array(["a", "b", "c"])[rng.integers(0, 3, rows)],
            "w": rng.gamma(1.0, size=rows),
        }

    return one(n, 0.0), one(m, 0.2)


def by_key(report):
    return {
        (r.segment, r.column, r.metric): r for r in report.results if r.metric.startswith("drift.")
    }


def test_a_column_of_weights_is_none_of_the_compared_and_gives_what_the_functions_give():
    before, now = frames()
    rows = by_key(sd.compare(before, now, weights="w"))
    assert {column for _, column, _ in rows} == {"x", "n", "c", ""}
    weights = before["w"], now["w"]
    normed = sd.drift.wasserstein_normed(before["x"], now["x"], weights=weights)
    assert rows["", "x", "drift.wasserstein_normed"].value == normed.value
    assert (
        rows["", "x", "drift.ks"].p_value
        == sd.drift.ks(before["x"], now["x"], weights=weights).p_value
    )
    shannon = sd.drift.jensen_shannon(before["c"], now["c"], weights=weights)
    assert rows["", "c", "drift.jensen_shannon"].value == shannon.value
    assert rows["", "x", "drift.ks"].n_reference == 3000
    plain = by_key(sd.compare(before, now, columns=["x", "n", "c"]))
    assert (
        rows["", "x", "drift.wasserstein_normed"].value
        != plain["", "x", "drift.wasserstein_normed"].value
    )


def test_arrays_a_role_and_a_column_are_the_same():
    before, now = frames()
    named = by_key(sd.compare(before, now, weights="w"))
    role = by_key(sd.compare(before, now, roles={"weight": "w"}))
    bare = [{k: v for k, v in frame.items() if k != "w"} for frame in (before, now)]
    arrays = by_key(sd.compare(*bare, weights=(before["w"], pl.Series(now["w"]))))

    def plain(rows):
        return {key: row[8:] for key, row in rows.items()}

    assert plain(named) == plain(role) == plain(arrays)
    one = by_key(sd.compare(*bare, weights=(None, now["w"])))
    expected = sd.drift.ks(before["x"], now["x"], weights=(None, now["w"]))
    assert one["", "x", "drift.ks"].value == expected.value


def test_equal_weights_change_nothing():
    before, now = frames(400, 300)
    before["w"], now["w"] = np.full(400, 2), np.full(300, 0.5)
    with_weights = by_key(sd.compare(before, now, weights="w"))
    without = by_key(sd.compare(before, now, columns=["x", "n", "c"]))
    assert {k: r[8:] for k, r in with_weights.items()} == {k: r[8:] for k, r in without.items()}


def test_whole_weights_give_the_distances_of_repeated_rows():
    before, now = frames()
    rng = np.random.default_rng(3)
    before["w"], now["w"] = rng.integers(0, 4, 3000), rng.integers(1, 5, 2000)
    repeated = [{k: np.repeat(v, f["w"]) for k, v in f.items() if k != "w"} for f in (before, now)]
    methods = {"numeric": ["wasserstein", "energy", "ks"], "categorical": ["total_variation"]}
    weighted = by_key(sd.compare(before, now, weights="w", methods=methods))
    plain = by_key(sd.compare(*repeated, methods=methods))
    for key in (("", "x", "drift.wasserstein"), ("", "n", "drift.energy"), ("", "x", "drift.ks"),
                ("", "c", "drift.total_variation")):  # fmt: skip
        assert weighted[key].value == pytest.approx(plain[key].value, rel=1e-12)


def test_segments_and_tables_have_weights():
    before, now = frames()
    methods = {"table": ["mmd", "correlation", "pca_reconstruction", "domain_classifier"]}
    found = by_key(sd.compare(before, now, weights="w", segments=["c"], methods=methods))
    here, there = now["c"] == "b", before["c"] == "b"
    alone = sd.drift.wasserstein_normed(
        before["x"][there], now["x"][here], weights=(before["w"][there], now["w"][here])
    )
    assert found["c=b", "x", "drift.wasserstein_normed"].value == pytest.approx(
        alone.value, rel=1e-12
    )
    for name in methods["table"]:  # two columns without correlation leave nothing to reconstruct
        expected = "degenerate" if name == "pca_reconstruction" else "ok"
        assert found["", "", f"drift.{name}"].status == expected


def test_table_methods_follow_the_weights():
    """Rows of another law with weights near 0 are no drift; with high ones they are."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(4000, 2))
    y = np.concatenate([rng.normal(size=(2000, 2)), rng.normal(2.0, 1.0, size=(2000, 2))])
    before = {"a": x[:, 0], "b": x[:, 1] + x[:, 0]}
    now = {"a": y[:, 0], "b": np.where(np.arange(4000) < 2000, y[:, 1] + y[:, 0], -y[:, 0])}
    low = np.where(np.arange(4000) < 2000, 1.0, 1e-9)
    for name in ("mmd", "correlation", "domain_classifier"):
        method = getattr(sd.drift, name)
        assert not method(before, now, weights=(None, low)).alert
        assert method(before, now, weights=(None, low[::-1])).alert
    found = sd.drift.correlation(before, now, weights=(None, low[::-1]), norm="max").value
    r = (
        np.corrcoef(before["a"], before["b"])[0, 1],
        np.corrcoef(now["a"][2000:], now["b"][2000:])[0, 1],
    )
    assert found == pytest.approx(abs(r[1] - r[0]), rel=1e-6)


def test_a_reference_keeps_its_weights(tmp_path):
    before, now = frames()
    spec = Spec(monitor="m", window="all", columns=Columns(weight="w", categorical=("n",)),
                segments=("c",))  # fmt: skip
    reference = Reference.fit(before, spec=spec)
    fresh = reference.compare(now)
    reference.save(tmp_path / "r")
    loaded = Reference.load(tmp_path / "r")
    assert loaded.digest == reference.digest
    again = loaded.compare(now)
    assert [r[8:] for r in again.results] == [r[8:] for r in fresh.results]
    direct = by_key(
        sd.compare(before, now, roles={"weight": "w", "categorical": ["n"]}, segments=["c"])
    )
    rows = by_key(again)
    for key, row in rows.items():
        if row.value is not None:
            assert row.value == pytest.approx(direct[key].value, rel=1e-9, abs=1e-12), key
    assert again.results.histograms


@pytest.mark.parametrize("weights", [(None, None), "v", (None, [1.0])])
def test_weights_beside_a_reference_are_refused(weights):
    before, now = frames(200, 200)
    reference = Reference.fit(
        before, spec=Spec(monitor="m", window="all", columns=Columns(weight="w"))
    )
    with pytest.raises(SpecError, match="the reference has 'w'"):
        sd.compare(reference, now, weights=weights)
    assert sd.compare(reference, now, weights="w").results


def daily(days=4, rows=500, seed=1):
    rng = np.random.default_rng(seed)
    n = days * rows
    start = dt.datetime(2024, 1, 1)
    return pl.DataFrame(
        {
            "t": [start + dt.timedelta(minutes=1440 / rows * i) for i in range(n)],
            "x": rng.normal(size=n),
            "c": rng.choice(list("ab"), n),
            "w": rng.gamma(1.0, size=n),
        }
    )


def monitored(data, **values):
    spec = Spec(
        monitor="m",
        columns=Columns(timestamp="t", weight="w"),
        methods=["ks", "wasserstein", "psi"],
        reference={"start": "2024-01-01", "end": "2024-01-02"},
        start="2024-01-02",
        **values,
    )
    return sd.monitor(spec, data)


def test_windows_are_weighed_by_their_own_rows():
    data = daily()
    results = monitored(data)
    rows = [r for r in results if r.metric == "drift.wasserstein"]
    assert len(rows) == 3
    parts = [data[i * 500 : (i + 1) * 500] for i in range(4)]
    for row, part in zip(rows, parts[1:], strict=True):
        expected = sd.drift.wasserstein(
            parts[0]["x"], part["x"], weights=(parts[0]["w"], part["w"])
        )
        assert row.value == pytest.approx(expected.value, rel=1e-12)


def test_a_window_without_any_weight_is_empty_and_the_others_are_not():
    data = daily().with_columns(
        w=pl.when(pl.col("t").dt.day() == 3).then(0.0).otherwise(pl.col("w"))
    )
    rows = [r for r in monitored(data) if r.metric == "drift.ks"]
    assert [r.status for r in rows] == ["ok", "empty", "ok"]


@pytest.mark.parametrize(
    ("value", "words"), [(-1.0, "found -1.0 in row"), (None, "found none in row"),
                         (float("inf"), "found inf in row")],
)  # fmt: skip
def test_rows_without_a_usable_weight_are_refused_by_name(value, words):
    data = daily()
    weights = data["w"].to_list()
    weights[700] = value
    with pytest.raises(InputError, match=f"the weights in 'w'.*{words}"):
        monitored(data.with_columns(w=pl.Series(weights)))


def test_a_column_of_weights_that_is_not_there_or_no_numbers_is_refused():
    before, now = frames(200, 200)
    with pytest.raises(SpecError, match="'v'"):
        sd.compare(before, now, weights="v")
    with pytest.raises(InputError, match="expected numbers in 'c'"):
        sd.compare(before, now, weights="c")
    del now["w"]
    with pytest.raises(InputError, match="expected numbers in 'w', found no such column"):
        sd.compare(before, now, weights="w")


def test_what_counts_rows_is_refused_with_weights():
    before, now = frames(200, 200)
    with pytest.raises(SpecError, match=r"drift\.fisher_exact counts rows"):
        sd.compare(before, now, weights="w", methods={"c": "fisher_exact"})
    with pytest.raises(SpecError, match="Evidently's convention has none"):
        sd.compare(before, now, weights="w", convention="evidently")
    two = [{"c": np.arange(len(f["w"])) % 2 == 0, "w": f["w"]} for f in (before, now)]
    found = sd.compare(*two, weights="w").results.filter(column="c")
    assert {r.metric for r in found} >= {"drift.cohens_w", "drift.jensen_shannon"}
    with pytest.raises(SpecError, match=r"columns\.weight"):
        Spec(monitor="m", window="all", weights="w")


def test_a_reference_fitted_without_weights_is_refused_by_a_monitor_with_them():
    data = daily()
    spec = Spec(monitor="m", columns=Columns(timestamp="t"))
    reference = Reference.fit(data[:500], spec=spec)
    weighted = Spec(monitor="m", columns=Columns(timestamp="t", weight="w"))
    with pytest.raises(SpecError, match="fit the reference with this spec"):
        sd.monitor(weighted, data, reference=reference)
