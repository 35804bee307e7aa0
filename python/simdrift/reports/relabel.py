"""The same results under another owner and window, with the run ids that follow from them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from simdrift.results.collection import Results
from simdrift.results.identity import identified
from simdrift.results.rows import Run
from simdrift.results.table import Head
from simdrift.results.zones import in_utc

Window = tuple[datetime, datetime]


class Owner(NamedTuple):
    """Whose results they are."""

    monitor: str
    dataset: str
    model: str
    model_version: str


def relabelled(results: Results, owner: Owner, window: Window | None) -> Results:
    """The results as the owner's, of the window where one is given.

    Results without a window need one; ValueError says so. Every row needs its run.
    """
    times = _checked(results, window)
    runs = {run.run_id: _run(run, owner, times) for run in results.runs}
    table = results.table.compacted()  # no head but those that rows have
    unknown = {head.run_id for head in table.heads} - runs.keys()
    if unknown:
        raise ValueError(f"expected a run for every row, found {len(unknown)} run ids without one")
    heads = [_head(runs[head.run_id], head.grain) for head in table.heads]
    ids = {old: run.run_id for old, run in runs.items()}
    return Results.from_table(
        table.with_heads(heads),
        runs.values(),
        results.histograms.with_run_ids(ids),
        timezone=results.timezone,
        reasons={
            key: {ids[run]: reason for run, reason in own.items()}
            for key, own in results.reasons_by_run.items()
        },
        types=results.types,
    )


def _head(run: Run, grain: str) -> Head:
    """What the rows of a run share."""
    return Head(
        run.run_id,
        run.dataset,
        run.model,
        run.model_version,
        run.window_start,
        run.window_end,
        grain,
    )


def _run(run: Run, owner: Owner, times: Window | None) -> Run:
    start, end = times or (run.window_start, run.window_end)
    return identified(
        run._replace(
            monitor=owner.monitor,
            dataset=owner.dataset,
            model=owner.model,
            model_version=owner.model_version,
            window_start=start,
            window_end=end,
        )
    )


def _checked(results: Results, window: Window | None) -> Window | None:
    if window is None:
        if any(run.window_start is None or run.window_end is None for run in results.runs):
            raise ValueError(
                "these results have no window, so the store can't say when the data are of: "
                "pass window=(start, end), two times with zones, or compare with a time column"
            )
        return None
    start, end = (in_utc(time) for time in window)
    if start is None or end is None or not start < end:
        raise ValueError(f"window: expected (start, end) with start < end, found {window!r}")
    if len(results.runs) > 1:
        raise ValueError(
            f"window: these results have {len(results.runs)} windows of their own, "
            "which one window can't name: leave it out"
        )
    return start, end
