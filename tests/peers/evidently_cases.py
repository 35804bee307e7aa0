"""Columns on which Evidently and `convention="evidently"` are held against each other. Streams of
RandomState never change, so the columns are the same with every version of NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from simdrift.metrics.conventions.evidently import COUNTERPARTS

SEED = 20130208

# Where they differ, and why.
UNSTABLE = {
    # A singular covariance of two values: its rank, and so W2, hangs on the order of the rows.
    ("two_numbers", "epps_singleton"),
}
THEY_RAISE = {
    # Their own exact law fails on mean ranks with NumPy 2; ours is SciPy's.
    ("tiny", "cramer_von_mises"),
}


class Case(NamedTuple):
    """Two sides of a column and a method by our name; 'auto' is Evidently's own choice."""

    name: str
    kind: str
    reference: Any
    current: Any
    method: str


def columns() -> dict[str, tuple[str, Any, Any]]:
    """Kind, reference and current by name."""
    r = np.random.RandomState(SEED)
    normal = r.normal(size=900)

    def words(letters: str, rows: int, p: list[float] | None = None) -> Any:
        return r.choice(list(letters), rows, p=p).astype(object)

    return {
        "normal": ("numeric", r.normal(size=800), r.normal(0.1, 1, 900)),
        "big": ("numeric", r.normal(size=3000), r.normal(0.3, 1.2, 2500)),
        "same_law": ("numeric", r.normal(size=1500), r.normal(size=1500)),
        "ties": ("numeric", r.normal(size=700).round(1), r.normal(size=700).round(1)),
        "few_values": ("numeric", r.randint(0, 4, 500) * 1.0, r.randint(0, 5, 500) * 1.0),
        "few_of_many_rows": ("numeric", r.randint(0, 4, 1500) * 1.0, r.randint(0, 4, 900) * 1.0),
        "integers": ("numeric", r.randint(0, 100, 1200), r.randint(5, 110, 1300)),
        "small_integers": ("numeric", r.randint(0, 15, 900), r.randint(0, 17, 900)),
        "missing": (
            "numeric",
            np.where(r.rand(900) < 0.1, np.nan, normal),
            np.where(r.rand(900) < 0.2, np.inf, normal + 0.2),
        ),
        "tiny": ("numeric", r.normal(size=6), r.normal(size=7)),
        "constant": ("numeric", np.ones(50), np.ones(60)),
        "two_numbers": ("numeric", r.randint(0, 2, 300), r.randint(0, 2, 300)),
        "a_thousand": ("numeric", r.normal(size=1000), r.normal(size=30)),
        "a_thousand_and_one": ("numeric", r.normal(size=1001), r.normal(size=50)),
        "skewed": ("numeric", r.lognormal(size=1500), r.lognormal(0.2, 1, 1500)),
        "three": ("categorical", words("abc", 600), words("abcd", 600)),
        "two": ("categorical", words("ny", 400), words("ny", 400, [0.4, 0.6])),
        "new_and_gone": ("categorical", words("ab", 2000), words("bcd", 1500)),
        "many": (
            "categorical",
            np.array([f"k{i}" for i in r.randint(0, 40, 3000)], object),
            np.array([f"k{i}" for i in r.randint(0, 45, 3000)], object),
        ),
        "one": ("categorical", words("a", 30), words("a", 30)),
    }


def cases() -> Iterator[Case]:
    """Every column by every method that Evidently allows for its kind."""
    for name, (kind, reference, current) in columns().items():
        for method, peer in COUNTERPARTS.items():
            # Evidently allows these two for categories only; it takes them for few numbers itself.
            if kind in peer.kinds and not (
                kind == "numeric" and method in ("chi_square", "z_test")
            ):
                yield Case(name, kind, reference, current, method)
        yield Case(name, kind, reference, current, "auto")
