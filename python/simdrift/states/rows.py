"""Result rows of states: profiles, and comparisons of two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from simdrift.columns.times import PER_SECOND
from simdrift.metrics.values import finite
from simdrift.monitoring.identity import Identity
from simdrift.results import Result, Results, Run
from simdrift.results.identity import digest
from simdrift.states import comparison
from simdrift.states.columns import ColumnState, LabelState, NumberState
from simdrift.states.powers import rounded

MONITOR = "state"
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

Columns = Mapping[str, ColumnState]


def profile(columns: Columns, rows: int) -> Results:
    """Rows `quality.*` of every column."""
    run = _run(rows, rows, columns)
    found = [_row(run, "", "quality.rows", value=float(rows))]
    for name, column in columns.items():
        for metric, fields in _statistics(column):
            found.append(_row(run, name, metric, n_current=column.rows, **fields))
    return Results(found, [run], [])


def compare(reference: Columns, current: Columns, rows: tuple[int, int], alpha: float) -> Results:
    """Rows `drift.*` of every column of both, or the status why there is none."""
    run = _run(rows[1], rows[0], current)
    found = []
    for name in dict.fromkeys((*reference, *current)):
        own, other = reference.get(name), current.get(name)
        for metric, fields in comparison.rows_of(own, other, alpha):
            found.append(_row(run, name, metric, **fields))
    return Results(found, [run], [])


def _run(rows: int, before: int, columns: Columns) -> Run:
    names = digest([*columns, rows, before])
    return Identity(MONITOR, "", "", "", data_digest=names).run(rows, datetime.now(UTC))


def _row(run: Run, column: str, metric: str, **fields: Any) -> Result:
    value = finite(fields.pop("value", None))
    status = fields.pop("status", "ok")
    status = "overflow" if status == "ok" and value is None else status
    low, high = finite(fields.pop("ci_low", None)), finite(fields.pop("ci_high", None))
    return Result(
        run.run_id, "", "", "", None, None, run.grain, "", column, metric,
        value if status == "ok" else None, low, high, status=status, **fields,
    )  # fmt: skip


def _statistics(column: ColumnState) -> Iterator[tuple[str, dict[str, Any]]]:
    rows, missing = column.rows, column.missing
    yield "quality.rows", {"value": float(rows)}
    yield "quality.missing", {"value": float(missing)}
    share = missing / rows if rows else None
    yield "quality.missing_share", {"value": share, "status": "ok" if rows else "empty"}
    if isinstance(column, NumberState):
        yield from _numbers(column)
    elif isinstance(column, LabelState):
        yield from _labels(column)


def _numbers(column: NumberState) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("nan", "pos_inf", "neg_inf", "zeros", "negatives"):
        yield f"quality.{name}", {"value": float(column.counts[name])}
    scale = 1 / float(PER_SECOND[column.unit]) if column.unit else 1.0
    moments, none = column.powers.moments(), _no_values(column)
    shape = none or ("constant" if moments.variance == 0.0 else "ok")
    spread = none or ("too_few_rows" if moments.n < 2 else "ok")
    total = rounded(moments.total * Fraction(scale)) if not none else None
    yield "quality.sum", {"value": total, "status": none or "ok"}
    yield "quality.mean", {"value": moments.mean * scale, "status": none or "ok"}
    yield "quality.variance", {"value": moments.variance * scale**2, "status": spread}
    yield "quality.std", {"value": moments.std * scale, "status": spread}
    for name in ("skewness", "kurtosis"):
        status = shape if moments.n > 1 or none else "too_few_rows"
        yield f"quality.{name}", {"value": getattr(moments, name), "status": status}
    for name, extreme in (("min", column.low), ("max", column.high)):
        found = None if extreme is None else float(extreme) * scale
        yield f"quality.{name}", {"value": found, "status": "ok" if found is not None else none}
    yield from _quantiles(column, scale, none)


def _no_values(column: NumberState) -> str:
    """The status of a column without finite rows; else ''."""
    if column.counts["finite"]:
        return ""
    return "all_null" if column.rows else "empty"


def _quantiles(
    column: NumberState, scale: float, none: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for q in QUANTILES:
        fields: dict[str, Any] = {"params": f"q={q}", "status": none or "ok"}
        if not none:
            assert column.low is not None
            assert column.high is not None
            low, high = column.buckets.quantile(q, float(column.low), float(column.high))
            fields |= {"value": (low / 2 + high / 2) * scale}
            fields |= {"ci_low": low * scale, "ci_high": high * scale}
        yield "quality.quantile", fields


def _labels(column: LabelState) -> Iterator[tuple[str, dict[str, Any]]]:
    labels, status = column.labels, "ok" if column.labels else "all_null"
    if not column.rows:
        status = "empty"
    yield "quality.distinct", {"value": float(len(labels))}
    top = max(labels.values(), default=0)
    share = top / sum(labels.values()) if labels else None
    yield "quality.top_share", {"value": share, "status": status}
    yield "quality.empty", {"value": float(labels.get("", 0))}
    blank = sum(count for label, count in labels.items() if label and not label.strip())
    yield "quality.blank", {"value": float(blank)}
    lengths = {len(label) for label in labels}
    characters = sum(len(label) * count for label, count in labels.items())
    mean = characters / sum(labels.values()) if labels else None
    for name, value in (
        ("min", float(min(lengths, default=0))), ("mean", mean),
        ("max", float(max(lengths, default=0))),
    ):  # fmt: skip
        yield f"quality.length_{name}", {"value": value, "status": status}
