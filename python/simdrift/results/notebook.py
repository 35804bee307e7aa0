"""The first rows of a collection as a plain HTML table, for a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from simdrift.catalogue.statuses import TITLES
from simdrift.results.rows import Result
from simdrift.results.text import visible

MOST_ROWS = 20
_HEADS = ("window", "segment", "column", "metric", "value", "threshold", "alert", "status")
_ALERT = {True: "yes", False: "no", None: ""}


def plain_table(rows: Sequence[Result], heading: str, of: int) -> str:
    """A table of the first rows, `of` so many, under a heading; every name is escaped.

    >>> plain_table([], "no rows", 0).startswith("<p>no rows</p>")
    True
    """
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    more = f"<p>… and {of - len(rows):,} more rows</p>" if of > len(rows) else ""
    return f"<p>{_safe(heading)}</p><table><tr>{heads}</tr>{body}</table>{more}"


def _cells(row: Result) -> str:
    start = "all" if row.window_start is None else f"{row.window_start:%Y-%m-%d %H:%M}"
    metric = f"{row.metric} {row.params}".strip()
    texts = (
        *(start, row.segment, row.column, metric, _number(row.value), _number(row.threshold)),
        *(_ALERT[row.alert], TITLES.get(row.status, row.status)),
    )
    return "".join(f"<td>{_safe(text)}</td>" for text in texts)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _safe(text: str) -> str:
    return escape(visible(text))
