"""`ResultTable`: result rows as columns. What computes them makes one, and the store, frames and
filters read its arrays; rows are made only for who iterates."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import repeat
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt

from simdrift.results.coding import Codes, by_first_use, coded, combined, looked_up, renumbered
from simdrift.results.rows import Result
from simdrift.results.zones import in_utc

ABSENT: Final = -1
"""The code of an absent alert or count."""

DICTIONARIES: Final = {
    "head": "heads",
    "segment": "segments",
    "column": "columns",
    "metric": "metrics",
    "param": "params",
    "status": "statuses",
}
"""Fields of codes, and the fields of the dictionaries that the codes are places in."""

REALS: Final = (
    *("value", "ci_low", "ci_high", "p_value", "q_value", "effect_size", "threshold"),
    "null_quantile",
)
COUNTS: Final = ("n_reference", "n_current")

TEXTS: Final = {
    **{name: name for name in ("segment", "column", "metric", "status")},
    "params": "param",
}
"""Fields of text of a row, and the fields of their codes."""
_TYPES: Final[dict[str, Any]] = {
    **dict.fromkeys(DICTIONARIES, np.int32),
    **dict.fromkeys(REALS, np.float64),
    **dict.fromkeys(COUNTS, np.int64),
    "alert": np.int8,
}
_PIECE: Final = 500  # rows turned into columns at once; 200 to 1,000 are as good
_ALERTS: Final = np.array([False, True, None], dtype=object)  # code -1 is the last one


class Head(NamedTuple):
    """What all rows of one run share."""

    run_id: UUID
    dataset: str
    model: str
    model_version: str
    window_start: datetime | None
    window_end: datetime | None
    grain: str


@dataclass(frozen=True, slots=True, eq=False)
class ResultTable:
    """Result rows as columns of one length n.

    `head` (n,) are places in `heads`, `segment` places in `segments`, and so on: int32. Numbers
    are float64 (NaN: absent), counts int64 (-1: absent), `alert` int8 (1, 0; -1: no rule
    applies). No dictionary has a text twice, but it may have texts that no row uses. ValueError
    where the arrays don't fit.

    >>> from uuid import UUID
    >>> row = Result(UUID(int=1), "flights", "", "", None, None, "all", "", "dep_delay",
    ...              "drift.ks", 0.25, alert=True)
    >>> table = ResultTable.from_rows([row])
    >>> table.metrics, table.value, list(table) == [row]
    (('drift.ks',), array([0.25]), True)
    """

    heads: tuple[Head, ...]
    head: Codes
    segments: tuple[str, ...]
    segment: Codes
    columns: tuple[str, ...]
    column: Codes
    metrics: tuple[str, ...]
    metric: Codes
    params: tuple[str, ...]
    param: Codes
    statuses: tuple[str, ...]
    status: Codes
    value: npt.NDArray[np.float64]
    ci_low: npt.NDArray[np.float64]
    ci_high: npt.NDArray[np.float64]
    p_value: npt.NDArray[np.float64]
    q_value: npt.NDArray[np.float64]
    effect_size: npt.NDArray[np.float64]
    threshold: npt.NDArray[np.float64]
    null_quantile: npt.NDArray[np.float64]
    alert: npt.NDArray[np.int8]
    n_reference: npt.NDArray[np.int64]
    n_current: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        shape = self.head.shape
        for name, kind in _TYPES.items():
            array = getattr(self, name)
            if array.dtype != kind or array.shape != shape or array.ndim != 1:
                raise ValueError(
                    f"{name}: expected {len(self.head)} {np.dtype(kind)}, found an array of "
                    f"{array.dtype} with shape {array.shape}"
                )
        for name in ("segments", "columns", "metrics", "params", "statuses"):
            texts = getattr(self, name)
            if len(set(texts)) != len(texts):
                raise ValueError(f"{name}: expected every text once, found one twice")

    def __len__(self) -> int:
        return len(self.head)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.rows())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ResultTable):
            return NotImplemented
        return (
            len(self) == len(other)
            and all(_same_codes(self, other, codes) for codes in DICTIONARIES)
            and all(
                np.array_equal(getattr(self, name), getattr(other, name), equal_nan=name in REALS)
                for name in ("alert", *REALS, *COUNTS)
            )
        )

    def __hash__(self) -> int:
        known = np.where(np.isnan(self.value), np.nan, self.value + 0.0)  # -0.0 equals 0.0
        return hash((len(self), known.tobytes(), self.alert.tobytes()))

    def row(self, index: int) -> Result:
        """One row; IndexError where there is none."""
        (made,) = self.take(np.array([range(len(self))[index]])).rows()
        return made

    def rows(self) -> list[Result]:
        """Every row, None where a value is absent."""
        # As Result._make, whose own frame of Python costs more than the row.
        make = partial(tuple.__new__, Result)
        return list(map(make, zip(*self.values().values(), strict=True)))

    def values(self) -> dict[str, list[Any]]:
        """Python's values of each field of `Result`, None where one is absent."""
        found: dict[str, list[Any]] = {}
        for name in Result._fields:
            if name in Head._fields:
                place = Head._fields.index(name)
                found[name] = looked_up([head[place] for head in self.heads], self.head)
            elif name in TEXTS:
                codes = TEXTS[name]
                found[name] = looked_up(self.dictionary(codes), getattr(self, codes))
            elif name == "alert":
                found[name] = _ALERTS[self.alert].tolist()
            else:
                found[name] = _or_none(getattr(self, name))
        return found

    def dictionary(self, codes: str) -> tuple[Any, ...]:
        """What the codes of a field are places in."""
        found: tuple[Any, ...] = getattr(self, DICTIONARIES[codes])
        return found

    def in_use(self, codes: str) -> list[Any]:
        """What the rows of a field of codes say, each once, in the order of the first use."""
        known = self.dictionary(codes)
        first, _ = by_first_use(*combined((getattr(self, codes), len(known))))
        return looked_up(known, getattr(self, codes)[first])

    def having(
        self, codes: str, wanted: Collection[str] | Callable[[str], bool]
    ) -> npt.NDArray[np.bool_]:
        """Which rows have one of the texts, or a text of which a function says yes; the
        dictionary alone is looked at."""
        test = wanted if callable(wanted) else wanted.__contains__
        known = np.array([test(text) for text in self.dictionary(codes)], dtype=bool)
        found: npt.NDArray[np.bool_] = known[getattr(self, codes)]
        return found

    def take(self, rows: slice | npt.NDArray[Any]) -> ResultTable:
        """The rows of a slice, a mask or an array of places; the dictionaries stay."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _TYPES})

    def compacted(self) -> ResultTable:
        """The table without the heads and texts that no row uses."""
        changed: dict[str, Any] = {}
        for codes, dictionary in DICTIONARIES.items():
            whole = combined((getattr(self, codes), len(self.dictionary(codes))))
            changed[dictionary] = tuple(self.in_use(codes))
            changed[codes] = by_first_use(*whole)[1]
        return replace(self, **changed)

    def with_heads(self, heads: Sequence[Head]) -> ResultTable:
        """The rows under other heads, one for each that is there."""
        if len(heads) != len(self.heads):
            raise ValueError(f"expected {len(self.heads)} heads, found {len(heads)}")
        return replace(self, heads=tuple(heads))

    def cleaned(self) -> ResultTable:
        """The table with window times in UTC, and no 'ok' without a value: such a status becomes
        'degenerate'. ValueError for a time without a zone."""
        table = self
        if any(_is_elsewhere(head) for head in self.heads):
            table = replace(table, heads=tuple(_head_in_utc(head) for head in self.heads))
        if "ok" in self.statuses:
            absent = np.isnan(self.value) & (self.status == self.statuses.index("ok"))
            if absent.any():
                table = _degenerate(table, absent)
        return table

    @classmethod
    def from_rows(cls, rows: Iterable[Result]) -> ResultTable:
        """The table of rows. Window times become UTC, a NaN is absent, and a NaN that is 'ok'
        becomes 'degenerate'. ValueError for a time without a zone."""
        return cls.from_values(_transposed(list(rows)))

    @classmethod
    def from_values(cls, values: Mapping[str, Sequence[Any]]) -> ResultTable:
        """The table of one sequence of Python's values for each field of `Result`."""
        heads, head = _coded_heads([values[name] for name in Head._fields])
        arrays: dict[str, Any] = {"heads": heads, "head": head}
        for name, codes in TEXTS.items():
            arrays[DICTIONARIES[codes]], arrays[codes] = coded(values[name])
        for name in REALS:
            arrays[name] = _reals(values[name])
        for name in COUNTS:
            arrays[name] = _counts(values[name], name)
        arrays["alert"] = _counts(values["alert"], "alert").astype(np.int8)
        made = cls(**arrays)
        given = values["value"]
        wrong = [i for i in np.flatnonzero(np.isnan(made.value)).tolist() if given[i] is not None]
        if wrong and "ok" in made.statuses:
            ok = made.statuses.index("ok")
            return _degenerate(made, np.array([i for i in wrong if made.status[i] == ok], int))
        return made

    @classmethod
    def concat(cls, tables: Iterable[ResultTable]) -> ResultTable:
        """The rows of all tables, one after the other; dictionaries and heads are merged."""
        listed = list(tables)
        if len(listed) == 1:
            return listed[0]
        arrays: dict[str, Any] = {}
        for codes, dictionary in DICTIONARIES.items():
            numbers: dict[Any, int] = {}
            parts = [
                renumbered(getattr(table, dictionary), numbers)[getattr(table, codes)]
                for table in listed
            ]
            arrays[codes] = np.concatenate([np.empty(0, np.int32), *parts])
            arrays[dictionary] = tuple(numbers)
        for name in ("alert", *REALS, *COUNTS):
            parts = [getattr(table, name) for table in listed]
            arrays[name] = np.concatenate([np.empty(0, _TYPES[name]), *parts])
        return cls(**arrays)


def _same_codes(ours: ResultTable, theirs: ResultTable, codes: str) -> bool:
    """Whether a field of codes says the same in both, whatever their dictionaries."""
    numbers: dict[Any, int] = {}
    found = [
        renumbered(table.dictionary(codes), numbers)[getattr(table, codes)]
        for table in (ours, theirs)
    ]
    return np.array_equal(*found)


def _degenerate(table: ResultTable, rows: npt.NDArray[Any]) -> ResultTable:
    """The table where the rows have the status 'degenerate'."""
    numbers = {status: number for number, status in enumerate(table.statuses)}
    status = table.status.copy()
    status[rows] = numbers.setdefault("degenerate", len(numbers))
    return replace(table, statuses=tuple(numbers), status=status)


# -- from rows


def _transposed(rows: Sequence[Result]) -> dict[str, list[Any]]:
    """The rows' fields, one list a field; a piece at a time, which stays in the cache."""
    values: dict[str, list[Any]] = {name: [] for name in Result._fields}
    for start in range(0, len(rows), _PIECE):
        piece = zip(*rows[start : start + _PIECE], strict=True)
        for column, part in zip(values.values(), piece, strict=True):
            column.extend(part)
    return values


def _coded_heads(fields: Sequence[Sequence[Any]]) -> tuple[tuple[Head, ...], Codes]:
    """Heads and codes; of rows that follow each other under one head only the first is looked
    at closely, for hashing a UUID is slow."""
    rows = len(fields[0])
    changed = np.zeros(rows, dtype=bool)
    changed[:1] = True
    for field in fields:
        changed[1 + _changes(field)] = True
    starts = np.flatnonzero(changed)
    numbers: dict[tuple[Any, ...], int] = {}
    listed = [tuple([field[start] for field in fields]) for start in starts.tolist()]
    codes = renumbered(listed, numbers)
    heads = tuple(_head_in_utc(Head._make(head)) for head in numbers)
    return heads, np.repeat(codes, np.diff(starts, append=rows))


def _changes(values: Sequence[Any]) -> npt.NDArray[np.int64]:
    """The places whose next value differs. The rows of a run nearly always share their objects:
    only where they don't are the values compared."""
    identities = np.fromiter(map(id, values), np.uint64, len(values))
    places: npt.NDArray[np.int64] = np.flatnonzero(identities[1:] != identities[:-1])
    differ = [values[place] != values[place + 1] for place in places.tolist()]
    changes: npt.NDArray[np.int64] = places[np.array(differ, dtype=bool)]
    return changes


def _is_elsewhere(head: Head) -> bool:
    """Whether a time of the head is of another zone than UTC, or of none."""
    start, end = head.window_start, head.window_end
    return (start is not None and start.tzinfo is not UTC) or (
        end is not None and end.tzinfo is not UTC
    )


def _head_in_utc(head: Head) -> Head:
    if not _is_elsewhere(head):
        return head
    return head._replace(window_start=in_utc(head.window_start), window_end=in_utc(head.window_end))


def _reals(values: Sequence[Any]) -> npt.NDArray[np.float64]:
    """None becomes NaN."""
    if values.count(None) == len(values):
        return np.full(len(values), np.nan)
    return np.array(values, dtype=np.float64)


def _counts(values: Sequence[Any], name: str) -> npt.NDArray[np.int64]:
    """None becomes `ABSENT`."""
    absent = values.count(None)
    if absent == len(values):
        return np.full(len(values), ABSENT, dtype=np.int64)
    if absent:
        values = [ABSENT if value is None else value for value in values]
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError:
        raise ValueError(f"{name}: expected integers of 64 bits, found a larger one") from None


# -- to rows


def _or_none(array: npt.NDArray[Any]) -> list[Any]:
    """Python's numbers; None where one is absent."""
    absent = np.isnan(array) if array.dtype.kind == "f" else array == ABSENT
    if not absent.any():
        numbers: list[Any] = array.tolist()
        return numbers
    if absent.all():
        return list(repeat(None, len(array)))
    objects = array.astype(object)
    objects[absent] = None
    found: list[Any] = objects.tolist()
    return found
