"""Which windows stand out, and why: robust z of each value against its own series.

z = (value - median) / scale, scale = 1.4826 * MAD: the factor makes the median absolute
deviation the standard deviation of a normal law (1 / quantile(0.75)). Where more than half of
the windows are equal the MAD is 0; then scale = 1.2533 * mean absolute deviation from the median
(sqrt(pi / 2), likewise). A constant series has no outliers. Iglewicz and Hoaglin, How to
Detect and Handle Outliers (1993), section 3.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, tzinfo
from statistics import fmean, median
from typing import NamedTuple

from simdrift.drawing.labels import number, series_words, window_label
from simdrift.metrics import registry
from simdrift.results.collection import Results
from simdrift.results.numbers import drawable
from simdrift.results.rows import Result
from simdrift.results.zones import zone_of

MAD_TO_SD = 1.4826
MEAN_DEVIATION_TO_SD = 1.2533
ROUNDING = 1e-12  # a scale below this share of the largest value is rounding, not spread
MIN_WINDOWS = 5
MIN_SCORE = 3.5
"""Iglewicz and Hoaglin's cut for a value to be called an outlier."""


class LocationScale(NamedTuple):
    """Middle and width of a series, both robust."""

    median: float
    scale: float


class StandOut(NamedTuple):
    """One value that lies far from the same metric's other windows."""

    metric: str
    column: str
    segment: str
    params: str
    grain: str
    window_start: datetime | None
    window_end: datetime | None
    value: float
    median: float
    scale: float
    score: float  # (value - median) / scale, in robust standard deviations
    sentence: str


class Key(NamedTuple):
    """What makes a series over windows."""

    dataset: str
    model: str
    model_version: str
    segment: str
    column: str
    metric: str
    params: str
    grain: str


def series_of(rows: Iterable[Result]) -> dict[Key, list[Result]]:
    """Rows with a value by series, each in the order of its windows."""
    groups: dict[Key, list[Result]] = defaultdict(list)
    for row in rows:
        if row.value is not None and row.window_start is not None:
            groups[
                Key(
                    row.dataset,
                    row.model,
                    row.model_version,
                    row.segment,
                    row.column,
                    row.metric,
                    row.params,
                    row.grain,
                )
            ].append(row)
    for group in groups.values():
        group.sort(key=_start)
    return dict(groups)


def _start(row: Result) -> float:
    return row.window_start.timestamp() if row.window_start is not None else 0.0


def location_scale(values: Collection[float]) -> LocationScale:
    """Median and robust standard deviation; a scale of 0 says that the series is constant.

    >>> location_scale([1.0, 2.0, 3.0, 4.0, 100.0])
    LocationScale(median=3.0, scale=1.4826)
    """
    middle = median(values)
    deviations = [abs(value - middle) for value in values]
    noise = ROUNDING * max(abs(value) for value in values)
    for scale in (MAD_TO_SD * median(deviations), MEAN_DEVIATION_TO_SD * fmean(deviations)):
        if scale > noise:
            return LocationScale(middle, scale)
    return LocationScale(middle, 0.0)


def stand_out(
    results: Results,
    metrics: Collection[str] | str | None = None,
    *,
    columns: Collection[str] | None = None,
    top: int = 3,
    minimum: float = MIN_SCORE,
    timezone: str | None = None,
) -> list[StandOut]:
    """The windows farthest from their series' median, at most `top` a series, by falling |z|.

    `metrics` are metric names (default: missing share, dataset drift, errors, rows, means),
    `columns` column names ('' is the whole table; default: all), `minimum` the smallest |z| that
    counts, `timezone` the IANA zone of the dates in the sentences (default: the results'). Series
    of fewer than five windows, constant ones and infinite values have no outliers.

    >>> from datetime import UTC, timedelta
    >>> from uuid import UUID
    >>> start, day = datetime(2013, 2, 1, tzinfo=UTC), timedelta(days=1)
    >>> rows = [Result(UUID(int=i), "flights", "", "", start + i * day, start + i * day + day,
    ...                "1d", "", "", "quality.missing_share", share)
    ...         for i, share in enumerate([0.01, 0.02, 0.01, 0.03, 0.02, 0.02, 0.01, 0.38])]
    >>> stand_out(Results(rows))[0].sentence
    '2013-02-08: missing share 0.38, 24 robust sd above the median window 0.02'
    """
    names = {metrics} if isinstance(metrics, str) else set(metrics or _watched())
    kept = results.table.having("metric", names)
    if columns is not None:
        kept &= results.table.having("column", columns)
    rows = results.rows_of(kept)
    zone = zone_of(timezone or results.timezone)
    found = [
        one
        for key, series in series_of(rows).items()
        for one in _outliers(key, series, top, minimum, zone)
    ]
    return sorted(found, key=lambda one: -abs(one.score))


def _watched() -> list[str]:
    """The metrics that are looked at where none is named."""
    return [record.name for record in registry.records() if record.watched]


def _outliers(
    key: Key, series: list[Result], top: int, minimum: float, zone: tzinfo
) -> list[StandOut]:
    rows = [row for row in series if drawable(row.value)]
    if len(rows) < MIN_WINDOWS:
        return []
    centre = location_scale([row.value for row in rows if row.value is not None])
    if centre.scale == 0:
        return []
    scores = [((row.value or 0.0) - centre.median) / centre.scale for row in rows]
    found = [one for one in zip(scores, rows, strict=True) if abs(one[0]) >= minimum]
    found.sort(key=lambda one: -abs(one[0]))
    return [_scored(key, row, centre, score, zone) for score, row in found[:top]]


def _scored(key: Key, row: Result, centre: LocationScale, score: float, zone: tzinfo) -> StandOut:
    value = row.value if row.value is not None else 0.0
    return StandOut(
        key.metric,
        key.column,
        key.segment,
        key.params,
        key.grain,
        row.window_start,
        row.window_end,
        value,
        centre.median,
        centre.scale,
        score,
        _sentence(key, row, centre, score, zone),
    )


def _sentence(key: Key, row: Result, centre: LocationScale, score: float, zone: tzinfo) -> str:
    side = "above" if score > 0 else "below"
    return (
        f"{window_label(row, zone)}: {series_words(key)} {number(row.value, 2)}, "
        f"{abs(score):,.0f} robust sd {side} the median window {number(centre.median, 2)}"
    )
