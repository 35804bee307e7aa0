"""Which methods a column gets: by kind and rows, as named, recorded and restored."""

import numpy as np
import pytest

from simdrift import _core
from simdrift.metrics.auto import MethodChoice, checked_methods, choose, resolve
from simdrift.metrics.columns import ReferenceColumn
from simdrift.metrics.plan import DriftPlan


def _names(choice: MethodChoice) -> tuple[list[str], list[str]]:
    return [name for name, _ in choice.deciding], [name for name, _ in choice.informational]


@pytest.mark.parametrize(
    ("kind", "rows", "deciding", "beside"),
    [
        ("numeric", 1000, ["ks"], []),
        ("numeric", 1001, ["wasserstein_normed"], ["ks"]),
        ("categorical", 1000, ["chi_square"], []),
        ("categorical", 1001, ["jensen_shannon"], ["chi_square"]),
        ("temporal", 10**6, [], []),
        ("null", 10, [], []),
        ("unsupported", 10, [], []),
    ],
)
def test_choice_follows_kind_and_rows(kind, rows, deciding, beside):
    assert _names(choose(kind, rows)) == (deciding, beside)


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ("auto", ["wasserstein_normed"]),
        ("psi", ["psi"]),
        (["ks", "psi", "chi_square"], ["ks", "psi"]),
        ({"fare": "psi"}, ["psi"]),
        (
            {"numeric": ["ks"], "fare": ["wasserstein", ("psi", {"bins": 5})]},
            ["wasserstein", "psi"],
        ),
        ({"numeric": "drift.ks"}, ["ks"]),
        ({"categorical": "psi"}, ["wasserstein_normed"]),
        ({"fare": "chi_square"}, ["chi_square"]),
    ],
)
def test_methods_may_be_named_for_all_by_kind_or_by_column(methods, expected):
    assert _names(resolve(methods, "fare", "numeric", 5000))[0] == expected


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ("kss", "found 'kss', expected one of ks"),
        (["ks", "PSI"], "found 'PSI'"),
        ({"tip": "ks"}, "methods: expected a column or one of numeric, .* found 'tip'"),
        ({"fare": "nope"}, "found 'nope'"),
        ([("psi", {"bin": 3})], "found 'bin', expected one of bins"),
        ([("psi", {"bins": 1})], "bins: expected 2 to 10000, found 1"),
        ([("ks", {"method": "fast"})], "method: expected one of auto, exact, asymp"),
        (("psi", {"smoothing": -1.0}), "smoothing: expected a number >= 0"),
    ],
)
def test_names_that_do_not_exist_are_refused_before_any_data_are_read(methods, message):
    with pytest.raises(ValueError, match=message):
        checked_methods(methods, ["fare"])


@pytest.mark.parametrize("methods", [3, [4], {"fare": None}, [("psi", 10)], ["ks", {"bins": 3}]])
def test_methods_that_are_no_names_are_a_type_error(methods):
    with pytest.raises(TypeError, match="methods: expected a name or"):
        checked_methods(methods, ["fare"])


def test_a_choice_survives_being_recorded():
    for choice in (
        choose("numeric", 9),
        choose("categorical", 10**6),
        resolve([("psi", {"bins": [1.5, 2.5]})], "x", "numeric", 3),
    ):
        assert MethodChoice.restore(choice.record()) == choice


def test_a_plan_keeps_the_recorded_choice_whatever_the_rows_are_now():
    large = ReferenceColumn("x", _core.Column.from_numpy(np.arange(5000.0)))
    small = ReferenceColumn("x", _core.Column.from_numpy(np.arange(50.0)))
    recorded = DriftPlan.make({"x": large}).record()
    plan = DriftPlan.make({"x": small}, recorded=recorded)
    assert _names(plan.choices["x"]) == (["wasserstein_normed"], ["ks"])


def test_of_two_frames_the_smaller_side_decides():
    large = ReferenceColumn("x", _core.Column.from_numpy(np.arange(5000.0)))
    plan = DriftPlan.make({"x": large}, rows_current=400)
    assert _names(plan.choices["x"]) == (["ks"], [])


@pytest.mark.parametrize(
    ("kind_of", "expected"),
    [
        (np.array([True, False]), "categorical"),
        (np.array([1, 2], np.int8), "numeric"),
        (np.array([1, 2], np.uint64), "numeric"),
        (np.array([1, 2], np.float16), "numeric"),
        (np.array(["2024-01-01"], "datetime64[s]"), "temporal"),
        (np.array([5], "timedelta64[ms]"), "temporal"),
    ],
)
def test_kind_follows_type(kind_of, expected):
    assert ReferenceColumn("x", _core.Column.from_numpy(kind_of)).kind == expected
