"""Checks are written and read without loss; what can't be one is refused by line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simdrift as sd
from simdrift.checks import Check, Checks

TEXTS = st.text(st.characters(codec="utf-8"))
NUMBERS = st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
LIMITS = st.one_of(
    st.fixed_dictionaries({"min": NUMBERS}),
    st.fixed_dictionaries({"max": NUMBERS | st.dates() | st.datetimes()}),
)
COMMON = {"severity": st.sampled_from(["fail", "warn"]), "note": st.just("")}


def checks_of(name: str, options: Any, column: Any = TEXTS) -> Any:
    return st.tuples(st.fixed_dictionaries({"column": column, **COMMON}), options).map(
        lambda parts: Check(name, **parts[0], **parts[1])
    )


CHECKS = st.one_of(
    checks_of("not_null", st.fixed_dictionaries({"at_most": st.floats(0, 1)})),
    checks_of("unique", st.just({}), st.lists(TEXTS, min_size=1, max_size=3)),
    checks_of("between", LIMITS),
    checks_of("row_count", LIMITS, st.none()),
    checks_of("in_set", st.fixed_dictionaries({"values": st.lists(TEXTS | NUMBERS, min_size=1)})),
    checks_of("matches", st.just({"pattern": r'^"\w+\\$'})),
    checks_of("max_age", st.just({"age": "2h"})),
    checks_of("metric", st.just({"metric": "quality.mean", "sigmas": 3})),
)


@settings(max_examples=60, suppress_health_check=[*HealthCheck])
@given(checks=st.lists(CHECKS, max_size=4).map(Checks))
def test_what_is_saved_is_loaded(checks: Checks, tmp_path: Path) -> None:
    checks.save(tmp_path / "c.toml")
    assert Checks.load(tmp_path / "c.toml") == checks


REFUSED = {
    "checks = 1": "line 1: 'checks': unknown key; known: ",
    "[check]\nname = 'unique'": r"line 1: 'check': expected \[\[check\]\], found \[check\]",
    "[[check]]\ncolumn = 'x'": "line 1: 'check.0': 'name' is missing",
    "[[check]]\nname = 'notnull'": "line 2: 'check.0.name': unknown check .*mean 'not_null'",
    "[[check]]\nname = 'not_null'\n[[check]]\nname = 'not_null'": "line 1: .*a column's name",
    "[[check]]\nname='not_null'\ncolumn='x'\n\n[[check]]\nname='between'\ncolumn='x'\nmn=1": (
        "line 8: 'check.1.mn': unknown key of 'between', did you mean 'min'"
    ),
    "[[check]]\nname='between'\ncolumn='x'": "line 1: 'check.0.min': is missing: .* min or max",
    "[[check]]\nname='between'\ncolumn='x'\nmin=2\nmax=1": r"4: .*at most 'max' \(1\), found 2",
    "[[check]]\nname='between'\ncolumn='x'\nmin='a'": "line 4: .*expected a number",
    "[[check]]\nname='between'\ncolumn='x'\nmin=0\nmax=2024-01-01": "line 4: .*two numbers",
    "[[check]]\nname='between'\ncolumn='x'\nmin=0\nat_most=2": "line 5: .*a share from 0 to 1",
    "[[check]]\nname='row_count'\nmin=0\nat_most=0.5": "line 4: .*'row_count' is of no single rows",
    "[[check]]\nname='row_count'\nmin=0\ncolumn='x'": "line 4: .*of the whole table",
    "[[check]]\nname='matches'\ncolumn='x'\npattern='(a'": "line 4: .*regular expression of RE2",
    "[[check]]\nname='matches'\ncolumn='x'\npattern='(?=a)b'": "line 4: .*expression of RE2",
    "[[check]]\nname='matches'\ncolumn='x'\npattern=1": "line 4: .*expected a regular expression",
    "[[check]]\nname='in_set'\ncolumn='x'\nvalues=[]": "line 4: .*expected a list of texts",
    "[[check]]\nname='not_null'\ncolumn='x'\nseverity='error'": "line 4: .*'fail' or 'warn'",
    "[[check]]\nname='not_null'\ncolumn=['x', 'y']": "line 3: .*'not_null' is of one column",
    "[[check]]\nname='max_age'\ncolumn='x'\nage='1 year'": "line 4: .*expected '2h', '30m', '1d'",
    "[[check]]\nname='of_type'\ncolumn='x'\ntype='varchar'": "line 4: .*expected a type such as",
    "[[check]]\nname='metric'\nmetric='quality.men'\nmax=1": "line 3: .*mean 'quality.mean'",
    "[[check]]\nname='metric'\nmetric='quality.mean'": "line 1: .*min or max or sigmas",
    "[[check]\n": "c.toml: not TOML",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_can_be_no_check_is_refused_by_line_and_key(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(sd.SpecError, match=REFUSED[text]):
        Checks.load(tmp_path / "c.toml")


def test_a_path_in_a_file_starts_at_the_file_s_folder(tmp_path: Path) -> None:
    text = "[[check]]\nname = 'foreign_key'\ncolumn = 'x'\ndata = 'zones.parquet'\n"
    (tmp_path / "c.toml").write_text(text)
    assert Checks.load(tmp_path / "c.toml")[0].options["data"] == str(tmp_path / "zones.parquet")


def test_checks_of_frames_are_for_python_alone(tmp_path: Path) -> None:
    checks = Checks([Check("foreign_key", "x", data={"x": [1]})])
    with pytest.raises(sd.SpecError, match="expected a path as 'data', found a frame"):
        checks.save(tmp_path / "c.toml")
    with pytest.raises(sd.SpecError, match=r"expected sd.Check\(...\), a list of them or a path"):
        sd.check({"x": [1]}, checks=[1])
