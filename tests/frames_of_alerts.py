"""A reference and a current frame in which everything alerts that can."""

from __future__ import annotations

import numpy as np
import pandas as pd

N = 1_500


def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A reference and a current frame: a quiet column, every kind of alert, all that is not judged;
    the two 'tied' columns change together."""
    rng = np.random.default_rng(17)

    def frame() -> pd.DataFrame:
        names = ("quiet", "gone", "half", "lost", "retyped", "shape")
        made = pd.DataFrame({name: rng.normal(size=N) for name in names})
        made["kinds"] = rng.choice(list("abc"), N)
        made["limited"] = rng.normal(size=N)
        made.loc[::25, "limited"] = np.nan
        made["day"] = pd.date_range("2024-01-01", periods=N, freq="h")
        made["nothing"] = np.nan
        return made

    before, now = frame(), frame()
    now["gone"] = np.nan
    now.loc[::2, "half"] = np.nan
    now["retyped"] = "text"
    now["shape"] += 1.0
    now["kinds"] = "a"
    now["fresh"] = 1.0
    return before, now.drop(columns="lost")
