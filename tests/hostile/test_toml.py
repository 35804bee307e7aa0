"""Files of monitors that no spec can hold: one message with line and key, never a traceback."""

from __future__ import annotations

import json
import random

import pytest

import simdrift as sd
from simdrift.monitoring.spec import Spec

SOUND = 'monitor = "m"\ndata = "x.parquet"\nwindow = "all"\n'


def refusal(tmp_path, text: str | bytes) -> str:
    path = tmp_path / "m.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    with pytest.raises(sd.SpecError) as raised:
        Spec.from_toml(path)
    assert str(raised.value).startswith(f"{path}")
    return str(raised.value).removeprefix(f"{path}")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("alpha = nan", ", line 4: 'alpha': expected a finite number, found nan"),
        ("alpha = -inf", ", line 4: 'alpha': expected a finite number, found -inf"),
        ("bins = [1.0, inf]", ", line 4: 'bins.1': expected a finite number, found inf"),
        ("thresholds = { x = { 'drift.ks' = inf } }",
         ", line 4: 'thresholds.x.drift.ks': expected a finite number, found inf"),
        (f"threads = {2**64}",
         ", line 4: 'threads': expected an integer of at most 64 bits, found one of 65"),
        (f"threads = {'9' * 4000}",
         ", line 4: 'threads': expected an integer of at most 64 bits, found one of 13288"),
        (f"threads = {'9' * 5000}",
         ", line 4: expected a number, found one of thousands of digits"),
        (f"methods = {'[' * 40}{']' * 40}",
         ", line 4: 'methods.0.0.0.0.0.0.0.0.0.0.0': expected at most 12 levels of tables and "
         "lists, found more"),
        (f"methods = {'[' * 5000}{']' * 5000}",
         ": expected tables and lists of at most 12 levels, found hundreds"),
        (f"{'a.' * 500}a = 1",
         ": 'a.a.a.a.a.a.a.a.a.a.a.a': expected at most 12 levels of tables and lists, found more"),
    ],
)  # fmt: skip
def test_what_no_spec_can_hold_is_refused_by_line_and_key(tmp_path, line, words):
    assert refusal(tmp_path, f"{SOUND}{line}\n") == words


def test_python_is_refused_what_toml_is():
    for change in ({"alpha": float("nan")}, {"thresholds": {"drift.ks": float("inf")}}):
        with pytest.raises(sd.SpecError, match=next(iter(change))):
            Spec(monitor="m", window="all", **change)


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe", b'monitor = "\xe9"', b"\0", b"\r\n\rx", b"= 1", b"[[",
     b'a = "\\ud800"'],
)  # fmt: skip
def test_what_is_no_toml_is_refused(tmp_path, data):
    assert refusal(tmp_path, data)


def test_a_password_in_a_broken_file_is_not_repeated(tmp_path):
    said = refusal(tmp_path, "store = postgresql://anna:s3cret@db/m")
    assert "s3cret" not in said


def test_what_is_written_is_read_whatever_the_names(tmp_path):
    name = 'a"\\\n\t\x7f\u202e'
    spec = Spec(monitor=name, window="all", dataset=name, thresholds={name: {"drift.ks": 0.5}})
    (tmp_path / "m.toml").write_text(spec.to_toml(), encoding="utf-8")
    assert Spec.from_toml(tmp_path / "m.toml") == spec


ODD = (True, -1, 0, 2**63 - 1, 1e308, "", "x", "1d", "auto", [], [[]], {}, {"a": 1}, [1, "a"],
       "\u202e", "9999-12-31", "0001-01-01T00:00:00+14:00", "x" * 300)  # fmt: skip
KEYS = (*Spec.model_fields, "columns.timestamp", "columns.features", "reference.data",
        "reference.start", "metrics.quality", "metrics.quantiles", "metrics.correlations",
        "store.dsn", "thresholds.x", "methods.x", "unknown", "a.b.c")  # fmt: skip


@pytest.mark.parametrize("count", [400, pytest.param(6000, marks=pytest.mark.slow)])
def test_any_value_under_any_key_is_taken_or_refused(tmp_path, count):
    draw = random.Random(20240202)
    path = tmp_path / "m.toml"
    taken = 0
    for _ in range(count):
        chosen = dict.fromkeys(draw.sample(KEYS, draw.randrange(1, 4)))
        values = {key: draw.choice(ODD) for key in chosen}
        text = "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())
        path.write_text(SOUND * ("monitor" not in chosen) + text, encoding="utf-8")
        try:
            Spec.from_toml(path)
            taken += 1
        except sd.SpecError:
            pass
        except Exception as error:
            raise AssertionError(f"{values}: {error!r}") from error
    assert 0 < taken < count


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
