"""Every night: the windows of the day before, into the store of the connection `simdrift_default`.

Copy it into your DAG folder and set the Airflow variable `simdrift_spec` to the path of your
monitor's TOML file.
"""

from __future__ import annotations

from datetime import UTC, datetime

from simdrift.integrations.airflow.compat import DAG, task  # Airflow 3: airflow.sdk
from simdrift.integrations.airflow.operators import SimdriftOperator

with DAG(
    dag_id="simdrift_daily",
    schedule="@daily",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["simdrift"],
    doc_md=__doc__,
) as dag:
    monitored = SimdriftOperator(
        task_id="monitor",
        spec="{{ var.value.simdrift_spec }}",
        # Airflow 3 runs a cron schedule at its logical date; that of an interval timetable is the
        # interval's start: there data_interval_start and data_interval_end are meant.
        after="{{ logical_date - macros.timedelta(days=1) }}",
        until="{{ logical_date }}",
    )

    @task
    def tell(summary: dict[str, object]) -> str:
        """What the next task makes of the summary."""
        return f"{summary['alerts']} alerts in {summary['windows']} windows"

    tell(monitored.output)
