"""Every planned metric of every column over groups, before correction: `Measured` arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simdrift._types import Progress
from simdrift.metrics import side_by_side
from simdrift.metrics.auto import MethodChoice
from simdrift.metrics.columns import ReferenceColumn
from simdrift.metrics.conventions import evidently
from simdrift.metrics.grouped import GroupedPair
from simdrift.metrics.groups import ColumnGroups
from simdrift.metrics.names import ColumnKey
from simdrift.metrics.outcomes import Outcomes
from simdrift.metrics.over_groups import evaluate, evaluate_columns
from simdrift.metrics.pair_stack import is_stackable
from simdrift.metrics.plan import DriftPlan, choice_of, prepared_call
from simdrift.metrics.registry import DriftMethod, method
from simdrift.metrics.registry import evaluate as evaluate_one
from simdrift.metrics.values import MISSING_COLUMN, NEW_COLUMN, NOT_APPLICABLE, Outcome, params_text

if TYPE_CHECKING:
    from simdrift.metrics.drift.table.sample import TablePair

References = Mapping[str, ReferenceColumn]
Currents = Mapping[str, ColumnGroups]


class Verdict(NamedTuple):
    """Threshold and alerts of a convention that has rules of its own; alerts are -1 where the
    rule says nothing."""

    threshold: float
    alert: NDArray[np.int8]


class Measured(NamedTuple):
    """One metric of one column, or of the table (None), over groups. `informational`: it decides
    only where the deciding ones have no value. `present`: the groups that have this row; None for
    all."""

    column: ColumnKey
    spec: DriftMethod
    params: str
    outcomes: Outcomes
    informational: bool = False
    verdict: Verdict | None = None
    present: NDArray[np.bool_] | None = None


class MeasuredColumn(NamedTuple):
    """All that was measured of one column; `pair` keeps what its histograms need."""

    measured: list[Measured]
    pair: GroupedPair | None


def measure_columns(
    reference: References,
    current: Currents,
    plan: DriftPlan,
    groups: int,
    progress: Progress = None,
) -> tuple[list[Measured], dict[str, GroupedPair]]:
    """Every planned metric of every column, in the reference's order; then what is new. With the
    pairs of the columns that both sides have."""
    found = side_by_side.each(
        lambda name, on: _measure_named(
            name,
            reference,
            current,
            plan if on == plan.threads else replace(plan, threads=on),
            groups,
        ),
        list(reference),
        # many groups of a column may take long, and Ctrl-C has to reach the core's calls over them
        rows=0 if groups > 1 or _takes_long(plan) else _cost(plan) * _rows_read(reference, current),
        threads=plan.threads,
    )
    measured: list[Measured] = []
    pairs: dict[str, GroupedPair] = {}
    for done, (name, (own, pair)) in enumerate(zip(reference, found, strict=True), 1):
        measured += own
        if pair is not None:
            pairs[name] = pair
        if progress is not None:
            progress(done, len(reference))
    measured = _with_stacked(measured, pairs)
    for name, new in current.items():
        if name not in reference:
            measured.append(_new_column(new))
    return measured, pairs


def _rows(columns: References | dict[str, ReferenceColumn]) -> int:
    return max((column.rows for column in columns.values()), default=0)


def _rows_read(reference: References, current: Currents) -> int:
    """The rows of the longest column; what is prepared of the reference is not read again."""
    read = {name: column for name, column in reference.items() if column.is_read}
    longest = max((int(column.rows.sum()) for column in current.values()), default=0)
    return max(_rows(read), longest)


def _cost(plan: DriftPlan) -> int:
    """How many times as long a row takes as one of the automatic choice: ranks want a sort."""
    calls = [call for choice in plan.choices.values() for call in choice.deciding]
    return 2 if any(method(name).reads == "ranks" for name, _ in calls) else 1


def _takes_long(plan: DriftPlan) -> bool:
    """Whether a column may take so long that Ctrl-C has to reach it, which only the main thread
    hears: resampling, and the convention, which also sets warnings aside for all threads."""
    calls = [
        call
        for choice in plan.choices.values()
        for call in (*choice.deciding, *choice.informational)
    ]
    resampled = any({"permutations", "bootstrap"} & params.keys() for _, params in calls)
    return resampled or plan.convention is not None


def _measure_named(
    name: str, reference: References, current: Currents, plan: DriftPlan, groups: int
) -> MeasuredColumn:
    column, other = reference[name], current.get(name)
    choice = plan.choices.get(name) or choice_of("auto", column)
    if other is None:
        return MeasuredColumn(_missing_column(column, choice, plan, groups), None)
    with other.on(plan.threads):
        found = _measure(column.on(plan.threads), other, choice, plan)
    if other.gap is None:
        return found
    return found._replace(
        measured=[row._replace(outcomes=other.hidden(row.outcomes)) for row in found.measured]
    )


def _measure(
    column: ReferenceColumn, other: ColumnGroups, choice: MethodChoice, plan: DriftPlan
) -> MeasuredColumn:
    if plan.convention == evidently.NAME:
        pair = GroupedPair(column, other, threads=plan.threads)
        return MeasuredColumn(_by_evidently(pair, choice, plan), pair)
    calls = [
        (*prepared_call(call, column.kind, plan.bins), informational)
        for calls, informational in ((choice.deciding, False), (choice.informational, True))
        for call in calls
    ]
    if plan.missing_share and all(spec.name != "missing_share" for spec, *_ in calls):
        calls.append((method("missing_share"), {}, "", False))
    reads = {"histogram"} | {spec.reads for spec, *_ in calls}
    pair = GroupedPair(column, other, reads=reads, threads=plan.threads)
    with pair.sorted_once():
        measured = [
            Measured(
                column.name,
                spec,
                text,
                _LATER if _waits(spec, pair, params, plan) else _evaluated(spec, pair, params),
                informational,
            )
            for spec, params, text, informational in calls
        ]
    return MeasuredColumn(measured, pair)


_LATER = Outcomes.refused(np.zeros(1, np.uint8), np.zeros(1, np.int64), np.zeros(1, np.int64))
"""In the place of what is evaluated with other columns."""


def _with_stacked(measured: list[Measured], pairs: Mapping[str, GroupedPair]) -> list[Measured]:
    """With the metrics that wait for those of other columns."""
    waiting: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(measured):
        if row.outcomes is _LATER:
            waiting.setdefault((row.spec.name, row.params), []).append(place)
    for places in waiting.values():
        spec = measured[places[0]].spec
        columns = [pairs[str(measured[place].column)] for place in places]
        for place, outcomes in zip(places, evaluate_columns(spec, columns, {}), strict=True):
            measured[place] = measured[place]._replace(outcomes=outcomes)
    return measured


def _waits(
    spec: DriftMethod, pair: GroupedPair, params: Mapping[str, Any], plan: DriftPlan
) -> bool:
    """Whether it is evaluated with those of other columns."""
    gap = pair.current.gap
    return len(plan.choices) > 1 and not params and gap is None and is_stackable(spec, pair)


def _evaluated(spec: DriftMethod, pair: GroupedPair, params: dict[str, Any]) -> Outcomes:
    """The metric; the missing share of a column that is not computed on is known all the same."""
    if spec.name == "missing_share":
        before, now = pair.reference.presence, pair.current.presence
        if before is not None and now is not None:
            rows = GroupedPair(before, now, reads=(), threads=pair.threads)
            outcomes = evaluate(spec, rows, params)
            why = pair.reason(spec.kinds, NOT_APPLICABLE)
            return replace(outcomes, reasons=dict.fromkeys(range(len(pair)), why))
    return evaluate(spec, pair, params)


def _by_evidently(pair: GroupedPair, choice: MethodChoice, plan: DriftPlan) -> list[Measured]:
    name = pair.name

    def threshold_of(short: str, default: float) -> float:
        own = plan.thresholds.get((name, short), plan.thresholds.get(short))
        return default if own is None else own

    named = None if name in plan.automatic else [short for short, _ in choice.deciding]
    judged = [
        {one.method: one for one in evidently.judge(pair.reference, current, named, threshold_of)}
        for current in pair.current.each
    ]
    gone = _gone_null(pair)
    absent = Outcome(None)
    measured: list[Measured] = []
    for short in dict.fromkeys(short for group in judged for short in group):
        own = [group.get(short) for group in judged]
        threshold = next(one.threshold for one in own if one is not None)
        alerts = [-1 if one is None or one.alert is None else int(one.alert) for one in own]
        if not measured:
            alerts = [1 if lost else alert for lost, alert in zip(gone, alerts, strict=True)]
        measured.append(
            Measured(
                name,
                method(short),
                evidently.PARAMS,
                Outcomes.stacked([absent if one is None else one.outcome for one in own]),
                verdict=Verdict(threshold, np.array(alerts, np.int8)),
                present=np.array([one is not None for one in own]),
            )
        )
    return measured


def _gone_null(pair: GroupedPair) -> list[bool]:
    """In which groups every row is missing, though not in the reference: Evidently has no score
    of missing rows, so such a column alerts by its first one."""
    if pair.reference.refused is not None or pair.current.whole.refused is not None:
        return [False] * len(pair)
    before, of = pair.reference.missing_of()
    missing, rows = (np.broadcast_to(side, len(pair)) for side in pair.missing_of())
    gone: list[bool] = ((missing == rows) & (rows > 0) & bool(before < of)).tolist()
    return gone


def _missing_column(
    column: ReferenceColumn, choice: MethodChoice, plan: DriftPlan, groups: int
) -> list[Measured]:
    calls = choice.deciding or (("missing_share", {}),)
    why = "the current data have no such column"
    lost = Outcome(None, MISSING_COLUMN, n_reference=column.rows, reason=why)
    outcomes = Outcomes.uniform(lost, groups)
    return [
        Measured(column.name, spec, text, outcomes)
        for spec, _, text in (prepared_call(call, column.kind, plan.bins) for call in calls)
    ]


def _new_column(column: ColumnGroups) -> Measured:
    why = "the reference has no such column"
    rows = [
        Outcome(None, NEW_COLUMN, n_current=int(count), reason=why)
        for count in column.rows.tolist()
    ]
    return Measured(column.name, method("missing_share"), "", Outcomes.stacked(rows))


def measure_tables(pairs: Sequence[TablePair], plan: DriftPlan) -> list[Measured]:
    """The planned methods of whole tables, a pair a group; their rows are the table's."""
    measured = []
    for name, params in plan.table:
        spec = method(name)
        outcomes = Outcomes.stacked([evaluate_one(spec, pair, params) for pair in pairs])
        measured.append(Measured(None, spec, params_text(params), outcomes))
    return measured
