"""Changes of schema as events: what a written window has and the one before it had not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid5

import numpy as np

from simdrift.results.identity import NAMESPACE, canonical_json
from simdrift.store.batch import Batch
from simdrift.store.connection import Connection
from simdrift.store.encode import visible

SCHEMA: Final = "schema"
_WORDS: Final = {
    "added": "is new",
    "removed": "is not there",
    "renamed": "looks renamed",
    "reordered": "columns are in another order",
    "retyped": "has another type",
    "precision": "has another precision",
    "time_zone": "has another time zone",
    "nullability": "has missing rows",
    "uniqueness": "has repeated values",
    "domain": "has values outside of its domain",
    "range": "has values out of its range",
}
_NEW: Final = """
select k.place
from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[])
    with ordinality as k (series_key, stream_key, ts, place)
inner join simdrift.series as s on s.series_key = k.series_key
where not exists (
    select from simdrift.metric_value as v
    where v.series_id = s.series_id and v.alert and v.ts = (
        select max(r.window_end) from simdrift.run as r
        where r.stream_key = k.stream_key and r.window_end < k.ts and r.status = 'finished'
    )
)
order by k.place
"""
"""Those of differences that the window before has not."""

EventRow = tuple[UUID, datetime, str, str, str]


class Difference(NamedTuple):
    """What alerts in one window, as an event says it."""

    series_key: str
    stream_key: str
    ts: datetime
    dataset: str
    text: str


def event_row(ts: datetime, dataset: str, kind: str, text: str) -> EventRow:
    """An event as its table holds it; the same event has the same key."""
    names = {"ts": ts, "dataset": dataset, "kind": kind, "text": text}
    key = uuid5(NAMESPACE, canonical_json(names))
    return key, ts, visible(dataset), visible(kind), visible(text)


def events_of_schema(connection: Connection, batch: Batch) -> list[EventRow]:
    """The events of a batch that is written: a difference is one where it begins, at the time of
    its first window's values, and none where the window before has it, too."""
    found = list(differences(batch))
    if not found:
        return []
    columns = [list(own) for own in zip(*(one[:3] for one in found), strict=True)]
    places = connection.execute(_NEW, columns).fetchall()
    new = [found[place - 1] for (place,) in places]
    return [event_row(one.ts, one.dataset, SCHEMA, one.text) for one in new]


def differences(batch: Batch) -> Iterator[Difference]:
    """What alerts in the windows of a batch because it is not as a schema says."""
    own = {
        number: series
        for number, series in enumerate(batch.series)
        if series.metric.startswith("schema.") and series.metric != "schema.changes"
    }
    if not own:
        return
    chosen = (batch.values["alert"] == 1) & np.isin(batch.values["series_no"], list(own))
    for row in batch.values[chosen]:
        series, run = own[int(row["series_no"])], batch.runs[int(row["run_no"])]
        ts = datetime.fromisoformat(run.window_end)
        text = _text(series.column_name, series.metric.partition(".")[2], series.params)
        yield Difference(series.series_key, run.stream_key, ts, series.dataset, text)


def _text(column: str, kind: str, params: str) -> str:
    words = " ".join(part for part in (column, _WORDS.get(kind, kind)) if part)
    return f"{words}: {params.replace(' -> ', ' → ')}" if params else words
