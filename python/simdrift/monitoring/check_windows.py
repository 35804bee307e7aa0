"""Checks of a monitor: the same as of one table, in every window and segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np

from simdrift.catalogue.statuses import CODES
from simdrift.checks.definition import Check
from simdrift.checks.document import Checks, params_of
from simdrift.checks.report import text_of
from simdrift.metrics.decide import Decided
from simdrift.metrics.names import column_text
from simdrift.metrics.outcomes import Outcomes
from simdrift.monitoring.check import (
    CheckData,
    CheckOutcome,
    failing_rows,
    outcome_of,
    outcome_of_error,
    outcome_of_rows,
)
from simdrift.monitoring.structure import DataChecks, Part
from simdrift.monitoring.windows import Window

ROW_BY_ROW: Final = ("not_null", "between", "in_set", "matches", "foreign_key")
"""Checks in which no row depends on another: their rows are looked at once for all windows."""
OF_WHOLE: Final = ("row_count", "column_exists", "of_type", "max_age")
"""Checks of which a segment says nothing new."""


def add_check_rows(
    rows: dict[str, list[Decided]],
    own: DataChecks,
    parts: Sequence[Part],
    windows: Sequence[Window],
) -> None:
    """Adds the rows `check.*` of every part to those of its segment."""
    for part in parts if own.checks else ():
        assert own.checks is not None
        rows[part.segment] += rows_of_part(own.checks, part, windows, own.now, own.roles)


def rows_of_part(
    checks: Checks,
    part: Part,
    windows: Sequence[Window],
    now: datetime,
    roles: Mapping[str, Any],
) -> list[Decided]:
    """The rows `check.*` of one part, a check after the other. Ages are those at a window's end, or
    `now` where that is to come. In a segment, a window without rows is not judged."""
    rows = np.array([stop - first for first, stop in part.bounds], np.int64)
    usual = int(np.median(rows[rows > 0])) if (rows > 0).any() else 0
    of_metrics = any(one.name == "metric" for one in checks)
    whole = CheckData(part.table, None, roles, now, {}, usual, {})
    data = [
        CheckData(
            part.table.slice(*own), part.reference_of(place) if of_metrics else None, roles,
            min(now, windows[place].end), {}, usual, whole.shared,
        )
        for place, own in enumerate(part.bounds)
    ]  # fmt: skip
    judged = np.ones(len(rows), bool) if not part.segment else rows > 0
    made = [one for one in checks if not part.segment or one.name not in OF_WHOLE]
    return [_decided(one, _outcomes(one, part, whole, data), data, judged) for one in made]


def _outcomes(
    check: Check, part: Part, whole: CheckData, data: Sequence[CheckData]
) -> list[CheckOutcome]:
    if check.name not in ROW_BY_ROW or not {*check.columns} <= {*whole.table.whole}:
        return [outcome_of(check, one) for one in data]
    try:
        mask = failing_rows(check, whole)
        return [outcome_of_rows(check, whole, mask[a:b], a) for a, b in part.bounds]
    except Exception as error:
        return [outcome_of_error(check, error)] * len(data)


def _decided(
    check: Check, outcomes: Sequence[CheckOutcome], data: Sequence[CheckData], judged: Any
) -> Decided:
    fails = [not one.passed and check.severity == "fail" for one in outcomes]
    alert = np.array(fails, np.int8)
    without = [_lacks_reference(check, *one) for one in zip(outcomes, data, strict=True)]
    alert[np.array(without, bool) | ~judged] = -1
    status = [
        one.status if is_judged else "empty"
        for one, is_judged in zip(outcomes, judged, strict=True)
    ]
    found = Outcomes(
        _numbers(one.value for one in outcomes),
        np.array([CODES[name] for name in status], np.uint8),
        effect_size=_numbers(one.share for one in outcomes),
        n_current=np.array([len(one.table) for one in data], np.int64),
        reasons={place: _words(one) for place, one in enumerate(outcomes) if one.message},
    )
    found.value[found.status != CODES["ok"]] = np.nan
    names = ", ".join(map(column_text, check.columns)) or None
    limits = _numbers(one.threshold for one in outcomes)
    return Decided(
        names, f"check.{check.name}", params_of(check), found.cleaned(), None, limits, alert
    )


def _lacks_reference(check: Check, outcome: CheckOutcome, data: CheckData) -> bool:
    if data.reference is not None:
        return False
    return outcome.status == "no_reference" or check.options.get("sigmas") is not None


def _numbers(values: Any) -> Any:
    return np.array([np.nan if value is None else value for value in values], float)


def _words(outcome: CheckOutcome) -> str:
    shown = ", ".join(dict.fromkeys(text_of(value) for _, value in outcome.examples))
    return f"{outcome.message}: {shown}" if shown else outcome.message
