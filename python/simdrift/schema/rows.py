"""Rows of one table as `Results`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from simdrift import _core
from simdrift.metrics.decide import Decided
from simdrift.metrics.names import column_text
from simdrift.metrics.values import MetricValue
from simdrift.results.collection import Results
from simdrift.results.identity import identified
from simdrift.results.rows import Result, Run

Words = Mapping[tuple[str, str, str], str]


def results_of_values(
    monitor: str, rows: Sequence[MetricValue], reasons: Words, table_rows: int, spec_digest: str
) -> Results:
    """The rows of one table, with the run that they are of and what they say in words."""
    now = datetime.now(UTC)
    version = str(_core.show_config()["version"])
    run = Run(UUID(int=0), monitor, "", "", "", "all", None, None, now, now, table_rows, version,
              spec_digest, "", "")  # fmt: skip
    run = identified(run)
    made = [Result(run.run_id, "", "", "", None, None, "all", "", *own) for own in rows]
    return Results(made, [run], reasons=dict(reasons))


def words_of(rows: Sequence[Decided]) -> dict[tuple[str, str, str], str]:
    """What rows say in words."""
    return {
        ("", column_text(row.column), row.metric): row.outcomes.reasons[0]
        for row in rows
        if row.outcomes.reasons
    }


def results_of_rows(
    monitor: str, rows: Sequence[Decided], table_rows: int, spec_digest: str = ""
) -> Results:
    """The same of decided rows."""
    values = [row.at(0) for row in rows]
    return results_of_values(monitor, values, words_of(rows), table_rows, spec_digest)
