"""ROC AUC and DeLong's test against R's package pROC on its own data: 113 patients with an
aneurysmal subarachnoid haemorrhage (Turck et al. 2010), by outcome six months later. The expected
values are those that pROC 1.18.0 prints: `auc`, `var` and `roc.test` (paired)."""

import numpy as np
import pytest

from simdrift import _core, performance

POOR = [
    int(digit)
    for digit in (
        "000011010010110010111010000000001001101100000000011000100"
        "01010011101101111000110100000010000000000001111110001000"
    )
]
S100B = [
    0.13, 0.14, 0.1, 0.04, 0.13, 0.1, 0.47, 0.16, 0.18, 0.1, 0.12, 0.1, 0.44, 0.71, 0.04,
    0.08, 0.49, 0.04, 0.07, 0.33, 0.09, 0.09, 0.07, 0.11, 0.07, 0.17, 0.07, 0.11, 0.13, 0.19,
    0.05, 0.16, 0.41, 0.14, 0.34, 0.35, 0.48, 0.09, 0.96, 0.25, 0.5, 0.46, 0.16, 0.07, 0.43,
    0.45, 0.11, 0.08, 0.09, 0.86, 0.52, 0.08, 0.06, 0.13, 2.07, 0.1, 0.14, 0.15, 0.07, 0.06,
    0.77, 0.05, 0.09, 0.3, 0.03, 0.09, 0.04, 0.23, 0.7, 0.09, 0.27, 0.71, 0.08, 0.26, 0.08,
    0.16, 0.09, 0.13, 0.1, 0.08, 0.11, 0.33, 0.11, 0.28, 0.07, 0.1, 0.32, 0.22, 0.07, 0.05,
    0.24, 0.38, 0.1, 0.15, 0.08, 0.14, 0.1, 0.07, 0.04, 0.19, 0.56, 0.14, 0.58, 0.32, 0.82,
    0.74, 0.15, 0.47, 0.17, 0.44, 0.15, 0.5, 0.48,
]  # fmt: skip
WFNS = [
    int(digit)
    for digit in (
        "111132541252551252252111121211342145414255112411255212512"
        "22151125214524414121421232421451154221113125225552445111"
    )
]


@pytest.mark.parametrize(
    ("score", "auc", "variance"),
    [
        (S100B, 0.73136856368563996, 0.0026686824571724378),
        (WFNS, 0.82367886178862004, 0.0014699147088236264),
    ],
)
def test_auc_and_its_variance_are_procs(score, auc, variance):
    assert performance.roc_auc(POOR, score).value == pytest.approx(auc, rel=1e-12)
    columns = (_core.Column.from_numpy(np.array(one, float)) for one in (POOR, score))
    found = _core.roc_groups(*columns, [0], [len(POOR)])
    assert found["auc_variance"][0] == pytest.approx(variance, rel=1e-12)


def test_the_paired_test_of_two_scores_is_procs():
    found = performance.delong(POOR, S100B, WFNS)
    assert found.difference == pytest.approx(0.73136856368563685 - 0.82367886178861793, rel=1e-12)
    assert found.p_value == pytest.approx(0.027175782229188, rel=1e-10)
