"""Tasks: compute, write, publish. What trying again can fix is tried again, the rest is not."""

from __future__ import annotations

import re
import time
from typing import Any
from uuid import UUID

from prefect import get_run_logger, task
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from simdrift._errors import InputError, SpecError, StoreUnreachable
from simdrift.integrations import work
from simdrift.integrations.prefect.blocks import SimdriftStore
from simdrift.integrations.work import Computed, Summary, Timestamp

RETRIES = 3
FIRST_PAUSE = 10  # seconds, doubled for every further try
PROGRESS_PERIOD = 1.0  # seconds between two updates of the artifact


def _passes_by_itself(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    """Whether a failure may pass: files and servers may come back, a wrong spec stays wrong."""
    try:
        state.result()
    except (SpecError, InputError, ValueError, TypeError):
        return False
    except (StoreUnreachable, OSError):
        return True
    except Exception:
        return False
    return False


@task(
    name="simdrift compute",
    retries=RETRIES,
    retry_delay_seconds=exponential_backoff(FIRST_PAUSE),
    retry_condition_fn=_passes_by_itself,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def compute_windows(
    spec: str, *, after: Timestamp = None, until: Timestamp = None, threads: int | None = None
) -> Computed:
    """The windows of the monitor in the file `spec` that end after the one time and not after the
    other, with a progress artifact."""
    progress = _Progress(create_progress_artifact(0.0, description=f"windows of {spec}"))
    computed = work.compute(spec, after=after, until=until, threads=threads, progress=progress)
    progress.end()
    results = computed.results
    get_run_logger().info("%d windows, %d values", len(results.runs), len(results))
    return computed


class _Progress:
    """Brings an artifact up to date, at most once a second."""

    def __init__(self, artifact: UUID) -> None:
        self._artifact = artifact
        self._told = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told >= PROGRESS_PERIOD:
            self._told = now
            update_progress_artifact(self._artifact, 100.0 * done / max(total, 1))

    def end(self) -> None:
        """All is done."""
        update_progress_artifact(self._artifact, 100.0)


@task(
    name="simdrift write",
    retries=RETRIES,
    retry_delay_seconds=exponential_backoff(FIRST_PAUSE),
    retry_condition_fn=_passes_by_itself,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def write_results(computed: Computed, store: str | None = None) -> Summary:
    """Writes into the store of the block named `store` (None: SIMDRIFT_DSN, else embedded).

    StoreUnreachable after the last try; the results then wait in the worker's spool.
    """
    block = SimdriftStore() if store is None else SimdriftStore.load(store)
    with block.open() as opened:
        summary = work.store_results(computed, opened)
        label = opened.target.label
    get_run_logger().info("%s: %s", label, summary.stored())
    return summary


@task(name="simdrift publish", cache_policy=NO_CACHE, persist_result=False)
def publish_artifacts(computed: Computed, summary: Summary) -> None:
    """A Markdown artifact with the run in a few lines, and a table of its columns."""
    key = artifact_key(summary.monitor)
    create_markdown_artifact(
        work.markdown(summary), key=key, description=f"simdrift: {summary.monitor}"
    )
    create_table_artifact(
        work.column_table(computed),
        key=f"{key}-columns",
        description=f"simdrift: columns of {summary.monitor}, the worst first",
    )


def artifact_key(monitor: str) -> str:
    """A monitor's name as a key of artifacts: lower-case letters, digits and dashes."""
    words = re.sub(r"[^a-z0-9]+", "-", monitor.lower()).strip("-")
    return f"simdrift-{words or 'monitor'}"
