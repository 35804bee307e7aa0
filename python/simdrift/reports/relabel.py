"""The same results under another owner and window, with the run ids that follow from them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from simdrift.results.collection import Results, in_utc
from simdrift.results.identity import identified
from simdrift.results.rows import Run

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
    unknown = {row.run_id for row in results} - runs.keys()
    if unknown:
        raise ValueError(f"expected a run for every row, found {len(unknown)} run ids without one")
    return Results(
        (
            row._replace(
                run_id=run.run_id,
                dataset=owner.dataset,
                model=owner.model,
                model_version=owner.model_version,
                window_start=run.window_start,
                window_end=run.window_end,
            )
            for row in results
            for run in (runs[row.run_id],)
        ),
        runs.values(),
        (h._replace(run_id=runs[h.run_id].run_id) for h in results.histograms),
        timezone=results.timezone,
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
