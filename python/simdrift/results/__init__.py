"""What was computed, as data: rows, their collection, identity and exchange. Read rows.py first.

Names are imported when first used: a page's labels need none of NumPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simdrift.results.collection import Results
    from simdrift.results.rows import Histogram, Result, Run

_HOMES = {"Histogram": "rows", "Result": "rows", "Results": "collection", "Run": "rows"}

__all__ = ["Histogram", "Result", "Results", "Run"]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
