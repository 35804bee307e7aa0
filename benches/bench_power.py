"""Which drifts the defaults see: alerts in seeded runs of 24 drifts, beside the same of Evidently
where that is installed. Prints a Markdown table (docs/defaults.md has it).

    python benches/bench_power.py --rows 1000 1001 5000 --runs 20
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

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


def ours(before: pd.DataFrame, now: pd.DataFrame) -> set[str]:
    return {row.column for row in sd.compare(before, now).results if row.alert and row.column}


def evidently(before: pd.DataFrame, now: pd.DataFrame) -> set[str]:
    """What Evidently's default preset flags."""
    from evidently import Report
    from evidently.presets import DataDriftPreset

    found = Report([DataDriftPreset()]).run(now, before).dict()
    flagged = set()
    for metric in found["metrics"]:
        config = metric.get("config", {})
        if config.get("type", "").endswith("ValueDrift"):
            score, threshold = float(metric["value"]), config["threshold"]
            is_test = "p_value" in config.get("method", "")
            if score < threshold if is_test else score >= threshold:
                flagged.add(config["column"])
    return flagged


def frames(rng: np.random.Generator, rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    before = {name: pair[0](rng, rows) for name, pair in DRIFTS.items()}
    now = {name: pair[1](rng, rows) for name, pair in DRIFTS.items()}
    return pd.DataFrame(before), pd.DataFrame(now)


def rates(judge: Callable[..., set[str]], rows: int, runs: int) -> dict[str, float]:
    """The share of runs in which each column alerts."""
    alerts = dict.fromkeys(DRIFTS, 0)
    for run in range(runs):
        for name in judge(*frames(np.random.default_rng([rows, run]), rows)):
            alerts[name] += 1
    return {name: count / runs for name, count in alerts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 1001, 5000, 100_000])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--evidently", action="store_true", help="beside it, where installed")
    args = parser.parse_args()
    judges = [("", ours), *([(" Evidently", evidently)] if args.evidently else [])]
    found = {
        f"{rows:,}{label}": rates(judge, rows, args.runs)
        for rows in args.rows
        for label, judge in judges
    }
    print("| drift | " + " | ".join(found) + " |\n|---|" + "---|" * len(found))
    for name in DRIFTS:
        print(f"| {name} | " + " | ".join(f"{own[name]:.2f}" for own in found.values()) + " |")


if __name__ == "__main__":
    main()
