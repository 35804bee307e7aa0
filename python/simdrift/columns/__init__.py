"""Data of any library as columns of the core, without a copy where the layout allows it.

`as_table` takes a frame, a dict of arrays, an Arrow object or the path of a Parquet file;
`as_column` takes one array, series or list.
"""

from simdrift.columns.convert import Frame, as_column, as_table, opened
from simdrift.columns.parquet import open_parquet, parquet_names
from simdrift.columns.source import Source
from simdrift.columns.table import Refused, Table

__all__ = [
    "Frame",
    "Refused",
    "Source",
    "Table",
    "as_column",
    "as_table",
    "open_parquet",
    "opened",
    "parquet_names",
]


def __dir__() -> list[str]:
    return sorted(__all__)
