"""`simdrift.estimate`: a model's performance on rows whose targets are not known yet.

>>> import numpy as np
>>> from simdrift import estimate
>>> random = np.random.default_rng(0)
>>> p = random.random(4000)
>>> frame = {"p": p, "y": (random.random(4000) < p).astype(int)}
>>> found = estimate.cbpe(frame, {"p": p[:1000]}, {"target": "y", "score": "p"}, rows=1000)
>>> found["accuracy"].value.round(2).tolist(), found["accuracy"].alert.tolist()
([0.74], [False])
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._errors import SpecError
from simdrift.columns import Table, as_table, opened
from simdrift.metrics.estimate.cbpe import Estimate, checked_estimates, estimated
from simdrift.metrics.groups import Groups
from simdrift.metrics.listing import Listing
from simdrift.metrics.performance.predictions import Lacking, Predictions
from simdrift.monitoring.model import predictions_of
from simdrift.monitoring.roles import Roles, roles_of
from simdrift.monitoring.spec import Columns, Spec
from simdrift.monitoring.spec_errors import found as found_text

__all__ = ["Estimate", "EstimateRow", "Estimates", "cbpe"]

if TYPE_CHECKING:
    import pandas


def __dir__() -> list[str]:
    return sorted(__all__)


CHUNKS = 10
"""Groups of the reference where no number of rows is given."""


class EstimateRow(NamedTuple):
    """One estimated metric of the rows [start, stop): value, band, thresholds; None where there is
    none."""

    metric: str
    start: int
    stop: int
    value: float | None
    low: float | None
    high: float | None
    lower: float
    upper: float
    alert: bool


@dataclass(frozen=True, repr=False)
class Estimates(Mapping[str, Estimate]):
    """Estimated metrics by name ('roc_auc'; of several labels also 'confusion: prediction=a,
    target=b'), over groups of rows [start, stop); none where `reason` says why. `calibrated`:
    whether each score was."""

    estimates: Mapping[str, Estimate]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    calibrated: tuple[bool, ...] = ()
    reason: str = field(default="")

    def __getitem__(self, metric: str) -> Estimate:
        return self.estimates[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self.estimates)

    def __len__(self) -> int:
        return len(self.estimates)

    @property
    def rows(self) -> Listing[EstimateRow]:
        """Every metric of every group of rows, as a table that shows itself and makes frames."""
        bounds = list(zip(self.starts.tolist(), self.stops.tolist(), strict=True))
        return Listing(
            EstimateRow,
            (row for name, one in self.estimates.items() for row in _rows_of(name, one, bounds)),
            self.reason,
        )

    def to_pandas(self) -> pandas.DataFrame:
        """`rows` as a pandas frame."""
        return self.rows.to_pandas()

    def __repr__(self) -> str:
        return f"Estimates of {', '.join(self.estimates) or 'nothing: ' + self.reason}"

    def __str__(self) -> str:
        return str(self.rows)

    def _repr_html_(self) -> str:
        return self.rows._repr_html_()


def _rows_of(name: str, one: Estimate, bounds: Sequence[tuple[int, int]]) -> Iterator[EstimateRow]:
    columns = (one.value, one.low, one.high)
    for place, (start, stop) in enumerate(bounds):
        numbers = (float(own[place]) for own in columns)
        value, low, high = (None if number != number else number for number in numbers)
        yield EstimateRow(
            name, start, stop, value, low, high, one.lower, one.upper, bool(one.alert[place])
        )


def cbpe(
    reference: object,
    current: object,
    roles: Columns | Mapping[str, Any] | Spec,
    *,
    metrics: str | Sequence[str] | None = None,
    rows: int | None = None,
    threads: int | None = None,
) -> Estimates:
    """Performance of the current rows without their targets, from the probabilities that the model
    gives (confidence-based performance estimation, as NannyML defines it).

    `reference`, `current`: frames that `compare` takes; the reference has the targets. `roles`: a
    dict such as {"target": "y", "score": "p"}, with a mapping from label to column of several
    labels; `prediction`: the model's decisions (default: the score's). With a `timestamp` rows are
    taken in its order. `metrics`: names (default: all). `rows`: how many make a group (default: a
    tenth of the reference); a value outside three standard deviations of the reference's groups
    alerts. SpecError where a role is missing or a name is not known; data never raise.
    """
    own = _roles(roles)
    names = _metrics(metrics)
    before, now = (
        _ordered(_table(frame, argument, own), own)
        for frame, argument in ((reference, "reference"), (current, "current"))
    )
    size = _rows(rows, before)
    sides = [_predictions(table, own, size, threads) for table in (before, now)]
    groups = _chunks(now, size)
    missing = [side for side, made in zip(("reference", "current"), sides, strict=True) if not made]
    if missing:
        reason = f"{missing[0]}: none of the model's columns is there"
        return Estimates({}, groups.starts, groups.ends(now.length), reason=reason)
    found = estimated(sides[0], sides[1], names)  # type: ignore[arg-type]
    if isinstance(found, Lacking):
        return Estimates({}, groups.starts, groups.ends(now.length), reason=found.reason)
    return Estimates(
        {_key(one): one for one in found.estimates},
        groups.starts,
        groups.ends(now.length),
        found.calibrated,
    )


def _key(one: Estimate) -> str:
    name = one.metric.partition(".")[2]
    return f"{name}: {one.params}" if one.params else name


def _roles(roles: object) -> Roles:
    if isinstance(roles, Spec):
        columns = roles.columns
    elif isinstance(roles, Columns):
        columns = roles
    elif isinstance(roles, Mapping):
        columns = Columns(**roles)
    else:
        raise SpecError(
            "roles: expected a dict such as {'target': 'y', 'score': 'p'}, found "
            f"{found_text(roles)}"
        )
    for role, value in (("target", columns.target), ("score", columns.score)):
        if value is None:
            raise SpecError(
                f"roles: {role!r} is missing: expected a dict such as {{'target': 'y', 'score': "
                "'p'}}"
            )
    return roles_of(columns.model_copy(update={"features": ()}), ())


def _metrics(metrics: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if metrics is None:
        return None
    try:
        return checked_estimates((metrics,) if isinstance(metrics, str) else metrics)
    except ValueError as error:
        raise SpecError(f"metrics: {error}") from None


def _table(frame: object, argument: str, roles: Roles) -> Table:
    source = opened(frame, argument=argument)
    there = [*source.names, *sorted(source.hidden)]
    wanted = {*roles.model.scores.values(), roles.prediction, roles.target, roles.timestamp}
    return as_table(source, argument=argument, columns=[n for n in there if n in wanted])


def _ordered(table: Table, roles: Roles) -> Table:
    """The rows by their timestamp, where there is one."""
    column = None if roles.timestamp is None else table.computed.get(roles.timestamp)
    if column is None:
        return table
    if column.kind in ("text", "category"):
        raise SpecError(
            f"'timestamp': expected points in time or numbers in {roles.timestamp!r}, found "
            f"{column.type}"
        )
    return table.take(np.argsort(column.to_float64(), kind="stable"))


def _rows(rows: int | None, reference: Table) -> int:
    if rows is None:
        return max(1, -(-reference.length // CHUNKS))
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise SpecError(f"rows: expected a number of rows from 1 on, found {rows!r}")
    return rows


def _chunks(table: Table, size: int) -> Groups:
    starts = np.arange(0, max(table.length, 1), size, dtype=np.int64)
    return Groups(starts, np.minimum(starts + size, table.length))


def _predictions(table: Table, roles: Roles, size: int, threads: int | None) -> Predictions | None:
    return predictions_of(table, _chunks(table, size), roles, threads)
