"""What is computed of each column and when it alerts, chosen and checked beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simdrift.metrics import auto
from simdrift.metrics import thresholds as rules
from simdrift.metrics.auto import Call, MethodChoice, Methods
from simdrift.metrics.checks import checked_share, checked_threads
from simdrift.metrics.columns import CATEGORICAL, Bins, ReferenceColumn
from simdrift.metrics.conventions import evidently
from simdrift.metrics.correction import checked_correction
from simdrift.metrics.drift.cells import DEFAULT_BINS, Cut, checked_bins
from simdrift.metrics.registry import DriftMethod, check_weighted, method
from simdrift.metrics.values import params_text


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
        """Checks everything and chooses each column's methods. `recorded`: choices of a saved
        reference, which stand; `weighted`: rows have weights."""
        auto.checked_methods(methods, list(reference))
        restored = {k: MethodChoice.restore(v) for k, v in (recorded or {}).items()}
        choices = {
            name: restored.get(name) or choice_of(methods, column)
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
                evidently.checked(choices[name].deciding)
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
        for name, params in (*choice.deciding, *choice.informational):
            check_weighted(method(name), params)


def choice_of(methods: Methods, column: ReferenceColumn) -> MethodChoice:
    return auto.resolve(methods, column.name, column.kind)


def prepared_call(call: Call, kind: str, bins: Bins) -> tuple[DriftMethod, dict[str, Any], str]:
    """Method, parameters and their canonical text; cells only where numbers are cut."""
    name, params = call
    spec = method(name)
    if "bins" not in spec.params:
        return spec, params, params_text(params)
    params = {"bins": bins, **params}
    shown = {k: v for k, v in params.items() if k != "bins" or kind != CATEGORICAL}
    return spec, params, params_text(shown)
