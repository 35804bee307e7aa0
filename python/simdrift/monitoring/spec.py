"""`Spec`: what a monitor watches, how its time is cut, and what it is compared with.

The same names as keyword arguments and as keys of a TOML file. Everything is checked when the
spec is made; a `SpecError` names the key, what was expected, what was found, and in a file the
line.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from simdrift import _toml as toml
from simdrift._errors import SpecError
from simdrift._suggest import did_you_mean
from simdrift.columns.paths import is_url
from simdrift.monitoring.names import known_metrics, whole_name
from simdrift.monitoring.spec_errors import found, spec_error
from simdrift.monitoring.spec_keys import document, tables_of
from simdrift.monitoring.spec_methods import checked_methods
from simdrift.monitoring.spec_parts import (
    Columns,
    LabelsSpec,
    Metrics,
    Names,
    Numbers,
    Part,
    ReferenceSpec,
    Segments,
    ServiceSpec,
    StoreSpec,
    Timestamp,
    known_name,
    refuse,
)
from simdrift.monitoring.windows import Rule
from simdrift.results.files import read_bytes
from simdrift.results.identity import canonical_json, digest

# The version of the definitions: raised with any change of a default, of a definition, or of what
# is computed where nothing is asked for. A key that is not set is not in the digest, and a store
# keeps what it has under an identity (tests/monitoring/test_definitions.py fails where it is due).
DEFAULTS_VERSION = 3
# Version 3 measures a model's performance against the reference's: without a target of a model
# everything is as it was, and so are the identities.
WITHOUT_TARGET = 2
# Of a spec's keys, those that don't change what a number is.
NOT_IN_DIGEST = {
    "checks", "data", "labels", "schema", "threads", "store", "monitor", "dataset", "model",
    "model_version",
}  # fmt: skip

__all__ = ["DEFAULTS_VERSION", "Columns", "Metrics", "ReferenceSpec", "Spec", "StoreSpec"]


class Spec(Part):
    """A monitor: roles of columns, windows, metrics and thresholds; the keys of its TOML file are
    the same names. SpecError names every key that is unknown or can't be so, with what was
    expected and found.

    >>> spec = Spec(monitor="trips", dataset="taxis", columns=Columns(timestamp="pickup"))
    >>> spec.window, spec.timezone, spec.correction
    ('1d', 'UTC', 'bh')
    """

    monitor: str = Field(
        min_length=1,
        title="The monitor's name: its results are kept, and shown, under it.",
        description="a name for this monitor",
        examples=["trips"],
    )
    dataset: str = Field(
        "",
        title="The data's name: several monitors may watch the same data.",
        description="a name for the data",
        examples=["taxis"],
    )
    model: str = Field(
        "", title="The model's name.", description="text", examples=["arrival delay"]
    )
    model_version: str = Field(
        "",
        title="The model's version: another one starts series of its own.",
        description="text (quote numbers)",
        examples=["2024-06"],
    )
    data: Names = Field(
        (),
        title="The rows to watch. A relative path starts at the folder of the TOML file.",
        description="the path of a file, a folder or a pattern, or a list of them",
        examples=["trips/*.parquet"],
    )
    reference: ReferenceSpec | None = Field(
        None,
        title="What every window is compared with.",
        description="a path, 'previous', 'growing', or a table with data, start and end, or moving",
        examples=["previous"],
    )
    columns: Columns = Field(default_factory=Columns, description="a table of roles")
    segments: Segments = Field(
        (),
        title="The rows of each value are compared on their own, too.",
        description="a list of column names, or of lists of them: each value has its own rows",
        examples=[["zone", ["zone", "kind"]]],
    )
    window: str = Field(
        "1d",
        title="How time is cut; '7d/1d' is the last seven days, every day.",
        description="'1d', '7d', '1h', '6h', '7d/1d' or 'all'",
        examples=["7d/1d"],
    )
    timezone: str = Field(
        "UTC",
        title="Where days begin at midnight; times without a zone are of it.",
        description="an IANA name such as 'Europe/Berlin'",
        examples=["Europe/Berlin"],
    )
    start: Timestamp = Field(
        None,
        title="The first window begins here; else with the first row.",
        description="a date or a time such as 2013-02-01",
        examples=[date(2013, 2, 1)],
    )
    end: Timestamp = Field(
        None,
        title="The last window ends here; else after the last row.",
        description="a date or a time such as 2014-01-01",
        examples=[date(2014, 1, 1)],
    )
    methods: Any = Field(
        "auto",
        title="How drift is measured: 'auto' chooses by the column's type and rows.",
        description="'auto', a method, a list, or a table of them",
        examples=[{"numeric": ["ks", {"psi": {"bins": 20}}], "zone": "chi_square"}],
    )
    metrics: Metrics = Field(default_factory=Metrics, description="a table")
    thresholds: dict[str, float | dict[str, float]] = Field(
        {},
        title="From which value on a metric alerts, by metric, or by column and metric.",
        description="a table of metric = number, or of column = { metric = number }",
        examples=[{"psi": 0.3, "fare": {"psi": 0.5}, "performance.mae": 4.0}],
    )
    bins: int | str | Numbers = Field(
        10,
        title="How psi and other distances over bins cut numbers.",
        description="a number of cells, 'equal_width', 'sturges', 'doane', 'fd' or cut points",
        examples=["equal_width"],
    )
    correction: Literal["bh", "by", "holm", "bonferroni", "none"] = Field(
        "bh",
        title="How p-values are corrected for the number of columns of a window.",
        description="'bh', 'by', 'holm', 'bonferroni' or 'none'",
        examples=["holm"],
    )
    alpha: float = Field(
        0.05,
        gt=0,
        lt=1,
        title="The largest corrected p-value that alerts.",
        description="a number between 0 and 1",
        examples=[0.01],
    )
    drift_share: float = Field(
        0.5,
        gt=0,
        le=1,
        title="The share of drifted columns from which on the whole window counts as drifted.",
        description="a number above 0, at most 1",
        examples=[0.3],
    )
    convention: Literal["simdrift", "evidently"] | None = Field(
        None,
        title="Scores, thresholds and choice of methods of another library.",
        description="'simdrift' or 'evidently'",
        examples=["evidently"],
    )
    threads: int | None = Field(
        None,
        ge=1,
        title="How many threads compute; else as many as `simdrift show-config` says.",
        description="a whole number of 1 or more",
        examples=[4],
    )
    schema: str | None = Field(  # type: ignore[assignment]
        None,
        title="What columns the data are to have: a difference alerts, and what is left is "
        "computed. 'reference' is the schema of the reference's rows.",
        description="the path of a schema's file, or 'reference'",
        examples=["schema.toml"],
    )
    checks: Any = Field(
        (),
        title="What is to hold of the rows of every window and segment: one that fails alerts.",
        description="the path of a file of checks, or a list of them",
        examples=["checks.toml"],
    )
    labels: LabelsSpec | None = Field(None, description="a table with data and key")
    service: ServiceSpec = Field(
        default_factory=ServiceSpec, description="a table of how a request log is read"
    )
    store: StoreSpec = Field(default_factory=StoreSpec, description="a table with dsn")

    @field_validator("reference", mode="before")
    @classmethod
    def _reference(cls, value: object) -> object:
        if value in ("previous", "growing"):
            return {"moving": value}
        if value in ("rolling", "same_weekday"):
            raise refuse(
                f"expected how many windows {value!r} takes, found none: write "
                f"{{ moving = {value!r}, windows = 7 }}"
            )
        return {"data": value} if isinstance(value, str) else value

    @field_validator("labels")
    @classmethod
    def _labels(cls, value: LabelsSpec | None) -> LabelsSpec | None:
        return None if value == LabelsSpec() else value  # an empty table says nothing

    @field_validator("window")
    @classmethod
    def _window(cls, text: str) -> str:
        try:
            Rule.parse(text)
        except ValueError as error:
            raise refuse(f"expected {error}, found {text!r}") from None
        return text

    @field_validator("bins")
    @classmethod
    def _bins(cls, value: Any) -> Any:
        from simdrift.metrics.drift.cells import checked_bins

        try:
            return checked_bins(value)
        except (TypeError, ValueError) as error:
            raise refuse(str(error).removeprefix("bins: ")) from None

    @field_validator("segments")
    @classmethod
    def _segments(cls, value: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        for names in value:
            if not names or len(set(names)) < len(names):
                raise refuse(f"expected different column names, found {list(names)!r}")
        return tuple(dict.fromkeys(value))

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise refuse(
                f"expected an IANA time zone such as 'Europe/Berlin', found {name!r}"
            ) from None
        return name

    @field_validator("convention", mode="before")
    @classmethod
    def _convention(cls, value: object) -> object:
        known = ("simdrift", "evidently")
        if value is not None and value not in known:
            meant = did_you_mean(value, known) if isinstance(value, str) else ""
            raise refuse(f"expected 'simdrift' or 'evidently', found {found(value)}{meant}")
        return value

    @field_validator("methods", mode="before")
    @classmethod
    def _methods(cls, value: object) -> object:
        try:
            return checked_methods(value)
        except ValueError as error:
            raise refuse(str(error)) from None

    @field_validator("checks", mode="before")
    @classmethod
    def _checks(cls, value: object) -> object:
        from simdrift.monitoring.spec_checks import checked_checks

        return checked_checks(value)

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
            raise refuse(
                f"window {self.window!r} needs 'columns.timestamp': the name of the time column"
            )
        moves = self.reference is not None and self.reference.moving is not None
        if moves and (self.window == "all" or self.columns.timestamp is None):
            raise refuse("'reference.moving' needs windows: 'columns.timestamp' and a 'window'")
        for name, part in (("", self), ("reference.", self.reference)):
            if part is not None and _after(part.start, part.end):
                raise refuse(f"'{name}start' ({part.start}) is not before '{name}end' ({part.end})")
        return self

    @classmethod
    def from_toml(cls, path: str | Path) -> Spec:
        """The spec of a TOML file; paths in it are relative to the file's folder."""
        name = str(path)
        try:
            text = read_bytes(path).decode("utf-8-sig")  # editors of Windows begin with a mark
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
        if isinstance(values.get("checks"), list):
            from simdrift.checks.document import checks_of_tables

            checks = checks_of_tables(name, text, values["checks"], "checks")
            values["checks"] = [one.plain() for one in checks]
        try:
            return cls.model_validate(values)._in_folder(Path(path).parent)
        except ValidationError as error:
            problem = spec_error(error, cls, name=name, text=text)
        raise problem

    def _in_folder(self, folder: Path) -> Self:
        """The spec with its relative paths taken from this folder."""
        values: dict[str, Any] = {
            "data": tuple(path if is_url(path) else str(folder / path) for path in self.data)
        }
        if self.reference is not None and self.reference.data is not None:
            path = str(folder / self.reference.data)
            values["reference"] = self.reference.model_copy(update={"data": path})
        if self.labels is not None and self.labels.data is not None:
            file = self.labels.data
            path = file if is_url(file) else str(folder / file)
            values["labels"] = self.labels.model_copy(update={"data": path})
        if self.schema not in (None, "reference"):
            values["schema"] = str(folder / str(self.schema))
        if isinstance(self.checks, str) and not is_url(self.checks):
            values["checks"] = str(folder / self.checks)
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
        own = self.columns
        scored = own.target is not None and (own.prediction or own.score) is not None
        version = DEFAULTS_VERSION if scored else WITHOUT_TARGET
        metrics = values.get("metrics", {})
        if not scored and metrics.get("performance") == ["mae", "rmse"]:  # once the default
            del metrics["performance"]
            values = {key: value for key, value in values.items() if value != {}}
        return digest([version, canonical_json(values)])


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
    return known_name(whole_name(name), "metric", known_metrics("thresholds"))


for _model in tables_of(Spec).values():
    document(_model)
