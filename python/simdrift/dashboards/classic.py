"""Dashboards and alert rules as Grafana's Classic JSON (Grafana 10 to 13), by its foundation SDK.

Needs the extra `grafana`; what it makes is kept under `generated/`, so that exporting and
pushing don't. `python -m simdrift.dashboards.classic` writes it anew, and a test holds the two
against each other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.builders import (
    alerting,
    barchart,
    common,
    dashboard,
    stat,
    statushistory,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog import runtime, variants
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import alerting as alerting_models
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

from simdrift.dashboards.catalogue import dashboards, rules
from simdrift.dashboards.panels import Dashboard, Panel, Place, Rule, Variable, places
from simdrift.results.files import write_text

SOURCE_TYPE: Final = "grafana-postgresql-datasource"
SOURCE_UID: Final = "simdrift"
FOLDER_UID: Final = "simdrift"
GENERATED: Final = Path(__file__).parent / "generated"
_DAY_SECONDS: Final = 86_400
_CHOSEN_SOURCE: Final = common_models.DataSourceRef(type_val=SOURCE_TYPE, uid="${datasource}")
_UNITS: Final = {"x": "none", "none": "none"}
_BUILDERS: Final[dict[str, Any]] = {
    "stat": stat.Panel,
    "lines": timeseries.Panel,
    "bars": timeseries.Panel,
    "heat": statushistory.Panel,
    "histogram": barchart.Panel,
    "table": table.Panel,
}


@dataclass
class PostgresQuery(variants.Dataquery, Builder[variants.Dataquery]):
    """A query of Grafana's Postgres data source; the SDK has no type of its own for it."""

    raw_sql: str
    format: str
    ref_id: str = "A"
    uid: str = "${datasource}"

    def to_json(self) -> dict[str, object]:
        return {
            "datasource": {"type": SOURCE_TYPE, "uid": self.uid},
            "editorMode": "code",
            "format": self.format,
            "rawQuery": True,
            "rawSql": self.raw_sql,
            "refId": self.ref_id,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PostgresQuery:
        return cls(data["rawSql"], data["format"], data["refId"], data["datasource"]["uid"])

    def build(self) -> PostgresQuery:
        return self


@dataclass
class Expression(variants.Dataquery, Builder[variants.Dataquery]):
    """The condition of an alert rule: true where query A lies outside [low, high]."""

    low: float | None
    high: float | None

    def to_json(self) -> dict[str, object]:
        return {
            "conditions": [{"evaluator": {"type": self._type, "params": self._params}}],
            "datasource": {"type": "__expr__", "uid": "__expr__"},
            "expression": "A",
            "refId": "B",
            "type": "threshold",
        }

    @property
    def _type(self) -> str:
        if self.low is not None and self.high is not None:
            return "outside_range"
        return "gt" if self.low is None else "lt"

    @property
    def _params(self) -> list[float]:
        return [bound for bound in (self.low, self.high) if bound is not None]

    def build(self) -> Expression:
        return self


runtime.register_dataquery_variant(
    runtime.DataqueryConfig(identifier=SOURCE_TYPE, from_json_hook=PostgresQuery.from_json)
)


def as_json(one: Dashboard) -> str:
    """A dashboard as Grafana's JSON, keys sorted."""
    builder = (
        dashboard.Dashboard(one.title)
        .uid(one.uid)
        .description(one.description)
        .tags(["simdrift"])
        .time("now-90d", "now")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .editable()
        .with_variable(_source_variable())
        .link(
            dashboard.DashboardLink("simdrift")
            .type(models.DashboardLinkType.DASHBOARDS)
            .tags(["simdrift"])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
        )
    )
    for variable in one.variables:
        builder.with_variable(_variable(variable))
    if one.annotations is not None:
        builder.annotation(_annotation(one.annotations))
    for number, (panel, place) in enumerate(zip(one.panels, places(one.panels), strict=True), 1):
        builder.with_panel(_panel(panel, place, number))
    return _text(builder.build())


def _text(model: object) -> str:
    return json.dumps(json.loads(JSONEncoder().encode(model)), indent=1, sort_keys=True) + "\n"


def _source_variable() -> dashboard.DatasourceVariable:
    chosen = models.VariableOption(selected=True, text="simdrift", value=SOURCE_UID)
    return (
        dashboard.DatasourceVariable("datasource")
        .label("Data source")
        .description("The store, read by the role simdrift_reader.")
        .type(SOURCE_TYPE)
        .current(chosen)
    )


def _variable(one: Variable) -> dashboard.QueryVariable:
    made = (
        dashboard.QueryVariable(one.name)
        .label(one.label)
        .description(one.description)
        .query(one.sql)
        .definition(one.sql)
        .datasource(_CHOSEN_SOURCE)
        .refresh(models.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(models.VariableSort.DISABLED)
    )
    return made.multi(True).include_all(True) if one.multi else made


def _annotation(sql: str) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name("Events")
        .datasource(_CHOSEN_SOURCE)
        .enable(True)
        .icon_color("blue")
        .target(PostgresQuery(sql, "table"))
    )


def _panel(panel: Panel, place: Place, number: int) -> Any:
    made = (
        _BUILDERS[panel.kind]()
        .id(number)
        .title(panel.title)
        .description(f"{panel.description}\n\nNo data? {panel.switch_on}")
        .datasource(_CHOSEN_SOURCE)
        .grid_pos(models.GridPos(h=place.h, w=place.w, x=place.x, y=place.y))
        .unit(_UNITS.get(panel.unit, panel.unit))
        .no_value(panel.no_data)
        .thresholds(_thresholds(panel))
        .with_target(PostgresQuery(panel.sql, _format(panel)))
    )
    _DETAILS[panel.kind](made, panel)
    return made


def _format(panel: Panel) -> str:
    return "time_series" if panel.kind in ("lines", "bars", "heat") else "table"


def _thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value=step.value, color=step.colour) for step in panel.steps]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _lines(made: Any, panel: Panel) -> None:
    made.line_width(1).fill_opacity(0).show_points(common_models.VisibilityMode.AUTO)
    made.span_nulls(False)
    for name in panel.dashed:
        made.override_by_regexp(f"/(^| ){name}$/", _dashed(name))


def _dashed(name: str) -> list[models.DynamicConfigValue]:
    """How a level or the edge of an interval is drawn. (Grafana fills between lines of exact
    names only, and these begin with the model's.)"""
    value = models.DynamicConfigValue
    colour = {"threshold": "red", "null quantile": "text"}.get(name, "blue")
    return [
        value("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}),
        value("color", {"mode": "fixed", "fixedColor": colour}),
        value("custom.showPoints", "never"),
    ]


def _bars(made: Any, _: Panel) -> None:
    made.draw_style(common_models.GraphDrawStyle.BARS).fill_opacity(70).line_width(0)


def _stat(made: Any, _: Panel) -> None:
    made.color_mode(common_models.BigValueColorMode.VALUE)
    made.graph_mode(common_models.BigValueGraphMode.AREA)
    made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))


def _heat(made: Any, _: Panel) -> None:
    made.show_value(common_models.VisibilityMode.NEVER)
    made.color_scheme(_by_thresholds()).row_height(0.9).col_width(1.0)
    made.legend(common.VizLegendOptions().show_legend(False))


def _by_thresholds() -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS)


def _histogram(made: Any, _: Panel) -> None:
    made.x_field("cell").show_value(common_models.VisibilityMode.NEVER)
    made.x_tick_label_rotation(-45).fill_opacity(75)
    made.override_by_name("reference", [_colour("#8a94a3")])
    made.override_by_name("current", [_colour("blue")])


def _colour(name: str) -> models.DynamicConfigValue:
    return models.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": name})


_COLUMN_LINK: Final = (
    "/d/simdrift-column-drift?${__url_time_range}&${dataset:queryparam}&${model:queryparam}"
    "&${grain:queryparam}&var-column=${__value.raw:percentencode}"
)
"""From a table's cell with the name of a column to that column's dashboard."""


def _table(made: Any, panel: Panel) -> None:
    made.filterable(True)
    if 'as "column"' in panel.sql or "column_name as column" in panel.sql:
        link = {"title": "Column drift", "url": _COLUMN_LINK}
        made.override_by_name("column", [models.DynamicConfigValue("links", [link])])
    made.override_by_name("time", [models.DynamicConfigValue("unit", "dateTimeAsIso")])


_DETAILS: Final[dict[str, Any]] = {
    "stat": _stat,
    "lines": _lines,
    "bars": _bars,
    "heat": _heat,
    "histogram": _histogram,
    "table": _table,
}


def rules_json() -> str:
    """The alert rules in the shape of Grafana's provisioning API: one group of a folder."""
    return _text({"name": "simdrift", "interval": 300, "rules": [_rule(one) for one in rules]})


def _rule(one: Rule) -> alerting_models.Rule:
    window = alerting_models.RelativeTimeRange(
        from_val=one.days * _DAY_SECONDS,
        to=0,
    )
    condition = Expression(one.low, one.high)
    return (
        alerting.Rule(one.title)
        .uid(one.uid)
        .folder_uid(FOLDER_UID)
        .rule_group("simdrift")
        .org_id(1)
        .condition("B")
        .for_val("0s")
        .no_data_state("OK")
        .exec_err_state("Error")
        .labels({"source": "simdrift", "severity": one.severity})
        .annotations(_annotations(one))
        .with_query(
            alerting.Query("A")
            .datasource_uid(SOURCE_UID)
            .relative_time_range(window)
            .model(PostgresQuery(one.sql, "table", "A", SOURCE_UID))
        )
        .with_query(
            alerting.Query("B")
            .datasource_uid("__expr__")
            .relative_time_range(window)
            .model(condition)
        )
        .build()
    )


def _annotations(one: Rule) -> dict[str, str]:
    """What a message says: the summary with the value, and the panel that it leads to."""
    uid, title = one.panel
    [shown] = [each for each in dashboards if each.uid == uid]
    panel = [each.title for each in shown.panels].index(title) + 1
    return {
        "summary": f"{one.summary} Value: {{{{ $values.A.Value }}}}",
        "__dashboardUid__": uid,
        "__panelId__": str(panel),
    }


def files() -> dict[str, str]:
    """Every file under `generated/` by its name."""
    made = {f"{one.uid}.json": as_json(one) for one in dashboards}
    return made | {"rules.json": rules_json()}


def write(folder: Path = GENERATED) -> None:
    """Writes the generated files."""
    folder.mkdir(exist_ok=True)
    for name, text in files().items():
        write_text(folder / name, text)


if __name__ == "__main__":
    write()
