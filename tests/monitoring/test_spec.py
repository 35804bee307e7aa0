"""Every refusal of a spec, in its words; and the way to TOML and back."""

from __future__ import annotations

import json
import pydoc
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simdrift as sd
from simdrift._errors import SpecError
from simdrift._suggest import KINDS, METHODS
from simdrift.metrics import registry
from simdrift.metrics.columns import KINDS as COLUMN_KINDS
from simdrift.metrics.performance.scoring import score_functions
from simdrift.monitoring.spec import Columns, Metrics, ReferenceSpec, Spec, StoreSpec

TIME = {"timestamp": "t"}
SOUND: dict[str, Any] = {"monitor": "m", "dataset": "d", "columns": TIME}

KEYS = (
    "monitor, dataset, model, model_version, data, reference, columns, segments, window, "
    "timezone, start, end, methods, metrics, thresholds, bins, correction, alpha, drift_share, "
    "convention, threads, schema, checks, labels, service, store"
)
ROLES = (
    "timestamp, prediction, target, score, query, sensitive, positive, task, decision_threshold, "
    "key, weight, cluster, block, latency, status, memory, heartbeat, "
    "features, numeric, categorical, ignore"
)
SEGMENTS = "a list of column names, or of lists of them: each value has its own rows"
WINDOW = (
    "'window': expected 'all', a number of days, hours or minutes such as '1d', '6h' or '15m', or "
    "a rolling window such as '7d/1d', found "
)
HIDDEN = "something else (not shown: it may hold a password)"

REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"monitor": None}, "'monitor': expected a name for this monitor, found None"),
    ({"monitor": ""}, "'monitor': expected a name for this monitor, found ''"),
    ({"timezon": "UTC"}, f"unknown key 'timezon', did you mean 'timezone'?; known here: {KEYS}"),
    ({"zzz": 1}, f"unknown key 'zzz'; known here: {KEYS}"),
    ({"segments": 3}, f"'segments': expected {SEGMENTS}, found 3"),
    ({"segments": [["a", "a"]]}, "'segments': expected different column names, found ['a', 'a']"),
    (
        {"weights": "w"},
        "'weights': row weights are a column's role: columns.weight = 'its name'",
    ),
    ({"model_version": 1}, "'model_version': expected text (quote numbers), found 1"),
    (
        {"data": 3},
        "'data': expected the path of a file, a folder or a pattern, or a list of them, found 3",
    ),
    (
        {"timezone": "Mars/Phobos"},
        "'timezone': expected an IANA time zone such as 'Europe/Berlin', found 'Mars/Phobos'",
    ),
    ({"timezone": 3}, "'timezone': expected an IANA name such as 'Europe/Berlin', found 3"),
    ({"window": "1w"}, WINDOW + "'1w'"),
    ({"window": "7d/"}, WINDOW + "'7d/'"),
    (
        {"window": "1d/7d"},
        "'window': expected a rolling window that is several of its steps long, as '7d/1d' is, "
        "found '1d/7d'",
    ),
    (
        {"window": "5h"},
        "'window': expected hours that divide a day: 1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h, "
        "found '5h'",
    ),
    ({"columns": {}}, "window '1d' needs 'columns.timestamp': the name of the time column"),
    (
        {"columns": {"timestmap": "t"}},
        f"unknown key 'columns.timestmap', did you mean 'timestamp'?; known here: {ROLES}",
    ),
    (
        {"columns": {"timestamp": 3}},
        "'columns.timestamp': expected the name of the time column, found 3",
    ),
    (
        {"columns": {**TIME, "features": 3}},
        "'columns.features': expected 'auto' (every column without another role) or a list of "
        "names, found 3",
    ),
    (
        {"columns": {**TIME, "target": "t"}},
        "'columns': column 't' is both timestamp and target: keep one",
    ),
    (
        {"columns": {**TIME, "features": ["a"], "ignore": ["a"]}},
        "'columns': column 'a' is both features and ignore: keep one",
    ),
    (
        {"columns": {**TIME, "numeric": ["a"], "categorical": ["a"]}},
        "'columns': column 'a' is both numeric and categorical: keep one",
    ),
    ({"start": "soon"}, "'start': expected a date or a time such as 2013-02-01, found 'soon'"),
    (
        {"start": "2014-01-01", "end": date(2013, 1, 1)},
        "'start' (2014-01-01) is not before 'end' (2013-01-01)",
    ),
    (
        {"reference": {}},
        "'reference': expected 'data', or 'start' and 'end', or 'moving', found none of them",
    ),
    (
        {"reference": {"start": "2013-01-01", "end": "2013-01-01"}},
        "'reference.start' (2013-01-01) is not before 'reference.end' (2013-01-01)",
    ),
    (
        {"reference": 3},
        "'reference': expected a path, 'previous', 'growing', or a table with data, start and end, "
        "or moving, found 3",
    ),
    ({"alpha": 2.0}, "'alpha': expected a number between 0 and 1, found 2.0"),
    ({"drift_share": 0.0}, "'drift_share': expected a number above 0, at most 1, found 0.0"),
    ({"threads": 0}, "'threads': expected a whole number of 1 or more, found 0"),
    ({"threads": True}, "'threads': expected a whole number of 1 or more, found True"),
    (
        {"correction": "fdr"},
        "'correction': expected 'bh', 'by', 'holm', 'bonferroni' or 'none', found 'fdr'",
    ),
    (
        {"convention": "nannyml"},
        "'convention': expected 'simdrift' or 'evidently', found 'nannyml'",
    ),
    (
        {"methods": "kss"},
        "'methods': unknown method 'kss', did you mean 'ks'?; known: auto, "
        + ", ".join(sorted(registry.methods())),
    ),
    (
        {"methods": {"numeric": 3}},
        "'methods': expected 'auto', a method, a list, or a table of them, found 3",
    ),
    (
        {"metrics": {"qualty": ["mean"]}},
        "unknown key 'metrics.qualty', did you mean 'quality'?; known here: quality, quantiles, "
        "correlations, performance, pipelines, custom",
    ),
    (
        {"metrics": {"quality": ["quantile"]}},
        "'metrics.quality': quantiles are asked for by column, in 'metrics.quantiles'",
    ),
    (
        {"metrics": {"performance": ["maee"]}},
        "'metrics.performance': unknown performance metric 'maee', did you mean 'mae'?; known: "
        + ", ".join(score_functions()),
    ),
    (
        {"metrics": {"quantiles": {"fare": [1.5]}}},
        "'metrics.quantiles': fare: expected numbers from 0 to 1, found 1.5",
    ),
    (
        {"metrics": {"correlations": [["a"]]}},
        "'metrics.correlations': expected 'numeric' (every pair) or a list of pairs of column "
        "names, found (('a',),)",
    ),
    (
        {"thresholds": {"drift.psi": "low"}},
        "'thresholds': expected a table of metric = number, or of column = { metric = number }, "
        "found 'low'",
    ),
    (
        {"store": {"dsn": 3}},
        f"'store.dsn': expected postgresql://user@host/database, found {HIDDEN}",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), REFUSALS, ids=lambda value: str(value)[:40])
def test_a_refusal_names_key_expected_and_found(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        Spec(**{**SOUND, **change})
    assert str(caught.value) == message


def test_a_spec_without_a_name_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        Spec(columns=Columns(timestamp="t"))
    assert str(caught.value) == "'monitor' is missing: expected a name for this monitor"


def test_an_unknown_metric_in_thresholds_is_refused_with_the_closest() -> None:
    with pytest.raises(SpecError, match=r"unknown metric 'drift.psy', did you mean 'drift.psi'\?"):
        Spec(**SOUND, thresholds={"fare": {"drift.psy": 0.1}})


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "monitor.toml"
    path.write_text(
        'monitor = "m"\nwindow = "1d"\n\n[columns]\ntimestamp = "t"\nignore = [\n  "a",\n]\n\n'
        '[metrics]\nqualty = ["mean"]\n\n[thresholds]\n"drift.ks" = "x"\n'
    )
    with pytest.raises(SpecError) as caught:
        Spec.from_toml(path)
    assert str(caught.value) == (
        "the spec has 2 mistakes:\n"
        f"{path}, line 11: unknown key 'metrics.qualty', did you mean 'quality'?; known here: "
        "quality, quantiles, correlations, performance, pipelines, custom\n"
        f"{path}, line 14: 'thresholds': expected a table of metric = number, or of column = "
        "{ metric = number }, found 'x'"
    )


def test_a_file_that_is_absent_or_no_toml_is_named(tmp_path: Path) -> None:
    absent, broken, binary = (tmp_path / name for name in ("a.toml", "b.toml", "c.toml"))
    broken.write_text("monitor = \n")
    binary.write_bytes(b"\xff\xfe\x00")
    for path, words in (
        (absent, "expected a monitor's TOML file, found no such file: check the path"),
        (broken, "not TOML: Invalid value (at line 1, column 11)"),
        (binary, "expected a monitor's TOML file, found no text"),
    ):
        with pytest.raises(SpecError) as caught:
            Spec.from_toml(path)
        assert str(caught.value).startswith(f"{path}: {words}")


def full_spec() -> Spec:
    return Spec(
        monitor="m",
        dataset="d",
        model="m1",
        model_version="2",
        data=["/data/a.parquet", "/data/b.parquet"],
        reference=ReferenceSpec(start=date(2012, 1, 1), end="2013-01-01T06:00:00+01:00"),
        columns=Columns(timestamp="t", features=["a b", "c"], categorical="c", prediction="p"),
        window="6h",
        timezone="Europe/Berlin",
        start=datetime(2013, 1, 1, 6),
        methods={"numeric": ["ks", "psi"], "c": "chi_square"},
        metrics=Metrics(
            quality=["mean"], quantiles={"*": [0.5], "a b": [0.1, 0.9]}, correlations=[["a b", "c"]]
        ),
        thresholds={"drift.psi": 0.3, "a b": {"drift.ks": 0.01}},
        correction="holm",
        alpha=0.01,
        drift_share=1,
        threads=2,
    )


def test_toml_gives_the_same_spec_back(tmp_path: Path) -> None:
    path = tmp_path / "monitor.toml"
    path.write_text(full_spec().to_toml())
    assert Spec.from_toml(path) == full_spec()
    assert Spec.from_toml(path).digest == full_spec().digest


def test_relative_paths_are_of_the_files_folder(tmp_path: Path) -> None:
    path = tmp_path / "monitor.toml"
    path.write_text(
        'monitor = "m"\nwindow = "all"\ndata = "a.parquet"\nreference = "/r/b.parquet"\n'
    )
    spec = Spec.from_toml(path)
    assert spec.data == (str(tmp_path / "a.parquet"),)
    assert spec.reference is not None
    assert spec.reference.data == "/r/b.parquet"


def test_a_text_and_a_list_of_one_are_the_same() -> None:
    one = Spec(**SOUND, data="a", methods="ks")
    assert one.data == ("a",)
    assert Columns(ignore="x") == Columns(ignore=["x"])


@pytest.mark.parametrize(
    "change",
    [{"alpha": 0.01}, {"window": "7d"}, {"timezone": "Europe/Berlin"}, {"methods": "psi"},
     {"thresholds": {"drift.ks": 0.1}}, {"columns": {"timestamp": "u"}}, {"start": "2013-01-01"}],
    ids=str,
)  # fmt: skip
def test_the_digest_changes_with_what_is_computed(change: dict[str, Any]) -> None:
    assert Spec(**{**SOUND, **change}).digest != Spec(**SOUND).digest


@pytest.mark.parametrize(
    "change", [{"threads": 2}, {"data": "x"}, {"store": {"dsn": "postgresql://h/d"}}], ids=str
)
def test_the_digest_does_not_change_with_where_and_how(change: dict[str, Any]) -> None:
    assert Spec(**{**SOUND, **change}).digest == Spec(**SOUND).digest


def test_the_digest_is_the_same_in_every_version() -> None:
    assert Spec(**SOUND).digest == DIGEST


DIGEST = "3e3ac5d45827009d7d2fc06fb4e4e0a2f24102343aa3391f885ceff21ac2eabe"


@pytest.mark.parametrize(
    "dsn",
    ["postgresql://ann:s3cret@host/db", "host=h password=s3cret user=ann",
     "host=h password='s3cret' dbname=d", "postgres://ann:s3cret@h:5432/d?x=1"],
)  # fmt: skip
def test_a_password_is_never_shown(dsn: str) -> None:
    spec = Spec(**SOUND, store=StoreSpec(dsn=dsn))
    for text in (repr(spec), str(spec), spec.to_toml(), str(spec.store.dsn)):
        assert "s3cret" not in text
    assert spec.store.dsn == dsn


def test_whole_and_short_names_are_the_same() -> None:
    whole = Spec(**SOUND, methods=["drift.ks"], metrics=Metrics(quality=["quality.mean"]),
                 thresholds={"drift.psi": 0.1, "x": {"drift.ks": 0.2}})  # fmt: skip
    short = Spec(**SOUND, methods=["ks"], metrics=Metrics(quality=["mean"]),
                 thresholds={"psi": 0.1, "x": {"ks": 0.2}})  # fmt: skip
    assert whole == short


def test_a_spec_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Spec(**SOUND).alpha = 0.5


@pytest.mark.parametrize(
    "given",
    [
        ["ks", ("psi", {"bins": 20, "smoothing": 0})],
        ["ks", {"psi": {"bins": 20, "smoothing": 0}}],
        ["ks", ["drift.psi", {"bins": 20, "smoothing": 0}]],
    ],
)
def test_methods_have_parameters(given, tmp_path):
    spec = Spec(monitor="m", window="all", methods=given)
    assert spec.methods == ("ks", {"psi": {"bins": 20, "smoothing": 0}})
    path = tmp_path / "m.toml"
    path.write_text(spec.to_toml())
    again = Spec.from_toml(path)
    assert again.methods == spec.methods
    assert again.digest == spec.digest
    assert Spec(**json.loads(spec.model_dump_json())).methods == spec.methods
    one = Spec(monitor="m", window="all", methods={"x": ("mmd", {"permutations": 99})})
    assert one.methods == {"x": {"mmd": {"permutations": 99}}}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([("psi", {"binz": 3})], "parameter of drift.psi: found 'binz', expected one of bins"),
        ([{"psi": {"bins": 1}}], "bins: expected 2 to 10000, found 1"),
        ([{"psj": {"bins": 3}}], "unknown method 'psj', did you mean 'psi'"),
        ([{"psi": 3}], "expected a name or"),
        ([3], "expected a method, or one with its parameters, found 3"),
    ],
)
def test_parameters_that_can_not_be_are_refused(given, words):
    with pytest.raises(SpecError, match=re.escape(words)):
        Spec(monitor="m", window="all", methods=given)


def test_compare_and_a_saved_reference_take_parameters(tmp_path):
    x = np.random.default_rng(0).normal(size=(2, 900))
    before, now = {"x": x[0]}, {"x": x[1] + 0.1}
    methods = [("psi", {"bins": 4}), {"wasserstein": {"permutations": 99}}]
    rows = sd.compare(before, now, methods=methods).results
    [psi] = rows.filter(metric="drift.psi")
    assert psi.value == sd.drift.psi(x[0], x[1] + 0.1, bins=4).value
    [distance] = rows.filter(metric="drift.wasserstein")
    assert (distance.params, distance.p_value) == (
        "permutations=99",
        sd.drift.wasserstein(x[0], x[1] + 0.1, permutations=99).p_value,
    )
    spec = Spec(monitor="m", window="all", methods=methods)
    sd.Reference.fit(before, spec=spec).save(tmp_path / "r")
    again = sd.Reference.load(tmp_path / "r").compare(now).results
    assert again.filter(metric="drift.psi")[0].value == psi.value


@pytest.mark.parametrize(
    "given",
    [("psi", {"bins": 20}), {"psi": {"bins": 20}}, ["psi", {"bins": 20}],
     {"drift.psi": {"bins": 20}}],
    ids=str,
)  # fmt: skip
def test_one_method_with_parameters_needs_no_list(given: Any) -> None:
    spec = Spec(monitor="m", window="all", methods=given)
    assert spec.methods == ({"psi": {"bins": 20}},)
    x = np.random.default_rng(0).normal(size=(2, 2000))
    before, now = {"x": x[0]}, {"x": x[1]}
    [row] = sd.compare(before, now, methods=given).results.filter(metric="drift.psi")
    assert row.value == sd.drift.psi(x[0], x[1], bins=20).value


def test_a_column_that_is_named_as_a_method_keeps_its_methods() -> None:
    given = {"psi": {"ks": {"method": "asymp"}}}
    assert Spec(monitor="m", window="all", methods=given).methods == given


@pytest.mark.parametrize(
    ("name", "meant"),
    [("KS", "ks"), ("ks_2samp", "ks"), ("Jensen-Shannon", "jensen_shannon"),
     ("chisquare", "chi_square"), ("wasserstein_distance", "wasserstein"),
     ("TVD", "total_variation")],
)  # fmt: skip
def test_another_library_s_name_of_a_method_leads_to_ours(name: str, meant: str) -> None:
    with pytest.raises(SpecError, match=f"unknown method '{name}', did you mean '{meant}'"):
        Spec(**SOUND, methods=name)


def test_every_name_of_other_libraries_leads_to_a_method_or_a_kind() -> None:
    assert set(METHODS.values()) <= set(registry.methods())
    assert set(KINDS.values()) <= set(COLUMN_KINDS)
    assert not set(METHODS) & set(registry.methods())


def test_a_kind_by_another_name_leads_to_ours() -> None:
    x = {"x": np.arange(10.0)}
    with pytest.raises(SpecError, match="found 'category', did you mean 'categorical'"):
        sd.compare(x, x, methods={"category": "psi"})


def test_a_convention_in_other_letters_leads_to_ours() -> None:
    with pytest.raises(SpecError, match="found 'Evidently', did you mean 'evidently'"):
        Spec(**SOUND, convention="Evidently")


@pytest.mark.parametrize("moving", ["rolling", "same_weekday"])
def test_a_moving_reference_without_its_number_of_windows_is_no_file(moving: str) -> None:
    with pytest.raises(SpecError) as caught:
        Spec(**SOUND, reference=moving)
    assert str(caught.value) == (
        f"'reference': expected how many windows '{moving}' takes, found none: write "
        f"{{ moving = '{moving}', windows = 7 }}"
    )


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "monitor.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'monitor = "m"\nwindow = "all"\n')
    assert Spec.from_toml(path).monitor == "m"


def test_help_shows_every_field_and_nothing_of_pydantic() -> None:
    text = pydoc.plain(pydoc.render_doc(Spec))
    assert len(text.splitlines()) < 80
    assert "model_dump" not in text
    for name, field in Spec.model_fields.items():
        assert re.search(rf"^ \|  {name}( = .+)?: ", text, re.MULTILINE), (name, field)
