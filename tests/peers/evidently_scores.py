"""Scores and flags of the installed Evidently; `python tests/peers/evidently_scores.py` stores them
for the tests that run without it."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).parent))

from evidently_cases import Case, cases

from simdrift.metrics.conventions.evidently import COUNTERPARTS

STORED = Path(__file__).parents[1] / "numeric" / "data" / "evidently.json"


class Theirs(NamedTuple):
    """Evidently's answer; `score` is None where it raises or gives NaN."""

    method: str
    score: float | None
    drifted: bool | None


def theirs(case: Case) -> Theirs:
    """What Evidently says."""
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    kinds = {"numeric": ColumnType.Numerical, "categorical": ColumnType.Categorical}
    sides = [
        pd.Series(values).replace([-np.inf, np.inf], np.nan).dropna()
        for values in (case.reference, case.current)
    ]
    name = None if case.method == "auto" else COUNTERPARTS[case.method].name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test = get_stattest(*sides, kinds[case.kind], name)
        ours = next(key for key, peer in COUNTERPARTS.items() if peer.name == test.name)
        try:
            found = test(*(side.copy() for side in sides), kinds[case.kind], None)
        except Exception:  # whatever it raises on
            return Theirs(ours, None, None)
    score = float(found.drift_score)
    return Theirs(ours, score, bool(found.drifted)) if score == score else Theirs(ours, None, None)


def main() -> None:
    found: list[dict[str, Any]] = [
        {"column": case.name, "asked": case.method, **theirs(case)._asdict()} for case in cases()
    ]
    STORED.write_text(json.dumps(found, indent=0) + "\n", "utf-8")
    print(f"{len(found)} scores in {STORED}")


if __name__ == "__main__":
    main()
