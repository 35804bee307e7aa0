"""Data quality: profiles, duplicate rows and correlations beside pandas, Polars and BLAS, on equal
work, whose results are checked first. One thread each; Polars takes what it likes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl

import simdrift as sd
from markdown import table as markdown_table
from simdrift.benchmark.timing import interleaved, median, ratio

ROWS, COLUMNS, WIDE = 1_000_000, 20, 48
Call = Callable[[], Any]


class Case(NamedTuple):
    """Work, ours and the peers', and how many times a peer's time ours is to fit into."""

    what: str
    ours: Call
    peers: Mapping[str, Call]
    goal: Mapping[str, float]


def table(quick: bool) -> str:
    rows = ROWS // 20 if quick else ROWS
    lines = []
    for case in (_duplicates(rows), _pearson(rows), _ranks(rows, "spearman"),
                 _ranks(rows // 10, "kendall"), _profile(rows)):  # fmt: skip
        seconds = interleaved({"ours": case.ours, **case.peers}, 2 if quick else 5)
        for name in case.peers:
            times, goal = ratio(seconds, name, "ours"), case.goal.get(name)
            met = "" if goal is None else "yes" if times >= goal else "no"
            asked = "" if goal is None else f"{goal:g}x"
            own = f"{median(seconds, 'ours'):.3f} s"
            lines.append([case.what, own, name, f"{times:.1f}x", asked, met])
    return markdown_table(["quality", "median", "peer", "ratio", "goal", "met"], lines)


def _mixed(rows: int) -> pd.DataFrame:
    """Half of the columns of numbers, a quarter of whole ones, a quarter of texts."""
    rng = np.random.default_rng(0)
    labels = np.array([f"label {n}" for n in range(200)])
    made: dict[str, Any] = {}
    for place in range(COLUMNS):
        kind = place % 4
        made[f"c{place}"] = (
            rng.normal(size=rows) if kind < 2
            else rng.integers(0, 1000, rows) if kind == 2
            else labels[rng.integers(0, 200, rows)]
        )  # fmt: skip
    return pd.DataFrame(made)


def _duplicates(rows: int) -> Case:
    frame = _mixed(rows)
    frame.iloc[rows // 2 :] = frame.iloc[: rows - rows // 2].to_numpy()[: rows - rows // 2]
    frame = frame.infer_objects()
    numbers = frame.select_dtypes("number")

    def ours() -> float:
        results = sd.profile(numbers, threads=1).results
        return results.filter(metric="quality.duplicate_rows")[0].value

    assert ours() == numbers.duplicated().sum()
    what = f"profile with duplicate rows, {rows:,} x {numbers.shape[1]} numbers"
    return Case(what, ours, {"pandas duplicated alone": numbers.duplicated}, {})


def _pearson(rows: int) -> Case:
    values = np.random.default_rng(1).normal(size=(rows, WIDE))
    frame = pd.DataFrame(values, columns=[f"c{n}" for n in range(WIDE)])

    def blas() -> np.ndarray[Any, Any]:
        centred = values - values.mean(axis=0)
        squares = centred.T @ centred
        scale = np.sqrt(np.diag(squares))
        return np.asarray(squares / scale[:, None] / scale)

    def ours() -> Any:
        return sd.correlations(frame, method="pearson", threads=1)

    _check(ours(), frame.corr())
    peers: dict[str, Call] = {"BLAS with copies": blas, "pandas corr": frame.corr}
    goal = {"BLAS with copies": 2.0, "pandas corr": 100.0}
    return Case(f"Pearson, {rows:,} x {WIDE}", ours, peers, goal)


def _ranks(rows: int, method: str) -> Case:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({name: rng.normal(size=rows).round(3) for name in "abcd"})

    def ours() -> Any:
        return sd.correlations(frame, method=method, threads=1)

    def peer() -> pd.DataFrame:
        return frame.corr(method=method)

    _check(ours(), peer())
    return Case(f"{method.capitalize()}, {rows:,} x 4", ours, {"pandas corr": peer}, {})


def _check(found: Any, expected: pd.DataFrame) -> None:
    for pair in found:
        assert np.isclose(pair.value, expected.loc[pair.a, pair.b], rtol=1e-9, atol=1e-12), pair


def _profile(rows: int) -> Case:
    frame = _mixed(rows)
    other = pl.from_pandas(frame)

    def ours() -> Any:
        return sd.profile(frame)

    mean = ours().results.filter(metric="quality.mean", column="c0")[0].value
    assert np.isclose(mean, frame["c0"].mean(), rtol=1e-9, atol=1e-12)
    what = f"the whole profile, {rows:,} x {COLUMNS} mixed"
    peers: dict[str, Call] = {
        "pandas describe": lambda: frame.describe(include="all"),
        "Polars describe": other.describe,
    }
    return Case(what, ours, peers, {"Polars describe": 10.0})
