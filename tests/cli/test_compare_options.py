"""`simdrift compare` says what columns are, and hints where that is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import simdrift as sd
from simdrift.cli import run_command
from simdrift.results import Results


def trips(seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    rows = 1_500
    return pa.table(
        {
            "zone_id": rng.integers(1, 40, rows),
            "paid": rng.integers(0, 2, rows),
            "minutes": rng.integers(1, 90, rows),
            "fare": rng.gamma(2.0, 5.0, rows),
            "guess": rng.gamma(2.0, 5.0 + seed, rows),
        }
    )


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    names = ["a.parquet", "b.parquet"]
    for seed, name in enumerate(names, 1):
        parquet.write_table(trips(seed), name)
    return ["compare", *names, "--no-progress"]


Capture = pytest.CaptureFixture[str]


def test_options_are_the_arguments_of_compare(files: list[str], capsys: Capture) -> None:
    options = ["--categorical", "zone_id,paid", "--methods", "psi,chi_square", "--prediction",
               "guess", "--target", "fare", "--segments", "paid", "--segments", "paid,zone_id",
               "--columns", "zone_id,minutes", "--json"]  # fmt: skip
    assert run_command([*files, *options]) == 0
    shown = Results.from_json(capsys.readouterr().out)
    roles = {"categorical": ["zone_id", "paid"], "prediction": "guess", "target": "fare"}
    report = sd.compare(
        trips(1), trips(2), columns=["zone_id", "minutes"], roles=roles,
        methods=["psi", "chi_square"], segments=["paid", ["paid", "zone_id"]],
    )  # fmt: skip
    expected = {(r.segment, r.column, r.metric, r.value, r.alert) for r in report.results}
    assert {(r.segment, r.column, r.metric, r.value, r.alert) for r in shown} == expected
    assert ("", "fare", "drift.psi") in {key[:3] for key in expected}


def test_evidently_s_convention_is_an_option(files: list[str], capsys: Capture) -> None:
    assert run_command([*files, "--convention", "evidently", "--json"]) == 0
    shown = Results.from_json(capsys.readouterr().out)
    assert {row.params for row in shown.filter(column="fare", metric="wasserstein_normed")} == {
        "convention=evidently"
    }


def test_whole_numbers_of_few_values_are_hinted_at(files: list[str], capsys: Capture) -> None:
    run_command(files)
    hint = (
        "hint: 2 columns of whole numbers with few values: categories? --categorical zone_id,paid"
    )
    assert capsys.readouterr().err.splitlines()[-1] == hint
    run_command([*files, "--categorical", "zone_id"])
    assert "hint" not in capsys.readouterr().err
    run_command([*files, "--columns", "fare"])
    assert "hint" not in capsys.readouterr().err


def test_a_saved_reference_is_compared_with_the_options(files: list[str], capsys: Capture) -> None:
    sd.Reference.fit(trips(1)).save("a.reference")
    assert run_command(["compare", "a.reference", "b.parquet", "--columns", "fare", "--json"]) == 0
    shown = Results.from_json(capsys.readouterr().out)
    assert {row.column for row in shown} == {"", "fare"}
    assert run_command(["compare", "a.reference", "b.parquet", "--categorical", "paid"]) == 2
    assert "roles: column 'paid' is categorical here, but numeric in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--methods", "KS"], "unknown method 'KS', did you mean 'ks'?"),
        (["--columns", ","], "expected names with commas between them, found ','"),
        (["--target", "fair"], "'columns.target': the data have no column 'fair', did you mean "
         "'fare'?"),
        (["--convention", "Evidently"], "did you mean 'evidently'?"),
        (["--categorical", "zone"], "'columns.categorical': the data have no column 'zone'"),
    ],
    ids=str,
)  # fmt: skip
def test_an_option_that_can_not_be_used_is_refused(
    files: list[str], capsys: Capture, options: list[str], words: str
) -> None:
    assert run_command([*files, *options]) == 2
    assert words in capsys.readouterr().err


def test_a_model_s_roles_are_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("a.parquet", "b.parquet")):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 2, 500)
        p = np.clip(0.25 + truth / 2 + rng.normal(0, 0.2, 500), 0.0, 1.0)
        words = np.array(["ok", "bad"])[truth]
        sex = np.array(["F", "M"])[rng.integers(0, 2, 500)]
        parquet.write_table(pa.table({"y": words, "p": p, "q": 1 - p, "sex": sex}), name)
    files = ["compare", "a.parquet", "b.parquet", "--no-progress", "--json", "--target", "y"]
    for score in ("p", "bad=p,ok=q"):
        options = ["--score", score, "--positive", "bad", "--sensitive", "sex"]
        assert run_command([*files, *options]) == 0
        found = Results.from_json(capsys.readouterr().out)
        (auc,) = (r for r in found.filter(metric="performance.roc_auc") if not r.params)
        assert auc.value is not None
        assert auc.value > 0.9
        assert found.filter(metric="fairness.demographic_parity_difference")[0].column == "sex"
    assert run_command([*files, "--score", "bad=,x"]) == 2
