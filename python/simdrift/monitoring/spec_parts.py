"""The parts of a `Spec`: the roles of columns, what is computed, the reference, the store.

Every field says what it is for (`title`), what is expected (`description`, which a refusal quotes)
and how it may look (`examples`); docs/monitor.md, `simdrift init` and help(Spec) are made of that.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from simdrift._secrets import Dsn
from simdrift._suggest import METHODS, did_you_mean
from simdrift.monitoring.names import known_metrics
from simdrift.monitoring.spec_errors import spec_error


def refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError("simdrift", "{message}", {"message": message})


def known_name(name: str, what: str, known: tuple[str, ...]) -> str:
    """The name, where it is known; else it is refused with what was perhaps meant."""
    if name not in known:
        prefix = "drift." if name.startswith("drift.") else ""
        others = {prefix + other: prefix + ours for other, ours in METHODS.items()}
        close = did_you_mean(name, known, others)
        raise refuse(f"unknown {what} {name!r}{close}; known: {', '.join(known)}")
    return name


def one_or_more(value: object) -> object:
    """Text, or a list of text, as a tuple; anything else is left for the type to refuse."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def named_sets(value: object) -> object:
    """A name, names, or lists of names, as a tuple of tuples."""
    if isinstance(value, str):
        return ((value,),)
    if not isinstance(value, (list, tuple)):
        return value
    return tuple(one_or_more(item) for item in value)


def _timestamp(value: object) -> object:
    """ISO text as date or time; else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value


Names = Annotated[tuple[str, ...], BeforeValidator(one_or_more)]
Numbers = Annotated[
    tuple[float, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)
]
Segments = Annotated[tuple[tuple[str, ...], ...], BeforeValidator(named_sets)]
Timestamp = Annotated[datetime | date | None, BeforeValidator(_timestamp)]


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _Meta
else:
    _Meta = type(BaseModel)  # the same class by a public way


class Speaking(_Meta):
    """Makes `Spec(...)` raise SpecError; parts inside a spec are refused by the whole."""

    def __new__(cls, *args: Any, **values: Any) -> Any:
        with warnings.catch_warnings():  # of a deprecated method of pydantic's that is hidden
            warnings.filterwarnings("ignore", 'Field name "schema"', UserWarning)
            return super().__new__(cls, *args, **values)

    def __call__(self, *args: Any, **values: Any) -> Any:
        try:
            return super().__call__(*args, **values)
        except ValidationError as error:
            problem = spec_error(error, cast("type[BaseModel]", self))
        raise problem  # out here, for pydantic's error would go along, and hold the values

    def __dir__(self) -> list[str]:
        """What help() and Tab show: the names of this package, not pydantic's hundred."""
        own = [vars(base) for base in self.__mro__ if base.__module__.startswith("simdrift.")]
        names = {name for namespace in own for name in namespace}
        return sorted(name for name in names if not name.startswith(("_", "model_")))


class Part(BaseModel, metaclass=Speaking):
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False,
        protected_namespaces=(),  # before 2.10 pydantic warns of every field named model_...
    )  # fmt: skip


Moving = Literal["previous", "rolling", "same_weekday", "growing"]


class ReferenceSpec(Part):
    """The rows that every window is compared with: a file, an interval of the data, or both; or
    windows before it (`moving`).

    >>> ReferenceSpec(moving="rolling", windows=7).windows
    7
    """

    data: str | None = Field(
        None,
        title="A file of its own; without it the rows are those of the monitor's data.",
        description="the path of a Parquet file or saved reference",
        examples=["january.parquet"],
    )
    start: Timestamp = Field(
        None,
        title="The rows from this time on.",
        description="a date or a time such as 2013-01-01",
        examples=[date(2013, 1, 1)],
    )
    end: Timestamp = Field(
        None,
        title="The rows before this time.",
        description="a date or a time such as 2013-02-01",
        examples=[date(2013, 2, 1)],
    )
    moving: Moving | None = Field(
        None,
        title="Each window is compared with windows before it, instead of with fixed rows.",
        description="'previous', 'rolling', 'same_weekday' or 'growing'",
        examples=["rolling"],
    )
    windows: int | None = Field(
        None,
        ge=1,
        title="How many windows 'rolling' and 'same_weekday' take.",
        description="how many windows before: of 'rolling' and 'same_weekday'",
        examples=[7],
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        fixed = [name for name in ("data", "start", "end") if getattr(self, name) is not None]
        if self.moving is None and not fixed:
            raise refuse("expected 'data', or 'start' and 'end', or 'moving', found none of them")
        if self.moving is not None and fixed:
            raise refuse(f"expected 'moving' or '{fixed[0]}', found both")
        counted = self.moving in ("rolling", "same_weekday")
        if counted and self.windows is None:
            raise refuse(f"'windows' is missing: how many windows {self.moving!r} takes")
        if self.windows is not None and not counted:
            raise refuse("expected 'windows' with moving = 'rolling' or 'same_weekday' alone")
        return self


SERVICE_ROLES = ("latency", "status", "memory", "heartbeat")
"""The columns of a request log, its times aside."""
_ROLES = (
    "timestamp", "prediction", "score", "target", "query", "key", "weight", "cluster",
    *SERVICE_ROLES,
)  # fmt: skip
NAMED = (*_ROLES, "sensitive")
"""The roles whose columns a spec names."""
_OTHER_NAMES = {"relevance": "target", "id": "key"}
"""Roles by the names that ranking and joins have for them."""


def label_text(label: object) -> str:
    """A label as a table of scores names it.

    >>> label_text(True), label_text(1), label_text("cat")
    ('true', '1', 'cat')
    """
    return str(label).lower() if isinstance(label, bool) else str(label)


def names_of(role: str | Iterable[str] | Mapping[str, str] | None) -> tuple[str, ...]:
    """The columns that a role names; none of 'auto'.

    >>> names_of("p"), names_of({"cat": "p_cat"}), names_of(None)
    (('p',), ('p_cat',), ())
    """
    if role is None or role == "auto":
        return ()
    if isinstance(role, str):
        return (role,)
    return tuple(role.values() if isinstance(role, Mapping) else role)


class Columns(Part):
    """The roles of columns. Integers are counted as numbers unless named as categorical.

    >>> Columns(timestamp="pickup", target="fare", categorical=["zone"]).categorical
    ('zone',)
    """

    timestamp: str | None = Field(
        None,
        title="The time of a row: it decides the row's window.",
        description="the name of the time column",
        examples=["pickup"],
    )
    prediction: str | None = Field(
        None,
        title="What the model said: compared as a feature is, and with the target.",
        description="the name of a column",
        examples=["minutes"],
    )
    target: str | None = Field(
        None,
        title="What was true in the end: performance is of prediction against target.",
        description="the name of a column",
        examples=["duration"],
    )
    score: str | dict[str, str] | None = Field(
        None,
        title="How sure the model was: the probability of the positive label, or one a label.",
        description="the name of a column, a table of label = column, or a list of columns with "
        "the name of their labels",
        examples=["probability", {"cat": "p_cat", "dog": "p_dog"}],
    )
    query: str | None = Field(
        None,
        title="Which rows were ranked together: 'target' is then the relevance, 'score' the rank.",
        description="the name of a column",
        examples=["search"],
    )
    sensitive: Names = Field(
        (),
        title="Groups between which the model is to be even; compared as any other column.",
        description="a list of column names",
        examples=[["sex", "age_group"]],
    )
    positive: bool | int | float | str | None = Field(
        None,
        title="The positive label of a target of two; else the greater one (1, true).",
        description="a label: text, a number or a boolean",
        examples=["churned"],
    )
    task: Literal["regression", "classification", "ranking"] | None = Field(
        None,
        title="What the model does; else by the columns: 'query' says ranking, 'score' or labels "
        "classification, two columns of numbers regression.",
        description="'regression', 'classification' or 'ranking'",
        examples=["classification"],
    )
    decision_threshold: float = Field(
        0.5,
        title="From which score on the positive label is predicted, where no column says so.",
        description="a number",
        examples=[0.3],
    )
    key: str | None = Field(
        None,
        title="What names a row, such as an order number: not compared.",
        description="the name of a column",
        examples=["order_id"],
    )
    weight: str | None = Field(
        None,
        title="How much a row counts: numbers of 0 or more.",
        description="the name of a column of row weights",
        examples=["exposure"],
    )
    cluster: str | None = Field(
        None,
        title="Which rows hang together: those with one value, of one user, say.",
        description="the name of a column",
        examples=["user"],
    )
    block: int | None = Field(
        None,
        ge=1,
        title="So many rows after one another hang together.",
        description="a number of rows",
        examples=[200],
    )
    latency: str | None = Field(
        None,
        title="Of a request log: the time to answer, a duration or a number of 'latency_unit'.",
        description="the name of a column",
        examples=["ms"],
    )
    status: str | None = Field(
        None,
        title="Of a request log: an HTTP status, true where it was answered, or a text.",
        description="the name of a column",
        examples=["code"],
    )
    memory: str | None = Field(
        None,
        title="Of a request log: the resident memory in bytes.",
        description="the name of a column",
        examples=["rss"],
    )
    heartbeat: str | None = Field(
        None,
        title="Of a request log: true where a row is a sign of life and no request.",
        description="the name of a column",
        examples=["heartbeat"],
    )
    features: Literal["auto"] | Names = Field(
        "auto",
        title="What is compared with the reference.",
        description="'auto' (every column without another role) or a list of names",
        examples=[["fare", "zone"]],
    )
    numeric: Names = Field(
        (),
        title="Columns to compare as numbers though their type is another, such as booleans.",
        description="a list of column names",
        examples=[["paid"]],
    )
    categorical: Names = Field(
        (),
        title="Numbers to compare as categories: codes, zones, identifiers of few values.",
        description="a list of column names",
        examples=[["zone", "vendor"]],
    )
    ignore: Names = Field(
        (),
        title="Columns to leave alone.",
        description="a list of column names",
        examples=[["note"]],
    )

    @model_validator(mode="before")
    @classmethod
    def _named(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        found = dict(values)
        for other, role in _OTHER_NAMES.items():
            if other in found:
                if found.get(role) is not None:
                    raise refuse(f"expected '{role}' or '{other}', which are one, found both")
                found[role] = found.pop(other)
        return found

    @field_validator("features", mode="before")
    @classmethod
    def _features(cls, value: object) -> object:
        return value if value == "auto" else one_or_more(value)

    @field_validator("score", mode="before")
    @classmethod
    def _score(cls, value: object) -> object:
        if isinstance(value, Mapping):
            if not value:
                raise refuse("expected a column for each label, found none")
            return {label_text(label): column for label, column in value.items()}
        if isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value):
            if not value:
                raise refuse("expected a column for each label, found none")
            return {name: name for name in value}
        return value

    @model_validator(mode="after")
    def _one_role(self) -> Self:
        roles: dict[str, str] = {}
        if self.cluster is not None and self.block is not None:
            raise refuse("expected 'cluster' or 'block', found both")
        for role in (*_ROLES, "features", "ignore"):
            for name in names_of(getattr(self, role)):
                if roles.setdefault(name, role) != role:
                    raise refuse(f"column {name!r} is both {roles[name]} and {role}: keep one")
        for name in self.numeric:
            if name in self.categorical:
                raise refuse(f"column {name!r} is both numeric and categorical: keep one")
        return self


class Metrics(Part):
    """What is stored of each window, drift aside. `simdrift metrics` lists the names.

    >>> metrics = Metrics(quality=["mean", "missing_share"], quantiles={"fare": [0.5, 0.99]})
    >>> metrics.quality, metrics.performance
    (('mean', 'missing_share'), 'auto')
    """

    quality: Names = Field(
        ("missing_share",),
        title="Statistics of every column in every window.",
        description="a list of quality metrics such as 'mean'",
        examples=[["rows", "missing_share", "mean"]],
    )
    quantiles: dict[str, Numbers] = Field(
        {},
        title="Quantiles to keep, by column.",
        description="a table of column = [numbers from 0 to 1]; '*' is every numeric column",
        examples=[{"fare": [0.5, 0.99]}],
    )
    correlations: Literal["numeric"] | tuple[tuple[str, str], ...] = Field(
        (),
        title="Correlations to keep.",
        description="'numeric' (every pair) or a list of pairs of column names",
        examples=[[["fare", "distance"]]],
    )
    performance: Literal["auto", "all"] | Names = Field(
        "auto",
        title="Scores of the model against the target, where both are named; 'auto': mae and rmse "
        "of a regression, the usual ones of a classification or ranking; 'all': all of these.",
        description="'auto', 'all' or a list of performance metrics such as 'mae'",
        examples=[["mae", "r2"]],
    )
    custom: Names = Field(
        (),
        title="Functions of your own.",
        description="a list of metrics of your own, registered with @simdrift.metric",
        examples=[["custom.margin"]],
    )

    @field_validator("custom")
    @classmethod
    def _registered(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = known_metrics("custom")
        for name in names:
            if name not in known:
                raise refuse(
                    f"found {name!r}, which is not registered: @simdrift.metric({name!r}) on its "
                    f"function does that; there are {', '.join(known) or 'none'}"
                )
        return names

    @field_validator("correlations", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, list):
            return value
        return tuple(tuple(pair) if isinstance(pair, list) else pair for pair in value)

    @field_validator("performance", mode="before")
    @classmethod
    def _performance(cls, value: object) -> object:
        return value if value in ("auto", "all") else one_or_more(value)

    @field_validator("quality", "performance")
    @classmethod
    def _known(cls, names: str | tuple[str, ...], info: Any) -> str | tuple[str, ...]:
        if isinstance(names, str):
            return names
        known = known_metrics(info.field_name)
        family = str(info.field_name)
        short = tuple(name.removeprefix(f"{family}.") for name in names)
        if "quantile" in short:
            raise refuse("quantiles are asked for by column, in 'metrics.quantiles'")
        return tuple(known_name(name, f"{family} metric", known) for name in short)

    @field_validator("quantiles")
    @classmethod
    def _shares(cls, value: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        for column, shares in value.items():
            for share in shares:
                if not 0.0 <= share <= 1.0:
                    raise refuse(f"{column}: expected numbers from 0 to 1, found {share!r}")
        return value


class LabelsSpec(Part):
    """Labels that come later than predictions, in data of their own.

    >>> LabelsSpec(data="labels.parquet", key="order").key
    'order'
    """

    data: str | None = Field(
        None,
        title="The file of labels: joined to the rows by 'columns.key'.",
        description="the path of a file, a folder or a pattern",
        examples=["labels/*.parquet"],
    )
    key: str | None = Field(
        None,
        title="What the labels call the key; else as 'columns.key' says.",
        description="the name of a column",
        examples=["id"],
    )


class ServiceSpec(Part):
    """How a request log is read.

    >>> ServiceSpec(latency_unit="s", apdex_target=200).failed_from
    500
    """

    latency_unit: Literal["s", "ms", "us", "ns"] = Field(
        "ms",
        title="What a number in 'columns.latency' counts; a column of durations says it itself.",
        description="'s', 'ms', 'us' or 'ns'",
        examples=["s"],
    )
    failed_from: int = Field(
        500,
        title="From which number on a status means that the request has failed.",
        description="a whole number",
        examples=[400],
    )
    failed: Names = Field(
        ("error", "failed", "failure", "timeout"),
        title="Which texts mean that the request has failed, whatever their case.",
        description="a list of texts",
        examples=[["error", "timeout"]],
    )
    apdex_target: float = Field(
        500.0,
        gt=0,
        title="Up to how many milliseconds a user is satisfied.",
        description="a number above 0",
        examples=[200],
    )
    slot: int = Field(
        60,
        ge=1,
        le=86_400,
        title="How many seconds one answered request, or one heartbeat, shows to be up.",
        description="a whole number of seconds",
        examples=[300],
    )


class StoreSpec(Part):
    """Where results go: not part of what a run is."""

    dsn: Dsn | None = Field(
        None,
        repr=False,
        title="The Postgres to write to; else SIMDRIFT_DSN, else an embedded server.",
        description="postgresql://user@host/database",
        examples=["postgresql://simdrift_writer@db/metrics"],
    )
