"""Names that people may write for methods and metrics, short ('psi') or whole ('drift.psi')."""

from __future__ import annotations


def known_metrics(what: str) -> tuple[str, ...]:
    """Names for 'methods', 'quality', 'performance', or 'thresholds' (whole metric names)."""
    from simdrift.metrics import custom, quality, registry
    from simdrift.metrics.performance.scoring import score_functions

    if what == "methods":
        return registry.methods()
    if what == "quality":
        return (*quality.STATISTICS, *quality.AGAINST)
    if what == "custom":
        return custom.names()
    if what == "performance":
        return tuple(score_functions())
    return tuple(one.name for one in registry.records() if one.rule or one.family != "drift")


def whole_name(name: str) -> str:
    """A metric's whole name; a name without a family is a drift method's.

    >>> whole_name("psi"), whole_name("quality.mean")
    ('drift.psi', 'quality.mean')
    """
    return name if "." in name else f"drift.{name}"
