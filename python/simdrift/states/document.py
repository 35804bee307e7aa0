"""A state as bytes: JSON and plain arrays under a kind, a version and a checksum; no pickle."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdrift.results import sealed
from simdrift.results.sealed import require
from simdrift.states.buckets import Buckets
from simdrift.states.columns import (
    COUNTS,
    LABELS,
    NULL,
    NUMBERS,
    ColumnState,
    LabelState,
    NullState,
    NumberState,
)
from simdrift.states.powers import Powers

FORMAT = sealed.Format(
    b"sdstate\n", 1, "state", "bytes that State.to_bytes gave", "make the state again"
)

Arrays = dict[str, NDArray[Any]]


def encode(columns: dict[str, ColumnState], rows: int) -> bytes:
    """The bytes: columns in their order, labels in the order of their text."""
    arrays: Arrays = {}
    written = []
    for place, (name, column) in enumerate(columns.items()):
        written.append({"name": name, **_content(column, f"{place}.", arrays)})
    return sealed.encode(FORMAT, {"rows": rows, "columns": written}, arrays)


def _content(column: ColumnState, prefix: str, arrays: Arrays) -> dict[str, Any]:
    if isinstance(column, NullState):
        return {"kind": NULL, "rows": column.rows}
    if isinstance(column, LabelState):
        labels = sorted(column.labels)
        arrays[prefix + "counts"] = np.array([column.labels[one] for one in labels], np.int64)
        return {"kind": LABELS, "nulls": column.nulls, "labels": labels}
    arrays[prefix + "keys"] = column.buckets.keys
    arrays[prefix + "counts"] = column.buckets.counts
    sums = [[exponent, *map(hex, four)] for exponent, four in sorted(column.powers.sums.items())]
    return {
        "kind": NUMBERS,
        "unit": column.unit,
        "counts": [column.counts[name] for name in COUNTS],
        "low": _written(column.low),
        "high": _written(column.high),
        "sums": sums,
    }


def _written(extreme: float | int | None) -> Any:
    return extreme.hex() if isinstance(extreme, float) else extreme


def decode(data: bytes, name: str) -> tuple[dict[str, ColumnState], int]:
    """Columns and rows; InputError where the bytes are no state."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"expected bytes, found {type(data).__name__}")
    content, arrays = sealed.decode(FORMAT, bytes(data), name)
    try:
        rows = _whole(content.get("rows"), "rows")
        written = content.get("columns")
        require(isinstance(written, list), "a list of columns", written)
        columns: dict[str, ColumnState] = {}
        for place, one in enumerate(written or ()):
            require(isinstance(one, dict) and isinstance(one.get("name"), str), "a column", one)
            require(one["name"] not in columns, "columns of different names", one["name"])
            column = _read(one, f"{place}.", arrays)
            require(column.rows == rows, f"{rows} rows in each column", column.rows)
            columns[one["name"]] = column
        return columns, rows
    except (sealed.Odd, ValueError, KeyError, TypeError, OverflowError) as error:
        raise sealed.odd(FORMAT, name, error) from None


def _whole(value: Any, what: str) -> int:
    require(isinstance(value, int) and not isinstance(value, bool) and value >= 0, what, value)
    return int(value)


def _read(one: dict[str, Any], prefix: str, arrays: Arrays) -> ColumnState:
    kind = one.get("kind")
    if kind == NULL:
        return NullState(_whole(one["rows"], "rows"))
    if kind == LABELS:
        labels, counts = one["labels"], _counts(arrays[prefix + "counts"])
        require(all(isinstance(label, str) for label in labels), "labels", labels)
        require(labels == sorted(set(labels)), "labels in order, each once", len(labels))
        require(len(labels) == len(counts), f"{len(labels)} counts", len(counts))
        own = Counter(dict(zip(labels, counts.tolist(), strict=True)))
        return LabelState(_whole(one["nulls"], "nulls"), own)
    require(kind == NUMBERS, f"one of {NULL}, {LABELS}, {NUMBERS}", kind)
    return _numbers(one, prefix, arrays)


def _numbers(one: dict[str, Any], prefix: str, arrays: Arrays) -> NumberState:
    given = one["counts"]
    require(isinstance(given, list) and len(given) == len(COUNTS), f"{len(COUNTS)} counts", given)
    counts = {name: _whole(count, name) for name, count in zip(COUNTS, given, strict=True)}
    parts = sum(counts[name] for name in ("nulls", "nan", "pos_inf", "neg_inf", "finite"))
    require(parts == counts["rows"], "counts that add up to the rows", parts)
    require(one["unit"] in ("", "s", "ms", "us", "ns"), "a unit of time", one["unit"])
    buckets = Buckets(arrays[prefix + "keys"].astype(np.int64), _counts(arrays[prefix + "counts"]))
    require(len(buckets.keys) == len(buckets.counts), "a count a bucket", len(buckets.counts))
    require(bool((np.diff(buckets.keys) > 0).all()), "buckets in order", "others")
    require(bool((np.abs(buckets.keys) < 2**18).all()), "buckets of float64", "others")
    require(buckets.rows == counts["finite"], f"{counts['finite']} rows in buckets", buckets.rows)
    low, high = (_extreme(one[name]) for name in ("low", "high"))
    require((low is None) == (high is None), "both extremes or none", (low, high))
    require(low is not None or counts["finite"] == 0, "extremes", low)
    powers = Powers(counts["finite"])
    for exponent, *four in one["sums"]:
        require(isinstance(exponent, int) and 0 <= exponent < 2048, "an exponent", exponent)
        first, second, third, fourth = (int(value, 16) for value in four)
        require(second >= 0 and fourth >= 0, "even powers of 0 and more", four)
        powers.sums[exponent] = (first, second, third, fourth)
    return NumberState(one["unit"], counts, low, high, powers, buckets)


def _counts(array: NDArray[Any]) -> NDArray[np.int64]:
    counts = np.asarray(array, np.int64)
    require(bool((counts > 0).all()), "counts above 0", "others")
    return counts


def _extreme(value: Any) -> float | int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    require(isinstance(value, str), "a number", value)
    number = float.fromhex(value)
    require(number == number, "a number", value)
    return number
