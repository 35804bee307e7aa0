"""`simdrift metrics`: the list, and all about one metric."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from simdrift.cli import cli
from simdrift.metrics import describe, registry


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["metrics", *arguments], standalone_mode=False)
    assert done.exception is None
    return done.output


def test_the_list_has_a_line_for_every_metric() -> None:
    lines = shown().splitlines()
    named = [line.split()[0] for line in lines if line.startswith("  ")]
    assert named == [record.name for record in registry.records()]


def test_a_line_has_name_title_unit_direction_rule_and_kinds() -> None:
    (line,) = (line for line in shown().splitlines() if line.startswith("  drift.psi "))
    assert re.split(r"\s{2,}", line.strip()) == [
        "drift.psi", "PSI", "nats", "lower", "distance 0.2", "numeric, categorical, temporal",
    ]  # fmt: skip


def test_a_metric_is_explained_by_its_short_and_its_whole_name() -> None:
    text = shown("drift.psi")
    assert shown("psi") == shown("PSI") == text
    for part in (
        "drift.psi: PSI",
        "sum (p - q) ln(p / q)",
        "above 0.2 and beyond chance",
        "lower is better",
        "bins = 10",
        "smoothing = 0.5",
        "Siddiqi 2006",
        "all_null",
        "simdrift.drift.psi(reference, current, bins=10, smoothing=0.5)",
    ):
        assert part in " ".join(text.split()), part


def test_a_name_of_two_families_explains_both() -> None:
    text = shown("missing_share")
    assert "drift.missing_share: change of missing share" in text
    assert "quality.missing_share: missing share" in text


@pytest.mark.parametrize(
    ("name", "suggested"),
    [("pssi", "drift.psi"), ("ks_2samp", "drift.ks"), ("drift.wassserstein", "drift.wasserstein")],
)
def test_an_unknown_name_gets_a_suggestion_and_code_2(simdrift, name, suggested) -> None:
    done = simdrift("metrics", name)
    assert done.returncode == 2
    assert re.search(
        rf"found no metric '{name}': did you mean .*{re.escape(suggested)}", done.stderr
    )


def test_json_has_the_whole_record() -> None:
    (record,) = json.loads(shown("drift.psi", "--json"))
    assert record["threshold"] == 0.2
    assert record["bounds"] == [0.0, None]
    assert record["params"][1] == {
        "name": "smoothing", "default": 0.5, "meaning": "rows added to each bin",
    }  # fmt: skip
    assert len(json.loads(shown("--json"))) == len(registry.records())


@pytest.mark.parametrize("record", registry.records(), ids=lambda record: record.name)
def test_every_metric_can_be_explained(record) -> None:
    text = describe.explanation(record)
    assert text.startswith(f"{record.name}: {record.title}")
    assert max(map(len, text.splitlines())) <= describe.WIDTH


def test_a_score_says_how_its_change_is_judged() -> None:
    text = " ".join(describe.explanation(registry.record("performance.roc_auc")).split())
    assert "p-value of no change against a reference" in text
    assert "worse than the reference's by at least 0.02 and beyond chance" in text
    assert "simdrift.performance.roc_auc(target, score)" in text
    mae = " ".join(describe.explanation(registry.record("performance.mae")).split())
    assert "at least 5 % of it" in mae
    assert "performance.mae(target, prediction)" in mae


def test_public_modules_list_what_they_promise() -> None:
    import simdrift as sd

    for module in (sd.estimate, sd.performance, sd.fairness, sd.attribution, sd.drift):
        assert dir(module) == sorted(module.__all__)
