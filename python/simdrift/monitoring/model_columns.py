"""The columns of a model by role, of a spec's `Columns` or of a dict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from simdrift._errors import SpecError
from simdrift.monitoring.roles import no_column
from simdrift.monitoring.spec import Columns

_ONE = ("target", "prediction", "score", "weight", "timestamp", "key", "cluster", "query")
_SEVERAL = ("features", "categorical", "numeric", "ignore", "sensitive")
_OTHER = ("positive", "threshold", "block")


@dataclass(frozen=True)
class ModelColumns:
    """Column names by role. `features` are those without another role, sensitive ones too."""

    features: tuple[str, ...]
    target: str | None = None
    prediction: str | None = None
    score: str | None = None
    weight: str | None = None
    positive: Any = None
    threshold: float = 0.5
    categorical: frozenset[str] = frozenset()
    scores: tuple[tuple[Any, str], ...] = ()
    """Of several labels: each with its column."""

    @classmethod
    def of(cls, roles: Columns | Mapping[str, Any] | None, names: Sequence[str]) -> Self:
        """The roles over columns of these names. SpecError for a role, or a column, that does not
        exist."""
        given = _given(roles)
        taken = {own for role in _ONE for own in _listed(given.get(role))}
        taken |= set(_listed(given.get("ignore")))
        features = given.get("features", "auto")
        chosen = (
            [name for name in names if name not in taken]
            if features in ("auto", None)
            else _listed(features)
        )
        for role in (*_ONE, *_SEVERAL):
            for name in (
                () if features == "auto" and role == "features" else _listed(given.get(role))
            ):
                if name not in names:
                    raise SpecError(f"roles: {role}: {no_column(name, names)}")
        score = given.get("score")
        return cls(
            tuple(chosen),
            given.get("target"),
            given.get("prediction"),
            score if isinstance(score, str) else None,
            given.get("weight"),
            given.get("positive"),
            float(given.get("threshold", 0.5)),
            frozenset(_listed(given.get("categorical"))),
            tuple(score.items()) if isinstance(score, Mapping) else (),
        )


def _given(roles: Columns | Mapping[str, Any] | None) -> dict[str, Any]:
    if roles is None:
        return {}
    values = dict(roles) if isinstance(roles, Mapping) else roles.model_dump()
    if not isinstance(roles, Mapping):
        values["threshold"] = values.pop("decision_threshold", None)
        values = {name: value for name, value in values.items() if value not in (None, ())}
    known = (*_ONE, *_SEVERAL, *_OTHER, "task", "decision_threshold")
    for name in values:
        if name not in known:
            raise SpecError(f"roles: expected one of {', '.join(known)}, found {name!r}")
    if "decision_threshold" in values:
        values.setdefault("threshold", values["decision_threshold"])
    return values


def _listed(names: Any) -> list[str]:
    """A name, or several, or those of a mapping by label."""
    if names is None:
        return []
    if isinstance(names, str):
        return [names]
    return list(names.values()) if isinstance(names, Mapping) else list(names)
