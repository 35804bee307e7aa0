"""`State`: what is kept of rows that are not kept."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self

from simdrift._errors import InputError
from simdrift._types import Progress
from simdrift.columns import as_table
from simdrift.metrics.checks import checked_threads
from simdrift.results import files
from simdrift.states import document, rows
from simdrift.states.batches import batches_of
from simdrift.states.columns import ColumnState, merged, state_of

if TYPE_CHECKING:
    from simdrift.monitoring import Spec
    from simdrift.results import Results


class State:
    """Counts, extremes, exact sums of powers and buckets of numbers, counts of labels: of rows that
    may be gone, and that may have come in any order and any parts.

    The same rows give the same state, and so the same values, however they were cut into batches
    and in whatever order these were merged: everything in it is an integer, or an extreme. What
    can't be exact without the rows - quantiles, KS, Wasserstein - comes with an interval that
    surely holds the value.

    >>> import numpy as np
    >>> from simdrift import State
    >>> state = State.of({"x": np.array([1.0, 2.0])})
    >>> state.update({"x": np.array([3.0, 6.0])}).rows
    4
    >>> [row.value for row in state.profile().filter(metric="quality.mean")]
    [3.0]
    """

    def __init__(self, columns: dict[str, ColumnState], length: int) -> None:
        self._columns = columns
        self._rows = length

    @classmethod
    def of(
        cls,
        data: object,
        spec: Spec | None = None,
        *,
        columns: str | Sequence[str] | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> Self:
        """The state of a frame, or of files: a path, a folder, a pattern or a list of them.

        Parquet and Arrow files are read part by part, so that memory does not grow with them.
        `columns`: these only; or those that `spec` computes. `progress(done, total)` is called
        with parts of files. InputError names a column that has no state (lists, mixtures) or that
        is not there.
        """
        chosen = _chosen(spec, columns)
        state = None
        for batch in batches_of(data, chosen, progress):
            part = cls._of_batch(batch, chosen, checked_threads(threads))
            state = part if state is None else state._with(part)
        if state is None:
            raise InputError("expected data with columns, found none")
        return state

    @classmethod
    def _of_batch(cls, data: object, chosen: Sequence[str] | None, threads: int | None) -> Self:
        table = as_table(data)
        names = table.names if chosen is None else chosen
        for name in names:
            if name not in table.columns:
                raise InputError(
                    f"expected a column {name!r}, found {', '.join(table.names)}: correct columns="
                )
        found = {name: state_of(name, table.columns[name], threads) for name in names}
        return cls(found, table.length)

    @property
    def rows(self) -> int:
        """How many rows were taken in."""
        return self._rows

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(self._columns)

    def __repr__(self) -> str:
        return f"State({self._rows:,} rows, columns: {', '.join(self._columns)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]

    def update(self, data: object, *, threads: int | None = None) -> Self:
        """Takes further rows in, and gives itself. InputError, and no change, where a column is
        not there or has another type."""
        chosen = tuple(self._columns)
        for batch in batches_of(data, chosen, None):
            self._take(self._with(self._of_batch(batch, chosen, checked_threads(threads))))
        return self

    def merge(self, *others: State) -> State:
        """A state of the rows of all, which stay as they are.

        >>> import numpy as np
        >>> from simdrift import State
        >>> days = [State.of({"x": np.arange(10.0) + day}) for day in range(3)]
        >>> days[0].merge(*days[1:]).rows
        30
        """
        return self._with(*others)

    def _with(self, *others: State) -> Self:
        for other in others:
            if not isinstance(other, State):
                raise TypeError(f"expected a State, found {type(other).__name__}")
            if other.columns != self.columns and set(other.columns) != set(self.columns):
                raise InputError(
                    f"expected a state of the columns {', '.join(self.columns)}, found one of "
                    f"{', '.join(other.columns)}: make both with the same columns="
                )
        columns = {
            name: merged(name, [own, *(other._columns[name] for other in others)])
            for name, own in self._columns.items()
        }
        return type(self)(columns, self._rows + sum(other._rows for other in others))

    def _take(self, other: State) -> None:
        self._columns, self._rows = other._columns, other._rows

    def profile(self) -> Results:
        """Rows `quality.*` of every column. Counts, extremes and sums are exact; moments are
        rounded once; quantiles lie between `ci_low` and `ci_high`, surely."""
        return rows.profile(self._columns, self._rows)

    def compare(self, other: State, *, alpha: float = 0.05) -> Results:
        """Rows `drift.*` of the columns of both: this one is the reference.

        Labels, means, standard deviations and missing shares as of the rows themselves. KS and
        Wasserstein-1 lie between `ci_low` and `ci_high`, surely; p-values are those of the lower
        end, so that nothing alerts that the rows would not let alert.
        """
        return rows.compare(self._columns, other._columns, (self._rows, other._rows), alpha)

    def to_bytes(self) -> bytes:
        """All of it: a header with kind and version, JSON, arrays, a checksum. The same rows give
        the same bytes."""
        return document.encode(self._columns, self._rows)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The state; InputError says what is wrong with bytes that are cut, changed, of another
        kind or of a newer version."""
        columns, length = document.decode(data, "the state")
        return cls(columns, length)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes `to_bytes` into a file, whole or not at all."""
        files.write_bytes(path, self.to_bytes())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """The state of a file that `save` wrote."""
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise InputError(f"{path}: expected a saved state, found: {error.strerror}") from None
        columns, length = document.decode(data, str(path))
        return cls(columns, length)


def _chosen(spec: Spec | None, columns: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if columns is not None:
        return (columns,) if isinstance(columns, str) else tuple(columns)
    if spec is None or spec.columns.features is None:
        return None
    return tuple(spec.columns.features)
