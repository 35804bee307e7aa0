"""The pipeline behind a monitor's data: `quality.freshness`, `volume` and others by window."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simdrift._errors import StoreError
from simdrift.catalogue.statuses import CODES
from simdrift.columns import Table
from simdrift.columns.values import Values, seconds_of
from simdrift.metrics import pipelines
from simdrift.metrics.columns import ReferenceColumn
from simdrift.metrics.decide import Decided
from simdrift.metrics.groups import ColumnGroups, Groups
from simdrift.metrics.outcomes import OK_CODE, Outcomes
from simdrift.metrics.pipelines import Judged
from simdrift.monitoring.digests import DataDigest
from simdrift.monitoring.spec import Spec
from simdrift.monitoring.windows import DAY, Rule, Window
from simdrift.store import Store

log = logging.getLogger("simdrift")

WEEK: Final = 7 * DAY
LEAST_WAIT: Final = 0.01
"""Of a window's length: a shorter wait alerts nobody."""


class Earlier(NamedTuple):
    """A window of an earlier run, as a store has it."""

    start: datetime
    end: datetime
    rows: int
    digest: str


_DEADLINE: Final = 5.0
"""Seconds for a store whose windows only help."""
_EARLIER: Final = """
select distinct on (window_start) window_start, window_end, rows, data_digest
from simdrift.run
where monitor = %s and dataset = %s and grain = %s and window_end <= %s and status = 'finished'
order by window_start, finished_at desc
"""


def earlier_windows(history: Any, spec: Spec, before: datetime) -> list[Earlier]:
    """The newest runs of a store's windows that ended before, oldest first; none without a store,
    and none of one that can't be read, which is logged."""
    if history is None:
        return []
    arguments = (spec.monitor, spec.dataset, spec.window, before)
    try:
        if isinstance(history, Store):
            found = history.inspect(lambda own: own.execute(_EARLIER, arguments).fetchall())
        else:
            with Store(history, deadline=_DEADLINE) as store:
                found = store.inspect(lambda own: own.execute(_EARLIER, arguments).fetchall())
    except StoreError as error:
        log.warning("pipelines: the store's earlier windows can't be read: %s", error)
        return []
    return [Earlier(*row) for row in found]


class Pipeline(NamedTuple):
    """What is needed of a monitor. `table`: its rows in the order of windows, of the columns that
    are watched; `times`: those of the rows; `every`: its windows; `earlier`: those of a store that
    end before the first."""

    names: Sequence[str]
    rule: Rule
    zone: ZoneInfo
    table: Table
    times: Values | None
    every: Sequence[Window]
    earlier: Sequence[Earlier] = ()

    def rows(
        self, wanted: Sequence[Window], reference: Mapping[str, ReferenceColumn]
    ) -> list[Decided]:
        """The rows of the wanted windows; all are looked at."""
        if not self.names:
            return []
        places = {(one.start, one.end): place for place, one in enumerate(self.every)}
        chosen = np.array([places[one.start, one.end] for one in wanted], np.int64)
        found = [
            _decided(None, name, self._judged(name), chosen)
            for name in self.names
            if name != "stuck" and (self.times is not None or name == "repeated")
        ]
        if "stuck" in self.names:
            found += self._stuck(chosen, reference)
        return found

    def _judged(self, name: str) -> Judged:
        if name in ("freshness", "largest_gap"):
            ages, gaps = self._waits()
            length = min(((one.end - one.start).total_seconds() for one in self.every), default=0)
            own = ages if name == "freshness" else gaps
            usual = [bool(one.rows) for one in self.every]
            return pipelines.waits(own.tolist(), least=LEAST_WAIT * length, usual=usual)
        kept = len(self.earlier)
        starts = [*(one.start for one in self.earlier), *(one.start for one in self.every)]
        counts = [*(one.rows for one in self.earlier), *(one.rows for one in self.every)]
        alike = [self._key(start) for start in starts]
        if name == "volume":
            return pipelines.volume(counts, alike).at(slice(kept, None))
        if name == "missing_windows":
            return pipelines.missing_windows(self._missing(), alike).at(slice(kept, None))
        digests = DataDigest().of_groups(self.table, self._groups())
        before = [one.digest for one in self.earlier]
        return pipelines.repeated([*before, *digests], counts).at(slice(kept, None))

    def _key(self, start: datetime) -> Hashable:
        """What windows that are alike have in common; of weeks and longer ones, each is alone."""
        if self.rule.step >= WEEK:
            return start
        local = start.astimezone(self.zone)
        return local.weekday(), local.time()

    def _groups(self) -> Groups:
        first = np.array([one.first for one in self.every], np.int64)
        return Groups(first, np.array([one.stop for one in self.every], np.int64))

    def _missing(self) -> list[int]:
        """Windows without rows, listed or not, between each and the last before it with rows; one
        without rows counts itself."""
        found, last = [], None
        step = self.rule.step / 1e6
        bounds: Iterable[tuple[Any, ...]] = [
            *((one.start, one.end, one.rows) for one in self.earlier),
            *((one.start, one.end, one.rows) for one in self.every),
        ]
        for start, end, rows in bounds:
            wait = 0.0 if last is None or not step else (start - last).total_seconds()
            is_one = int(last is not None and not rows)
            found.append(max(0, round(wait / step)) + is_one if step else 0)
            last = end if rows and (last is None or end > last) else last
        return found

    def _waits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Seconds from the newest row to each window's end, and the longest without a row in it,
        by the zone's clock; of a window without rows the newest is one before it, unless the window
        a week before had none, either, and the gap is NaN."""
        assert self.times is not None
        is_aware = "," in self.times.column.type
        ages, gaps = np.full(len(self.every), np.nan), np.full(len(self.every), np.nan)
        newest, had_rows = np.nan, dict[Hashable, bool]()
        for place, one in enumerate(self.every):
            own = np.sort(self.times.numbers[one.first : one.stop])
            start, end = (self._seconds(bound, is_aware) for bound in (one.start, one.end))
            newest = own[-1] if len(own) else newest
            if len(own) or had_rows.get(self._key(one.start), True):
                ages[place] = end - newest
            had_rows[self._key(one.start)] = bool(one.rows)
            if len(own):
                gaps[place] = np.diff(np.concatenate([[start], own, [end]])).max()
        return ages, gaps

    def _seconds(self, bound: datetime, is_aware: bool) -> float:
        local = bound.astimezone(self.zone)
        return seconds_of(local if is_aware else local.replace(tzinfo=None))

    def _stuck(
        self, chosen: NDArray[np.int64], reference: Mapping[str, ReferenceColumn]
    ) -> list[Decided]:
        found = []
        for name, column in self.table.computed.items():
            own = ColumnGroups(name, column, self._groups(), gap=self.table.gaps.get(name))
            if own.kind == "null":
                continue
            distinct, _ = own.distinct
            before = reference.get(name)
            varied = before is not None and before.refused is None and _varies(before)
            judged = pipelines.stuck(distinct.tolist(), own.valid.tolist(), varied=varied)
            found.append(_decided(name, "stuck", judged, chosen))
        return found


def _varies(column: ReferenceColumn) -> bool:
    try:
        return bool(column.distinct[0] > 1)
    except Exception:  # of a saved reference that kept no count
        return False


def _decided(column: str | None, name: str, judged: Judged, chosen: NDArray[np.int64]) -> Decided:
    value, threshold, alert, p_value = judged.at(chosen)
    status = np.full(len(chosen), OK_CODE, np.uint8)
    is_none = np.isnan(value)
    status[is_none] = CODES["empty"]
    outcomes = Outcomes(value, status, p_value=p_value)
    codes = np.where(is_none, -1, alert).astype(np.int8)
    return Decided(column, f"quality.{name}", "", outcomes, None, threshold, codes)
