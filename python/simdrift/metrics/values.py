"""What a metric gives: an outcome while it is computed, a row when it is decided.

`Outcome` is what one method finds on one column; `MetricValue` is the part of a result row
(`simdrift.results.rows.Result`) that metrics know; `DriftResult` is what the functions of
`simdrift.drift` return.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

OK = "ok"
EMPTY = "empty"
ALL_NULL = "all_null"
TOO_FEW_ROWS = "too_few_rows"
CONSTANT = "constant"
DEGENERATE = "degenerate"
NOT_APPLICABLE = "not_applicable"
MISSING_COLUMN = "missing_column"
NEW_COLUMN = "new_column"
TYPE_CHANGED = "type_changed"
OVERFLOW = "overflow"
ERROR = "error"


NULL_LEVEL = 0.95
"""`null_quantile` is this quantile of the null distribution."""


Size = Any
"""A number of rows: an int; a float, the effective size, while rows with weights are computed."""


class Outcome(NamedTuple):
    """One method on one column, before correction and thresholds. `value` is None exactly
    where `status` is not 'ok'; `log_p` computes the natural log of the p-value on demand."""

    value: float | None
    status: str = OK
    p_value: float | None = None
    effect_size: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    null_quantile: float | None = None
    n_reference: Size | None = None
    n_current: Size | None = None
    log_p: Callable[[], float] | None = None
    reason: str = ""


class MetricValue(NamedTuple):
    """The fields of a result row that do not depend on whose run it is."""

    column: str
    metric: str
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    q_value: float | None = None
    effect_size: float | None = None
    threshold: float | None = None
    alert: bool | None = None
    status: str = OK
    null_quantile: float | None = None
    n_reference: int | None = None
    n_current: int | None = None
    params: str = ""


@dataclass(frozen=True)
class DriftResult:
    """What a drift function found on two arrays. `value` is None exactly where `status` is
    not 'ok', and `reason` then says more. `alert` is None where no rule applies. Of one
    comparison there is nothing to correct: the p-value is compared with alpha itself."""

    metric: str
    value: float | None
    p_value: float | None = None
    log_p_value: float | None = None
    effect_size: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    null_quantile: float | None = None
    threshold: float | None = None
    alert: bool | None = None
    status: str = OK
    n_reference: int | None = None
    n_current: int | None = None
    params: str = ""
    reason: str = ""

    @classmethod
    def of(cls, *fields: Any) -> Self:
        """With all fields in their order. The constructor of a frozen class sets them one by
        one, which takes thrice as long."""
        made = cls.__new__(cls)
        made.__dict__.update(zip(cls.__match_args__, fields, strict=True))
        return made


def finite(number: float | None) -> float | None:
    """The number as a float, or None where it is NaN, infinite or None."""
    if number is None:
        return None
    number = float(number)
    return number if math.isfinite(number) else None


def cleaned(outcome: Outcome) -> Outcome:
    """The outcome without NaN and infinities: a value that is none becomes 'overflow'."""
    value = outcome.value
    if value is None or not math.isfinite(value):
        status = OVERFLOW if outcome.status == OK else outcome.status
        outcome = outcome._replace(value=None, status=status)
    if outcome.null_quantile is not None:
        outcome = outcome._replace(null_quantile=finite(outcome.null_quantile))
    if outcome.effect_size is not None or outcome.ci_low is not None:
        outcome = outcome._replace(
            effect_size=finite(outcome.effect_size),
            ci_low=finite(outcome.ci_low),
            ci_high=finite(outcome.ci_high),
        )
    return outcome


def params_text(params: Mapping[str, object]) -> str:
    """Canonical short text of parameters, in name order: 'bins=10'. Long lists are shown by
    length and checksum."""
    return ",".join(f"{name}={_text(params[name])}" for name in sorted(params))


def _text(value: object) -> str:
    if isinstance(value, (tuple, list)):
        body = "[" + " ".join(_text(item) for item in value) + "]"
        return body if len(body) <= 40 else f"{len(value)}:{zlib.crc32(body.encode()):08x}"
    if isinstance(value, float):
        return f"{value:.17g}" if f"{value:g}" != repr(value) else f"{value:g}"
    return str(value)
