"""Metrics in words, from their records: what `simdrift metrics` prints."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import fields
from itertools import groupby
from operator import attrgetter
from textwrap import wrap
from typing import Any

from simdrift._errors import InputError
from simdrift.catalogue.metric import FAMILIES, GROUPS, Metric
from simdrift.metrics import drift, performance, registry

WIDTH = 100
_BETTER = {
    "lower": "lower is better",
    "higher": "higher is better",
    "zero": "near zero is better",
    "": "neither way",
}
_KINDS = {"table": "whole tables", "pair": "pairs of columns"}


def matching(name: str) -> tuple[Metric, ...]:
    """The metrics of that whole name ('drift.psi'), or of that name in any family ('psi').
    InputError, with what comes near, where there is none.

    >>> [record.name for record in matching("psi")]
    ['drift.psi']
    """
    known, wanted = registry.records(), name.lower()
    found = [one for one in known if wanted in (one.name, one.short)]
    if not found:
        raise InputError(f"metrics: found no metric {name!r}: {_suggestion(wanted, known)}")
    return tuple(found)


def _suggestion(wanted: str, known: Iterable[Metric]) -> str:
    """What may have been meant: a name that is close, a word of a title or of a source."""
    by_name = {key: one.name for one in known for key in (one.name, one.short)}
    close = [by_name[key] for key in difflib.get_close_matches(wanted, by_name, 3, 0.6)]
    words = [one.name for one in known if wanted in f"{one.title} {one.source}".lower()]
    near = list(dict.fromkeys([*close, *words]))[:5]
    listed = "`simdrift metrics` lists them"
    return f"did you mean {', '.join(near)}? {listed}" if near else listed


def listing(records: Iterable[Metric]) -> str:
    """One line a metric, by family and group: name, title, unit, direction, rule, kinds."""
    lines: list[str] = []
    for place, found in groupby(records, attrgetter("family", "group")):
        family, group = place
        lines += [""] if lines else []
        lines.append(f"{FAMILIES.get(family, family)}: {GROUPS.get(group, group)}")
        rows = [_row(record) for record in found]
        widths = [max(27, *(len(row[0]) + 2 for row in rows)), 37, 13, 8, 15, 0]
        lines += [f"  {_padded(row, widths)}" for row in rows]
    return "\n".join(lines)


def _padded(cells: Iterable[str], widths: Iterable[int]) -> str:
    """The cells in columns, two spaces apart at least."""
    return "".join(
        f"{cell}  ".ljust(width) for cell, width in zip(cells, widths, strict=True)
    ).rstrip()


def _row(one: Metric) -> tuple[str, ...]:
    rule = one.rule if one.threshold is None else f"{one.rule} {one.threshold:g}"
    return one.name, one.title, one.unit, one.better, rule, ", ".join(one.kinds)


def explanation(one: Metric) -> str:
    """Everything that is known of a metric, for a person."""
    facts = [
        ("value", one.formula),
        ("unit", _unit(one.unit)),
        ("bounds", _bounds(one)),
        ("direction", _BETTER[one.better]),
        ("p-value", one.p_value or (_OF_CHANGE if _is_score(one) else "none")),
        ("effect size", one.effect_size or (_LESS if _is_score(one) else "none")),
        ("alerts", _alerts(one)),
        ("applies to", ", ".join(_KINDS.get(kind, kind) for kind in one.kinds)),
        ("needs", _needs(one)),
        *(("parameter", f"{p.name} = {p.default!r}: {p.meaning}") for p in one.params),
        ("statuses", ", ".join(one.possible_statuses)),
        ("source", one.source),
        ("in Python", python_name(one)),
    ]
    lines = [f"{one.name}: {one.title}"]
    for label, text in facts:
        first, *rest = wrap(text, WIDTH - 15) or [""]
        lines += [f"  {label:<13}{first}", *(f"  {'':<13}{line}" for line in rest)]
    return "\n".join(lines)


_OF_CHANGE = (
    "of no change against a reference, from the standard errors or intervals of both values (Welch "
    "1947); none where the metric has neither"
)
_LESS = "the value less the reference's"


def _is_score(one: Metric) -> bool:
    """Whether it is measured against its own value in the reference."""
    return one.family in ("performance", "fairness")


def _unit(unit: str) -> str:
    words = {
        "": "a number without a unit",
        "column": "the column's own (dates: seconds)",
        "share": "a share: 1 is all",
        "sd": "standard deviations of the reference",
        "IQR": "quartile ranges of the reference",
    }
    return words.get(unit, unit)


def _bounds(one: Metric) -> str:
    low, high = one.bounds
    if low is None:
        return "none" if high is None else f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"


def _alerts(one: Metric) -> str:
    if one.rule == "test":
        return "where the q-value (the p-value, corrected) is at most alpha, 0.05 by default"
    if one.rule == "share":
        return f"where the value is at least {one.threshold:g}"
    if one.effect_threshold is not None:
        return (
            f"where the absolute effect size is above {one.effect_threshold:g} (or the absolute "
            "value above a threshold that is given) and beyond chance: the q-value is at most alpha"
        )
    if one.rule == "distance" and one.threshold is None:
        return "only where a threshold is given: value above it, and beyond chance"
    if one.rule == "distance":
        size = "value" if one.bounds[0] == 0.0 else "absolute value"
        return (
            f"where the {size} is above {one.threshold:g} and beyond chance: the q-value is at "
            "most alpha; without one, the value is above its null quantile"
        )
    if one.family == "performance" and one.least_change is not None:
        least = f"{one.least_change:g}"
        least = f"{100 * one.least_change:g} % of it" if one.relative else least
        return (
            f"where it is worse than the reference's by at least {least} and beyond chance: the "
            "q-value is at most alpha; where it is worse than a constant's; where a column is lost"
        )
    return "only where the spec gives a threshold" if one.family != "drift" else "never"


def _needs(one: Metric) -> str:
    if one.family != "drift":
        return "rows that both columns have" if "pair" in one.kinds else "the column alone"
    rows = "on both sides a row that is not missing, or it has a status"
    return f"{rows}; row weights {'are taken' if one.weights else 'have no meaning'}"


def python_name(one: Metric) -> str:
    """The function that computes it on arrays, or the one that gives its rows."""
    if one.family == "drift" and one.short in drift.__all__:
        options = "".join(f", {p.name}={p.default!r}" for p in one.params)
        return f"simdrift.drift.{one.short}(reference, current{options})"
    if one.family == "performance" and one.short in performance.__all__:
        sides = {"probabilities": "target, score", "ranking": "relevance, score, query"}
        return f"simdrift.performance.{one.short}({sides.get(one.group, 'target, prediction')})"
    if one.family == "drift":
        return "simdrift.compare(reference, current)"
    return "simdrift.profile(data)" if "pair" not in one.kinds else "simdrift.monitor(spec, data)"


def as_dict(one: Metric) -> dict[str, Any]:
    """The record as plain values, for JSON."""
    plain = {field.name: getattr(one, field.name) for field in fields(one)}
    return {
        **plain,
        "family": one.family,
        "statuses": one.possible_statuses,
        "params": [
            {"name": p.name, "default": p.default, "meaning": p.meaning} for p in one.params
        ],
        "python": python_name(one),
    }
