"""The arguments of `compare` as a spec, for two frames and for a prepared reference alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simdrift._errors import SpecError
from simdrift.metrics.auto import table_calls
from simdrift.monitoring.reference import Reference
from simdrift.monitoring.roles import Roles, column_names, no_column, roles_of
from simdrift.monitoring.spec import Columns, Spec
from simdrift.monitoring.spec_errors import found
from simdrift.monitoring.spec_parts import names_of


@dataclass(frozen=True)
class Arguments:
    """What `compare` was asked for; None is left to the defaults, or to the reference."""

    columns: str | Sequence[str] | None = None
    roles: Columns | Mapping[str, Any] | None = None
    methods: Any = None
    convention: Any = None
    correction: Any = None
    thresholds: Any = None
    segments: Any = None
    bins: Any = None
    quality: Any = None

    def __post_init__(self) -> None:
        if self.thresholds is not None and not isinstance(self.thresholds, Mapping):
            raise SpecError(
                "thresholds: expected a dict of metric = number, or of column = {metric: number}, "
                f"found {found(self.thresholds)}: write {{'psi': 0.2}} for one of them"
            )
        if self.roles is not None and not isinstance(self.roles, (Columns, Mapping)):
            raise SpecError(
                "roles: expected a dict such as {'target': 'y', 'categorical': ['zip']}, found "
                f"{found(self.roles)}"
            )

    @property
    def names(self) -> tuple[str, ...] | None:
        """The argument `columns` as names; None where it was not given."""
        return column_names(self.columns)

    def spec(self, weight: str | None) -> Spec:
        """The arguments, checked as a spec's keys are."""
        return Spec(
            monitor="compare",
            window="all",
            columns=Columns(**self._roles({}, weight)),
            **self._given(),
        )

    def of_reference(self, reference: Reference) -> Reference:
        """The reference as these arguments want it compared: some of its columns, other methods
        and rules. SpecError for what it was not prepared for."""
        given = self._given()
        if not given and self.columns is None and self.roles is None:
            return reference
        before = reference.spec.columns.model_dump()
        if self.roles is not None:  # those of the reference count where nothing else is asked for
            before = {name: before[name] for name in ("weight", "cluster", "block")}
        columns = Columns(**self._roles(before, None))
        values = reference.spec.model_dump(exclude_defaults=True, exclude={"store", "columns"})
        if "metrics" in given:
            given["metrics"] = {**values.get("metrics", {}), **given["metrics"]}
        spec = Spec(**{**values, **given, "columns": columns})
        roles = _prepared_roles(spec, reference, self.names)
        _check_segments(spec, reference)
        _check_sample(spec, roles, reference)
        segments = {
            key: {name: own[name] for name in roles.compared if name in own}
            for key, own in reference.segments.items()
            if key.columns in spec.segments
        }
        return Reference(
            {name: reference.columns[name] for name in roles.compared},
            spec,
            roles,
            segments=segments,
            sample=reference.sample if table_calls(spec.methods) else None,
            recorded=reference.plan.record() if self.methods is None else None,
            custom=reference.custom,
            performance=reference.performance if _same_model(roles, reference.roles) else None,
        )

    def _given(self) -> dict[str, Any]:
        """The keys of a spec that were given."""
        names = ("methods", "convention", "correction", "thresholds", "segments", "bins")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.quality is not None:
            names = (self.quality,) if isinstance(self.quality, str) else tuple(self.quality)
            given["metrics"] = {"quality": tuple(dict.fromkeys(["missing_share", *names]))}
        return given

    def _roles(self, before: Mapping[str, Any], weight: str | None) -> dict[str, Any]:
        """The columns' roles, with the columns that are named as features."""
        roles = self.roles
        own = roles.model_dump() if isinstance(roles, Columns) else dict(roles or {})
        values = {**before, **own}
        if weight is not None:
            if values.get("weight", weight) not in (None, weight):
                raise SpecError("weights: expected them as an argument or as a role, found both")
            values["weight"] = weight
        if self.names is not None:
            single = ("prediction", "score", "target", "timestamp", "query", "weight", "cluster")
            given = Columns(**{r: values[r] for r in single if values.get(r) is not None})
            named = {name for role in single for name in names_of(getattr(given, role))}
            values["features"] = tuple(name for name in self.names if name not in named)
        return values


def _same_model(roles: Roles, others: Roles) -> bool:
    """Whether a model's performance is of the same columns."""
    own = (roles.target, roles.prediction, roles.model)
    return own == (others.target, others.prediction, others.model)


def _prepared_roles(spec: Spec, reference: Reference, named: tuple[str, ...] | None) -> Roles:
    """The roles over a reference's columns; SpecError for a column that it lacks, or that it has
    read in another way."""
    columns = spec.columns
    known = tuple(reference.columns)
    features = () if columns.features == "auto" else columns.features
    listed = {
        "columns": named or (),
        "roles: features": features if named is None else (),
        "roles: prediction": names_of(columns.prediction),
        "roles: score": names_of(columns.score),
        "roles: numeric": columns.numeric,
        "roles: categorical": columns.categorical,
    }
    watched = {*known, *reference.roles.watched}
    for key, names in listed.items():
        for name in names:
            if name not in watched:
                raise SpecError(f"{key}: {no_column(name, known, 'the reference has')}")
    roles = roles_of(columns, known, spec.methods)
    if roles.target in known:
        roles = roles.with_target()
    roles = roles.only(known)
    for name, kind in roles.kinds.items():
        if name in reference.columns and reference.columns[name].kind not in (kind, "unsupported"):
            raise SpecError(
                f"roles: column {name!r} is {kind} here, but {reference.columns[name].kind} in the "
                "reference: fit the reference with Spec(columns=Columns(...))"
            )
    if columns.weight != reference.roles.weight:
        raise SpecError(
            f"roles: the weight is {columns.weight!r} here, {reference.roles.weight!r} in the "
            "reference: fit the reference with it"
        )
    return roles


def _check_segments(spec: Spec, reference: Reference) -> None:
    missing = [names for names in spec.segments if names not in reference.spec.segments]
    if missing:
        there = "; ".join(" & ".join(names) for names in reference.spec.segments) or "none"
        raise SpecError(
            f"segments: the reference has {there}, not {' & '.join(missing[0])}: fit the reference "
            "with Spec(segments=...)"
        )


def _check_sample(spec: Spec, roles: Roles, reference: Reference) -> None:
    """SpecError where methods of whole rows are asked for, of which the reference keeps none, or
    those of other columns."""
    calls = table_calls(spec.methods)
    if not calls:
        return
    name = calls[0][0]
    if reference.sample is None:
        raise SpecError(
            f"methods: {name} compares whole rows, and this reference keeps none: fit it with "
            "Spec(methods=...)"
        )
    if set(roles.compared) != set(reference.columns):
        raise SpecError(
            f"columns: {name} compares whole rows of all columns of the reference: fit one of "
            "these columns"
        )
