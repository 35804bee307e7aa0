"""Results as Prometheus gauges: a text file for node_exporter, or a push gateway.

One family of gauges a field of the result row, labels of the series: what an alert rule of
Prometheus needs, and no more. Prometheus keeps no past: only the newest window of a series goes
out. Labels are bounded in length, the number of series by `max_series`.

Text format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from os import PathLike
from typing import TYPE_CHECKING, Final, NamedTuple

from simdrift._errors import InputError, StoreError
from simdrift.results.collection import Results
from simdrift.results.files import write_text
from simdrift.results.rows import Result, Run
from simdrift.store.encode import visible

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import GaugeMetricFamily

MAX_SERIES: Final = 10_000
LONGEST_LABEL: Final = 128  # characters; longer ones end in a digest
_DIGEST: Final = 8  # hex digits of it
_TIMEOUT: Final = 30.0  # seconds for the push gateway

SERIES_LABELS: Final = (
    "monitor",
    "dataset",
    "model",
    "model_version",
    "grain",
    "segment",
    "column",
    "metric",
    "params",
)
RUN_LABELS: Final = SERIES_LABELS[:5]
FAMILIES: Final = {
    "value": ("simdrift_value", "Value of the metric in the newest window."),
    "ci_low": ("simdrift_ci_low", "Lower end of the 95 % interval."),
    "ci_high": ("simdrift_ci_high", "Upper end of the 95 % interval."),
    "p_value": ("simdrift_p_value", "p-value, as computed."),
    "q_value": ("simdrift_q_value", "p-value, corrected over the run."),
    "effect_size": ("simdrift_effect_size", "Effect size of the test."),
    "threshold": ("simdrift_threshold", "What the metric is compared with."),
    "null_quantile": ("simdrift_null_quantile", "95 % quantile under no drift."),
    "alert": ("simdrift_alert", "1 where the rule of the metric is crossed, 0 where not."),
    "n_reference": ("simdrift_reference_rows", "Rows of the reference that took part."),
    "n_current": ("simdrift_current_rows", "Rows of the window that took part."),
}
log = logging.getLogger("simdrift")


class _Series(NamedTuple):
    """The newest row of a series and its labels."""

    labels: tuple[str, ...]
    row: Result


def write_file(results: Results, path: str | PathLike[str], *, max_series: int = MAX_SERIES) -> int:
    """Writes the newest window of every series as a text file, whole or not at all.

    For node_exporter the name ends in '.prom'. Returns the number of series. InputError where
    prometheus-client is not installed, OSError as `open` raises it.
    """
    registry, count = _registry(results, max_series)
    write_text(path, _exposed(registry))
    return count


def text(results: Results, *, max_series: int = MAX_SERIES) -> str:
    """The same as text."""
    return _exposed(_registry(results, max_series)[0])


def _exposed(registry: CollectorRegistry) -> str:
    from prometheus_client import generate_latest

    return generate_latest(registry).decode("utf-8")


def push(
    results: Results, gateway: str, *, job: str = "simdrift", max_series: int = MAX_SERIES
) -> int:
    """Pushes the newest window of every series, one group a monitor, in place of the group
    that was there. Returns the number of series.

    StoreError where the gateway is away or refuses; InputError for a URL with a password in it,
    or where prometheus-client is not installed.
    """
    if "@" in gateway:
        raise InputError("push gateway: expected a URL without user and password, found one")
    _need_client()
    from prometheus_client import push_to_gateway

    count = 0
    for monitor in sorted({run.monitor for run in results.runs}):
        registry, series = _registry(_of_monitor(results, monitor), max_series)
        try:
            push_to_gateway(
                gateway, job, registry, grouping_key={"monitor": monitor}, timeout=_TIMEOUT
            )
        except OSError as error:
            raise StoreError(
                f"push gateway {gateway}: expected it to take {series} series, found {error}; is "
                "the URL right, and does it run?"
            ) from None
        count += series
    return count


def _of_monitor(results: Results, monitor: str) -> Results:
    runs = [run for run in results.runs if run.monitor == monitor]
    ids = {run.run_id for run in runs}
    return Results([row for row in results if row.run_id in ids], runs)


def _need_client() -> None:
    try:
        import prometheus_client  # noqa: F401
    except ImportError:
        raise InputError(
            "expected the package prometheus-client, found none: pip install 'simdrift[prometheus]'"
        ) from None


def _registry(results: Results, max_series: int) -> tuple[CollectorRegistry, int]:
    _need_client()
    from prometheus_client import CollectorRegistry

    series = _bounded(list(_newest(results)), max_series)
    registry = CollectorRegistry()
    registry.register(_Collector([*_value_families(series), *_run_families(results.runs)]))
    return registry, len(series)


class _Collector:
    """Families that are made already."""

    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._families


def _newest(results: Results) -> Iterator[_Series]:
    """The row of the newest window of every series, in the order of the rows."""
    monitors = {run.run_id: run.monitor for run in results.runs}
    found: dict[tuple[str, ...], Result] = {}
    for row in results:
        key: tuple[str, ...] = (
            monitors.get(row.run_id, ""), row.dataset, row.model, row.model_version, row.grain,
            row.segment, row.column, row.metric, row.params,
        )  # fmt: skip
        before = found.get(key)
        if before is None or _later(row, before):
            found[key] = row
    for names, row in found.items():
        yield _Series(tuple(label(text) for text in names), row)


def _later(row: Result, before: Result) -> bool:
    return (
        row.window_end is not None
        and before.window_end is not None
        and row.window_end > before.window_end
    )


def label(text: str) -> str:
    """A label's value: as the store writes it, at most LONGEST_LABEL characters; a longer one
    ends in a digest of the whole, so that two never become one.

    >>> label("dep_delay"), len(label("x" * 1000))
    ('dep_delay', 128)
    """
    shown = visible(text)
    if len(shown) <= LONGEST_LABEL:
        return shown
    digest = hashlib.sha256(shown.encode()).hexdigest()[:_DIGEST]
    return f"{shown[: LONGEST_LABEL - _DIGEST - 1]}~{digest}"


def _bounded(series: list[_Series], most: int) -> list[_Series]:
    """At most `most` series: what alerts first, then what a rule applies to, then the table's."""
    if most < 1:
        raise ValueError(f"max_series: expected 1 or more, found {most}")
    if len(series) <= most:
        return series
    log.warning(
        "%s of %s series are left out for Prometheus, those without alerts first: raise "
        "max_series, or export fewer columns, segments or metrics",
        f"{len(series) - most:,}",
        f"{len(series):,}",
    )
    return sorted(series, key=_importance)[:most]


def _importance(one: _Series) -> tuple[bool, bool, bool]:
    return not one.row.alert, one.row.alert is None, one.row.column != ""


def _value_families(series: list[_Series]) -> Iterator[GaugeMetricFamily]:
    from prometheus_client.core import GaugeMetricFamily

    for field, (name, words) in FAMILIES.items():
        family = GaugeMetricFamily(name, words, labels=SERIES_LABELS)
        for one in series:
            value = getattr(one.row, field)
            if value is not None:
                family.add_metric(one.labels, float(value))
        yield family


def _run_families(runs: Iterable[Run]) -> Iterator[GaugeMetricFamily]:
    """The newest run of every stream: when its window ended, how long it took, its rows."""
    from prometheus_client.core import GaugeMetricFamily

    ended = GaugeMetricFamily(
        "simdrift_window_end_timestamp_seconds", "End of the newest window.", labels=RUN_LABELS
    )
    took = GaugeMetricFamily(
        "simdrift_run_duration_seconds", "Time to compute the newest window.", labels=RUN_LABELS
    )
    rows = GaugeMetricFamily("simdrift_run_rows", "Rows of the newest window.", labels=RUN_LABELS)
    newest: dict[tuple[str, ...], Run] = {}
    for run in runs:
        if run.window_end is None:
            continue
        key: tuple[str, ...] = (run.monitor, run.dataset, run.model, run.model_version, run.grain)
        before = newest.get(key)
        if before is None or before.window_end is None or run.window_end > before.window_end:
            newest[key] = run
    for names, run in newest.items():
        labels = [label(text) for text in names]
        assert run.window_end is not None
        ended.add_metric(labels, run.window_end.timestamp())
        took.add_metric(labels, (run.finished_at - run.started_at).total_seconds())
        rows.add_metric(labels, float(run.rows))
    yield from (ended, took, rows)
