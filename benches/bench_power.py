"""Which drifts the defaults see: alerts in seeded runs of 24 columns, and on the same files those
of Evidently's DataDriftPreset, in an environment of its own. Prints a Markdown table
(docs/defaults.md has it).

    python benches/bench_power.py --evidently PYTHON [--rows 1000 1001 5000] [--runs 20]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import simdrift as sd

Draw = Callable[[np.random.Generator, int], object]


def normal(shift: float = 0.0, scale: float = 1.0) -> Draw:
    return lambda rng, n: rng.normal(shift, scale, n)


def shares(*of: float) -> Draw:
    rest = np.array([*of, 1.0 - sum(of)])
    return lambda rng, n: rng.choice(np.array(list("abcdef"))[: len(rest)], n, p=rest)


def flag(share: float) -> Draw:
    return lambda rng, n: (rng.random(n) < share).astype(int)


def missing(share: float) -> Draw:
    return lambda rng, n: np.where(rng.random(n) < share, np.nan, rng.normal(size=n))


def far(share: float, value: float) -> Draw:
    return lambda rng, n: np.where(rng.random(n) < share, value, rng.normal(size=n))


def tail(factor: float) -> Draw:
    def draw(rng: np.random.Generator, n: int) -> object:
        x = rng.normal(size=n)
        return np.where(x > np.quantile(x, 0.95), factor * x, x)

    return draw


def lognormal(factor: float) -> Draw:
    return lambda rng, n: factor * rng.lognormal(0.0, 1.0, n)


def pareto(factor: float) -> Draw:
    return lambda rng, n: factor * rng.pareto(1.2, n)


DRIFTS: dict[str, tuple[Draw, Draw]] = {
    "none: normal": (normal(), normal()),
    "none: Pareto(1.2)": (pareto(1.0), pareto(1.0)),
    "none: 1 % ones": (flag(0.01), flag(0.01)),
    "none: five categories": (shares(0.1, 0.2, 0.2, 0.2), shares(0.1, 0.2, 0.2, 0.2)),
    "shift 0.1 sd": (normal(), normal(0.1)),
    "shift 0.3 sd": (normal(), normal(0.3)),
    "variance x 1.1": (normal(), normal(scale=1.1**0.5)),
    "variance x 1.5": (normal(), normal(scale=1.5**0.5)),
    "share 10 -> 12 % of two": (shares(0.1), shares(0.12)),
    "share 1 -> 2 % of two": (shares(0.01), shares(0.02)),
    "share 10 -> 15 % of five": (shares(0.1, 0.2, 0.2, 0.2), shares(0.15, 0.2, 0.2, 0.2)),
    "share 10 -> 20 % of five": (shares(0.1, 0.2, 0.2, 0.2), shares(0.2, 0.2, 0.2, 0.2)),
    "new category of 2 %": (shares(0.5), shares(0.49, 0.49)),
    "flag 0.02 -> 0.2 %": (flag(0.0002), flag(0.002)),
    "0/1 integers 10 -> 12 %": (flag(0.1), flag(0.12)),
    "0/1 integers 10 -> 15 %": (flag(0.1), flag(0.15)),
    "missing 1 -> 2 %": (missing(0.01), missing(0.02)),
    "missing 1 -> 5 %": (missing(0.01), missing(0.05)),
    "missing 0 -> 4 %": (missing(0.0), missing(0.04)),
    "2 % of rows 99,999": (normal(), far(0.02, 99_999.0)),
    "4 % of rows times 1,000": (normal(), far(0.04, 1000.0)),
    "top 5 % doubled": (tail(1.0), tail(2.0)),
    "lognormal x 1.1": (lognormal(1.0), lognormal(1.1)),
    "Pareto(1.2) x 1.5": (pareto(1.0), pareto(1.5)),
}


EVIDENTLY = """
import json, sys, warnings
warnings.simplefilter("ignore")
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

def flagged(folder):
    before, now = (pd.read_parquet(f"{folder}/{side}.parquet") for side in ("before", "now"))
    for metric in Report([DataDriftPreset()]).run(now, before).dict()["metrics"]:
        config = metric.get("config", {})
        if config.get("type", "").endswith("ValueDrift"):
            score, limit = float(metric["value"]), config["threshold"]
            if score < limit if "p_value" in config["method"] else score >= limit:
                yield config["column"]

print(json.dumps([list(flagged(folder)) for folder in sys.argv[1:]]))
"""
"""Prints which columns of each folder's files Evidently's defaults flag."""


def frames(rows: int, run: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng([rows, run])
    before = {name: pair[0](rng, rows) for name, pair in DRIFTS.items()}
    now = {name: pair[1](rng, rows) for name, pair in DRIFTS.items()}
    return pd.DataFrame(before), pd.DataFrame(now)


def ours(before: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """The columns of which anything alerts."""
    return list({row.column for row in sd.compare(before, now).results if row.alert and row.column})


def evidently(python: str, folders: list[str]) -> list[list[str]]:
    """The columns that Evidently flags, of each folder."""
    command = [python, "-c", EVIDENTLY, *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{python}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def rates(flagged: list[list[str]]) -> dict[str, float]:
    """The share of runs in which each column alerts, and in which any without drift does."""
    of_columns = {name: sum(name in run for run in flagged) / len(flagged) for name in DRIFTS}
    calm = [any(name.startswith("none") for name in run) for run in flagged]
    return {**of_columns, "any of the four without drift": sum(calm) / len(calm)}


def measured(rows: int, runs: int, python: str | None) -> dict[str, dict[str, float]]:
    """Rates by the heading of their column."""
    with tempfile.TemporaryDirectory() as root:
        flagged, folders = [], []
        for run in range(runs):
            before, now = frames(rows, run)
            flagged.append(ours(before, now))
            folder = Path(root, str(run))
            folder.mkdir()
            before.to_parquet(folder / "before.parquet")
            now.to_parquet(folder / "now.parquet")
            folders.append(str(folder))
        found = {f"{rows:,}": rates(flagged)}
        if python:
            found["Evidently"] = rates(evidently(python, folders))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 1001, 5000, 100_000])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--evidently", metavar="PYTHON", help="that has evidently==0.7.23")
    args = parser.parse_args()
    tables = [measured(rows, args.runs, args.evidently) for rows in args.rows]
    found = [(name, own) for table in tables for name, own in table.items()]
    print("| drift | " + " | ".join(name for name, _ in found) + " |\n|---|" + "---|" * len(found))
    for name in found[0][1]:
        print(f"| {name} | " + " | ".join(f"{own[name]:.2f}" for _, own in found) + " |")


if __name__ == "__main__":
    main()
