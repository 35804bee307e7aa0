"""The suite of `simdrift bench`: every task right, its verdict, and what became slower."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from simdrift import InputError
from simdrift.benchmark import TASKS, Measurement, compare, read_history, run, write_history
from simdrift.benchmark.history import benchmarks, last_run
from simdrift.benchmark.suite import ROWS, conclusion
from simdrift.benchmark.timing import interleaved, ratio
from simdrift.cli import cli

ONE = Measurement(
    "2026-01-01T00:00:00+00:00", "a CPU", "1.0", "avx2", 1, "profile", "quality", ROWS, 0.004, 1,
    2.0, "NumPy", 0.04, (1.0, 1.25, 1.5, 1.25, 1.25),
)  # fmt: skip


def test_each_task_agrees_with_its_baseline_and_is_measured() -> None:
    measured = run(rows=5_000, rounds=2, threads=2)
    assert [one.task for one in measured] == [task.name for task in TASKS]
    assert {one.family for one in measured} == {"quality", "drift", "performance"}
    assert all(one.seconds > 0 and len(one.reads) == 2 and min(one.reads) > 0 for one in measured)


def test_a_task_that_disagrees_is_not_timed() -> None:
    wrong = TASKS[0]._replace(run=lambda data, threads: (0.0, 0.0, 0.0, 0.0))
    with pytest.raises(RuntimeError, match="profile: expected NumPy's"):
        run([wrong], rows=1_000, rounds=1)


def test_candidates_take_turns_and_ratios_are_of_the_same_round() -> None:
    calls: list[str] = []
    seconds = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2)
    assert calls == ["a", "b"] * 3  # the first round is not counted
    assert [len(one) for one in seconds.values()] == [2, 2]
    assert ratio({"a": [2.0, 30.0, 4.0], "b": [1.0, 10.0, 4.0]}, "a", "b") == 2.0


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "as expected"),
        ({"reads": (2.5, 2.5, 1.0)}, "slow"),
        ({"threads": 2, "reads": (9.0,)}, "-"),
        ({"rows": ROWS - 1, "reads": (9.0,)}, "-"),
    ],
)
def test_the_verdict_is_of_one_thread_beyond_every_cache(
    changed: dict[str, object], verdict: str
) -> None:
    one = replace(ONE, **changed)  # type: ignore[arg-type]
    assert one.verdict == verdict
    said = {"as expected": "as fast as expected", "slow": "1 of 1 slower (", "-": "verdicts are of"}
    assert said[verdict].split(" (")[0] in conclusion([one])


def test_the_history_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    later = replace(ONE, ts="2026-01-02T00:00:00+00:00")
    write_history([ONE], path)
    write_history([later], path)
    assert read_history(path) == [ONE, later]
    assert last_run(read_history(path)) == [later]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"ts": 1, "reads": []}', '"text"', "1"])
def test_a_line_that_is_no_measurement_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "history.jsonl"
    write_history([ONE], path)
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(InputError, match=r"history\.jsonl, line 2: expected a measurement"):
        read_history(path)


def test_what_became_slower_is_told_from_chance() -> None:
    random = np.random.default_rng(0)
    quiet = tuple(1.0 + 0.01 * random.random(9))
    before = [replace(ONE, reads=quiet)]
    cases = {1.2: "slower", 0.8: "faster", 1.0: "same", 1.02: "same"}
    for factor, verdict in cases.items():
        after = [replace(ONE, reads=tuple(factor * read for read in quiet))]
        (found,) = compare(before, after)
        assert (found.verdict, round(found.ratio, 6)) == (verdict, factor)
    noisy = [replace(ONE, reads=(0.9, 1.0, 1.6)), replace(ONE, reads=(1.0, 1.2, 1.5))]
    (found,) = compare(noisy[:1], noisy[1:])
    assert found.ratio == 1.2
    assert found.verdict == "same"  # three rounds can't tell


@pytest.mark.parametrize(
    "other", [{"machine": "another"}, {"isa": "scalar"}, {"threads": 2}, {"rows": 10}]
)
def test_runs_of_another_kind_are_not_compared(other: dict[str, object]) -> None:
    assert compare([ONE], [replace(ONE, **other)]) == []  # type: ignore[arg-type]


def test_the_store_gets_the_baseline_and_the_read_bound() -> None:
    against, bound = benchmarks([ONE])
    assert (against.baseline, against.baseline_seconds) == ("NumPy", 0.04)
    assert (bound.baseline, bound.baseline_seconds) == ("read bound", 0.004 / 1.25)
    assert against.task != bound.task  # the store's key


def test_the_command_measures_compares_and_says_where(tmp_path: Path) -> None:
    history = tmp_path / "h.jsonl"
    chosen = ["bench", "--quick", "--only", "performance", "--history", str(history)]
    first = CliRunner().invoke(cli, chosen, standalone_mode=False)
    assert first.return_value == 0, first.output
    assert "ROC AUC" in first.output
    lines = [json.loads(line) for line in history.read_text().splitlines()]
    assert [line["family"] for line in lines] == ["performance"] * 5
    for line in lines:  # as if it had been much faster then: far beyond any noise
        line["reads"] = [line["reads"][0] / 1000 * (1 + i / 100) for i in range(20)]
    history.write_text("".join(json.dumps(line) + "\n" for line in lines))
    again = CliRunner().invoke(cli, [*chosen, "--compare", "previous"], standalone_mode=False)
    assert again.return_value == 1, again.output
    assert "5 of 5 tasks became slower" in again.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "speed"], "expected some of drift, performance, quality, found 'speed'"),
        (["--compare", "previous"], "expected --history FILE"),
        (["--compare", "none.jsonl"], "expected a file of measurements"),
    ],
)
def test_what_cannot_be_measured_or_compared_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(cli, ["bench", "--quick", *arguments], standalone_mode=False)
    assert words in str(found.exception)
