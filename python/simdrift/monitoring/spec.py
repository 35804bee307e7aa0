"""`Spec`: what a monitor watches, how its time is cut, and what it is held against.

The same names as keyword arguments and as keys of a TOML file. Everything is checked when the
spec is made; a `SpecError` names the key, what was expected, what was found, and in a file the
line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast
from zoneinfo import ZoneInfo

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

from simdrift._errors import SpecError
from simdrift._secrets import Dsn
from simdrift.monitoring import toml
from simdrift.monitoring.names import known_metrics, whole_name
from simdrift.monitoring.spec_errors import did_you_mean, found, spec_error
from simdrift.monitoring.windows import Rule
from simdrift.results.files import read_bytes
from simdrift.results.identity import canonical_json, digest

# The version of the definitions: raised with any change of a default, of a definition, or of what
# is computed where nothing is asked for. A key that is not set is not in the digest, and a store
# keeps what it has under an identity (tests/monitoring/test_definitions.py fails where it is due).
DEFAULTS_VERSION = 2
# Of a spec's keys, those that don't change what a number is.
NOT_IN_DIGEST = {"data", "threads", "store", "monitor", "dataset", "model", "model_version"}


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError("simdrift", "{message}", {"message": message})


def _one_or_more(value: object) -> object:
    """Text, or a list of text, as a tuple; anything else is left for the type to refuse."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _named_sets(value: object) -> object:
    """A name, names, or lists of names, as a tuple of tuples."""
    if isinstance(value, str):
        return ((value,),)
    if not isinstance(value, (list, tuple)):
        return value
    return tuple(_one_or_more(item) for item in value)


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


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]
Numbers = Annotated[
    tuple[float, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)
]
Segments = Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_named_sets)]
Timestamp = Annotated[datetime | date | None, BeforeValidator(_timestamp)]


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _Meta
else:
    _Meta = type(BaseModel)  # the same class by a public way


class _Speaking(_Meta):
    """Makes `Spec(...)` raise SpecError; parts inside a spec are refused by the whole."""

    def __call__(self, *args: Any, **values: Any) -> Any:
        try:
            return super().__call__(*args, **values)
        except ValidationError as error:
            problem = spec_error(error, cast("type[BaseModel]", self))
        raise problem  # out here, for pydantic's error would go along, and hold the values


class _Part(BaseModel, metaclass=_Speaking):
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False,
        protected_namespaces=(),  # before 2.10 pydantic warns of every field named model_...
    )  # fmt: skip


Moving = Literal["previous", "rolling", "same_weekday", "growing"]


class ReferenceSpec(_Part):
    """The rows that every window is compared with: a file, an interval of the data, or both; or
    windows before it (`moving`).

    >>> ReferenceSpec(moving="rolling", windows=7).windows
    7
    """

    data: str | None = Field(None, description="the path of a Parquet file or saved reference")
    start: Timestamp = Field(None, description="a date or a time such as 2013-01-01")
    end: Timestamp = Field(None, description="a date or a time such as 2013-02-01")
    moving: Moving | None = Field(
        None, description="'previous', 'rolling', 'same_weekday' or 'growing'"
    )
    windows: int | None = Field(
        None, ge=1, description="how many windows before: of 'rolling' and 'same_weekday'"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        fixed = [name for name in ("data", "start", "end") if getattr(self, name) is not None]
        if self.moving is None and not fixed:
            raise _refuse("expected 'data', or 'start' and 'end', or 'moving', found none of them")
        if self.moving is not None and fixed:
            raise _refuse(f"expected 'moving' or '{fixed[0]}', found both")
        counted = self.moving in ("rolling", "same_weekday")
        if counted and self.windows is None:
            raise _refuse(f"'windows' is missing: how many windows {self.moving!r} takes")
        if self.windows is not None and not counted:
            raise _refuse("expected 'windows' with moving = 'rolling' or 'same_weekday' alone")
        return self


class Columns(_Part):
    """The roles of columns. Integers are counted as numbers unless named as categorical.

    >>> Columns(timestamp="pickup", target="fare", categorical=["zone"]).categorical
    ('zone',)
    """

    timestamp: str | None = Field(None, description="the name of the time column")
    prediction: str | None = Field(None, description="the name of a column")
    target: str | None = Field(None, description="the name of a column")
    key: str | None = Field(None, description="the name of a column")
    weight: str | None = Field(None, description="the name of a column of row weights")
    features: Literal["auto"] | Names = Field(
        "auto", description="'auto' (every column without another role) or a list of names"
    )
    numeric: Names = Field((), description="a list of column names")
    categorical: Names = Field((), description="a list of column names")
    ignore: Names = Field((), description="a list of column names")

    @field_validator("features", mode="before")
    @classmethod
    def _features(cls, value: object) -> object:
        return value if value == "auto" else _one_or_more(value)

    @model_validator(mode="after")
    def _one_role(self) -> Self:
        roles: dict[str, str] = {}
        for role in ("timestamp", "prediction", "target", "key", "weight", "features", "ignore"):
            names = getattr(self, role) if getattr(self, role) != "auto" else ()
            for name in (names,) if isinstance(names, str) else names or ():
                if roles.setdefault(name, role) != role:
                    raise _refuse(f"column {name!r} is both {roles[name]} and {role}: keep one")
        for name in self.numeric:
            if name in self.categorical:
                raise _refuse(f"column {name!r} is both numeric and categorical: keep one")
        return self


class Metrics(_Part):
    """What is stored of each window, drift aside. `simdrift metrics` lists the names.

    >>> metrics = Metrics(quality=["mean", "missing_share"], quantiles={"fare": [0.5, 0.99]})
    >>> metrics.quality, metrics.performance
    (('mean', 'missing_share'), ('mae', 'rmse'))
    """

    quality: Names = Field(
        ("missing_share",), description="a list of quality metrics such as 'mean'"
    )
    quantiles: dict[str, Numbers] = Field(
        {}, description="a table of column = [numbers from 0 to 1]; '*' is every numeric column"
    )
    correlations: Literal["numeric"] | tuple[tuple[str, str], ...] = Field(
        (), description="'numeric' (every pair) or a list of pairs of column names"
    )
    performance: Names = Field(
        ("mae", "rmse"), description="a list of performance metrics such as 'mae'"
    )
    custom: Names = Field(
        (), description="a list of metrics of your own, registered with @simdrift.metric"
    )

    @field_validator("custom")
    @classmethod
    def _registered(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = known_metrics("custom")
        for name in names:
            if name not in known:
                raise _refuse(
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

    @field_validator("quality", "performance")
    @classmethod
    def _known(cls, names: tuple[str, ...], info: Any) -> tuple[str, ...]:
        known = known_metrics(info.field_name)
        family = str(info.field_name)
        short = tuple(name.removeprefix(f"{family}.") for name in names)
        if "quantile" in short:
            raise _refuse("quantiles are asked for by column, in 'metrics.quantiles'")
        return tuple(_known_name(name, f"{family} metric", known) for name in short)

    @field_validator("quantiles")
    @classmethod
    def _shares(cls, value: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        for column, shares in value.items():
            for share in shares:
                if not 0.0 <= share <= 1.0:
                    raise _refuse(f"{column}: expected numbers from 0 to 1, found {share!r}")
        return value


class StoreSpec(_Part):
    """Where results go: not part of what a run is."""

    dsn: Dsn | None = Field(None, repr=False, description="postgresql://user@host/database")


class Spec(_Part):
    """A monitor: roles of columns, windows, metrics and thresholds; the keys of its TOML file are
    the same names. SpecError names every key that is unknown or can't be so, with what was
    expected and found.

    >>> spec = Spec(monitor="trips", dataset="taxis", columns=Columns(timestamp="pickup"))
    >>> spec.window, spec.timezone, spec.correction
    ('1d', 'UTC', 'bh')
    """

    monitor: str = Field(min_length=1, description="a name for this monitor")
    dataset: str = Field("", description="a name for the data")
    model: str = Field("", description="text")
    model_version: str = Field("", description="text (quote numbers)")
    data: Names = Field((), description="the path of a Parquet file, or a list of them")
    reference: ReferenceSpec | None = Field(
        None,
        description="a path, 'previous', 'growing', or a table with data, start and end, or moving",
    )
    columns: Columns = Field(default_factory=Columns, description="a table of roles")
    segments: Segments = Field(
        (), description="a list of column names, or of lists of them: each value has its own rows"
    )
    window: str = Field("1d", description="'1d', '7d', '1h', '6h', '7d/1d' or 'all'")
    timezone: str = Field("UTC", description="an IANA name such as 'Europe/Berlin'")
    start: Timestamp = Field(None, description="a date or a time such as 2013-02-01")
    end: Timestamp = Field(None, description="a date or a time such as 2014-01-01")
    methods: Any = Field("auto", description="'auto', a method, a list, or a table of them")
    metrics: Metrics = Field(default_factory=Metrics, description="a table")
    thresholds: dict[str, float | dict[str, float]] = Field(
        {}, description="a table of metric = number, or of column = { metric = number }"
    )
    bins: int | str | Numbers = Field(
        10,
        description="a number of cells, 'equal_width', 'sturges', 'doane', 'fd' or cut points",
    )
    correction: Literal["bh", "by", "holm", "bonferroni", "none"] = Field(
        "bh", description="'bh', 'by', 'holm', 'bonferroni' or 'none'"
    )
    alpha: float = Field(0.05, gt=0, lt=1, description="a number between 0 and 1")
    drift_share: float = Field(0.5, gt=0, le=1, description="a number above 0, at most 1")
    convention: Literal["simdrift", "evidently"] | None = Field(
        None, description="'simdrift' or 'evidently'"
    )
    threads: int | None = Field(None, ge=1, description="a whole number of 1 or more")
    store: StoreSpec = Field(default_factory=StoreSpec, description="a table with dsn")

    @field_validator("reference", mode="before")
    @classmethod
    def _reference(cls, value: object) -> object:
        if value in ("previous", "growing"):
            return {"moving": value}
        return {"data": value} if isinstance(value, str) else value

    @field_validator("window")
    @classmethod
    def _window(cls, text: str) -> str:
        try:
            Rule.parse(text)
        except ValueError as error:
            raise _refuse(f"expected {error}, found {text!r}") from None
        return text

    @field_validator("bins")
    @classmethod
    def _bins(cls, value: Any) -> Any:
        from simdrift.metrics.drift.cells import checked_bins

        try:
            return checked_bins(value)
        except (TypeError, ValueError) as error:
            raise _refuse(str(error).removeprefix("bins: ")) from None

    @field_validator("segments")
    @classmethod
    def _segments(cls, value: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        for names in value:
            if not names or len(set(names)) < len(names):
                raise _refuse(f"expected different column names, found {list(names)!r}")
        return tuple(dict.fromkeys(value))

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise _refuse(
                f"expected an IANA time zone such as 'Europe/Berlin', found {name!r}"
            ) from None
        return name

    @field_validator("convention", mode="before")
    @classmethod
    def _convention(cls, value: object) -> object:
        if value not in (None, "simdrift", "evidently"):
            raise _refuse(f"expected 'simdrift' or 'evidently', found {found(value)}")
        return value

    @field_validator("methods", mode="before")
    @classmethod
    def _methods(cls, value: object) -> object:
        return _checked_methods(value)

    @field_validator("thresholds")
    @classmethod
    def _thresholds(cls, value: dict[str, Any]) -> dict[str, Any]:
        return {
            key if isinstance(limit, dict) else _metric(key): {
                _metric(name): number for name, number in limit.items()
            }
            if isinstance(limit, dict)
            else limit
            for key, limit in value.items()
        }

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.window != "all" and self.columns.timestamp is None:
            raise _refuse(
                f"window {self.window!r} needs 'columns.timestamp': the name of the time column"
            )
        moves = self.reference is not None and self.reference.moving is not None
        if moves and (self.window == "all" or self.columns.timestamp is None):
            raise _refuse("'reference.moving' needs windows: 'columns.timestamp' and a 'window'")
        for name, part in (("", self), ("reference.", self.reference)):
            if part is not None and _after(part.start, part.end):
                raise _refuse(
                    f"'{name}start' ({part.start}) is not before '{name}end' ({part.end})"
                )
        return self

    @classmethod
    def from_toml(cls, path: str | Path) -> Spec:
        """The spec of a TOML file; paths in it are relative to the file's folder."""
        name = str(path)
        try:
            text = read_bytes(path).decode("utf-8")
        except FileNotFoundError:
            raise SpecError(
                f"{name}: expected a monitor's TOML file, found no such file: check the path"
            ) from None
        except UnicodeDecodeError:
            raise SpecError(f"{name}: expected a monitor's TOML file, found no text") from None
        except OSError as error:
            raise SpecError(
                f"{name}: expected a monitor's TOML file, found one that can't be read "
                f"({error.strerror})"
            ) from None
        values = toml.read(text, name)
        try:
            return cls.model_validate(values)._in_folder(Path(path).parent)
        except ValidationError as error:
            problem = spec_error(error, cls, name=name, text=text)
        raise problem

    def _in_folder(self, folder: Path) -> Self:
        """The spec with its relative paths taken from this folder."""
        values: dict[str, Any] = {"data": tuple(str(folder / path) for path in self.data)}
        if self.reference is not None and self.reference.data is not None:
            path = str(folder / self.reference.data)
            values["reference"] = self.reference.model_copy(update={"data": path})
        return self.model_copy(update=values)

    def to_toml(self) -> str:
        """The spec as TOML, what is not set left out; a password in the dsn is shown as ***."""
        values = self.model_dump(exclude_defaults=True)
        if self.store.dsn is not None:
            values["store"] = {"dsn": str(self.store.dsn)}
        return toml.write(values)

    @property
    def digest(self) -> str:
        """SHA-256 of everything set in the spec that decides what is computed."""
        values = self.model_dump(mode="json", exclude=NOT_IN_DIGEST, exclude_defaults=True)
        values.get("reference", {}).pop("data", None)
        return digest([DEFAULTS_VERSION, canonical_json(values)])


def _after(start: datetime | date | None, end: datetime | date | None) -> bool:
    if start is None or end is None:
        return False
    left, right = (
        value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        for value in (start, end)
    )
    if (left.tzinfo is None) != (right.tzinfo is None):
        return False
    return left >= right


def _metric(name: str) -> str:
    return _known_name(whole_name(name), "metric", known_metrics("thresholds"))


def _known_name(name: str, what: str, known: tuple[str, ...]) -> str:
    if name not in known:
        close = did_you_mean(name, list(known))
        raise _refuse(f"unknown {what} {name!r}{close}; known: {', '.join(known)}")
    return name


Call = str | dict[str, dict[str, Any]]
"""A method's name, or that with its parameters."""


def _checked_methods(value: object) -> Call | tuple[Call, ...] | dict[str, Any]:
    """A method, several, or either by column name or type; 'auto' chooses by type and rows."""
    if isinstance(value, Mapping):
        return {str(key): _some_methods(item) for key, item in value.items()}
    return _some_methods(value)


def _some_methods(value: object) -> Call | tuple[Call, ...]:
    if isinstance(value, str):
        known = ("auto", *known_metrics("methods"))
        return _known_name(value.removeprefix("drift."), "method", known)
    if isinstance(value, Mapping) or _is_pair(value):
        calls = _called(value)
        return calls[0] if len(calls) == 1 else calls
    if isinstance(value, list | tuple):
        return tuple(call for item in value for call in _called(item))
    raise _refuse(f"expected 'auto', a method, a list, or a table of them, found {found(value)}")


def _is_pair(value: object) -> bool:
    """(name, parameters)."""
    if not isinstance(value, list | tuple) or len(value) != 2 or not isinstance(value[0], str):
        return False
    parameters = value[1]
    return isinstance(parameters, Mapping) and not any(
        isinstance(part, Mapping) for part in parameters.values()
    )


def _called(value: object) -> tuple[Call, ...]:
    """A name, (name, parameters) or {name: parameters}, all checked."""
    from simdrift.metrics.auto import calls_of

    if isinstance(value, str):
        known = known_metrics("methods")
        return (_known_name(value.removeprefix("drift."), "method", known),)
    items: Any = value.items() if isinstance(value, Mapping) else [value]
    if not isinstance(value, Mapping) and not _is_pair(value):
        raise _refuse(f"expected a method, or one with its parameters, found {found(value)}")
    calls: list[Call] = []
    for name, parameters in items:
        _called(name)
        try:
            [(plain, _)] = calls_of((name, parameters))
        except (TypeError, ValueError) as error:
            raise _refuse(str(error)) from None
        calls.append({plain: dict(parameters)} if parameters else plain)
    return tuple(calls)
