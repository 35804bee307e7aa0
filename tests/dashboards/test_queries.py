"""Every query of every panel, variable, annotation and rule, run as Grafana runs it: by the role
simdrift_reader, with macros and variables expanded, on the demo's data and on every metric."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from everything import DATASET, STREAMS
from store_servers import DAY, FIRST_DAY

from simdrift.dashboards.catalogue import dashboards, rules
from simdrift.dashboards.macros import expand
from simdrift.dashboards.panels import ALL_ROWS

START, END = FIRST_DAY - DAY, datetime(2014, 2, 1, tzinfo=UTC)
FLIGHTS = "nyc flights 2013"
PANELS = [
    pytest.param(one, panel, id=f"{one.uid}: {panel.title} ({panel.kind})")
    for one in dashboards
    for panel in one.panels
]
# What the demo computes nothing for: its panels are held against the dataset `everything` alone.
NOT_IN_THE_DEMO = {
    "New categories", "Out of range", "Changes of schema", "Outages", "Gaps between groups",
    "Gaps that are judged", "The chosen metric by segment", "Worst segments",
    "Confusion in the newest window",
}  # fmt: skip


def run(reader, sql, values=None):
    cursor = reader.execute(expand(sql, values or {}, START, END).encode())
    return [column.name for column in cursor.description], cursor.fetchall()


def choices(reader, one, **given):
    """A value of every variable of a dashboard, as Grafana chooses: the first; several: all."""
    chosen = {}
    for variable in one.variables:
        found = [row[0] for row in run(reader, variable.sql, chosen)[1]]
        chosen[variable.name] = given.get(variable.name) or (found if variable.multi else found[0])
    return chosen


def check(panel, names, rows):
    """Types and order are what Grafana needs of this kind of panel."""
    assert rows
    assert len(set(names)) == len(names)
    if panel.kind in ("lines", "bars", "heat"):
        assert names[0] == "time"
        values = names[2:] if "metric" in names else names[1:]
        assert values
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)
        for row in rows:
            assert isinstance(row[0], datetime)
            assert row[0].tzinfo is not None
            if "metric" in names:
                assert isinstance(row[1], str)
                assert row[1].strip() == row[1] != ""
            assert all(isinstance(v, float | None) for v in row[-len(values) :])
        assert any(row[-len(values)] is not None for row in rows)
    if panel.kind == "stat":
        assert isinstance(rows[-1][-1], float)
    if panel.kind == "histogram":
        assert names == ["cell", "reference", "current"]
        assert all(isinstance(row[0], str) for row in rows)
        assert sum(row[1] for row in rows) == pytest.approx(1.0)
        assert sum(row[2] for row in rows) == pytest.approx(1.0)


@pytest.mark.parametrize(("one", "panel"), PANELS)
def test_a_panel_gives_rows_on_every_metric(reader, one, panel):
    chosen = choices(reader, one, dataset=DATASET)
    check(panel, *run(reader, panel.sql, chosen))


@pytest.mark.parametrize(("one", "panel"), PANELS)
def test_a_panel_gives_rows_on_the_demo(reader, one, panel):
    if one.uid == "simdrift-service-health" or panel.title in NOT_IN_THE_DEMO:
        names, rows = run(reader, panel.sql, choices(reader, one, dataset=FLIGHTS))
        assert rows == []
        assert names
        return
    check(panel, *run(reader, panel.sql, choices(reader, one, dataset=FLIGHTS)))


@pytest.mark.parametrize("one", dashboards, ids=lambda one: one.uid)
def test_variables_give_text(reader, one):
    chosen = {"dataset": DATASET}
    for variable in one.variables:
        _, rows = run(reader, variable.sql, chosen)
        assert rows
        assert all(isinstance(row[0], str) and row[0] for row in rows)
        chosen[variable.name] = chosen.get(variable.name, rows[0][0])


def test_models_and_versions_are_lines_of_their_own(reader):
    panel = next(p for p in dashboards[0].panels if p.title == "Volume")
    _, rows = run(reader, panel.sql, choices(reader, dashboards[0], dataset=DATASET))
    assert {row[1] for row in rows} == {f"{model} {version}" for model, version in STREAMS}
    one_model = choices(reader, dashboards[0], dataset=DATASET, model=["second model"])
    assert {row[1] for row in run(reader, panel.sql, one_model)[1]} == {"second model 1"}


def test_a_dashboard_without_a_chosen_model_is_empty_and_no_error(reader):
    chosen = choices(reader, dashboards[0], dataset=DATASET) | {"model": []}
    for panel in dashboards[0].panels:
        names, rows = run(reader, panel.sql, chosen)
        assert names
        assert rows == [] or rows == [(0.0,)]


def test_a_segment_is_chosen_by_name(reader):
    panel = next(p for p in dashboards[0].panels if p.title == "Volume")
    for segment in (ALL_ROWS, "zone=north"):
        chosen = choices(reader, dashboards[0], dataset=DATASET, segment=segment)
        assert len(run(reader, panel.sql, chosen)[1]) == 11 * len(STREAMS)


def test_outages_are_the_gap_and_the_empty_window(reader):
    quality = next(one for one in dashboards if one.uid == "simdrift-data-quality")
    panel = next(p for p in quality.panels if p.title == "Outages")
    chosen = choices(reader, quality, dataset=DATASET, model=["second model"])
    _, rows = run(reader, panel.sql, chosen)
    assert rows == [
        (FIRST_DAY + 9 * DAY, FIRST_DAY + 10 * DAY, "no rows"),
        (FIRST_DAY + 7 * DAY, FIRST_DAY + 8 * DAY, "no window"),
    ]


def test_drifted_share_of_the_demo_is_what_was_stored(reader, filled):
    panel = next(p for p in dashboards[0].panels if p.title == "Share of drifted columns")
    _, rows = run(reader, panel.sql, choices(reader, dashboards[0], dataset=FLIGHTS))
    stored = filled.read(dataset=FLIGHTS, metric="drift.dataset")
    assert [(row[0], row[2]) for row in rows] == [(r.window_end, r.value) for r in stored]


@pytest.mark.parametrize(
    "one", [one for one in dashboards if one.annotations], ids=lambda one: one.uid
)
def test_annotations_give_time_text_and_tags(reader, one):
    names, rows = run(reader, one.annotations, {"dataset": DATASET})
    assert names == ["time", "text", "tags"]
    assert rows == [(FIRST_DAY + 2 * DAY, "a column came", "schema")]


# No column of `everything` has a prediction's name, and no column of the demo is sensitive.
OF_ONE_DATASET = {"simdrift-prediction-drift": {FLIGHTS}, "simdrift-bias": {DATASET}}


@pytest.mark.parametrize("rule", rules, ids=lambda rule: rule.uid)
def test_a_rule_gives_a_value_a_stream_with_text_labels(reader, rule):
    names, rows = run(reader, rule.sql)
    labels = ["dataset", "model", "model_version", "grain", "metric"]
    assert names in ([*labels, "value"], [*labels, "column", "value"])
    assert {row[0] for row in rows} == OF_ONE_DATASET.get(rule.uid, {DATASET, FLIGHTS})
    for row in rows:
        assert all(isinstance(label, str) for label in row[:-1])
        assert isinstance(row[-1], float)
    assert len({row[:-1] for row in rows}) == len(rows)


def fires(rule, value):
    return (rule.low is not None and value < rule.low) or (
        rule.high is not None and value > rule.high
    )


def test_the_demo_raises_the_alerts_that_its_newest_day_deserves(reader):
    """On 31 December 7 of 13 columns drifted, some for the third day, the prediction among them;
    volume, missing cells and errors are usual."""
    values = {
        rule.uid: [row[-1] for row in run(reader, rule.sql)[1] if row[0] == FLIGHTS]
        for rule in rules
    }
    fired = {rule.uid for rule in rules if any(fires(rule, v) for v in values[rule.uid])}
    assert fired == {
        "simdrift-drift-share", "simdrift-freshness",
        "simdrift-column-drift", "simdrift-prediction-drift",
    }  # fmt: skip


def test_the_reader_can_only_read(reader):
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.execute("create temporary table mine (a int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("select * from simdrift.metric_value limit 1")


def test_a_value_with_quotes_and_macros_stays_text(reader):
    odd = "it's $__timeFilter(x) ${dataset:sqlstring} %s"
    sql = "select ${dataset:sqlstring}::text where $__timeFilter(now())"
    with pytest.raises(ValueError, match=r"expected \$__timeFilter"):
        expand(sql, {"dataset": odd}, START, END)
    later = datetime.now(UTC) + timedelta(days=1)
    text = expand("select ${dataset:sqlstring}::text", {"dataset": odd}, START, later)
    assert reader.execute(text.encode()).fetchall() == [(odd,)]
