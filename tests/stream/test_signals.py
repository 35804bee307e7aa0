"""Detectors signal where river 0.26.1 and frouros 0.9.0 did, and where the definition says."""

import math

import numpy as np
import pytest
import stream_cases
import stream_signals

import simdrift as sd

CASES = list(zip(stream_cases.CASES, stream_signals.SIGNALS, strict=True))


@pytest.mark.parametrize(("case", "expected"), CASES, ids=lambda one: str(one[:3])[:60])
def test_signals_are_those_that_the_peer_gave(case, expected):
    detector = case[3]()
    drift = detector.update(stream_cases.values_of(case, 1))
    assert drift.dtype == np.int64
    found = (drift.tolist(), len(detector.warnings), int(detector.warnings.sum()))
    assert found == expected


def bocd_by_the_definition(values, hazard=0.01):
    """First index, from the 30th value on, at which a change is more likely than none.

    Every time of the last change is weighed by the density of the values since, as one
    multivariate normal, and by the hazard: nothing is computed recursively.
    """
    values = np.asarray(values)
    for n in range(30, len(values) + 1):
        before, best, likely = [0.0], -math.inf, -1  # before[j]: log evidence of values[:j]
        for stop in range(1, n + 1):
            terms = []
            for start in range(stop):
                cuts = math.log(hazard) if start else 0.0
                terms.append(
                    before[start]
                    + cuts
                    + (stop - start - 1) * math.log(1 - hazard)
                    + normal_evidence(values[start:stop])
                )
            before.append(float(np.logaddexp.reduce(terms)))
        log_last = [
            before[start]
            + (math.log(hazard) if start else 0.0)
            + (n - start) * math.log(1 - hazard)
            + normal_evidence(values[start:n])
            for start in range(n)
        ]
        for start, one in enumerate(log_last):
            if one > best:
                best, likely = one, start
        if likely != 0:
            return n - 1
    return None


def normal_evidence(values):
    """Log density of values of variance 1 about a mean drawn from the standard normal."""
    n, total = len(values), float(np.sum(values))
    squares = float(np.sum(values**2)) - total**2 / (n + 1)
    return -0.5 * (n * math.log(2 * math.pi) + math.log(n + 1) + squares)


@pytest.mark.parametrize("seed", [0, 1])
def test_bocd_is_the_most_likely_segmentation(seed):
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(size=33), rng.normal(2.5, 1, size=8)])
    first = bocd_by_the_definition(values)
    assert first is not None
    assert sd.stream.BOCD().update(values)[0] == first


def rddm_by_the_paper(errors, start, warn, drift, longest, shortest, limit):
    """Indices of drift, by lists and sums over them."""
    kept, rows, signals, warnings = [], [], [], 0
    least = (math.inf, math.inf)
    renew = drifted = False

    def judged(seen):
        rate = sum(seen) / len(seen)
        return rate, math.sqrt(rate * (1 - rate) / len(seen))

    for i, error in enumerate(errors):
        if renew:
            rows, warnings, least = list(kept), 0, (math.inf, math.inf)
            for n in range(start, len(rows) + 1) if drifted else ():
                least = min(least, judged(rows[:n]), key=sum)
            renew = drifted = False
        kept = [*kept, error][-shortest:]
        rows.append(error)
        if len(rows) < start:
            continue
        rate, deviation = judged(rows)
        least = min(least, (rate, deviation), key=sum)
        if rate + deviation > least[0] + drift * least[1]:
            renew = drifted = True
            kept = kept[-1:] if warnings == 0 else kept
        elif rate + deviation > least[0] + warn * least[1]:
            if warnings >= limit:
                renew = drifted = True
                kept = kept[-1:]
            warnings += 1
        else:
            warnings = 0
            renew = len(rows) >= longest
        if drifted:
            signals.append(i)
    return signals


@pytest.mark.parametrize("limit", [20, 1400])
def test_rddm_is_that_of_the_paper(limit):
    errors = stream_cases.errors(4)[:1500]
    parameters = (60, 1.8, 2.3, 400, 150, limit)
    expected = rddm_by_the_paper(errors.tolist(), *parameters)
    assert len(expected) >= 2
    assert sd.stream.RDDM(*parameters).update(errors).tolist() == expected


def test_stepd_signals_a_rise_alone_by_its_two_sided_p_value():
    errors = np.array([0, 0, 0, 0, 1] * 40 + [0, 1] * 30)
    n, recent, before = 213, 30, 183  # the row at which the p-value falls below 0.05
    drift = sd.stream.STEPD(alpha_drift=0.05, alpha_warning=0.05).update(errors)
    assert drift[0] > 200
    n = int(drift[0]) + 1
    before = n - recent
    last, first = errors[before:n].mean(), errors[:before].mean()
    rate = errors[:n].mean()
    sizes = 1 / recent + 1 / before
    z = (abs(last - first) - 0.5 * sizes) / math.sqrt(rate * (1 - rate) * sizes)
    assert last > first
    assert math.erfc(z / math.sqrt(2)) < 0.05
    assert sd.stream.STEPD(alpha_drift=0.05).update(1 - errors).tolist() == []


def test_the_ewma_chart_is_the_weighted_mean_of_standardised_values():
    values = np.random.default_rng(5).normal(size=300) + np.repeat([0.0, 1.5], 150)
    average, expected = 0.0, None
    for i, value in enumerate(values):
        past = values[:i]
        z = 0.0
        if i >= 2:
            z = (value - past.mean()) / (past.std(ddof=1) * math.sqrt(1 + 1 / i))
        average = 0.8 * average + 0.2 * z
        deviation = math.sqrt(0.2 / 1.8 * (1 - 0.8 ** (2 * (i + 1))))
        if i >= 29 and abs(average) > 3.5 * deviation:
            expected = i
            break
    assert expected is not None
    assert sd.stream.EWMA(drift_threshold=3.5).update(values)[0] == expected


def test_kswin_has_the_exact_p_value():
    # scipy 1.17.1: ks_2samp(arange(30), arange(30) + h - 0.5, method="exact").pvalue
    expected = [
        0.9578462903438838,
        0.13500350250095441,
        0.015643390496754332,
        1.2750060342394341e-06,
        1.6911233892144742e-17,
    ]
    found = [sd.stream.windows._ks_p_value(30, h) for h in (4, 9, 12, 20, 30)]
    assert found == pytest.approx(expected, rel=1e-9)
    values = np.arange(100.0)  # the last 30 lie above all others
    detector = sd.stream.KSWIN()
    assert detector.update(values).tolist() == [99]
    assert detector.p_value == pytest.approx(expected[4], rel=1e-9)
