"""Corrections for many tests: literals worked by hand, and definitions by brute force."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdrift.metrics.correction import CORRECTIONS, correct

P = [0.01, 0.02, 0.03, 0.04, 0.05]
p_values = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=7)


@pytest.mark.parametrize(
    ("correction", "expected"),
    [
        ("bh", [0.05, 0.05, 0.05, 0.05, 0.05]),
        ("by", [0.11416666666666667] * 5),  # 0.05 * (1 + 1/2 + 1/3 + 1/4 + 1/5)
        ("holm", [0.05, 0.08, 0.09, 0.09, 0.09]),
        ("bonferroni", [0.05, 0.1, 0.15, 0.2, 0.25]),
        ("none", P),
    ],
)
def test_corrections_of_five_even_p_values_match_the_worked_literals(correction, expected):
    np.testing.assert_allclose(correct(P, correction), expected, rtol=1e-14)


def test_benjamini_hochberg_matches_the_example_of_the_1995_paper():
    # Benjamini & Hochberg 1995, section 3.2: of these 15, BH at 0.05 rejects the first four,
    # Bonferroni three.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
         0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip
    assert (correct(p, "bh") <= 0.05).sum() == 4
    assert (correct(p, "bonferroni") <= 0.05).sum() == 3


@given(p_values, st.floats(0.001, 0.999))
@settings(max_examples=150, deadline=None)
def test_bh_q_values_reject_what_the_step_up_rule_rejects(p, alpha):
    ranked = sorted(p)
    passed = [x for i, x in enumerate(ranked, 1) if x * (len(p) / i) <= alpha]
    bound = max(passed, default=-1.0)
    assert [q <= alpha for q in correct(p, "bh")] == [x <= bound for x in p]


@given(p_values, st.floats(0.001, 0.999))
@settings(max_examples=150, deadline=None)
def test_holm_q_values_reject_what_closed_testing_with_bonferroni_rejects(p, alpha):
    def rejected(index):
        others = [i for i in range(len(p)) if i != index]
        subsets = ((index, *chosen) for k in range(len(p)) for chosen in combinations(others, k))
        return all(min(p[i] for i in s) * len(s) <= alpha for s in subsets)

    assert [q <= alpha for q in correct(p, "holm")] == [rejected(i) for i in range(len(p))]


@pytest.mark.parametrize("correction", sorted(CORRECTIONS))
@given(p=p_values, seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_q_values_follow_their_p_values_whatever_the_order(correction, p, seed):
    order = np.random.default_rng(seed).permutation(len(p))
    shuffled = correct(np.array(p)[order], correction)
    np.testing.assert_array_equal(shuffled, correct(p, correction)[order])


@pytest.mark.parametrize("correction", sorted(CORRECTIONS))
@given(p=p_values)
@settings(max_examples=60, deadline=None)
def test_q_values_lie_between_p_and_one_and_keep_its_order(correction, p):
    q = correct(p, correction)
    assert (q >= np.array(p)).all()
    assert (q <= 1.0).all()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= 0).all()


@pytest.mark.parametrize("correction", sorted(CORRECTIONS))
def test_absent_p_values_stay_absent_and_count_for_nothing(correction):
    with_gaps = correct([None, 0.01, float("nan"), 0.2], correction)
    np.testing.assert_array_equal(with_gaps[[1, 3]], correct([0.01, 0.2], correction))
    assert np.isnan(with_gaps[[0, 2]]).all()


@pytest.mark.parametrize("correction", sorted(CORRECTIONS))
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.floats(0.0, 1.0)), min_size=5, max_size=5), max_size=6
    )
)
@settings(max_examples=60, deadline=None)
def test_many_families_at_once_are_each_corrected_as_if_alone(correction, families):
    together = correct(np.array(families, float).reshape(len(families), 5), correction)
    alone = [correct(family, correction) for family in families]
    np.testing.assert_array_equal(together, np.reshape(alone, (len(families), 5)))


def _q_by_definition(p, correction):
    """The q-value of each test: min over the ordered tests from its own on (step up), max over
    those up to its own (Holm), by their textbook formulas."""
    n, ranked = len(p), sorted(p)
    harmonic = sum(1.0 / k for k in range(1, n + 1))
    if correction in ("bh", "by"):
        scale = harmonic if correction == "by" else 1.0
        raised = [x * n * scale / rank for rank, x in enumerate(ranked, 1)]
        return [min(1.0, *raised[ranked.index(x) :]) for x in p]
    steps = [x * (n - before) for before, x in enumerate(ranked)]
    last = {x: n - 1 - ranked[::-1].index(x) for x in p}
    return [min(1.0, max(steps[: last[x] + 1])) for x in p]


@pytest.mark.parametrize("correction", ["bh", "by", "holm"])
def test_families_of_many_sizes_equal_the_definitions(correction):
    rng = np.random.default_rng(4)
    p = rng.uniform(0, 1, (40, 12)) ** 3
    p[rng.uniform(size=p.shape) < 0.3] = np.nan
    for family, q in zip(p, correct(p, correction), strict=True):
        present = ~np.isnan(family)
        expected = _q_by_definition(family[present].tolist(), correction)
        np.testing.assert_allclose(q[present], expected, rtol=1e-14)


@pytest.mark.parametrize("correction", sorted(CORRECTIONS))
def test_an_empty_family_has_no_q_values(correction):
    assert correct([], correction).shape == (0,)


def test_an_unknown_correction_is_refused_with_the_list_of_those_that_exist():
    with pytest.raises(ValueError, match="expected one of bh, bonferroni, by, holm, none"):
        correct([0.1], "sidak")


def test_the_given_p_values_are_not_modified():
    p = np.array([0.5, 0.01])
    correct(p, "bonferroni")
    assert p.tolist() == [0.5, 0.01]
