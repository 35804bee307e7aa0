"""One run of a monitor as an Airflow task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from simdrift._errors import InputError, SpecError
from simdrift.integrations import work
from simdrift.integrations.airflow.compat import AirflowFailException, BaseOperator
from simdrift.integrations.airflow.hooks import SimdriftHook

__all__ = ["SimdriftOperator"]


class SimdriftOperator(BaseOperator):
    """Computes the windows of the monitor in the file `spec`, stores them, returns a summary.

    `after` and `until` (ISO 8601, templated) keep the windows that end after the one and not
    after the other: '{{ data_interval_end - macros.timedelta(days=7) }}' and
    '{{ data_interval_end }}' for the last seven days. The XCom is the summary in plain values. A
    wrong spec or file fails the task without a retry; a store that is away fails it with retries
    (three, at most ten minutes between them, unless the DAG says otherwise), and the results wait
    in the worker's spool.
    With `fail_on_alert` the task fails, without a retry, where something alerts or no window has
    rows, after everything is stored.
    """

    template_fields: Sequence[str] = ("spec", "after", "until", "simdrift_conn_id", "html")
    template_ext: Sequence[str] = ()
    ui_color = "#cfe3ff"

    def __init__(
        self,
        *,
        spec: str,
        after: str | None = None,
        until: str | None = None,
        simdrift_conn_id: str | None = SimdriftHook.default_conn_name,
        html: str | None = None,
        threads: int | None = None,
        fail_on_alert: bool = False,
        retries: int = 3,
        retry_delay: timedelta = timedelta(seconds=30),
        **more: Any,
    ) -> None:
        more.setdefault("retry_exponential_backoff", True)
        more.setdefault("max_retry_delay", timedelta(minutes=10))
        super().__init__(retries=retries, retry_delay=retry_delay, **more)
        self.spec = spec
        self.after = after
        self.until = until
        self.simdrift_conn_id = simdrift_conn_id
        self.html = html
        self.threads = threads
        self.fail_on_alert = fail_on_alert

    def execute(self, context: Any) -> dict[str, Any]:
        """The run; returns its summary."""
        computed = self._compute()
        if self.html:
            computed.report.save_html(self.html)
            self.log.info("report: %s", self.html)
        with SimdriftHook(self.simdrift_conn_id).get_conn() as store:
            summary = work.store_results(computed, store)
            self.log.info(
                "%s: %d windows, %d alerts; %s",
                store.target.label,
                summary.windows,
                summary.alerts,
                summary.stored(),
            )
        if self.fail_on_alert and summary.alarm:
            raise AirflowFailException(f"{summary.alarm}; all of it is stored")
        return summary.as_dict()

    def _compute(self) -> work.Computed:
        try:
            return work.compute(
                self.spec,
                after=self.after,
                until=self.until,
                threads=self.threads,
                progress=self._tell,
            )
        except (SpecError, InputError, ValueError) as error:
            raise AirflowFailException(str(error)) from None  # trying again would not fix it

    def _tell(self, done: int, total: int) -> None:
        """A line of the log every tenth of the way."""
        if total >= 10 and done % (total // 10) == 0:
            self.log.info("%d of %d windows", done, total)


def __dir__() -> list[str]:
    return sorted(__all__)
