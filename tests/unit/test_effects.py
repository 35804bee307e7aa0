"""Cohen's h and w: what is a small change, whatever the rows, over one group or many."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simdrift.metrics.effects import cohens_h, cohens_w

SMALL = 0.1


@pytest.mark.parametrize(
    ("p", "q", "h"), [(0.5, 0.5, 0.0), (0.0, 1.0, math.pi), (0.25, 0.0, -math.pi / 3.0)]
)
def test_h_is_the_change_of_the_angle(p, q, h):
    assert cohens_h(p, q) == pytest.approx(h, abs=1e-15)


def test_h_of_groups_is_that_of_each():
    assert cohens_h([0.25, 0.0], [0.0, 0.25]).tolist() == pytest.approx([-math.pi / 3, math.pi / 3])


@pytest.mark.parametrize("rows", [1, 10, 1_000])
def test_w_sees_rare_categories_that_grow_whatever_the_rows(rows):
    flag = cohens_w(rows * np.array([9_998, 2]), rows * np.array([9_980, 20]))
    new = cohens_w(rows * np.array([50, 50, 0]), rows * np.array([49, 49, 2]))
    assert flag == pytest.approx(0.105715, abs=1e-6)
    assert new == pytest.approx(0.632772, abs=1e-6)
    assert min(flag, new) > SMALL > cohens_w(np.array([9_998, 2]), np.array([9_997, 3]))


def test_w_of_groups_is_that_of_each():
    reference, current = np.array([30, 60, 10]), np.array([[30, 60, 10], [10, 60, 30], [9, 0, 0]])
    alone = [cohens_w(reference, own).item() for own in current]
    assert cohens_w(reference, current).tolist() == alone
    assert cohens_w(np.tile(reference, (3, 1)), current).tolist() == alone
    assert alone[0] == 0.0


def test_w_has_its_ends():
    apart = cohens_w(np.array([7, 0, 0]), np.array([0, 0, 5]))
    assert apart == pytest.approx(math.sqrt(1.0 / 0.95 + 1.0 / 0.05), rel=1e-15)
    assert np.isnan(cohens_w(np.array([7, 3]), np.array([0, 0])))
