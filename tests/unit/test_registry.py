"""The table of drift methods: what is there, what a wrong name is told."""

import inspect
import logging

import numpy as np
import pytest

from simdrift import _core
from simdrift.metrics import drift, registry
from simdrift.metrics.columns import CurrentColumn, ReferenceColumn
from simdrift.metrics.pair import ColumnPair
from simdrift.metrics.values import Outcome


def _pair() -> ColumnPair:
    x = _core.Column.from_numpy(np.arange(5.0))
    return ColumnPair(ReferenceColumn("x", x), CurrentColumn("x", x))


def test_methods_lists_what_applies_to_a_kind():
    numeric, categorical = set(registry.methods("numeric")), set(registry.methods("categorical"))
    assert {"ks", "mann_whitney", "t_test", "wasserstein", "psi", "missing_share"} <= numeric
    assert {"chi_square", "jensen_shannon", "psi", "missing_share"} <= categorical
    assert not {"chi_square", "correlation"} & numeric
    assert not {"ks", "wasserstein", "t_test"} & categorical
    assert "correlation" in registry.methods("table")
    assert list(registry.methods()) == sorted(registry.methods())
    assert set(registry.methods()) >= set(registry.methods("temporal"))


def test_a_method_is_found_by_its_short_and_its_whole_name():
    assert registry.method("psi") is registry.method("drift.psi")
    assert registry.method("psi").metric == "drift.psi"


def test_an_unknown_method_is_told_what_exists_close_matches_first():
    with pytest.raises(ValueError, match=r"found 'wassserstein', expected one of wasserstein"):
        registry.method("wassserstein")
    with pytest.raises(ValueError, match=r"chi_square, .*jensen_shannon, .*ks"):
        registry.method("??")


def test_a_method_that_is_no_text_is_a_type_error():
    with pytest.raises(TypeError, match=r"expected a name \(str\), found int"):
        registry.method(3)


def test_an_unknown_parameter_is_told_the_known_ones():
    with pytest.raises(ValueError, match=r"found 'bin', expected one of bins, smoothing"):
        registry.checked_params(registry.method("psi"), {"bin": 3})


@pytest.mark.parametrize("name", registry.methods())
def test_every_method_has_a_typed_face_with_its_parameters(name):
    face = inspect.signature(getattr(drift, name)).parameters
    assert list(face)[:2] == ["reference", "current"]
    assert set(registry.method(name).params) <= set(face)
    assert face["threads"].default is None
    assert {p.kind for p in list(face.values())[2:]} == {inspect.Parameter.KEYWORD_ONLY}


def test_a_method_that_fails_costs_a_status_and_is_logged(caplog):
    def broken(pair):
        raise ZeroDivisionError("no luck")

    spec = registry.method("ks")._replace(function=broken)
    with caplog.at_level(logging.ERROR, logger="simdrift"):
        outcome = registry.evaluate(spec, _pair(), {})
    assert (outcome.value, outcome.status) == (None, "error")
    assert "no luck" in caplog.text
    assert "'x'" in caplog.text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_not_finite_becomes_overflow(value):
    spec = registry.method("ks")._replace(function=lambda pair: Outcome(value))
    outcome = registry.evaluate(spec, _pair(), {})
    assert (outcome.value, outcome.status) == (None, "overflow")


def test_an_interrupt_is_not_swallowed():
    def interrupted(pair):
        raise KeyboardInterrupt

    spec = registry.method("ks")._replace(function=interrupted)
    with pytest.raises(KeyboardInterrupt):
        registry.evaluate(spec, _pair(), {})
