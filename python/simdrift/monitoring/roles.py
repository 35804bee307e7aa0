"""Which column is what: the roles that a spec gives to the columns that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from simdrift._errors import InputError, SpecError
from simdrift._suggest import did_you_mean
from simdrift._types import Floats
from simdrift.columns import Table
from simdrift.metrics.names import column_text
from simdrift.metrics.weights import RowWeights, TableWeights, checked_weights, cluster_codes
from simdrift.monitoring.spec import Columns, Spec
from simdrift.monitoring.spec_errors import found
from simdrift.monitoring.spec_parts import NAMED, SERVICE_ROLES, names_of

Task = Literal["regression", "classification", "ranking"]
NAMES_SHOWN = 12
NUMBERS = ("integer", "float", "boolean")


class ModelRoles(NamedTuple):
    """What a model's performance is measured by, target and prediction aside; `scores` are columns
    by label, under '' the one column of the positive label."""

    scores: Mapping[str, str] = MappingProxyType({})
    query: str | None = None
    sensitive: tuple[str, ...] = ()
    positive: bool | int | float | str | None = None
    task: Task | None = None
    threshold: float = 0.5

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """Those of a spec."""
        score = columns.score
        scores = {} if score is None else {"": score} if isinstance(score, str) else dict(score)
        return cls(
            MappingProxyType(scores),
            columns.query,
            columns.sensitive,
            columns.positive,
            columns.task,
            columns.decision_threshold,
        )

    @property
    def read(self) -> tuple[str, ...]:
        """Columns that are read and not compared."""
        return tuple(dict.fromkeys([name for name in (self.query,) if name] + [*self.sensitive]))


NO_MODEL = ModelRoles()


@dataclass(frozen=True, slots=True)
class Roles:
    """Column names by role. `compared` are compared with the reference, in order: features, then
    the prediction, then scores; `kinds` says how a column is read where its type alone doesn't."""

    compared: tuple[str, ...]
    timestamp: str | None = None
    prediction: str | None = None
    target: str | None = None
    kinds: dict[str, str] = field(default_factory=dict)
    weight: str | None = None
    """The column of row weights; None: every row counts alike."""
    cluster: str | None = None
    """The column whose values say which rows hang together; None: none do."""
    block: int | None = None
    """So many rows after one another hang together."""
    model: ModelRoles = NO_MODEL
    """What else is known of the model."""
    service: Mapping[str, str] = field(default_factory=dict)
    """The columns of a request log by role: 'latency', 'status', 'memory', 'heartbeat'."""

    @property
    def is_weighted(self) -> bool:
        """Whether rows count as many, or as few, as they are worth."""
        return (self.weight, self.cluster, self.block) != (None, None, None)

    @property
    def of_rows(self) -> tuple[str | None, str | None, int | None]:
        """What is known of rows: weights, clusters, blocks."""
        return self.weight, self.cluster, self.block

    def with_weight(self, names: Sequence[str]) -> tuple[str, ...]:
        """These columns, those that say what rows are worth, and those that a model's performance
        and a service's health are measured by."""
        own = [name for name in (self.weight, self.cluster) if name is not None]
        if self.service and self.timestamp is not None:
            own.append(self.timestamp)
        return tuple(dict.fromkeys([*names, *own, *self.model.read, *self.service.values()]))

    def row_weights(self, table: Table) -> RowWeights | None:
        """The weights of the table's rows; None where they count alike. InputError where they
        can't be weights: no such column, or a row without a finite number >= 0."""
        found = self.table_weights(table)
        return None if found is None else found.between(0, len(found.values))

    def table_weights(self, table: Table) -> TableWeights | None:
        """`row_weights` for ranges of rows."""
        if not self.is_weighted:
            return None
        clusters = None if self.cluster is None else self._clusters(self.cluster, table)
        weights = self._weights(table)
        values = np.ones(table.length) if weights is None else weights
        return TableWeights(values, clusters, self.block)

    def _clusters(self, name: str, table: Table) -> NDArray[np.int64]:
        column = table.computed.get(name)
        if column is None:
            found = table.types.get(name, "no such column")
            raise InputError(f"'columns.cluster': expected labels in {name!r}, found {found}")
        return cluster_codes(column)

    def _weights(self, table: Table) -> Floats | None:
        """Checked weights of the rows."""
        if self.weight is None:
            return None
        column = table.computed.get(self.weight)
        if column is None or column.value_kind not in NUMBERS:
            type_name = table.types.get(self.weight, "no such column")
            raise InputError(
                f"'columns.weight': expected numbers in {self.weight!r}, found {type_name}"
            )
        name = f"the weights in {self.weight!r}"
        try:
            values = column.to_float64()
            checked_weights(values, len(column), name)
            return values
        except ValueError as error:
            raise InputError(str(error)) from None

    def only(self, names: Sequence[str]) -> Roles:
        """The roles with those of the compared columns that are named."""
        kept = tuple(name for name in self.compared if name in names)
        return replace(self, compared=kept)

    def with_target(self) -> Roles:
        """The roles with the target, where there is one, among the compared columns."""
        return replace(self, compared=self.watched)

    @property
    def watched(self) -> tuple[str, ...]:
        """Columns with quality metrics: those compared, and the target."""
        if self.target is None or self.target in self.compared:
            return self.compared
        return (*self.compared, self.target)

    @property
    def by_column(self) -> dict[str, str]:
        """Role by column, for showing."""
        named = {self.prediction: "prediction", self.target: "target"}
        named |= dict.fromkeys(self.model.scores.values(), "score")
        return {name: named.get(name, "feature") for name in self.watched if name is not None}


def roles_of(columns: Columns, names: Sequence[str], methods: object = None) -> Roles:
    """The roles over these columns; 'auto' features are those without another role. The target is
    compared where `methods` names it.

    >>> roles_of(Columns(timestamp="t", prediction="p"), ["t", "a", "p"]).compared
    ('a', 'p')
    """
    named = (
        columns.timestamp,
        columns.prediction,
        columns.target,
        columns.key,
        columns.weight,
        columns.cluster,
        columns.query,
    )
    model = ModelRoles.of(columns)
    scores = tuple(dict.fromkeys(model.scores.values()))
    service = {role: name for role in SERVICE_ROLES if (name := getattr(columns, role)) is not None}
    taken = {*named, *columns.ignore, *scores, *service.values()}
    features = (
        tuple(name for name in names if name not in taken)
        if columns.features == "auto"
        else columns.features
    )
    prediction = () if columns.prediction is None else (columns.prediction,)
    kinds = dict.fromkeys(columns.numeric, "numeric") | dict.fromkeys(
        columns.categorical, "categorical"
    )
    roles = Roles(
        (*features, *prediction, *scores),
        columns.timestamp,
        columns.prediction,
        columns.target,
        kinds,
        columns.weight,
        columns.cluster,
        columns.block,
        model,
        service,
    )
    named_target = isinstance(methods, Mapping) and columns.target in methods
    return roles.with_target() if named_target else roles


def named_roles(columns: Columns) -> dict[str, str]:
    """Role by column as result rows name it, of those that a spec names one by one.

    >>> named_roles(Columns(prediction="p", target="y"))
    {'p': 'prediction', 'y': 'target'}
    """
    named = {columns.prediction: "prediction", columns.target: "target"}
    named |= dict.fromkeys(names_of(columns.score), "score")
    return {column_text(name): role for name, role in named.items() if name is not None}


def check_names(spec: Spec, names: Sequence[str]) -> None:
    """SpecError for the first name in the spec that no data have."""
    columns = spec.columns
    listed: list[tuple[str, Sequence[str]]] = [
        (f"columns.{role}", names_of(getattr(columns, role))) for role in NAMED
    ]
    features = () if columns.features == "auto" else columns.features
    listed += [
        ("columns.features", features),
        ("columns.numeric", columns.numeric),
        ("columns.categorical", columns.categorical),
        ("metrics.quantiles", [name for name in spec.metrics.quantiles if name != "*"]),
        ("metrics.correlations", _paired(spec)),
        ("segments", segment_columns(spec)),
    ]
    for key, wanted in listed:
        for name in wanted:
            if name not in names:
                raise SpecError(f"'{key}': {no_column(name, names)}")


def check_watched(spec: Spec, roles: Roles) -> None:
    """SpecError where metrics are asked for of a column that has no role."""
    quantiles = [name for name in spec.metrics.quantiles if name != "*"]
    for key, names in (("quantiles", quantiles), ("correlations", _paired(spec))):
        for name in names:
            if name not in roles.watched:
                raise SpecError(
                    f"'metrics.{key}': column {name!r} has no role in which it is watched: make it "
                    "a feature, the prediction or the target"
                )


def _paired(spec: Spec) -> list[str]:
    pairs = spec.metrics.correlations
    return [] if pairs == "numeric" else [name for pair in pairs for name in pair]


def segment_columns(spec: Spec) -> list[str]:
    """The columns whose values make segments."""
    return list(dict.fromkeys(name for names in spec.segments for name in names))


def no_column(name: str, names: Sequence[str], who: str = "the data have") -> str:
    """That the data, or `who` else, have no such column, the one that was perhaps meant, and what
    they have."""
    shown = ", ".join(names[:NAMES_SHOWN])
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return f"{who} no column {name!r}{did_you_mean(name, names)}; found {shown}{more}"


def column_names(columns: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """The argument `columns` as names: a text is one name. SpecError for what is no name.

    >>> column_names("fare"), column_names(["fare", "zone"])
    (('fare',), ('fare', 'zone'))
    """
    if columns is None or isinstance(columns, str):
        return None if columns is None else (columns,)
    if not isinstance(columns, Sequence) and not hasattr(columns, "__iter__"):
        raise SpecError(f"columns: expected a name or a list of names, found {found(columns)}")
    names = tuple(columns)
    for name in names:
        if not isinstance(name, str):
            raise SpecError(
                f"columns: expected names of columns (text), found {found(name)}: a column whose "
                f"name is a number is called {str(name)!r} here"
            )
    return names
