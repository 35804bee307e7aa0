"""Grafana's JSON: what is kept is what the code makes, the SDK reads it back whole, and every
panel has what a person and Grafana need."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import combinations

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from simdrift.dashboards import classic
from simdrift.dashboards.catalogue import dashboards, rules

KEPT = {path.name: path.read_text("utf-8") for path in sorted(classic.GENERATED.iterdir())}
BOARDS = {name: json.loads(text) for name, text in KEPT.items() if name != "rules.json"}


@pytest.fixture(params=sorted(BOARDS))
def board(request):
    return BOARDS[request.param]


def test_the_kept_files_are_what_the_code_makes():
    """Else run: python -m simdrift.dashboards.classic"""
    assert classic.files() == KEPT


def test_there_are_six_dashboards_with_ids_of_their_own():
    assert sorted(BOARDS) == sorted(f"{one.uid}.json" for one in dashboards)
    assert len({board["uid"] for board in BOARDS.values()}) == 6


def test_the_sdk_reads_back_what_it_wrote(board):
    plugins.register_default_plugins()
    again = json.loads(JSONEncoder().encode(models.Dashboard.from_json(board)))
    assert again == board
    queries = [target for panel in board["panels"] for target in panel["targets"]]
    assert len(queries) == len(board["panels"])


def test_every_panel_is_complete(board):
    for panel in board["panels"]:
        assert panel["title"]
        assert len(panel["description"]) > 20
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"]
        assert len(defaults["noValue"]) > 20
        assert panel["datasource"] == {
            "type": "grafana-postgresql-datasource", "uid": "${datasource}",
        }  # fmt: skip
        (target,) = panel["targets"]
        assert re.search(r"\$__timeFilter\([\w.]+\)", target["rawSql"])
        assert "simdrift.dashboard_" in target["rawSql"]
        assert target["format"] in ("table", "time_series")


NO_METRIC = {  # they rest on windows, histograms, statuses, measurements
    "Freshness", "Reference and newest window", "Changes of schema", "Outages",
    "Rows a second by task", "Times as fast as the baseline", "Rows a second of runs",
    "Seconds of runs", "Newest benchmarks",
}  # fmt: skip


@pytest.mark.parametrize("one", dashboards, ids=lambda one: one.uid)
def test_a_panel_without_rows_says_what_is_missing_and_how_to_have_it(one):
    for panel in one.panels:
        shown = panel.no_data
        assert shown.startswith("Not computed. ") == (panel.title not in NO_METRIC), shown
        assert re.search(r"`|\[|None in the chosen time", shown), shown


def test_macros_have_no_parentheses_inside(board):
    for panel in board["panels"]:
        for found in re.findall(r"\$__\w+\([^()]*[()]", panel["targets"][0]["rawSql"]):
            assert found.endswith(")")


def test_panels_lie_on_the_grid_and_do_not_overlap(board):
    places = [panel["gridPos"] for panel in board["panels"]]
    for place in places:
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= 24
    for a, b in combinations(places, 2):
        apart = (
            a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
            or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        )  # fmt: skip
        assert apart, (a, b)
    assert len({panel["id"] for panel in board["panels"]}) == len(places)


def test_every_variable_that_is_used_exists(board):
    known = {variable["name"] for variable in board["templating"]["list"]}
    assert "datasource" in known
    used = set(re.findall(r"\$\{(\w+)", json.dumps(board)))
    used = {name for name in used if not name.startswith("__")}  # Grafana's own, in links
    assert used <= known


def test_the_variables_of_the_design_are_there():
    found = {v["name"] for board in BOARDS.values() for v in board["templating"]["list"]}
    assert found >= {"datasource", "dataset", "model", "column", "segment", "metric"}


def test_every_rule_is_kept_with_a_condition_on_its_query():
    group = json.loads(KEPT["rules.json"])
    assert [rule["uid"] for rule in group["rules"]] == [rule.uid for rule in rules]
    for rule, made in zip(group["rules"], rules, strict=True):
        query, condition = rule["data"]
        assert query["datasourceUid"] == "simdrift"
        assert query["relativeTimeRange"]["from"] == made.days * 86_400
        assert "$__timeFilter" in query["model"]["rawSql"]
        assert (rule["condition"], condition["refId"]) == ("B", "B")
        assert condition["model"]["expression"] == query["refId"]
        evaluator = condition["model"]["conditions"][0]["evaluator"]
        assert (evaluator["type"], len(evaluator["params"])) in (("gt", 1), ("outside_range", 2))


# JSON has no enums: a text is held against the values of one, a number against numbers.
PROGRAM = """import type { Dashboard, Panel } from '@grafana/schema';
type Json<T> = T extends string ? `${T}`
  : T extends number ? number
  : T extends readonly (infer U)[] ? readonly Json<U>[]
  : T extends object ? { readonly [K in keyof T]: Json<T[K]> } : T;
type Board = Omit<Dashboard, 'panels'> & { panels: Panel[] };
const read = %s as const;
export const board: Json<Board> = read;
"""


@pytest.fixture(scope="session", params=[pytest.param("10.4.19", marks=pytest.mark.slow), "13.2.3"])
def grafana_types(request, tmp_path_factory):
    """A folder with TypeScript and Grafana's own types of one version."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("types")
    packages = [f"@grafana/schema@{request.param}", "typescript@5.9"]
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        [*command, *packages], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        pytest.skip(f"npm cannot fetch @grafana/schema: {done.stderr.strip()[-200:]}")
    return folder


def compiled(folder, programs):
    """What TypeScript says of programs by name, each line with its file; nothing where all are
    right."""
    files = [f"{name}.ts" for name in programs]
    for file, text in zip(files, programs.values(), strict=True):
        (folder / file).write_text(text, "utf-8")
    options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"]
    options += ["--module", "esnext", "--moduleResolution", "bundler"]
    done = subprocess.run(
        ["node", "node_modules/typescript/bin/tsc", *options, *files],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.stdout


def test_the_dashboards_are_of_grafanas_own_types(grafana_types):
    programs = {name.removesuffix(".json"): PROGRAM % json.dumps(b) for name, b in BOARDS.items()}
    assert compiled(grafana_types, programs) == ""


def test_the_type_check_refuses_what_is_no_dashboard(grafana_types):
    text = json.dumps(BOARDS["simdrift-overview.json"])
    mistakes = {"mode": ('"mode": "absolute"', '"mode": "relative"'), "h": ('"h": 4', '"h": "4"')}
    programs = {}
    for name, (right, wrong) in mistakes.items():
        assert right in text
        programs[name] = PROGRAM % text.replace(right, wrong)
    said = compiled(grafana_types, programs)
    for name in mistakes:
        assert re.search(rf"^{name}\.ts\(\d+,\d+\): error TS", said, re.M), said
