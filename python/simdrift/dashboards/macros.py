"""Grafana's macros and variables in SQL, expanded as its Postgres data source does.

Pages and tests run the very SQL of the panels. The macros used are `$__timeFilter(column)`,
`$__timeFrom()`, `$__timeTo()`; of variables the format `${name:sqlstring}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from simdrift.results.zones import in_zone

Values = Mapping[str, str | Sequence[str]]

_VARIABLE = re.compile(r"\$\{(\w+):sqlstring\}")
_FILTER = re.compile(r"\$__timeFilter\(([^()]+)\)")


def expand(sql: str, values: Values, start: datetime, end: datetime) -> str:
    """The SQL with variables and macros replaced.

    KeyError for a variable without a value, ValueError for a macro that is not known.

    >>> from datetime import datetime, UTC
    >>> day = datetime(2013, 2, 8, tzinfo=UTC)
    >>> expand("select ${a:sqlstring} where $__timeFilter(d.ts)", {"a": "it's"}, day, day)
    "select 'it''s' where d.ts BETWEEN '2013-02-08T00:00:00Z' AND '2013-02-08T00:00:00Z'"
    """
    # Macros before variables, so that a value with a macro's spelling stays text.
    first, last = _time(start), _time(end)
    text = _FILTER.sub(lambda found: f"{found[1]} BETWEEN {first} AND {last}", sql)
    text = text.replace("$__timeFrom()", first).replace("$__timeTo()", last)
    left = re.search(r"\$__\w+", text)
    if left:
        raise ValueError(
            f"macro: expected $__timeFilter, $__timeFrom or $__timeTo, found {left[0]}"
        )
    return _VARIABLE.sub(lambda found: _literals(values[found[1]]), text)


def _time(time: datetime) -> str:
    return f"'{in_zone(time):%Y-%m-%dT%H:%M:%SZ}'"


def _literals(value: str | Sequence[str]) -> str:
    """One literal, or several between commas."""
    given = [value] if isinstance(value, str) else value
    return ", ".join("'" + one.replace("'", "''") + "'" for one in given)
