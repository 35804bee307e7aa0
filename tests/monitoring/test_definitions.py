"""What a spec computes, line by line: where it changes, stored windows have to be computed again.

A run's identity covers the spec's digest, and that a version of the definitions: under the same
identity the store keeps what it has. So what changes here without a new DEFAULTS_VERSION would
never reach a store that has the window.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

import simdrift as sd
from simdrift.monitoring.spec import DEFAULTS_VERSION

KEPT = Path(__file__).with_name("definitions.txt")
RENEW = "SIMDRIFT_DEFINITIONS"
SPEC = {
    "monitor": "m",
    "dataset": "d",
    "window": "1d",
    "start": "2024-01-02",
    "reference": {"start": "2024-01-01", "end": "2024-01-02"},
    "columns": {
        "timestamp": "time",
        "features": ["amount", "count", "kind", "flag", "seldom"],
        "target": "target",
        "prediction": "prediction",
    },
    "segments": ["kind"],
}
ROWS = 400  # a day


def table() -> pd.DataFrame:
    """Two days of every type, made of arithmetic alone."""
    number = np.arange(2 * ROWS)
    day = number // ROWS
    amount = np.sin(number * 0.7) * 3 + np.cos(number * 0.013) + day * 0.8
    seldom = np.where(number % 7 == 0, np.nan, np.sqrt(number))
    return pd.DataFrame(
        {
            "time": pd.Timestamp("2024-01-01") + pd.to_timedelta(number * 216, unit="s"),
            "amount": amount,
            "count": number * 37 % 23 + day * 2,
            "kind": np.array(["a", "b", "c"])[(number + day * (number % 2)) % 3],
            "flag": number % (3 + day) == 0,
            "seldom": seldom,
            "target": amount * 2 + np.sin(number * 1.3),
            "prediction": amount * 2,
        }
    )


def listing() -> str:
    """Everything that the spec computes, values to six digits."""
    lines = [
        f"{row.segment} | {row.column} | {row.metric} | {row.params} | {row.status} | "
        + " ".join(
            "-" if number is None else f"{float(number):.6g}"
            for number in (row.value, row.p_value, row.q_value, row.threshold, row.alert)
        )
        for row in sd.monitor(sd.Spec(**SPEC), table())
    ]
    return f"DEFAULTS_VERSION {DEFAULTS_VERSION}\n" + "\n".join(sorted(lines)) + "\n"


def test_what_a_spec_computes_changes_with_the_version_of_its_definitions_only() -> None:
    """Else: raise DEFAULTS_VERSION (monitor/spec.py), tell it in the CHANGELOG under "Results that
    change", and run this test with SIMDRIFT_DEFINITIONS=1, which keeps the new lines."""
    found = listing()
    if RENEW in os.environ:
        KEPT.write_text(found, "utf-8")
    assert found == KEPT.read_text("utf-8")


def test_the_listing_has_every_family_and_type() -> None:
    text = KEPT.read_text("utf-8")
    for word in ("drift.", "quality.", "performance.", "amount", "kind=a", "flag", "seldom"):
        assert word in text
