"""Which methods a column gets: by kind, as named, recorded and restored."""

import numpy as np
import pytest

from simdrift import _core
from simdrift.metrics.auto import MethodChoice, checked_methods, choose, resolve
from simdrift.metrics.columns import ReferenceColumn
from simdrift.metrics.plan import DriftPlan


def _names(choice: MethodChoice) -> tuple[list[str], list[str]]:
    return [name for name, _ in choice.deciding], [name for name, _ in choice.informational]


@pytest.mark.parametrize(
    ("kind", "deciding", "informational"),
    [
        ("numeric", ["wasserstein_normed"], ["ks"]),
        ("categorical", ["cohens_w"], ["jensen_shannon"]),
        ("temporal", [], []),
        ("null", [], []),
        ("unsupported", [], []),
    ],
)
def test_choice_follows_kind(kind, deciding, informational):
    assert _names(choose(kind)) == (deciding, informational)


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
    assert _names(resolve(methods, "fare", "numeric"))[0] == expected


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
        choose("numeric"),
        choose("categorical"),
        resolve([("psi", {"bins": [1.5, 2.5]})], "x", "numeric"),
    ):
        assert MethodChoice.restore(choice.record()) == choice


def test_a_plan_keeps_the_recorded_choice():
    column = ReferenceColumn("x", _core.Column.from_numpy(np.arange(50.0)))
    recorded = DriftPlan.make({"x": column}, methods="psi").record()
    plan = DriftPlan.make({"x": column}, recorded=recorded)
    assert _names(plan.choices["x"]) == (["psi"], [])


def test_a_choice_of_the_first_defaults_divides_by_the_standard_deviation():
    found = choose("numeric").of_first()
    assert found.deciding == (("wasserstein_normed", {"scale": "std"}),)
    assert found.informational == (("ks", {}),)
    assert choose("categorical").of_first() == choose("categorical")


@pytest.mark.parametrize("rows", [100, 999, 1000, 1001, 5000])
def test_the_choice_does_not_depend_on_the_rows(rows):
    column = ReferenceColumn("x", _core.Column.from_numpy(np.arange(float(rows))))
    plan = DriftPlan.make({"x": column})
    assert _names(plan.choices["x"]) == (["wasserstein_normed"], ["ks"])


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
