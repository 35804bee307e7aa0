"""Prefect 3: block, tasks and flows on Prefect's own temporary server."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from importlib.metadata import entry_points

import pytest
from trips import DAYS, FIRST, WINDOWS

pytest.importorskip("prefect", reason="Prefect is not installed: make test-integrations")

from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
from prefect.testing.utilities import prefect_test_harness
from pydantic import SecretStr

from simdrift._errors import SpecError, StoreUnreachable
from simdrift.integrations.prefect import (
    AlertsFound,
    SimdriftStore,
    backfill_flow,
    monitor_flow,
    tasks,
)
from simdrift.store import Store

pytestmark = pytest.mark.filterwarnings("ignore")  # of Prefect and what it brings, not of ours
END = FIRST + timedelta(days=DAYS)


@pytest.fixture(scope="module", autouse=True)
def harness():
    with (
        prefect_test_harness(server_startup_timeout=120),
        temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False}),
    ):
        yield


@pytest.fixture
def block(database):
    """A saved block of the test's database."""
    SimdriftStore(dsn=SecretStr(database), deadline=5).save("metrics", overwrite=True)
    return "metrics"


@pytest.fixture
def quick(monkeypatch):
    """Retries without pauses."""
    for one in (tasks.compute_windows, tasks.write_results):
        monkeypatch.setattr(one, "retry_delay_seconds", [0.0] * tasks.RETRIES)


def task_runs(name):
    async def read():
        async with get_client() as client:
            return [one for one in await client.read_task_runs() if one.name.startswith(name)]

    return asyncio.run(read())


def test_a_flow_stores_every_window_and_returns_a_summary(spec, block, stored):
    summary = monitor_flow(spec, store=block)
    assert summary["windows"] == WINDOWS
    assert summary["written"] == len(stored())
    assert summary["worst_columns"][0] == "distance"
    again = monitor_flow(spec, store=block)
    assert (again["written"], again["unchanged"]) == (0, summary["written"])


def test_a_flow_publishes_a_table_and_a_few_lines(spec, block):
    monitor_flow(spec, store=block)
    assert "# Nightly trips" in Artifact.get("simdrift-nightly-trips").data
    table = Artifact.get("simdrift-nightly-trips-columns").data
    assert "distance" in str(table)
    assert Artifact.get("simdrift-nightly-trips-columns").type == "table"


def test_a_backfill_is_what_one_run_is(spec, block, stored):
    parts = backfill_flow(spec, FIRST, END, store=block, days=7)
    assert [one["windows"] for one in parts] == [0, 4, 7, 7, 7, 5]
    rows = stored()
    assert monitor_flow(spec, store=block)["written"] == 0
    assert stored() == rows


def test_a_flow_can_fail_where_something_alerts_and_stores_first(spec, block, stored):
    with pytest.raises(AlertsFound, match="distance"):
        monitor_flow(spec, store=block, fail_on_alert=True)
    assert stored()


def test_a_store_that_is_away_is_tried_again_and_the_results_wait(
    spec, database, dead, stored, quick, caplog
):
    SimdriftStore(dsn=SecretStr(dead), deadline=0.1).save("dead", overwrite=True)
    before = len(task_runs("simdrift write"))
    with caplog.at_level(logging.DEBUG), pytest.raises(StoreUnreachable) as error:
        monitor_flow(spec, store="dead")
    assert "s3cret-word" not in caplog.text + str(error.value)
    runs = task_runs("simdrift write")
    assert len(runs) == before + 1
    assert max(one.run_count for one in runs) == 1 + tasks.RETRIES
    assert stored() == {}
    with Store() as store:
        store.flush(adopt=True)
    assert len({key[0] for key in stored()}) == WINDOWS


def test_a_wrong_spec_is_not_tried_again(tmp_path, quick):
    path = tmp_path / "monitor.toml"
    path.write_text('monitor = "m"\nwindw = "1d"\n')
    with pytest.raises(SpecError, match="windw"):
        monitor_flow(str(path))
    newest = max(task_runs("simdrift compute"), key=lambda one: one.start_time)
    assert newest.run_count == 1


def test_a_blocks_password_is_shown_nowhere(dead):
    one = SimdriftStore(dsn=SecretStr(dead))
    assert "s3cret-word" not in repr(one) + str(one) + one.model_dump_json()
    one.save("secret", overwrite=True)
    loaded = SimdriftStore.load("secret")
    assert loaded.dsn.get_secret_value() == dead
    assert "s3cret-word" not in repr(loaded.open())


def test_progress_ends_at_a_hundred(spec, block):
    monitor_flow(spec, store=block)

    async def read():
        async with get_client() as client:
            return [one for one in await client.read_artifacts() if one.type == "progress"]

    newest = max(asyncio.run(read()), key=lambda one: one.created)
    assert newest.description == f"windows of {spec}"
    assert newest.data == 100.0


def test_prefect_finds_the_collection():
    (found,) = [one for one in entry_points(group="prefect.collections") if one.name == "simdrift"]
    assert found.load().SimdriftStore is SimdriftStore


@pytest.mark.parametrize(
    ("name", "key"), [("Ü b/er", "simdrift-b-er"), ("***", "simdrift-monitor")]
)
def test_keys_of_artifacts_are_what_prefect_takes(name, key):
    assert tasks.artifact_key(name) == key
