"""Every night: the windows of the last seven days, into the store of the connection
`simdrift_default`.

Copy it into your DAG folder and set the Airflow variable `simdrift_spec` to the path of your
monitor's TOML file.
"""

from __future__ import annotations

from datetime import UTC, datetime

from simdrift.integrations.airflow.compat import DAG, task  # Airflow 3: airflow.sdk
from simdrift.integrations.airflow.operators import SimdriftOperator

# The end of the run's interval, right in Airflow 2 and 3. A run by an asset, or by hand in 3, has
# none: then every window is computed, and those that are stored already cost no write.
END = "{{ data_interval_end | default('', true) }}"
# Rows that arrive late are counted: a window that has not changed costs no write.
SEVEN_DAYS_BEFORE = (
    "{% if data_interval_end | default(none) %}"
    "{{ data_interval_end - macros.timedelta(days=7) }}{% endif %}"
)

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
        after=SEVEN_DAYS_BEFORE,
        until=END,
    )

    @task
    def tell(summary: dict[str, object]) -> str:
        """What the next task makes of the summary."""
        return f"{summary['alerts']} alerts in {summary['windows']} windows"

    tell(monitored.output)
