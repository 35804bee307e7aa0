"""What is known of a metric without its code: one record.

A record is written once, in the decorator of the function that computes the metric
(`simdrift.metrics.registry.measures`). Registries, labels, rankings, dashboards, alert rules, the
command `simdrift metrics` and the tables of the documentation are derived from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

from simdrift.catalogue.statuses import CODES

Better = Literal["lower", "higher", "zero", ""]
Rule = Literal["test", "distance", "share", ""]
KINDS = ("numeric", "categorical", "temporal", "null", "text", "table", "pair")
Reads = Literal["ks", "wasserstein", "ranks", "profile"]
Bounds = tuple[float | None, float | None]

FAMILIES = {
    "drift": "Drift",
    "quality": "Quality",
    "performance": "Performance",
    "fairness": "Fairness",
    "estimated": "Estimated performance",
    "service": "Service health",
    "schema": "Schema",
    "check": "Checks",
}
"""What each family of metrics is called, in the order of lists."""
GROUPS = {
    "ranks": "ranks of numbers",
    "distances": "distances of numbers",
    "bins": "distances over bins",
    "location and scale": "location and scale of numbers",
    "categories": "categories",
    "any column": "any column",
    "whole rows": "whole rows",
    "whole table": "the whole table",
    "counts": "counts",
    "moments": "moments",
    "order": "order",
    "frequent values": "frequent values",
    "text": "text",
    "rows and columns": "rows and columns of a table",
    "against a reference": "against a reference",
    "pairs": "pairs of columns",
    "regression": "regression",
    "labels": "classification by labels",
    "probabilities": "probabilities",
    "ranking": "rankings by query",
    "fairness": "sensitive groups",
    "estimates": "without targets",
    "requests": "requests of a service",
    "differences": "differences from a schema",
    "rows": "single rows",
    "values": "values over all rows",
    "pipelines": "pipelines",
    "custom": "custom",
}
"""What each group of metrics is called, in the order of lists."""

RELATIVE_CHANGE = 0.05
CHANGE_OF_SHARE = 0.02
"""The least changes of performance that matter, where a record names none."""

ANY_STATUS = ("not_applicable", "overflow", "no_reference", "error")
"""Statuses that every metric can give, on top of those of its record."""
COMPARISON_STATUS = ("empty", "all_null", "missing_column", "new_column", "type_changed")
"""Statuses that every comparison of a column with its reference can give as well."""

LABELLED = ("performance", "fairness")
"""Families whose rows wait for labels."""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a metric. `check` returns a value as the metric's function takes it, or
    raises TypeError or ValueError."""

    name: str
    default: Any
    meaning: str
    check: Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric as data. ValueError, by name, where the fields contradict each other."""

    name: str
    """Whole name: the family, a dot, and the name within it: 'drift.psi'."""
    title: str
    """What a page calls it."""
    group: str
    """What it stands with in a list of its family: 'ranks', 'moments'."""
    formula: str
    """Definition of the value, in one line of plain notation."""
    p_value: str = ""
    """Null distribution of its p-value; '' where it has none."""
    effect_size: str = ""
    """What the effect size is; '' where it has none."""
    source: str = ""
    """The paper, or the function of SciPy or scikit-learn with the same definition."""
    unit: str = ""
    """Unit of the value: 'column' is the column's own, 'share' a part of 1; '' is a number."""
    better: Better = ""
    """Which way the value is better: 'zero' where it is signed; '' where neither way is."""
    bounds: Bounds = (None, None)
    """Least and largest value; None where there is none."""
    rule: Rule = ""
    """When it alerts. 'test': q-value at most alpha; 'distance': absolute value above the
    threshold and beyond chance; 'share': value at least the threshold; '': never."""
    threshold: float | None = None
    """Default practical threshold; a test is compared with alpha instead."""
    effect_threshold: float | None = None
    """Default threshold of the effect size, where that is what a change is judged by."""
    kinds: tuple[str, ...]
    """Kinds of column that it applies to; 'table': whole rows, 'pair': two columns."""
    params: tuple[Param, ...] = ()
    reads: Reads | None = None
    """The pass over the rows that it shares with other metrics."""
    needs_values: bool = True
    """Whether its function is called only where both sides have a row that is not missing. A
    function with a status of its own does without, and spares the pass that counts them."""
    weights: bool = True
    """Whether it has a meaning for rows with weights."""
    statuses: tuple[str, ...] = ()
    """Statuses of its own definition, on top of those that any metric can give."""
    decides: bool = False
    """Whether the automatic choice lets it decide."""
    leads: bool = False
    """Whether a page draws it before others, without being asked."""
    watched: bool = False
    """Whether windows in which it is unusual are looked for without being asked."""
    relative: bool = False
    """Whether a value over the usual one says how good a window is: an overview shows it so, and
    an alert rule looks at it. Not where the value may be 0, or hangs on a single row."""
    practical: float | None = None
    """Of a score: the least change for the worse that alerts where it is beyond chance, in the
    value's unit, or where `relative` as a share of the reference's value; None: by default as
    `least_change` says."""
    openlineage: str = ""
    """Its key in OpenLineage's data-quality facet; '' where that has none."""

    def __post_init__(self) -> None:
        family, dot, short = self.name.partition(".")
        if not (family and dot and short) or "." in short:
            raise ValueError(f"metric: expected a name like 'drift.psi', found {self.name!r}")
        self._check("better", self.better, get_args(Better))
        self._check("rule", self.rule, get_args(Rule))
        for kind in self.kinds:
            self._check("kinds", kind, KINDS)
        for status in self.statuses:
            self._check("statuses", status, CODES)
        if self.effect_threshold is not None and self.rule != "distance":
            raise ValueError(
                f"{self.name}: expected no effect threshold with rule {self.rule!r}, "
                f"found {self.effect_threshold!r}"
            )
        if self.threshold is not None and self.rule not in ("distance", "share"):
            raise ValueError(
                f"{self.name}: expected no threshold with rule {self.rule!r}, "
                f"found {self.threshold!r}"
            )

    def _check(self, field: str, value: str, known: Any) -> None:
        if value not in known:
            names = ", ".join(repr(name) for name in known)
            raise ValueError(f"{self.name}: {field}: expected one of {names}, found {value!r}")

    @property
    def family(self) -> str:
        """The part of the name before the dot: 'drift'."""
        return self.name.partition(".")[0]

    @property
    def short(self) -> str:
        """The part of the name behind the dot: 'psi'."""
        return self.name.partition(".")[2]

    @property
    def checks(self) -> Mapping[str, Callable[[Any], Any]]:
        """What checks each parameter, by its name."""
        return MappingProxyType({param.name: param.check for param in self.params})

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The default of each parameter, by its name."""
        return MappingProxyType({param.name: param.default for param in self.params})

    @property
    def least_change(self) -> float | None:
        """`practical`, by default 5 % of an error's value, and 0.02 of a value between 0 and 1;
        None where no change alerts: neither way is better, or the scale is not known."""
        if self.practical is not None or self.better not in ("lower", "higher"):
            return self.practical
        if self.relative:
            return RELATIVE_CHANGE
        return CHANGE_OF_SHARE if self.bounds == (0.0, 1.0) else None

    @property
    def place(self) -> tuple[int, int]:
        """Sort key of lists: by family, then by group."""
        families, groups = list(FAMILIES), list(GROUPS)
        return (
            families.index(self.family) if self.family in families else len(families),
            groups.index(self.group) if self.group in groups else len(groups),
        )

    @property
    def possible_statuses(self) -> tuple[str, ...]:
        """Every status that a row of the metric can have, in the order of `STATUSES`."""
        known = {"ok", *ANY_STATUS, *self.statuses}
        if self.family == "drift":
            known.update(COMPARISON_STATUS)
        if self.family in LABELLED:
            known.add("no_labels")
        return tuple(sorted(known, key=CODES.__getitem__))
