"""All columns of a current table against a reference: plan, measure, decide.

`measure_columns` gives p-values and values of one segment; `decide` corrects the family (one
window: columns x segments) and sets alerts; `compare_columns` is both for a single segment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from simdrift._types import Progress
from simdrift.metrics import auto, side_by_side
from simdrift.metrics import thresholds as rules
from simdrift.metrics.auto import Call, MethodChoice, Methods
from simdrift.metrics.checks import checked_share, checked_threads
from simdrift.metrics.columns import CATEGORICAL, Bins, CurrentColumn, ReferenceColumn
from simdrift.metrics.conventions import evidently
from simdrift.metrics.correction import checked_correction, correct
from simdrift.metrics.dataset import dataset_rows
from simdrift.metrics.drift.cells import DEFAULT_BINS, Cut, checked_bins
from simdrift.metrics.registry import DriftMethod, check_weighted, evaluate, method
from simdrift.metrics.values import (
    MISSING_COLUMN,
    NEW_COLUMN,
    MetricValue,
    Outcome,
    params_text,
)
from simdrift.metrics.weighted import pair_of

if TYPE_CHECKING:
    from simdrift.metrics.drift.table.sample import TablePair


@dataclass(frozen=True)
class DriftPlan:
    """What is computed of each column and when it alerts. Make one with `DriftPlan.make`."""

    choices: Mapping[str, MethodChoice] = field(default_factory=dict)
    thresholds: rules.Overrides = field(default_factory=dict)
    correction: str = "bh"
    alpha: float = rules.DEFAULT_ALPHA
    bins: Bins = DEFAULT_BINS
    drift_share: float = rules.DEFAULT_DRIFT_SHARE
    missing_share: bool = True
    threads: int | None = None
    table: tuple[Call, ...] = ()
    convention: str | None = None
    automatic: frozenset[str] = frozenset()
    """Columns whose methods nobody named."""

    @classmethod
    def make(
        cls,
        reference: Mapping[str, ReferenceColumn],
        *,
        methods: Methods = "auto",
        rows_current: int | None = None,
        recorded: Mapping[str, str] | None = None,
        thresholds: rules.Overrides | None = None,
        correction: str = "bh",
        alpha: float = rules.DEFAULT_ALPHA,
        bins: Cut = DEFAULT_BINS,
        drift_share: float = rules.DEFAULT_DRIFT_SHARE,
        missing_share: bool = True,
        threads: int | None = None,
        convention: str | None = None,
        weighted: bool = False,
    ) -> DriftPlan:
        """Checks everything and chooses each column's methods. `rows_current`: of two frames
        the smaller side's rows count; `recorded`: choices of a saved reference, which stand;
        `weighted`: rows have weights."""
        auto.checked_methods(methods, list(reference))
        restored = {k: MethodChoice.restore(v) for k, v in (recorded or {}).items()}
        choices = {
            name: restored.get(name) or _choice(methods, column, rows_current, weighted)
            for name, column in reference.items()
        }
        table = auto.table_calls(methods)
        if weighted:
            _check_weighted([*choices.values(), MethodChoice(table)], convention)
        automatic = frozenset(
            name for name, column in reference.items() if auto.is_auto(methods, name, column.kind)
        )
        if convention == evidently.NAME:
            for name in choices.keys() - automatic:
                evidently.checked(choices[name].decisive)
        return cls(
            choices=choices,
            convention=convention,
            automatic=automatic,
            thresholds=rules.checked_overrides(thresholds or {}),
            correction=checked_correction(correction),
            alpha=checked_share("alpha", alpha),
            bins=checked_bins(bins),
            drift_share=checked_share("drift_share", drift_share),
            missing_share=missing_share,
            threads=checked_threads(threads),
            table=table,
        )

    def record(self) -> dict[str, str]:
        """The choice of each column as text, for `make(recorded=...)`."""
        return {name: choice.record() for name, choice in self.choices.items()}


def _check_weighted(choices: Sequence[MethodChoice], convention: str | None) -> None:
    """ValueError for what has no meaning where rows have weights."""
    if convention == evidently.NAME:
        raise ValueError("weights: Evidently's convention has none: expected no row weights")
    for choice in choices:
        for name, params in (*choice.decisive, *choice.beside):
            check_weighted(method(name), params)


def _choice(
    methods: Methods, column: ReferenceColumn, rows: int | None, weighted: bool = False
) -> MethodChoice:
    smaller = column.rows if rows is None else min(column.rows, rows)
    few = column.kind == CATEGORICAL and column.broken is None and smaller <= auto.SMALL_ROWS
    few = few and not weighted  # two categories: Fisher's test counts rows
    categories = len(column.categories.labels) if few else 0
    return auto.resolve(methods, column.name, column.kind, smaller, categories)


class Measured(NamedTuple):
    """One method's outcome on one column, before correction. `beside`: for information."""

    column: str
    spec: DriftMethod
    params: str
    outcome: Outcome
    beside: bool = False
    verdict: tuple[float, bool | None] | None = None
    """Threshold and alert of a convention that has rules of its own."""


def measure_columns(
    reference: Mapping[str, ReferenceColumn],
    current: Mapping[str, CurrentColumn],
    plan: DriftPlan,
    progress: Progress = None,
) -> list[Measured]:
    """Every planned method of every column, in the reference's order; then what is new."""
    found = side_by_side.each(
        lambda name, on: _measure_named(name, reference, current, replace(plan, threads=on)),
        list(reference),
        rows=0 if _takes_long(plan) else _cost(plan) * _rows_read(reference, current),
        threads=plan.threads,
    )
    measured: list[Measured] = []
    for done, part in enumerate(found):
        measured += part
        if progress is not None:
            progress(done + 1, len(reference))
    for name, new in current.items():
        if name not in reference:
            measured += _new_column(new)
    return measured


def _rows(columns: Mapping[str, ReferenceColumn] | Mapping[str, CurrentColumn]) -> int:
    return max((column.rows for column in columns.values()), default=0)


def _rows_read(
    reference: Mapping[str, ReferenceColumn], current: Mapping[str, CurrentColumn]
) -> int:
    """Of the longest column; a prepared reference is not read again."""
    unread = {name: column for name, column in reference.items() if column.prepared is None}
    return max(_rows(unread), _rows(current))


def _cost(plan: DriftPlan) -> int:
    """How many times as long a row takes as one of the automatic choice: ranks want a sort."""
    calls = [call for choice in plan.choices.values() for call in choice.decisive]
    return 2 if any(method(name).reads == "ranks" for name, _ in calls) else 1


def _takes_long(plan: DriftPlan) -> bool:
    """Whether a column may take so long that Ctrl-C has to reach it, which only the main thread
    hears: resampling, and the convention, which also sets warnings aside for all threads."""
    calls = [
        call for choice in plan.choices.values() for call in (*choice.decisive, *choice.beside)
    ]
    resampled = any({"permutations", "bootstrap"} & params.keys() for _, params in calls)
    return resampled or plan.convention is not None


def _measure_named(
    name: str,
    reference: Mapping[str, ReferenceColumn],
    current: Mapping[str, CurrentColumn],
    plan: DriftPlan,
) -> list[Measured]:
    column, other = reference[name], current.get(name)
    choice = plan.choices.get(name) or _choice("auto", column, None)
    if other is None:
        return _missing_column(column, choice, plan)
    if plan.convention == evidently.NAME:
        return _by_evidently(column, other, choice, plan)
    with column.on(plan.threads), other.on(plan.threads):
        return _measure(column, other, choice, plan)


def _measure(
    column: ReferenceColumn, other: CurrentColumn, choice: MethodChoice, plan: DriftPlan
) -> list[Measured]:
    calls = [
        (*_prepared_call(call, column.kind, plan.bins), beside)
        for calls, beside in ((choice.decisive, False), (choice.beside, True))
        for call in calls
    ]
    if plan.missing_share and all(spec.name != "missing_share" for spec, *_ in calls):
        calls.append((method("missing_share"), {}, "", False))
    reads = {"picture"} | {spec.reads for spec, *_ in calls}
    pair = pair_of(column, other, reads=reads, threads=plan.threads)
    with pair.sorted_once():
        return [
            Measured(column.name, spec, text, evaluate(spec, pair, params), beside)
            for spec, params, text, beside in calls
        ]


def _by_evidently(
    column: ReferenceColumn, other: CurrentColumn, choice: MethodChoice, plan: DriftPlan
) -> list[Measured]:
    def threshold_of(name: str, default: float) -> float:
        own = plan.thresholds.get((column.name, name), plan.thresholds.get(name))
        return default if own is None else own

    named = None if column.name in plan.automatic else [name for name, _ in choice.decisive]
    return [
        Measured(
            column.name,
            method(one.method),
            evidently.PARAMS,
            one.outcome,
            verdict=(one.threshold, one.alert),
        )
        for one in evidently.judge(column, other, named, threshold_of)
    ]


def _prepared_call(call: Call, kind: str, bins: Bins) -> tuple[DriftMethod, dict[str, Any], str]:
    """Method, parameters and their canonical text; cells only where numbers are cut."""
    name, params = call
    spec = method(name)
    if "bins" not in spec.params:
        return spec, params, params_text(params)
    params = {"bins": bins, **params}
    told = {k: v for k, v in params.items() if k != "bins" or kind != CATEGORICAL}
    return spec, params, params_text(told)


def _missing_column(
    column: ReferenceColumn, choice: MethodChoice, plan: DriftPlan
) -> list[Measured]:
    calls = choice.decisive or (("missing_share", {}),)
    outcome = Outcome(None, MISSING_COLUMN, n_reference=column.rows)
    return [
        Measured(column.name, spec, text, outcome)
        for spec, _, text in (_prepared_call(c, column.kind, plan.bins) for c in calls)
    ]


def _new_column(column: CurrentColumn) -> list[Measured]:
    outcome = Outcome(None, NEW_COLUMN, n_current=column.rows)
    return [Measured(column.name, method("missing_share"), "", outcome)]


def measure_table(pair: TablePair, plan: DriftPlan) -> list[Measured]:
    """The planned methods of whole tables; their rows have the column ''."""
    measured = []
    for name, params in plan.table:
        spec = method(name)
        measured.append(Measured("", spec, params_text(params), evaluate(spec, pair, params)))
    return measured


def decide(segments: Sequence[Sequence[Measured]], plan: DriftPlan) -> list[list[MetricValue]]:
    """The rows of each segment: q-values over all of them, thresholds, alerts."""
    flat = [item for segment in segments for item in segment]
    q_values = _corrected(flat, plan.correction)
    rows, start = [], 0
    for segment in segments:
        end = start + len(segment)
        rows.append(_decided(segment, q_values[start:end], plan))
        start = end
    return rows


def _corrected(flat: Sequence[Measured], correction: str) -> list[float | None]:
    """q-values of the two families: distributions, and missing shares."""
    q_values: list[float | None] = [None] * len(flat)
    families: tuple[list[int], list[int]] = ([], [])
    for index, item in enumerate(flat):
        if item.outcome.p_value is not None and item.verdict is None:
            families[item.spec.name == "missing_share"].append(index)
    for family in families:
        p_values = [flat[index].outcome.p_value for index in family]
        for index, q in zip(family, correct(p_values, correction).tolist(), strict=True):
            q_values[index] = q
    return q_values


def _decided(
    segment: Sequence[Measured], q_values: Sequence[float | None], plan: DriftPlan
) -> list[MetricValue]:
    beside = {
        item.column: q
        for item, q in zip(segment, q_values, strict=True)
        if item.beside and item.outcome.p_value is not None
    }
    decided = {
        item.column
        for item in segment
        if not item.beside and item.outcome.value is not None and _is_distribution(item)
    }
    rows = []
    for item, q in zip(segment, q_values, strict=True):
        informative = item.beside and item.column in decided
        chance = q if q is not None or item.beside else beside.get(item.column)
        rows.append(_row(item, q, chance, informative, plan))
    return rows


def _is_distribution(item: Measured) -> bool:
    return item.spec.name != "missing_share"


def _row(
    item: Measured,
    q_value: float | None,
    chance: float | None,
    informative: bool,
    plan: DriftPlan,
) -> MetricValue:
    outcome, spec = item.outcome, item.spec
    if not _is_distribution(item):
        chance = q_value
    threshold = rules.threshold_of(spec, item.column, plan.thresholds, plan.alpha)
    alert = None
    if not informative:
        alert = rules.alerts(
            spec, outcome.value, threshold, chance, plan.alpha, outcome.null_quantile
        )
    if item.verdict is not None:
        threshold, alert = item.verdict
    return MetricValue(
        item.column,
        spec.metric,
        outcome.value,
        outcome.ci_low,
        outcome.ci_high,
        outcome.p_value,
        q_value,
        outcome.effect_size,
        threshold,
        alert,
        outcome.status,
        outcome.null_quantile,
        outcome.n_reference,
        outcome.n_current,
        item.params,
    )


def compare_columns(
    reference: Mapping[str, ReferenceColumn],
    current: Mapping[str, CurrentColumn],
    plan: DriftPlan,
    progress: Progress = None,
) -> list[MetricValue]:
    """The rows of one window without segments: every column, then the table's own."""
    rows = decide([measure_columns(reference, current, plan, progress)], plan)[0]
    return rows + table_rows(rows, reference, current, plan)


def table_rows(
    rows: Sequence[MetricValue],
    reference: Mapping[str, ReferenceColumn],
    current: Mapping[str, CurrentColumn],
    plan: DriftPlan,
) -> list[MetricValue]:
    """drift.dataset and drift.dataset_count of one segment's decided rows."""
    share = plan.thresholds.get("dataset", plan.drift_share)
    return dataset_rows(rows, share, _rows(reference), _rows(current))
