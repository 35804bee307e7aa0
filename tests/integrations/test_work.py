"""What Prefect and Airflow have in common: runs in a process without either."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from trips import DAYS, FIRST, WINDOWS

from simdrift._errors import SpecError, StoreUnreachable
from simdrift.integrations import work
from simdrift.store import Store


def test_a_run_is_stored_and_summed_up(spec, database, stored):
    computed = work.compute(spec)
    with Store() as store:
        summary = work.store_results(computed, store)
    assert summary.windows == WINDOWS
    assert summary.rows == WINDOWS * 200
    assert summary.written == summary.values == len(stored())
    assert summary.alerts >= 10
    assert summary.worst_columns[0] == "distance"
    assert json.loads(json.dumps(summary.as_dict())) == summary.as_dict()


def test_a_second_run_changes_nothing(spec, database, stored):
    with Store() as store:
        work.store_results(work.compute(spec), store)
        before = stored()
        again = work.store_results(work.compute(spec), store)
    assert (again.written, again.unchanged) == (0, len(before))
    assert stored() == before


@pytest.fixture
def other(spec):
    """The same monitor with a metric less, hence with runs of their own."""
    path = Path(spec).with_name("other.toml")
    path.write_text(Path(spec).read_text().replace('"rows", "missing_share"', '"rows"'))
    return path


def test_what_a_run_replaces_is_said_with_its_windows(spec, other, database):
    first, second = work.compute(spec), work.compute(other)
    with Store() as store:
        work.store_results(first, store)
        summary = work.store_results(second, store)
    assert (summary.written, summary.superseded) == (summary.values, 0)
    [note] = summary.notes
    assert note.startswith("replaced what was shown of Nightly trips trips duration 1d 2024-01-11")
    assert note in summary.stored()
    assert summary.as_dict()["notes"] == [note]


def test_what_a_later_run_has_superseded_is_not_there_already(spec, other, database, stored):
    first, second = work.compute(spec), work.compute(other)
    with Store() as store:
        work.store_results(second, store)
        before = stored()
        late = work.store_results(first, store)
    assert (late.superseded, late.unchanged) == (late.values - late.written, 0)
    assert late.superseded > 0
    [note] = late.notes
    assert f"{late.superseded:,} rows superseded by a later run of Nightly trips" in note
    assert note in work.markdown(late)
    assert before.items() <= stored().items()


@pytest.mark.parametrize("days", [1, 7, 30, 400])
def test_stretches_give_what_one_run_gives(spec, database, stored, days):
    end = FIRST + timedelta(days=DAYS)
    with Store() as store:
        for after, until in work.stretches(FIRST, end, days):
            work.store_results(work.compute(spec, after=after, until=until), store)
        parts = stored()
        whole = work.store_results(work.compute(spec), store)
    assert whole.written == 0
    assert stored() == parts
    assert len(parts) == whole.values


def test_a_stretch_has_the_windows_that_end_in_it(spec):
    results = work.compute(spec, after="2024-01-15", until="2024-01-17T00:00:00+00:00").results
    ends = [run.window_end for run in results.runs]
    assert ends == [datetime(2024, 1, day, tzinfo=UTC) for day in (16, 17)]


def test_a_store_that_is_away_leaves_the_results_in_the_spool(spec, database, dead, stored):
    computed = work.compute(spec)
    with Store(dead, deadline=0.2) as store, pytest.raises(StoreUnreachable) as error:
        work.store_results(computed, store)
    assert "s3cret-word" not in str(error.value)
    with Store() as store:
        assert store.flush(adopt=True).rows_written == len(computed.results)
    assert len(stored()) == len(computed.results)


def test_a_wrong_spec_is_named(tmp_path):
    with pytest.raises(SpecError, match="no such file"):
        work.compute(tmp_path / "none.toml")


@pytest.mark.parametrize(("start", "days", "message"), [(FIRST, 0, "days"), (None, 1, "start")])
def test_a_stretch_that_is_none_is_refused(start, days, message):
    with pytest.raises(ValueError, match=message):
        list(work.stretches(start or FIRST + timedelta(1), FIRST + timedelta(1), days))


def test_markdown_names_columns_and_counts(spec):
    text = work.markdown(work.summarise(work.compute(spec)))
    assert "Nightly trips" in text
    assert "- distance: " in text
    assert f"{WINDOWS} windows of `trips`" in text
