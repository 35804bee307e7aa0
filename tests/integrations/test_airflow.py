"""Airflow 3 and 2.10: operator, hook, provider and the example DAG, on a database of its own."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import shutil
import sys
import tempfile
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from trips import FIRST, WINDOWS

if importlib.util.find_spec("airflow") is None:
    pytest.skip("Airflow is not installed: make test-integrations", allow_module_level=True)

# Airflow reads its settings when it is first imported.
HOME = Path(tempfile.mkdtemp(prefix="sdr-airflow-"))
EXAMPLE = Path(__file__).parents[2] / "python/simdrift/integrations/airflow/example_dags"
os.environ.update(
    AIRFLOW_HOME=str(HOME),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{HOME}/airflow.db",
    AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags"),
    AIRFLOW__CORE__FERNET_KEY="",
)

pytestmark = pytest.mark.filterwarnings("ignore")  # of Airflow and what it brings, not of ours
SECRET = "s3cret-word"


@pytest.fixture(scope="module", autouse=True)
def airflow_home():
    """Airflow's folder with a database and the example DAG in it."""
    from airflow.utils.db import initdb

    (HOME / "dags").mkdir()
    shutil.copy(EXAMPLE / "simdrift_daily.py", HOME / "dags")
    initdb()
    yield HOME
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture
def connection(database, monkeypatch):
    """The connection `simdrift_default` names the test's database."""
    parts = dict(part.split("=", 1) for part in database.split())
    value = {
        "conn_type": "simdrift",
        "login": parts["user"],
        "schema": parts["dbname"],
        "extra": json.dumps({"host": parts["host"], "port": parts.get("port", "5432")}),
    }
    monkeypatch.setenv("AIRFLOW_CONN_SIMDRIFT_DEFAULT", json.dumps(value))


def made(**options):
    from simdrift.integrations.airflow.compat import DAG
    from simdrift.integrations.airflow.operators import SimdriftOperator

    with DAG("d", schedule=None, start_date=FIRST):
        return SimdriftOperator(task_id="t", **options)


def test_a_run_is_stored_and_its_xcom_is_plain(spec, connection, stored):
    summary = made(spec=spec).execute({})
    assert summary["windows"] == WINDOWS
    assert summary["written"] == len(stored())
    assert json.loads(json.dumps(summary)) == summary
    again = made(spec=spec).execute({})
    assert (again["written"], again["unchanged"]) == (0, summary["written"])


def test_an_interval_is_one_window(spec, connection, stored):
    summary = made(spec=spec, after="2024-01-20 00:00:00+00:00", until="2024-01-21").execute({})
    assert summary["windows"] == 1
    assert {key[0] for key in stored()} == {FIRST + timedelta(days=20)}


def test_a_report_is_written_where_asked(spec, connection, tmp_path):
    made(spec=spec, html=str(tmp_path / "report.html")).execute({})
    assert "Nightly trips" in (tmp_path / "report.html").read_text()


def test_fail_on_alert_fails_without_a_retry_after_storing(spec, connection, stored):
    from simdrift.integrations.airflow.compat import AirflowFailException

    with pytest.raises(AirflowFailException, match="distance"):
        made(spec=spec, fail_on_alert=True).execute({})
    assert stored()


def test_a_wrong_spec_fails_without_a_retry(connection, tmp_path):
    from simdrift.integrations.airflow.compat import AirflowFailException

    with pytest.raises(AirflowFailException, match="no such file"):
        made(spec=str(tmp_path / "none.toml")).execute({})


def test_a_store_that_is_away_can_be_tried_again_and_the_results_wait(
    spec, database, stored, monkeypatch, caplog
):
    from simdrift._errors import StoreUnreachable
    from simdrift.store import Store

    value = {
        "conn_type": "simdrift", "host": "127.0.0.1", "port": 9, "login": "writer",
        "password": SECRET, "schema": "none", "extra": json.dumps({"deadline": 0.1}),
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_SIMDRIFT_DEFAULT", json.dumps(value))
    operator = made(spec=spec)
    assert operator.retries == 3
    with pytest.raises(StoreUnreachable) as error:
        operator.execute({})
    assert SECRET not in str(error.value) + caplog.text
    with Store() as store:
        store.flush(adopt=True)
    assert len({key[0] for key in stored()}) == WINDOWS


def test_the_hook_hides_its_password_and_tests_its_connection(connection, monkeypatch):
    from simdrift.integrations.airflow.hooks import SimdriftHook

    ok, said = SimdriftHook().test_connection()
    assert (ok, "0 runs" in said) == (True, True)
    value = {"conn_type": "simdrift", "host": "127.0.0.1", "port": 9, "password": SECRET,
             "extra": json.dumps({"deadline": 0.1})}  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_SIMDRIFT_DEFAULT", json.dumps(value))
    ok, said = SimdriftHook().test_connection()
    assert not ok
    assert "no answer" in said
    assert SECRET not in said + repr(SimdriftHook().get_conn())


def test_airflow_finds_the_provider_and_its_connection_type():
    from airflow.providers_manager import ProvidersManager

    (found,) = [
        one for one in entry_points(group="apache_airflow_provider")
        if one.value.startswith("simdrift.")
    ]  # fmt: skip
    assert found.load()()["package-name"] == "simdrift"
    manager = ProvidersManager()
    assert "simdrift" in manager.providers
    assert manager.hooks["simdrift"].hook_name == "simdrift store"


def test_the_example_dag_runs(spec, connection, stored, monkeypatch, airflow_home):
    """dag.test(): templates are rendered from the interval, the summary goes on as an XCom."""
    monkeypatch.setenv("AIRFLOW_VAR_SIMDRIFT_SPEC", spec)
    path = airflow_home / "dags" / "simdrift_daily.py"
    spec_of = importlib.util.spec_from_file_location("simdrift_daily", path)
    simdrift_daily = importlib.util.module_from_spec(spec_of)
    monkeypatch.setitem(sys.modules, "simdrift_daily", simdrift_daily)
    spec_of.loader.exec_module(simdrift_daily)

    # The parameter's name in Airflow 3, and in 2.10.
    names = inspect.signature(simdrift_daily.dag.test).parameters
    when = "logical_date" if "logical_date" in names else "execution_date"
    day = FIRST + timedelta(days=20)
    run = simdrift_daily.dag.test(**{when: day})
    assert str(run.state).lower().endswith("success")
    assert {key[0] for key in stored()} == {day}
    again = simdrift_daily.dag.test(**{when: day + timedelta(days=1)})
    assert str(again.state).lower().endswith("success")
    assert {key[0] for key in stored()} == {day, day + timedelta(days=1)}
