"""Decided rows of one table as `Results`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from simdrift import _core
from simdrift.metrics.decide import Decided
from simdrift.metrics.names import column_text
from simdrift.results.collection import Results
from simdrift.results.identity import identified
from simdrift.results.rows import Result, Run


def results_of_rows(
    monitor: str, rows: Sequence[Decided], table_rows: int, spec_digest: str = ""
) -> Results:
    """The rows of one table, with the run that they are of and what they say in words."""
    now = datetime.now(UTC)
    version = str(_core.show_config()["version"])
    run = Run(UUID(int=0), monitor, "", "", "", "all", None, None, now, now, table_rows, version,
              spec_digest, "", "")  # fmt: skip
    run = identified(run)
    made, reasons = [], {}
    for row in rows:
        own = row.at(0)
        made.append(Result(run.run_id, "", "", "", None, None, "all", "", *own))
        if row.outcomes.reasons:
            reasons["", column_text(row.column), row.metric] = row.outcomes.reasons[0]
    return Results(made, [run], reasons=reasons)
